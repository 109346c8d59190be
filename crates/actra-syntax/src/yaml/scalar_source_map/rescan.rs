//! Reads the source of a scalar a second time, to find out where each byte of its text came from.

use super::builder::{ScalarSourceMapBuilder, offset32};
use super::{JoinedLine, LineJoin, ScalarSourceMap};
use crate::yaml::ScalarStyle;
use crate::yaml::block_header::block_header;
use crate::yaml::fold::{self, Fold};
use crate::yaml::scalar_source::ScalarSource;

/// The map of a scalar that the event parser decoded to `decoded`.
///
/// Should the second reading disagree with the parser's, every byte maps to the start of the scalar, and a line break
/// may be joined at any blank.
pub(in crate::yaml) fn rescan(source: &ScalarSource<'_>, decoded: &str) -> ScalarSourceMap {
    let quote = usize::from(matches!(source.style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
    let start = source.start + quote;
    let content = source.text.get(start..source.end.saturating_sub(quote)).unwrap_or("");
    if content == decoded {
        return ScalarSourceMap::verbatim(source.file, offset32(start), offset32(decoded.len()));
    }
    let mut builder = ScalarSourceMapBuilder::default();
    match source.style {
        ScalarStyle::Plain => flow(content, start, &mut builder, no_escape),
        ScalarStyle::SingleQuoted => flow(content, start, &mut builder, single_quote),
        ScalarStyle::DoubleQuoted => flow(content, start, &mut builder, double_quote),
        ScalarStyle::Literal | ScalarStyle::Folded => fold::block(source, decoded, &mut builder),
    }
    let end = start + content.len();
    if builder.text == decoded {
        let map = builder.finish(source.file, end);
        let is_folded = source.style == ScalarStyle::Folded;
        let header = is_folded.then(|| block_header(source.text, source.start)).flatten();
        return map.folded_by(header.map(|header| offset32(header.at)));
    }
    let blanks = decoded.match_indices([' ', '\n']);
    let joined = blanks.map(|(at, _)| JoinedLine { at: offset32(at), by: LineJoin::Folding }).collect();
    ScalarSourceMap::new(source.file, vec![(0, offset32(start))], Vec::new(), joined, offset32(start))
}

/// What an escape at the start of a text stands for (nothing, for an escaped line break), and its length.
type Escape = fn(&str) -> Option<(Option<char>, usize)>;

fn flow(content: &str, start: usize, builder: &mut ScalarSourceMapBuilder, escape: Escape) {
    let mut at = 0;
    while let Some(rest) = content.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(fold) = Fold::read(rest) {
            fold.write(start + at, builder);
            at += fold.length;
        } else if let Some((character, length)) = escape(rest) {
            match character {
                Some(character) => builder.unit(character, start + at, start + at + length),
                None => {
                    at += escaped_break(rest, start + at, builder);
                    continue;
                }
            }
            at += length;
        } else {
            let length = plain_length(rest);
            builder.verbatim(rest.get(..length).unwrap_or(""), start + at);
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

/// `\` before a line break: the break is removed, and empty lines after it are kept. Returns the length read.
fn escaped_break(rest: &str, start: usize, builder: &mut ScalarSourceMapBuilder) -> usize {
    let Some(fold) = rest.get(1..).and_then(Fold::read) else { return 1 };
    builder.join_line(LineJoin::Backslash);
    fold.write_but_first(start + 1, builder);
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
