//! Line folding: how line breaks inside a scalar become spaces and line feeds.

use super::ScalarStyle;
use super::scalar_source::ScalarSource;
use super::scalar_source_map::LineJoin;
use super::scalar_source_map::builder::ScalarSourceMapBuilder;

/// Line breaks in a quoted or plain scalar, with the blanks around them (YAML 1.2.2, section 6.5).
pub(super) struct Fold {
    /// Where each break starts.
    breaks: Vec<usize>,
    /// The bytes read, blanks before and after included.
    pub length: usize,
}

impl Fold {
    /// Reads a fold at the start of a text; `None` if no line break stands there.
    pub fn read(text: &str) -> Option<Fold> {
        let mut fold = Fold { breaks: Vec::new(), length: 0 };
        loop {
            let rest = text.get(fold.length..).unwrap_or("");
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let Some(length) = rest.get(blanks..).and_then(break_length) else {
                if fold.breaks.is_empty() {
                    return None;
                }
                fold.length += blanks;
                return Some(fold);
            };
            fold.breaks.push(fold.length + blanks);
            fold.length += blanks + length;
        }
    }

    /// One break is a space; of several, all but the first are line feeds.
    pub fn write(&self, start: usize, builder: &mut ScalarSourceMapBuilder) {
        builder.join_line(LineJoin::Folding);
        if self.breaks.len() == 1 {
            builder.unit(' ', start, start + self.length);
        } else {
            self.write_but_first(start, builder);
        }
    }

    /// The first break is nothing, as behind a backslash; the others are line feeds.
    pub fn write_but_first(&self, start: usize, builder: &mut ScalarSourceMapBuilder) {
        for (idx, at) in self.breaks.iter().enumerate().skip(1) {
            let end = self.breaks.get(idx + 1).copied().unwrap_or(self.length);
            builder.unit('\n', start + at, start + end);
        }
    }
}

fn break_length(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r' | b'\n', ..] => Some(1),
        _ => None,
    }
}

/// A line of a block scalar.
struct BlockLine<'a> {
    /// What follows the indentation.
    content: &'a str,
    /// Where the content starts and where the break after it starts and ends.
    start: usize,
    break_start: usize,
    break_end: usize,
}

/// Reads a block scalar. The decoded text tells how many line feeds are kept at its end.
pub(super) fn block(source: &ScalarSource<'_>, decoded: &str, builder: &mut ScalarSourceMapBuilder) {
    let lines = lines(source);
    let filled = lines.iter().rposition(|line| !line.content.is_empty()).map_or(0, |idx| idx + 1);
    let mut previous: Option<&BlockLine<'_>> = None;
    let mut breaks: Vec<&BlockLine<'_>> = Vec::new();
    for line in lines.iter().take(filled) {
        if line.content.is_empty() {
            breaks.push(line);
            continue;
        }
        separate(source.style, previous, line, &breaks, builder);
        builder.verbatim(line.content, line.start);
        breaks.clear();
        previous = Some(line);
    }
    let wanted = decoded.len().saturating_sub(builder.text.len());
    for line in lines.iter().skip(filled.saturating_sub(1)).take(wanted) {
        builder.unit('\n', line.break_start, line.break_end);
    }
}

/// Writes the breaks between two filled lines, with `empty` lines between them (sections 8.1.2 and 8.1.3).
fn separate(
    style: ScalarStyle,
    previous: Option<&BlockLine<'_>>,
    line: &BlockLine<'_>,
    empty: &[&BlockLine<'_>],
    builder: &mut ScalarSourceMapBuilder,
) {
    let Some(previous) = previous else {
        return empty.iter().for_each(|line| builder.unit('\n', line.break_start, line.break_end));
    };
    let spaced = |line: &BlockLine<'_>| line.content.starts_with([' ', '\t']);
    if style == ScalarStyle::Folded && !spaced(previous) && !spaced(line) {
        builder.join_line(LineJoin::Folding);
        if empty.is_empty() {
            return builder.unit(' ', previous.break_start, line.start);
        }
    } else {
        builder.unit('\n', previous.break_start, previous.break_end);
    }
    empty.iter().for_each(|line| builder.unit('\n', line.break_start, line.break_end));
}

fn lines<'a>(source: &ScalarSource<'a>) -> Vec<BlockLine<'a>> {
    let mut lines = Vec::new();
    let mut at = first_line(source);
    while at < source.end {
        let rest = source.text.get(at..source.end).unwrap_or("");
        let length = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let whole = rest.get(..length).unwrap_or("");
        let indent = whole.bytes().take(source.indent).take_while(|byte| *byte == b' ').count();
        let break_start = at + length;
        let break_end = break_start + rest.get(length..).and_then(break_length).unwrap_or(0);
        lines.push(BlockLine {
            content: whole.get(indent..).unwrap_or(""),
            start: at + indent,
            break_start,
            break_end,
        });
        if break_end == at {
            break;
        }
        at = break_end;
    }
    lines
}

/// The start of the first line after the header: the parser's place is that of the first filled line.
fn first_line(source: &ScalarSource<'_>) -> usize {
    let mut start = line_start(source.text, source.start);
    while start > 0 {
        let before = source.text.get(..start).unwrap_or("");
        let ended = before.strip_suffix('\n').unwrap_or(before);
        let ended = ended.strip_suffix('\r').unwrap_or(ended);
        let previous = line_start(source.text, ended.len());
        if !source.text.get(previous..ended.len()).unwrap_or("").trim_matches([' ', '\t']).is_empty() {
            break;
        }
        start = previous;
    }
    start
}

fn line_start(text: &str, offset: usize) -> usize {
    text.get(..offset).and_then(|before| before.rfind(['\r', '\n'])).map_or(0, |idx| idx + 1)
}
