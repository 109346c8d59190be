//! All that the library says about a request.

use actra_engine::analyze::Analyzer;
use actra_engine::diagnostics::Sources;
use actra_engine::model::{ActionId, RawRequest};
use actra_engine::{Policy, decide, explain, redact, redacted_changes, request_errors};
use actra_testing::written_request;

/// What may name an undeclared member of a place that is not sensitive: what was typed wrong is said to who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    Shown,
    Hidden,
}

/// Each output by its name.
pub fn outputs(policy: &Policy, request: &RawRequest) -> Vec<(&'static str, Names, String)> {
    let decision = decide(policy, request);
    let explanation = explain(policy, request);
    let redacted = redact(&policy.schema, request);
    let request_errors: Vec<String> =
        request_errors(&policy.schema, request).iter().map(ToString::to_string).collect();
    vec![
        ("decision", Names::Shown, json(|out| actra_wire::write_decision(&decision, out))),
        ("decision, debug", Names::Shown, format!("{decision:?}")),
        (
            "explanation",
            Names::Shown,
            json(|out| actra_wire::write_explanation(&explanation, &Sources::new(), out)),
        ),
        ("explanation, debug", Names::Shown, format!("{explanation:?}")),
        ("request_errors", Names::Shown, request_errors.join("\n")),
        ("redacted", Names::Hidden, json(|out| actra_wire::write_request(&redacted, out))),
        ("redacted, for people", Names::Hidden, written_request(&redacted)),
        ("redacted, debug", Names::Hidden, format!("{redacted:?}")),
    ]
}

/// What analysis says about a request, which takes longer.
pub fn answers(
    analyzer: &mut Analyzer,
    policy: &Policy,
    request: &RawRequest,
) -> Vec<(&'static str, Names, String)> {
    let change = analyzer.nearest(policy, request);
    let shown = change.as_ref().map(|change| redacted_changes(policy, change));
    let given = RawRequest { action: None, unknown: Vec::new(), ..request.clone() };
    let possible = analyzer.can(policy, ActionId(0), &given);
    vec![
        (
            "nearest",
            Names::Hidden,
            json(|out| actra_wire::write_nearest_change(policy, change.as_ref(), out)),
        ),
        ("nearest, shown", Names::Hidden, format!("{shown:?}")),
        ("can", Names::Hidden, json(|out| actra_wire::write_can(policy, &[possible], out))),
    ]
}

fn json(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).expect("JSON is text")
}
