//! Lists of texts that are read in place, without a value for each element.

use crate::RawValue;

/// A list of texts, borrowed in the form in which the request has it.
#[derive(Debug, Clone, Copy)]
pub enum TextList<'r> {
    /// Elements of a tree; those that are no [`RawValue::String`] do not count.
    Values(&'r [RawValue]),
    /// The text of a list in which every second quote ends an element, such as `["a", "b"]` without escapes.
    Quoted(&'r str),
}

impl<'r> TextList<'r> {
    /// The texts in order.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = &'r str> {
        let (values, quoted) = match self {
            TextList::Values(values) => (values, ""),
            TextList::Quoted(quoted) => (&[] as &[RawValue], quoted),
        };
        let values = values.iter().filter_map(|value| match value {
            RawValue::String(text) => Some(text.as_str()),
            _ => None,
        });
        values.chain(QuotedTexts { rest: quoted })
    }
}

impl TextList<'_> {
    /// How many there are.
    pub fn count(self) -> usize {
        match self {
            TextList::Values(_) => self.iter().count(),
            TextList::Quoted(quoted) => quoted.bytes().filter(|byte| *byte == b'"').count() / 2,
        }
    }
}

impl PartialEq for TextList<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for TextList<'_> {}

/// The elements of [`TextList::Quoted`].
struct QuotedTexts<'r> {
    rest: &'r str,
}

impl<'r> Iterator for QuotedTexts<'r> {
    type Item = &'r str;

    #[inline]
    fn next(&mut self) -> Option<&'r str> {
        let (_, behind) = at_quote(self.rest)?;
        let (text, behind) = at_quote(behind)?;
        self.rest = behind;
        Some(text)
    }
}

/// The text before and behind the first quote. Elements are short, so a plain loop is faster than a prepared search.
#[inline]
fn at_quote(text: &str) -> Option<(&str, &str)> {
    let quote = text.bytes().position(|byte| byte == b'"')?;
    Some((text.get(..quote)?, text.get(quote + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_the_same_list() {
        let values = ["a", "", "ü, ]"].map(RawValue::from);
        let quoted = TextList::Quoted(r#"["a" ,"", "ü, ]"]"#);
        assert_eq!(TextList::Values(&values), quoted);
        assert_eq!(quoted.iter().collect::<Vec<_>>(), ["a", "", "ü, ]"]);
        assert_eq!((quoted.count(), TextList::Values(&values).count()), (3, 3));
        assert_ne!(quoted, TextList::Quoted(r#"["a",""]"#));
        assert_eq!(TextList::Quoted("[]").iter().count(), 0);
    }
}
