//! Paths and URLs as texts: their normal forms are regular languages, and so is everything that is asked of them.

use std::sync::{Arc, LazyLock};

use actra_model::Path;

use crate::predicate::TextPredicate;

/// A segment that is neither empty nor `.` nor `..`.
const SEGMENT: &str = r"(?:[^/\\\x00.][^/\\\x00]*|\.[^/\\\x00.][^/\\\x00]*|\.\.[^/\\\x00]+)";

static PATHS: LazyLock<Option<TextPredicate>> = LazyLock::new(|| {
    let ups = format!(r"\.\.(?:/\.\.)*(?:/{SEGMENT})*");
    let plain = format!(r"{SEGMENT}(?:/{SEGMENT})*");
    TextPredicate::matching(&format!(r"^(?:/|\.|/?(?:{ups}|{plain}))$"))
});
static ABSOLUTE: LazyLock<Option<TextPredicate>> =
    LazyLock::new(|| TextPredicate::matching(&format!(r"^(?:/|(?:/{SEGMENT})+)$")));
static RELATIVE: LazyLock<Option<TextPredicate>> =
    LazyLock::new(|| TextPredicate::matching(&format!(r"^(?:\.|{SEGMENT}(?:/{SEGMENT})*)$")));
static URLS: LazyLock<Option<TextPredicate>> = LazyLock::new(|| {
    let character = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F][0-9A-F])";
    let host = r"(?:[a-z0-9._~!$&'()*+,;=-]+|\[[0-9a-f:.]+\])";
    TextPredicate::matching(&format!(
        r"^[a-z][a-z0-9+.-]*://{host}(?::(?:0|[1-9][0-9]*))?(?:/{character}*)+(?:\?(?:{character}|[/?])*)?(?:#(?:{character}|[/?])*)?$"
    ))
});

/// The normal forms of all paths.
pub(crate) fn paths() -> Option<TextPredicate> {
    PATHS.clone()
}

/// The normal forms of paths that can be compared with this one; `None` if there are none.
pub(crate) fn comparable(with: &Path) -> Option<TextPredicate> {
    match (with.escapes(), with.is_absolute()) {
        (true, _) => None,
        (false, true) => absolute(),
        (false, false) => relative(),
    }
}

/// Those of absolute paths that do not escape.
pub(crate) fn absolute() -> Option<TextPredicate> {
    ABSOLUTE.clone()
}

/// Those of relative paths that do not escape.
pub(crate) fn relative() -> Option<TextPredicate> {
    RELATIVE.clone()
}

/// The normal forms of all URLs, and of a few texts that are none: what is found is tried.
pub(crate) fn urls() -> Option<TextPredicate> {
    URLS.clone()
}

/// A path that does not escape, and all that it lies below.
pub(crate) fn lineage(path: &Path) -> Vec<Arc<str>> {
    let text = path.to_string();
    let root: Arc<str> = if path.is_absolute() { "/".into() } else { ".".into() };
    let cuts = text.char_indices().skip(1).filter(|(_, character)| *character == '/').map(|(at, _)| at);
    let above = cuts.filter_map(|at| text.get(..at)).map(Arc::from);
    above.chain([root, Arc::from(text.as_str())]).collect()
}

/// What stands before everything below a path; `None` if all comparable paths lie below it.
pub(crate) fn below(base: &Path) -> Option<String> {
    let text = base.to_string();
    (text != "/" && text != ".").then(|| format!("{text}/"))
}

#[cfg(test)]
mod tests {
    use actra_model::Url;

    use super::*;

    #[test]
    fn a_path_lies_below_its_lineage_alone() {
        let all = ["/", "/a", "/a/b", "/a/b/c", "/a/bc", ".", "a", "a/b", "a/b/c", "b"];
        for path in all {
            let path = Path::parse(path).unwrap();
            let lineage = lineage(&path);
            for base in all {
                let below = matches!(
                    path.compare(&Path::parse(base).unwrap()),
                    actra_model::PathOrder::Equal | actra_model::PathOrder::Below
                );
                assert_eq!(lineage.iter().any(|known| known.as_ref() == base), below, "{path} {base}");
            }
        }
    }

    #[test]
    fn normal_forms_are_what_the_patterns_say() {
        for text in
            ["/", ".", "a", "a/b", "/a", "/a/b", "..", "../a", "/..", "/../a", "...", "/.a", ".a/..b", "a b"]
        {
            let path = Path::parse(text).unwrap();
            assert_eq!(path.to_string(), text);
            assert!(paths().unwrap().holds(text), "{text}");
            assert_eq!(absolute().unwrap().holds(text), path.is_absolute() && !path.escapes(), "{text}");
            assert_eq!(relative().unwrap().holds(text), !path.is_absolute() && !path.escapes(), "{text}");
        }
        for text in ["", "//", "a/", "a//b", "./a", "a/..", "a/../b", "/./a", "a\\b", "/.", "a/../.."] {
            assert!(!paths().unwrap().holds(text), "{text}");
        }
        for text in [
            "http://a",
            "https://example.com/a?b=c/d#e",
            "http://a.b:8080/%7Ea",
            "ftp://[::1]/x",
            "s3://bucket/a:b@c",
        ] {
            assert!(urls().unwrap().holds(Url::parse(text).unwrap().as_str()), "{text}");
        }
    }
}
