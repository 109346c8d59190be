//! Which faults of a request a decision lists.

use actra_ir::{Policy, RuleMode};
use actra_model::{ActionId, Fault, Request};

use crate::scope::rules_in_scope;

/// The faults at paths that enforced rules covering the action mention, in the request's order.
///
/// A fault is listed if its path is a prefix of a mentioned path, or the other way round.
pub(crate) fn relevant_faults(policy: &Policy, request: &Request, action: ActionId) -> Vec<Fault> {
    if request.faults.is_empty() {
        return Vec::new();
    }
    let faults = request.faults.iter().map(|fault| (fault, segments(&fault.path))).collect::<Vec<_>>();
    let mut concerned = vec![false; faults.len()];
    for rule in rules_in_scope(policy, action).filter(|rule| rule.mode == RuleMode::Enforce) {
        for mention in actra_ir::mentions(&rule.condition) {
            let mention = segments(&mention);
            for (flag, (_, fault)) in concerned.iter_mut().zip(&faults) {
                *flag |= related(&mention, fault);
            }
        }
    }
    let kept = faults.into_iter().zip(concerned).filter(|(_, flag)| *flag);
    kept.map(|((fault, _), _)| fault.clone()).collect()
}

/// Whether one path is a prefix of the other.
pub(crate) fn overlap(left: &str, right: &str) -> bool {
    related(&segments(left), &segments(right))
}

/// Whether one path is a prefix of the other; a key of a map may be any key.
fn related(left: &[&str], right: &[&str]) -> bool {
    left.iter().zip(right).all(|(left, right)| {
        left == right
            || (*left == "[*]" && right.starts_with('['))
            || (*right == "[*]" && left.starts_with('['))
    })
}

/// `snapshot`, `m`, `["k"]`, `name` of `snapshot.m["k"].name`.
fn segments(path: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let end = segment_end(rest);
        let (segment, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        found.push(segment);
        rest = tail.strip_prefix('.').unwrap_or(tail);
    }
    found
}

fn segment_end(path: &str) -> usize {
    if !path.starts_with('[') {
        return path.find(['.', '[']).filter(|end| *end > 0).unwrap_or(path.len());
    }
    let mut quoted = false;
    let mut escaped = false;
    for (idx, byte) in path.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted => return idx + 1,
            _ => {}
        }
    }
    path.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_paths() {
        assert_eq!(
            segments(r#"snapshot.m["a.b]\""].name[*]"#),
            ["snapshot", "m", r#"["a.b]\""]"#, "name", "[*]"]
        );
        assert_eq!(segments(""), [""; 0]);
    }

    #[test]
    fn relates_a_fault_to_what_it_lies_in_and_what_lies_in_it() {
        let check = |left, right| related(&segments(left), &segments(right));
        assert!(check("action.user", "action.user.name"));
        assert!(check("actor.role", "actor"));
        assert!(check(r#"snapshot.m["k"].name"#, "snapshot.m[*].name"));
        assert!(!check("action.user", "action.username"));
        assert!(!check("action.xs[*].a", "action.xs[*].b"));
        assert!(!check("action.a", "actor.a"));
    }
}
