//! Reading a scalar's source a second time, to know where each byte of its text came from.

use actra_diagnostics::FileId;

use super::fold::{self, Fold};
use super::header::block_header;
use super::text_map::{Loss, LostBreak};
use super::{ScalarStyle, TextMap};

/// A scalar as it stands in the file.
pub(super) struct ScalarSource<'a> {
    /// The file.
    pub file: FileId,
    /// The text of the whole file.
    pub text: &'a str,
    /// Where the scalar starts and ends, quotes included; a block scalar from its first content.
    pub start: usize,
    /// One past the end.
    pub end: usize,
    /// How it is written.
    pub style: ScalarStyle,
    /// Of a block scalar: how many spaces its content is indented.
    pub indent: usize,
}

/// The map of a scalar that the event parser decoded to `decoded`.
///
/// Should the second reading disagree with the parser's, every byte maps to the start of the scalar, and a line break
/// may be lost at any blank.
pub(super) fn scalar_map(source: &ScalarSource<'_>, decoded: &str) -> TextMap {
    let quote = usize::from(matches!(source.style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
    let start = source.start + quote;
    let content = source.text.get(start..source.end.saturating_sub(quote)).unwrap_or("");
    if content == decoded {
        return TextMap::verbatim(source.file, offset32(start), offset32(decoded.len()));
    }
    let mut writer = Writer::default();
    match source.style {
        ScalarStyle::Plain => flow(content, start, &mut writer, no_escape),
        ScalarStyle::SingleQuoted => flow(content, start, &mut writer, single_quote),
        ScalarStyle::DoubleQuoted => flow(content, start, &mut writer, double_quote),
        ScalarStyle::Literal | ScalarStyle::Folded => fold::block(source, decoded, &mut writer),
    }
    let end = start + content.len();
    if writer.text == decoded {
        writer.runs.push((offset32(decoded.len()), offset32(end)));
        let map = TextMap::new(source.file, writer.runs, writer.ends, writer.lost, offset32(end));
        let is_folded = source.style == ScalarStyle::Folded;
        let header = is_folded.then(|| block_header(source.text, source.start)).flatten();
        return map.folded_by(header.map(|header| offset32(header.at)));
    }
    let blanks = decoded.match_indices([' ', '\n']);
    let lost = blanks.map(|(at, _)| LostBreak { at: offset32(at), by: Loss::Folding }).collect();
    TextMap::new(source.file, vec![(0, offset32(start))], Vec::new(), lost, offset32(start))
}

/// Files are at most `u32::MAX` bytes long; [`super::parse`] checks it.
fn offset32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// The text read so far, and where it came from.
#[derive(Default)]
pub(super) struct Writer {
    pub text: String,
    runs: Vec<(u32, u32)>,
    ends: Vec<(u32, u32)>,
    lost: Vec<LostBreak>,
    /// The file offset that would carry on the last run.
    next: Option<usize>,
}

impl Writer {
    /// Text that stands in the file as it is.
    pub fn verbatim(&mut self, text: &str, start: usize) {
        if text.is_empty() {
            return;
        }
        if self.next != Some(start) {
            self.runs.push((offset32(self.text.len()), offset32(start)));
        }
        self.text.push_str(text);
        self.next = Some(start + text.len());
    }

    /// A line break of the file that is none of the text.
    pub fn lose(&mut self, by: Loss) {
        self.lost.push(LostBreak { at: offset32(self.text.len()), by });
    }

    /// A character that an escape or a fold stands for.
    pub fn unit(&mut self, character: char, start: usize, end: usize) {
        let first = self.text.len();
        self.runs.push((offset32(first), offset32(start)));
        self.text.push(character);
        for byte in 1..character.len_utf8() {
            let within = (start + byte).min(end.saturating_sub(1));
            self.runs.push((offset32(first + byte), offset32(within)));
        }
        self.ends.push((offset32(self.text.len()), offset32(end)));
        self.next = None;
    }
}

/// What an escape at the start of a text stands for (nothing, for an escaped line break), and its length.
type Escape = fn(&str) -> Option<(Option<char>, usize)>;

fn flow(content: &str, start: usize, writer: &mut Writer, escape: Escape) {
    let mut at = 0;
    while let Some(rest) = content.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(fold) = Fold::read(rest) {
            fold.write(start + at, writer);
            at += fold.length;
        } else if let Some((character, length)) = escape(rest) {
            match character {
                Some(character) => writer.unit(character, start + at, start + at + length),
                None => {
                    at += escaped_break(rest, start + at, writer);
                    continue;
                }
            }
            at += length;
        } else {
            let length = plain_length(rest);
            writer.verbatim(rest.get(..length).unwrap_or(""), start + at);
            at += length;
        }
    }
}

/// At least one character and all blanks that lead, then up to where an escape or a fold may begin.
fn plain_length(rest: &str) -> usize {
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    if blanks > 0 {
        return blanks;
    }
    let first = rest.chars().next().map_or(1, char::len_utf8);
    let special = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n' | '\'' | '\\');
    rest.get(first..).and_then(|tail| tail.find(special)).map_or(rest.len(), |idx| first + idx)
}

/// `\` before a line break: the break vanishes, empty lines after it stay. Gives the length read.
fn escaped_break(rest: &str, start: usize, writer: &mut Writer) -> usize {
    let Some(fold) = rest.get(1..).and_then(Fold::read) else { return 1 };
    writer.lose(Loss::Backslash);
    fold.write_but_first(start + 1, writer);
    1 + fold.length
}

fn no_escape(_rest: &str) -> Option<(Option<char>, usize)> {
    None
}

fn single_quote(rest: &str) -> Option<(Option<char>, usize)> {
    rest.starts_with("''").then_some((Some('\''), 2))
}

fn double_quote(rest: &str) -> Option<(Option<char>, usize)> {
    let kind = rest.strip_prefix('\\')?.chars().next()?;
    let character = match kind {
        '\n' | '\r' => return Some((None, 2)),
        'x' => return hex_escape(rest, 2),
        'u' => return utf16_escape(rest),
        'U' => return hex_escape(rest, 8),
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        other => other,
    };
    Some((Some(character), 1 + kind.len_utf8()))
}

fn hex_escape(rest: &str, digits: usize) -> Option<(Option<char>, usize)> {
    let code = hex(rest, 2, digits)?;
    Some((Some(char::from_u32(code)?), 2 + digits))
}

/// `\u` with four digits, or a surrogate pair of two of them.
fn utf16_escape(rest: &str) -> Option<(Option<char>, usize)> {
    let high = hex(rest, 2, 4)?;
    if !(0xD800..0xDC00).contains(&high) {
        return Some((Some(char::from_u32(high)?), 6));
    }
    let low = hex(rest, 8, 4)?.checked_sub(0xDC00)?;
    Some((Some(char::from_u32(0x10000 + ((high - 0xD800) << 10) + low)?), 12))
}

fn hex(text: &str, start: usize, digits: usize) -> Option<u32> {
    u32::from_str_radix(text.get(start..start + digits)?, 16).ok()
}
