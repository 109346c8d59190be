//! Each verdict of the analyzer leads to its code and words.

use std::sync::Arc;

use actra_diagnostics::{FileId, Span};
use actra_ir::governance::{AcceptedEffects, Demand};
use actra_ir::{Expr, ExprKind};
use actra_model::{Effect, PolicyHash, RawRequest, RawValue, Schema, Value};

use super::*;

const PLACE: Span = Span { file: FileId(0), start: 0, end: 1 };

fn nowhere() -> DeclarationSpans {
    DeclarationSpans::default()
}

fn policy() -> Policy {
    Policy { schema: Schema::default(), default: Effect::Allow, rules: Vec::new(), hash: PolicyHash([0; 32]) }
}

fn demanded() -> Invariant {
    Invariant {
        demand: Demand { id: "fraud".into(), place: PLACE, error: "A flagged\naccount is paid".into() },
        actions: Arc::from([]),
        condition: Expr { kind: ExprKind::Literal(Value::Bool(true)), span: PLACE },
        accepted: AcceptedEffects::Exactly(Effect::Block),
        with: Vec::new(),
        may_be_empty: false,
        on_unproven: OnUnproven::Refuse,
    }
}

fn refutation() -> ProofVerdict {
    ProofVerdict::Refuted(Box::new(RawRequest { action: Some(RawValue::from("x")), ..RawRequest::default() }))
}

fn shown(found: Option<Diagnostic>) -> Vec<String> {
    found
        .iter()
        .map(|found| format!("{} {} | {}", found.code, found.message, found.help.join(" | ")))
        .collect()
}

fn told(invariant: &Invariant, verdict: &ProofVerdict) -> Vec<String> {
    shown(about_invariant(&policy(), invariant, verdict, &nowhere()))
}

fn unproven(parts: &[&str]) -> ProofVerdict {
    ProofVerdict::Unproven(parts.iter().map(|part| (*part).to_owned()).collect())
}

#[test]
fn each_verdict_on_an_invariant_has_its_code() {
    let strict = demanded();
    assert_eq!(told(&strict, &ProofVerdict::Proved), Vec::<String>::new());
    for (verdict, expected) in [
        (
            refutation(),
            "E0902 `fraud`: A flagged account is paid | for example {\"action\":\"x\"} | the outcome is `block`, since the request is not valid",
        ),
        (
            unproven(&["action.a * action.b"]),
            "E0903 `fraud`: A flagged account is paid | the obstacle is `action.a * action.b`",
        ),
        (
            ProofVerdict::Vacuous,
            "E0904 `fraud`: A flagged account is paid | if that is intended, write `may_be_empty: true`",
        ),
    ] {
        assert_eq!(told(&strict, &verdict), [expected]);
    }
}

#[test]
fn an_author_may_allow_what_is_empty_or_unproven_and_nothing_else() {
    let mild = Invariant { may_be_empty: true, on_unproven: OnUnproven::Warn, ..demanded() };
    assert_eq!(told(&mild, &ProofVerdict::Vacuous), Vec::<String>::new());
    assert!(told(&mild, &unproven(&[]))[0].starts_with("W0015 "));
    assert!(told(&mild, &refutation())[0].starts_with("E0902 "));
}

#[test]
fn each_verdict_on_a_baseline_has_its_code() {
    let old = Baseline {
        path: "released/".into(),
        place: PLACE,
        policy: Arc::new(policy()),
        new_actions: Vec::new(),
    };
    let told = |verdict: ProofVerdict| {
        let found = about_baseline(&policy(), &old, &verdict, &nowhere());
        found.iter().map(|found| format!("{} {}", found.code, found.message)).collect::<Vec<_>>()
    };
    assert_eq!(told(ProofVerdict::Proved), Vec::<String>::new());
    assert_eq!(told(refutation()), ["E0905 the policy is weaker than the baseline `released/`"]);
    let message = "E0903 the policy is not proved to be no weaker than the baseline `released/`";
    assert_eq!(told(unproven(&[])), [message]);
}
