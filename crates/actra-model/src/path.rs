//! Slash-separated paths, resolved without a file system.

use std::fmt;

/// A slash-separated path with `.`, `..` and `//` resolved; symbolic links are the caller's concern.
///
/// A `..` that escapes (above the root, or above where a relative path starts) is kept, so that comparison can
/// refuse to decide.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    absolute: bool,
    /// How many `..` could not be resolved.
    escapes: u32,
    segments: Vec<String>,
}

/// How two paths relate: for `==` and `within`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathOrder {
    /// Both are one path.
    Equal,
    /// The first lies strictly below the second.
    Below,
    /// They differ, and the first does not lie below the second.
    Apart,
    /// Absolute against relative, or a `..` that escapes: not decidable.
    Incomparable,
}

impl Path {
    /// `None` for the empty text, NUL or a backslash.
    pub fn parse(text: &str) -> Option<Path> {
        if text.is_empty() || text.contains(['\0', '\\']) {
            return None;
        }
        let mut path = Path { absolute: text.starts_with('/'), escapes: 0, segments: Vec::new() };
        for segment in text.split('/') {
            match segment {
                "" | "." => {}
                ".." => {
                    if path.segments.pop().is_none() {
                        path.escapes = path.escapes.saturating_add(1);
                    }
                }
                name => path.segments.push(name.to_owned()),
            }
        }
        Some(path)
    }

    /// Whether it starts at the root.
    pub fn is_absolute(&self) -> bool {
        self.absolute
    }

    /// Whether a `..` escapes.
    pub fn escapes(&self) -> bool {
        self.escapes > 0
    }

    /// How many segments it has, `.` and resolved `..` left out.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// How this path relates to `base`.
    pub fn compare(&self, base: &Path) -> PathOrder {
        if self.absolute != base.absolute || self.escapes() || base.escapes() {
            return PathOrder::Incomparable;
        }
        match self.segments.strip_prefix(base.segments.as_slice()) {
            Some([]) => PathOrder::Equal,
            Some(_) => PathOrder::Below,
            None => PathOrder::Apart,
        }
    }
}

/// The resolved text: `/srv/data`, `a/b`, `.`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ups = (0..self.escapes).map(|_| "..");
        let segments: Vec<&str> = ups.chain(self.segments.iter().map(String::as_str)).collect();
        match (self.absolute, segments.is_empty()) {
            (true, _) => write!(f, "/{}", segments.join("/")),
            (false, true) => f.write_str("."),
            (false, false) => f.write_str(&segments.join("/")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    #[test]
    fn resolves_segments() {
        for (text, shown) in [
            ("/", "/"),
            ("//", "/"),
            ("/srv//data/./x/", "/srv/data/x"),
            ("/srv/../etc", "/etc"),
            ("a/b/../c", "a/c"),
            (".", "."),
            ("./", "."),
            ("a/..", "."),
            ("..", ".."),
            ("../a/../../b", "../../b"),
            ("/..", "/.."),
            ("/a/../../b", "/../b"),
            ("...", "..."),
            ("a b/é", "a b/é"),
        ] {
            assert_eq!(path(text).to_string(), shown, "{text}");
        }
        for text in ["", "a\\b", "\\", "a\0", "\0"] {
            assert_eq!(Path::parse(text), None, "{text:?}");
        }
        assert!(path("/a").is_absolute() && !path("a").is_absolute());
        assert!(path("/a/../..").escapes() && !path("/a/..").escapes());
    }

    #[test]
    fn compares_whole_segments() {
        use PathOrder::{Apart, Below, Equal, Incomparable};
        for (left, right, order) in [
            ("/srv/data", "/srv/data/", Equal),
            ("/srv/data/x", "/srv/data", Below),
            ("/srv/data", "/", Below),
            ("/srv/database", "/srv/data", Apart),
            ("/srv", "/srv/data", Apart),
            ("/srv/data/../../etc/passwd", "/srv/data", Apart),
            ("/Srv", "/srv", Apart),
            ("a/b", "a", Below),
            ("a", ".", Below),
            ("a", "/a", Incomparable),
            ("/a", "a", Incomparable),
            ("../a", "../a", Incomparable),
            ("/../a", "/a", Incomparable),
            ("/a", "/../a", Incomparable),
        ] {
            assert_eq!(path(left).compare(&path(right)), order, "{left} {right}");
        }
    }
}
