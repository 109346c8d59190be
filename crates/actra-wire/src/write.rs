//! JSON text, written compactly into a buffer.

use std::io::Write;

use actra_engine::model::{Decimal, RawMap, RawValue};

/// Writes the elements with commas between them, in `[` and `]`.
pub(crate) fn list<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut Vec<u8>, T),
) {
    separated(out, b"[]", items, write);
}

/// Writes the members with commas between them, in `{` and `}`.
pub(crate) fn object<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut Vec<u8>, T),
) {
    separated(out, b"{}", items, write);
}

fn separated<T>(
    out: &mut Vec<u8>,
    brackets: &[u8; 2],
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut Vec<u8>, T),
) {
    let [open, close] = brackets;
    out.push(*open);
    for (idx, item) in items.into_iter().enumerate() {
        if idx > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(*close);
}

/// Writes `"name":`.
pub(crate) fn key(out: &mut Vec<u8>, name: &str) {
    string(out, name);
    out.push(b':');
}

/// Writes a string with the fewest escapes: `\" \\ \n \r \t \b \f`, other controls as `\u00xx`, all else as it is.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some((before, [escaped, behind @ ..])) = plain(rest) {
        out.extend_from_slice(before);
        escape(out, *escaped);
        rest = behind;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// The text before the first byte that needs an escape, and the rest; `None` if no byte does.
fn plain(text: &[u8]) -> Option<(&[u8], &[u8])> {
    // Looking at eight bytes together is cheaper than leaving early.
    let (eights, last) = text.as_chunks::<8>();
    let any = |bytes: &[u8]| bytes.iter().fold(false, |any, byte| any | is_escaped(*byte));
    if !eights.iter().any(|eight| any(eight)) && !any(last) {
        return None;
    }
    text.split_at_checked(text.iter().position(|byte| is_escaped(*byte))?)
}

fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | ..0x20)
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => return display(out, format_args!("\\u{byte:04x}")),
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Writes a string or `null`.
pub(crate) fn optional_string(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// Writes the displayed form of a value, unquoted.
pub(crate) fn display(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    // Writing into a vector cannot fail.
    let _ = write!(out, "{value}");
}

/// Writes a boolean.
pub(crate) fn boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// Writes a value; keys are in byte order. What could not be read is `null`.
pub(crate) fn value(out: &mut Vec<u8>, value: &RawValue) {
    match value {
        RawValue::Null | RawValue::Unreadable(_) => out.extend_from_slice(b"null"),
        RawValue::Bool(value) => boolean(out, *value),
        RawValue::Number(number) => decimal(out, *number),
        RawValue::String(text) => string(out, text),
        RawValue::List(elements) => list(out, elements, self::value),
        RawValue::Map(members) => object(out, members, member),
    }
}

/// Writes a number without exponent.
fn decimal(out: &mut Vec<u8>, number: Decimal) {
    display(out, number);
}

/// Writes `"key":value`.
fn member(out: &mut Vec<u8>, (name, member): (&String, &RawValue)) {
    key(out, name);
    value(out, member);
}

/// Writes an object with `type` first and the other keys in byte order.
pub(crate) fn typed_object(out: &mut Vec<u8>, members: &RawMap) {
    let kind = members.get_key_value("type");
    object(out, kind.into_iter().chain(members.iter().filter(|(name, _)| *name != "type")), member);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_have_the_fewest_escapes() {
        assert_eq!(written("a/é\u{7f}\u{2028}🙂"), "\"a/é\u{7f}\u{2028}🙂\"");
        assert_eq!(written("\"\\\n\r\t\u{8}\u{c}"), r#""\"\\\n\r\t\b\f""#);
        assert_eq!(written("\0x\u{1f}"), r#""\u0000x\u001f""#);
        assert_eq!(written(""), r#""""#);
    }

    #[test]
    fn type_comes_first() {
        let members = ["z", "type", "a"].map(|name| (name.to_owned(), RawValue::Null));
        let mut out = Vec::new();
        typed_object(&mut out, &RawMap::from(members));
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"type":null,"a":null,"z":null}"#);
    }
}
