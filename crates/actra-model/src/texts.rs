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
        let (_, behind) = self.rest.split_once('"')?;
        let (text, behind) = behind.split_once('"')?;
        self.rest = behind;
        Some(text)
    }
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
        assert_ne!(quoted, Texts::Quoted(r#"["a",""]"#));
        assert_eq!(Texts::Quoted("[]").iter().count(), 0);
    }
}
