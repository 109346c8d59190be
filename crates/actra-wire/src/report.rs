//! Reports about a policy set: what checking it gave, its hashes, and the page of a diagnostic code.

use std::collections::BTreeSet;

use actra_engine::diagnostics::{Code, Sources};
use actra_engine::{Compilation, GovernanceReport, Policy};

use crate::analysis::within_cost;
use crate::{diagnostic, write};

/// Appends what compiling a set gave, as `actra/check/v1`: `ok`, `policy_hash`, the numbers of rules, actions, errors
/// and warnings, what was checked of governance, and all diagnostics. `ok` and the rest of the policy's facts ignore
/// warnings.
///
/// `set` is the last member: which set it is about, where one run reports on several.
pub fn write_check(outcome: &Compilation, set: Option<&str>, out: &mut Vec<u8>) {
    let policy = outcome.policy.as_ref();
    let errors = outcome.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    out.extend_from_slice(b"{\"schema\":\"actra/check/v1\",\"ok\":");
    write::boolean(out, policy.is_some());
    out.extend_from_slice(b",\"policy_hash\":");
    write::optional_string(out, policy.map(|policy| policy.hash.to_string()).as_deref());
    out.extend_from_slice(b",\"rules\":");
    number_or_null(out, policy.map(|policy| policy.rules.len()));
    out.extend_from_slice(b",\"actions\":");
    number_or_null(out, policy.map(|policy| policy.schema.actions.len()));
    let warnings = outcome.diagnostics.len() - errors;
    write::display(out, format_args!(",\"errors\":{errors},\"warnings\":{warnings},\"governance\":"));
    match &outcome.governance {
        None => out.extend_from_slice(b"null"),
        Some(governed) => governance(out, governed, &outcome.sources),
    }
    out.extend_from_slice(b",\"diagnostics\":");
    write::list(out, &outcome.diagnostics, |out, problem| {
        diagnostic::diagnostic(out, problem, &outcome.sources)
    });
    if let Some(set) = set {
        out.extend_from_slice(b",\"set\":");
        write::string(out, set);
    }
    out.push(b'}');
}

fn number_or_null(out: &mut Vec<u8>, number: Option<usize>) {
    match number {
        Some(number) => write::display(out, number),
        None => out.extend_from_slice(b"null"),
    }
}

/// How many demands of each kind there are, and the rules that say nothing about this set.
fn governance(out: &mut Vec<u8>, governance: &GovernanceReport, sources: &Sources) {
    let GovernanceReport { hash, rules, invariants, baseline, skipped, verdicts } = governance;
    write::display(
        out,
        format_args!(
            "{{\"hash\":\"{hash}\",\"rules\":{rules},\"invariants\":{invariants},\"baseline\":{baseline},\"skipped\":"
        ),
    );
    write::list(out, skipped, |out, skipped| {
        out.extend_from_slice(b"{\"rule\":");
        write::string(out, &skipped.id);
        out.extend_from_slice(b",\"actions\":");
        write::list(out, &skipped.actions, |out, action| write::string(out, action));
        diagnostic::place(out, Some(skipped.place), sources);
        out.push(b'}');
    });
    out.extend_from_slice(b",\"proved\":");
    write::list(out, governance.proved(), write::string);
    let containers: BTreeSet<&String> = verdicts.iter().flat_map(|verdict| &verdict.within_cost).collect();
    within_cost(out, &containers.into_iter().cloned().collect());
    out.push(b'}');
}

/// Appends the hashes of a policy and of the governance that it was compiled under, as `actra/hash/v1`.
pub fn write_hash(policy: &Policy, out: &mut Vec<u8>) {
    let governance = policy.governance_hash().map(|hash| hash.to_string());
    let hash = policy.hash;
    write::display(
        out,
        format_args!("{{\"schema\":\"actra/hash/v1\",\"policy_hash\":\"{hash}\",\"governance_hash\":"),
    );
    write::optional_string(out, governance.as_deref());
    out.push(b'}');
}

/// Appends what there is to know of a diagnostic code, as `actra/code/v1`: its severity and its page in Markdown.
pub fn write_code(code: Code, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"schema\":\"actra/code/v1\",\"code\":");
    write::string(out, code.as_str());
    out.extend_from_slice(b",\"severity\":");
    write::string(out, diagnostic::severity(code));
    out.extend_from_slice(b",\"page\":");
    write::string(out, code.page());
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use actra_engine::diagnostics::{Diagnostic, Sources, Span, codes};

    use super::*;

    #[test]
    fn a_check_lists_everything_of_a_diagnostic() {
        let mut sources = Sources::new();
        let file = sources.add("policy.yaml", "vers: 1\nrules: []\n");
        let span = Span { file, start: 0, end: 4 };
        let diagnostics = vec![
            Diagnostic::without_place(codes::MISSING_FILE, "`schema.yaml` is missing"),
            Diagnostic::new(codes::UNKNOWN_KEY, span, "unknown key `vers`")
                .label("not known here")
                .also(Span { start: 8, end: 13, file }, "the rules")
                .help("did you mean `version`?")
                .fix("rename it", span, "version"),
        ];
        let mut out = Vec::new();
        write_check(
            &Compilation { sources, diagnostics, policy: None, governance: None },
            Some("a/\"b\""),
            &mut out,
        );
        let expected = concat!(
            r#"{"schema":"actra/check/v1","ok":false,"policy_hash":null,"rules":null,"actions":null,"#,
            r#""errors":2,"warnings":0,"governance":null,"diagnostics":["#,
            r#"{"code":"E0001","severity":"error","message":"`schema.yaml` is missing","label":"","#,
            r#""file":null,"line":null,"column":null,"end_line":null,"end_column":null,"labels":[],"help":[],"fix":null},"#,
            r#"{"code":"E0103","severity":"error","message":"unknown key `vers`","label":"not known here","#,
            r#""file":"policy.yaml","line":1,"column":1,"end_line":1,"end_column":5,"#,
            r#""labels":[{"label":"the rules","file":"policy.yaml","line":2,"column":1,"end_line":2,"end_column":6}],"#,
            r#""help":["did you mean `version`?"],"#,
            r#""fix":{"title":"rename it","file":"policy.yaml","line":1,"column":1,"end_line":1,"end_column":5,"#,
            r#""start":0,"end":4,"replacement":"version"}}],"set":"a/\"b\""}"#,
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
