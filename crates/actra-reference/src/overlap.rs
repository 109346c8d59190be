//! Whether two static paths overlap, which decides what faults a decision lists.

/// Whether one path lies on the way to the other: they agree segment by segment as far as both go, where `[*]` is
/// any key and any element.
pub(crate) fn overlap(one: &str, other: &str) -> bool {
    let agree = |(a, b): (&String, &String)| {
        a == b || (a == "[*]" && b.starts_with('[')) || (b == "[*]" && a.starts_with('['))
    };
    segments(one).iter().zip(&segments(other)).all(agree)
}

fn segments(path: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut quoted = false;
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match c {
            '.' if !quoted => {
                segments.push(String::new());
                continue;
            }
            '[' if !quoted => segments.push(String::new()),
            '"' => quoted = !quoted,
            _ => {}
        }
        let last = segments.last_mut().unwrap_or_else(|| unreachable!("starts with one"));
        last.push(c);
        if c == '\\' {
            last.extend(chars.next());
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn paths_overlap_by_segment() {
        assert!(overlap("action.xs[*].k", "action.xs"));
        assert!(overlap("snapshot.m[\"a.b\"].k", "snapshot.m[*].k"));
        assert!(!overlap("action.x", "action.xs"));
        assert!(!overlap("snapshot.m[\"a\\\"]\"]", "snapshot.m[\"b\"]"));
    }
}
