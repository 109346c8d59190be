use crate::RawValue;

/// A list of texts where it lies.
#[derive(Debug, Clone, Copy)]
pub enum Texts<'r> {
    /// Elements of a tree; those that are no [`RawValue::String`] do not count.
    Values(&'r [RawValue]),
    /// The text of a list in which every second quote ends an element, such as `["a", "b"]` without escapes.
    Quoted(&'r str),
}

impl<'r> Texts<'r> {
    /// The texts in order.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = &'r str> {
        let (values, quoted) = match self {
            Texts::Values(values) => (values, ""),
            Texts::Quoted(quoted) => (&[] as &[RawValue], quoted),
        };
        let values = values.iter().filter_map(|value| match value {
            RawValue::String(text) => Some(text.as_str()),
            _ => None,
        });
        values.chain(Elements { rest: quoted })
    }
}

impl Texts<'_> {
    /// How many there are.
    pub fn count(self) -> usize {
        match self {
            Texts::Values(_) => self.iter().count(),
            Texts::Quoted(quoted) => quoted.bytes().filter(|byte| *byte == b'"').count() / 2,
        }
    }
}

impl PartialEq for Texts<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Texts<'_> {}

/// What stands between quotes.
struct Elements<'r> {
    rest: &'r str,
}

impl<'r> Iterator for Elements<'r> {
    type Item = &'r str;

    #[inline]
    fn next(&mut self) -> Option<&'r str> {
        let (_, behind) = at_quote(self.rest)?;
        let (text, behind) = at_quote(behind)?;
        self.rest = behind;
        Some(text)
    }
}

/// What stands before and behind the first quote. Elements are short: a search that prepares itself takes longer.
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
        let quoted = Texts::Quoted(r#"["a" ,"", "ü, ]"]"#);
        assert_eq!(Texts::Values(&values), quoted);
        assert_eq!(quoted.iter().collect::<Vec<_>>(), ["a", "", "ü, ]"]);
        assert_eq!((quoted.count(), Texts::Values(&values).count()), (3, 3));
        assert_ne!(quoted, Texts::Quoted(r#"["a",""]"#));
        assert_eq!(Texts::Quoted("[]").iter().count(), 0);
    }
}
