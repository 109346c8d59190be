//! Globs of scopes, groups and selectors: `*` stands for any run of characters, and nothing else is special.

/// Whether a glob matches the whole of a text; one without `*` matches that text alone.
///
/// Looks at the parts between stars: the first must start the text, the last must end it, and the others must follow in
/// order. Cost: linear in the text for each part.
pub fn matches(glob: &str, text: &str) -> bool {
    let mut parts = glob.split('*');
    let (Some(first), Some(last)) = (parts.next(), parts.next_back()) else { return glob == text };
    let Some(rest) = text.strip_prefix(first) else { return false };
    let Some(mut rest) = rest.strip_suffix(last) else { return false };
    parts.all(|part| match rest.split_once(part) {
        Some((_, behind)) => {
            rest = behind;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs_match_whole_texts() {
        for (glob, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("a*a", "a", false),
            ("*", "", true),
            ("**", "", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("*x*", "axb", true),
        ] {
            assert_eq!(matches(glob, text), expected, "{glob} {text}");
        }
    }
}
