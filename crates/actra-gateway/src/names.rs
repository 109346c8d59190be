//! Names that some readers of JSON take for one: Go's, for example, do not tell `Name` from `name`.

/// A name without its case, so that two names which such a reader takes for one are equal. The long s and the Kelvin
/// sign fold to `s` and `k`, as they do there.
pub(crate) fn folded(name: &str) -> String {
    name.chars().map(folded_char).collect()
}

/// Simple case folding: one character becomes one.
fn folded_char(c: char) -> char {
    let single = |mut chars: &mut dyn Iterator<Item = char>| {
        let first = (&mut chars).next()?;
        (&mut chars).next().is_none().then_some(first)
    };
    let upper = single(&mut c.to_uppercase()).unwrap_or(c);
    single(&mut upper.to_lowercase()).unwrap_or(c)
}

/// The first of these names that looks like one of the known names and is not it.
pub(crate) fn look_alike<'a>(
    names: impl IntoIterator<Item = &'a str>,
    known: &[&'static str],
) -> Option<(&'a str, &'static str)> {
    names.into_iter().filter(|name| !known.contains(name)).find_map(|name| {
        let name_folded = folded(name);
        known.iter().find(|known| folded(known) == name_folded).map(|known| (name, *known))
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
        assert_eq!(folded("stra\u{df}e"), folded("STRA\u{1e9e}E"));
    }
}
