//! How the index finds each rule, as JSON.

use actra_engine::diagnostics::Sources;
use actra_engine::{AccessMethod, Policy, RuleAccess};

use crate::write;

/// Appends how the rules of a policy are found, as `actra/plan/v1`: for each rule, in file order, its place, the
/// access methods (one for each alternative of its condition) and how many parts of it are more than a test of a field.
///
/// `rules` is `null` for a policy that is too large for an index.
pub fn write_plan(policy: &Policy, accesses: Option<&[RuleAccess]>, sources: &Sources, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"schema\":\"actra/plan/v1\",\"rules\":");
    rules(out, policy, accesses, sources);
    out.push(b'}');
}

/// The list of all rules, or `null`.
pub(crate) fn rules(out: &mut Vec<u8>, policy: &Policy, accesses: Option<&[RuleAccess]>, sources: &Sources) {
    let Some(accesses) = accesses else { return out.extend_from_slice(b"null") };
    write::list(out, accesses, |out, access| {
        place(out, access.rule, policy, sources);
        out.extend_from_slice(b",\"by\":");
        write::list(out, &access.by, access_method);
        write::display(out, format_args!(",\"walked\":{}}}", access.walked));
    });
}

/// The start of an object about a rule: its id, and where its condition stands.
pub(crate) fn place(out: &mut Vec<u8>, rule: usize, policy: &Policy, sources: &Sources) {
    let rule = policy.rules.get(rule);
    let place = rule.map(|rule| rule.condition.span).and_then(|span| {
        Some((sources.get(span.file)?.path.as_str(), sources.position(span.file, span.start).line))
    });
    out.extend_from_slice(b"{\"rule\":");
    write::optional_string(out, rule.map(|rule| &*rule.id));
    out.extend_from_slice(b",\"file\":");
    write::optional_string(out, place.map(|(file, _)| file));
    out.extend_from_slice(b",\"line\":");
    match place {
        Some((_, line)) => write::display(out, line),
        None => out.extend_from_slice(b"null"),
    }
}

fn access_method(out: &mut Vec<u8>, by: &AccessMethod) {
    let (kind, field) = match by {
        AccessMethod::Scope => ("scope", None),
        AccessMethod::Few => ("few", None),
        AccessMethod::Equality(field) => ("equality", Some(field)),
        AccessMethod::Membership(field) => ("membership", Some(field)),
        AccessMethod::Prefix(field) => ("prefix", Some(field)),
        AccessMethod::Range => ("range", None),
    };
    out.extend_from_slice(b"{\"kind\":");
    write::string(out, kind);
    if let Some(field) = field {
        out.extend_from_slice(b",\"field\":");
        write::string(out, field);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use actra_engine::{PolicySet, compile};

    use super::*;

    #[test]
    fn every_way_has_its_name() {
        let schema = "version: 1\nactions: { a: { fields: { text: string } } }";
        let policy = "version: 1\ndefault: allow\nrules:\n  - id: r\n    scope: { action: a }\n    when: action.text != 'x'\n    effect: block\n";
        let outcome = compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", policy)]));
        let by = [
            AccessMethod::Scope,
            AccessMethod::Few,
            AccessMethod::Equality("action.a".to_owned()),
            AccessMethod::Membership("action.b".to_owned()),
            AccessMethod::Prefix("action.c".to_owned()),
            AccessMethod::Range,
        ];
        let access = RuleAccess { rule: 0, by: by.into_iter().collect(), walked: 2 };
        let mut out = Vec::new();
        write_plan(&outcome.policy.unwrap(), Some(&[access]), &outcome.sources, &mut out);
        let expected = concat!(
            r#"{"schema":"actra/plan/v1","rules":[{"rule":"r","file":"policy.yaml","line":6,"by":["#,
            r#"{"kind":"scope"},{"kind":"few"},{"kind":"equality","field":"action.a"},"#,
            r#"{"kind":"membership","field":"action.b"},{"kind":"prefix","field":"action.c"},{"kind":"range"}],"walked":2}]}"#,
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn without_an_index_there_are_no_ways() {
        let schema = "version: 1\nactions: { a: {} }";
        let policy =
            "version: 1\ndefault: allow\nrules: [{ id: r, scope: { action: a }, when: true, effect: block }]";
        let outcome = compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", policy)]));
        let mut out = Vec::new();
        write_plan(&outcome.policy.unwrap(), None, &outcome.sources, &mut out);
        assert_eq!(out, br#"{"schema":"actra/plan/v1","rules":null}"#);
    }
}
