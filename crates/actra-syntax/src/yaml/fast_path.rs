//! The YAML of most policy files, read directly: block mappings and lists, and scalars and flow collections that end on
//! their line.
//!
//! Anything else (anchors, tags, block scalars, scalars of several lines, rare escapes, faults) makes the reader give
//! up,
//! and the event parser reads the file. So nothing is refused or reported here except by the builder, and the tree is
//! the
//! one that the event parser gives.

use std::borrow::Cow;

use actra_diagnostics::{Diagnostic, FileId};
use granit_parser::StructureStyle;

use super::build::{FrameKind, RuleSink, TreeBuilder};
use super::{Node, ScalarStyle};

/// The longest key that is read here.
const LONGEST_KEY: usize = 128;

/// The tree of a text that needs no event parser; `None` for any other text.
///
/// Where there is a `rule_sink`, it gets each item of the file's list `rules:`, and an [`super::NodeKind::Error`]
/// stands in the place of the item.
pub(super) fn parse<'a>(
    file: FileId,
    text: &'a str,
    budget: &'a mut usize,
    diagnostics: &'a mut Vec<Diagnostic>,
    rule_sink: Option<RuleSink<'a>>,
) -> Option<Node> {
    let mut builder = TreeBuilder::new(file, text, &[], budget, diagnostics);
    builder.rule_sink = rule_sink;
    read(text, &mut builder)?;
    builder.root
}

/// Reads a whole file into a builder; `None` if the file needs the event parser, and the builder is then of no use.
fn read(text: &str, builder: &mut TreeBuilder<'_>) -> Option<()> {
    if text.bytes().any(|byte| matches!(byte, b'\t' | b'\r')) || text.contains('\u{feff}') {
        return None;
    }
    let mut reader = BlockReader { text, bytes: text.as_bytes(), builder, line: None };
    reader.advance(0);
    reader.line.filter(|line| line.indent == 0)?;
    reader.block(0)?;
    reader.line.is_none().then_some(())
}

/// A line with content, or the part of one behind `- `.
#[derive(Clone, Copy)]
struct ContentLine {
    /// The column of its content.
    indent: usize,
    /// Its first byte that is not blank.
    start: usize,
    /// One past its last byte.
    end: usize,
}

struct BlockReader<'a, 'b, 'c> {
    text: &'a str,
    bytes: &'a [u8],
    builder: &'b mut TreeBuilder<'c>,
    /// The next line with content.
    line: Option<ContentLine>,
}

// Every function returns `None` to give up.
impl<'a> BlockReader<'a, '_, '_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn blanks(&self, from: usize) -> usize {
        self.bytes.iter().skip(from).take_while(|byte| **byte == b' ').count()
    }

    /// Goes to the first line with content that starts at a byte or later.
    fn advance(&mut self, mut from: usize) {
        self.line = None;
        while let Some(rest) = self.bytes.get(from..).filter(|rest| !rest.is_empty()) {
            let end = from + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let indent = self.blanks(from);
            let start = from + indent;
            if start < end && self.byte(start) != Some(b'#') {
                self.line = Some(ContentLine { indent, start, end });
                return;
            }
            from = end + 1;
        }
    }

    /// The next line, if it is not indented more than `indent`.
    fn not_deeper(&self, indent: usize) -> Option<()> {
        self.line.is_none_or(|line| line.indent <= indent).then_some(())
    }

    fn is_item(&self, line: ContentLine) -> bool {
        self.byte(line.start) == Some(b'-') && self.byte(line.start + 1) == Some(b' ')
    }

    fn block(&mut self, indent: usize) -> Option<()> {
        let line = self.line?;
        if self.is_item(line) { self.sequence(indent, line.start) } else { self.mapping(indent) }
    }

    fn sequence(&mut self, indent: usize, start: usize) -> Option<()> {
        self.open(FrameKind::sequence(), StructureStyle::Block, start)?;
        while let Some(line) = self.line.filter(|line| line.indent == indent && self.is_item(*line)) {
            let blanks = self.blanks(line.start + 1);
            let start = line.start + 1 + blanks;
            if self.key(start, line.end).is_some() {
                let column = indent + 1 + blanks;
                self.line = Some(ContentLine { indent: column, start, end: line.end });
                self.mapping(column)?;
            } else {
                self.value(start, line.end, indent)?;
            }
        }
        self.not_deeper(indent)?;
        self.builder.close(0);
        Some(())
    }

    fn mapping(&mut self, indent: usize) -> Option<()> {
        self.open(FrameKind::mapping(), StructureStyle::Block, self.line?.start)?;
        while let Some(line) = self.line.filter(|line| line.indent == indent) {
            let key = self.key(line.start, line.end)?;
            self.plain(line.start, key)?;
            let colon = line.start + key.len();
            let start = colon + 1 + self.blanks(colon + 1);
            if start < line.end && self.byte(start) != Some(b'#') {
                self.value(start, line.end, indent)?;
            } else {
                self.advance(line.end + 1);
                self.nested(indent)?;
            }
        }
        self.not_deeper(indent)?;
        self.builder.close(0);
        Some(())
    }

    /// A block below a key; a list may stand as far to the left as the key.
    fn nested(&mut self, indent: usize) -> Option<()> {
        let line = self.line?;
        if line.indent > indent {
            self.block(line.indent)?;
        } else if line.indent == indent && self.is_item(line) {
            // The event parser lets such a list start at its first item.
            self.sequence(indent, line.start + 1 + self.blanks(line.start + 1))?;
        } else {
            return None;
        }
        self.not_deeper(indent)
    }

    /// A value that ends on its line, and the comment after it.
    fn value(&mut self, start: usize, end: usize, indent: usize) -> Option<()> {
        let after = match self.byte(start)? {
            b'{' | b'[' => self.flow(start, end)?,
            b'"' | b'\'' => self.quoted(start, end)?,
            _ => {
                let written = plain_text(self.text.get(start..end)?)?;
                self.plain(start, written)?;
                start + written.len()
            }
        };
        let blanks = self.blanks(after);
        let comment = blanks > 0 && self.byte(after + blanks) == Some(b'#');
        if after + blanks < end && !comment {
            return None;
        }
        self.advance(end + 1);
        self.not_deeper(indent)
    }

    /// A flow collection; gives where it ends.
    fn flow(&mut self, start: usize, end: usize) -> Option<usize> {
        let (kind, closing) = match self.byte(start)? {
            b'{' => (FrameKind::mapping(), b'}'),
            _ => (FrameKind::sequence(), b']'),
        };
        self.open(kind, StructureStyle::Flow, start)?;
        let mut at = start + 1 + self.blanks(start + 1);
        if self.byte(at) != Some(closing) {
            loop {
                if closing == b'}' {
                    let key = self.key(at, end)?;
                    self.plain(at, key)?;
                    at += key.len() + 1;
                    at += self.blanks(at);
                }
                at = self.flow_value(at, end)?;
                at += self.blanks(at);
                match self.byte(at).filter(|_| at < end)? {
                    b',' => at += 1 + self.blanks(at + 1),
                    byte if byte == closing => break,
                    _ => return None,
                }
            }
        }
        self.builder.close(at + 1);
        Some(at + 1)
    }

    fn flow_value(&mut self, start: usize, end: usize) -> Option<usize> {
        match self.byte(start).filter(|_| start < end)? {
            b'{' | b'[' => self.flow(start, end),
            b'"' | b'\'' => self.quoted(start, end),
            _ => {
                let rest = self.text.get(start..end)?;
                let length = rest.find([',', '[', ']', '{', '}'])?;
                let rest = rest.get(..length)?;
                let written = plain_text(rest)?;
                // A comment would extend beyond the bracket.
                (written == rest.trim_end_matches(' ')).then_some(())?;
                self.plain(start, written)?;
                Some(start + written.len())
            }
        }
    }

    /// The key of an entry, if one starts here: a bare name before a `:` with a blank or nothing behind it.
    fn key(&self, start: usize, end: usize) -> Option<&'a str> {
        let bytes = self.bytes.get(start..end)?;
        bytes.first().filter(|byte| byte.is_ascii_alphabetic() || **byte == b'_')?;
        let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let length = bytes.iter().take(LONGEST_KEY).position(|byte| !name(byte))?;
        let ends = bytes.get(length) == Some(&b':') && bytes.get(length + 1).is_none_or(|byte| *byte == b' ');
        self.text.get(start..start + length).filter(|_| ends)
    }

    fn open(&mut self, kind: FrameKind, style: StructureStyle, start: usize) -> Option<()> {
        self.builder.open(kind, style, 0, &(start..start + 1)).ok()
    }

    fn plain(&mut self, start: usize, text: &str) -> Option<()> {
        self.builder.scalar(text, ScalarStyle::Plain, 0, &(start..start + text.len()), 0);
        Some(())
    }

    /// A quoted scalar; gives where it ends.
    fn quoted(&mut self, start: usize, end: usize) -> Option<usize> {
        let rest = self.text.get(start + 1..end)?;
        let (text, length, style) = if self.byte(start)? == b'"' {
            let (text, length) = double_quoted(rest)?;
            (text, length, ScalarStyle::DoubleQuoted)
        } else {
            let (text, length) = single_quoted(rest)?;
            (text, length, ScalarStyle::SingleQuoted)
        };
        let after = start + 1 + length;
        self.builder.scalar(&text, style, 0, &(start..after), 0);
        Some(after)
    }
}

/// The plain scalar that starts a text, without blanks and a comment behind it; `None` if it may be anything else.
fn plain_text(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%'
        | b'@' | b'`' | b'?' | b':' | b' ' => return None,
        b'-' => bytes.get(1).filter(|byte| byte.is_ascii_alphanumeric()).map(drop)?,
        _ => {}
    }
    let text = text.find(" #").map_or(text, |comment| text.get(..comment).unwrap_or(text));
    let text = text.trim_end_matches(' ');
    let key = text.ends_with(':') || text.contains(": ");
    (!key && !text.is_empty()).then_some(text)
}

/// The text of a double-quoted scalar whose first quote was read, and the bytes up to and including its last quote.
fn double_quoted(rest: &str) -> Option<(Cow<'_, str>, usize)> {
    let mut text = Cow::Borrowed("");
    let mut from = 0;
    loop {
        let tail = rest.get(from..)?;
        let plain = tail.find(['"', '\\'])?;
        let verbatim = tail.get(..plain)?;
        if text.is_empty() {
            text = Cow::Borrowed(verbatim);
        } else {
            text.to_mut().push_str(verbatim);
        }
        let mut special = tail.get(plain..)?.chars();
        if special.next()? == '"' {
            return Some((text, from + plain + 1));
        }
        text.to_mut().push(match special.next()? {
            same @ ('"' | '\\' | '/') => same,
            'n' => '\n',
            't' => '\t',
            _ => return None,
        });
        from += plain + 2;
    }
}

/// The text of a single-quoted scalar whose first quote was read, and the bytes up to and including its last quote.
fn single_quoted(rest: &str) -> Option<(Cow<'_, str>, usize)> {
    let first = rest.find('\'')?;
    if rest.get(first + 1..).is_none_or(|tail| !tail.starts_with('\'')) {
        return Some((Cow::Borrowed(rest.get(..first)?), first + 1));
    }
    let mut text = String::new();
    let mut from = 0;
    loop {
        let tail = rest.get(from..)?;
        let plain = tail.find('\'')?;
        text.push_str(tail.get(..plain)?);
        from += plain + 1;
        if !rest.get(from..)?.starts_with('\'') {
            return Some((Cow::Owned(text), from));
        }
        text.push('\'');
        from += 1;
    }
}

#[cfg(test)]
mod tests;
