//! The lines of the result, with comments behind code in one column.

/// The lines of the result.
#[derive(Default)]
pub(super) struct Lines {
    lines: Vec<OutputLine>,
    /// Whether a block has just been opened, so that no blank line stands first in it.
    opened: bool,
}

enum OutputLine {
    Blank,
    /// A comment alone, or a further line of a value.
    Whole(String),
    Code {
        text: String,
        comment: Option<String>,
    },
}

/// Blanks between code and the comment after it.
const GAP: usize = 2;

impl Lines {
    pub(super) fn open(&mut self) {
        self.opened = true;
    }

    /// Adds a blank line if the author had one, but not twice and not at the start of a block.
    pub(super) fn gap(&mut self, wanted: bool) {
        if wanted && !self.opened && !matches!(self.lines.last(), None | Some(OutputLine::Blank)) {
            self.lines.push(OutputLine::Blank);
        }
    }

    pub(super) fn code(&mut self, text: String, comment: Option<String>) {
        self.push(OutputLine::Code { text, comment });
    }

    pub(super) fn comment(&mut self, indent: usize, comment: String) {
        self.push(OutputLine::Whole(format!("{}{comment}", " ".repeat(indent))));
    }

    /// A further line of a value, as it is.
    pub(super) fn whole(&mut self, text: String) {
        self.push(OutputLine::Whole(text));
    }

    fn push(&mut self, line: OutputLine) {
        self.opened = false;
        self.lines.push(line);
    }

    /// The text; comments behind code in lines that follow each other start in one column.
    pub(super) fn finish(self) -> String {
        let mut out = String::new();
        let mut rest = self.lines.as_slice();
        while let Some((line, behind)) = rest.split_first() {
            match line {
                OutputLine::Blank => out.push('\n'),
                OutputLine::Whole(text) | OutputLine::Code { text, comment: None } => {
                    out.push_str(text);
                    out.push('\n');
                }
                OutputLine::Code { comment: Some(_), .. } => {
                    let run = rest.iter().map_while(commented).count();
                    align(rest.get(..run).unwrap_or_default(), &mut out);
                    rest = rest.get(run..).unwrap_or_default();
                    continue;
                }
            }
            rest = behind;
        }
        out
    }
}

fn commented(line: &OutputLine) -> Option<(&str, &str)> {
    match line {
        OutputLine::Code { text, comment: Some(comment) } => Some((text, comment)),
        _ => None,
    }
}

fn align(lines: &[OutputLine], out: &mut String) {
    let width = |text: &str| text.chars().count();
    let column = lines.iter().filter_map(commented).map(|(text, _)| width(text)).max().unwrap_or(0) + GAP;
    for (text, comment) in lines.iter().filter_map(commented) {
        out.push_str(text);
        out.extend(std::iter::repeat_n(' ', column - width(text)));
        out.push_str(comment);
        out.push('\n');
    }
}
