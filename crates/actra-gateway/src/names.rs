//! Names that some readers of JSON take for one: Go's, for example, do not tell `Name` from `name`.

/// A name without its case, so that two names which such a reader takes for one are equal. The long s and the Kelvin
/// sign fold to `s` and `k`, as they do there.
pub(crate) fn folded(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// The first of these names that looks like one of the known names and is not it.
pub(crate) fn look_alike<'a>(
    names: impl IntoIterator<Item = &'a str>,
    known: &[&'static str],
) -> Option<(&'a str, &'static str)> {
    names.into_iter().filter(|name| !known.contains(name)).find_map(|name| {
        let folded = folded(name);
        known.iter().find(|known| **known == folded).map(|known| (name, *known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_fold_to_others_are_seen() {
        assert_eq!(look_alike(["Method"], &["method"]), Some(("Method", "method")));
        assert_eq!(look_alike(["param\u{17f}"], &["params"]), Some(("param\u{17f}", "params")));
        assert_eq!(look_alike(["to\u{212a}en"], &["token"]), Some(("to\u{212a}en", "token")));
        assert_eq!(look_alike(["method", "other"], &["method"]), None);
    }
}
