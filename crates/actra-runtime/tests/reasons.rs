//! A refusal has the same words, in whichever order a host has found out what it could not read.

#![expect(clippy::panic, reason = "tests fail by it")]

use std::sync::Arc;
use std::time::Duration;

use actra_engine::model::{RawMap, RawRequest};
use actra_engine::{PolicySet, compile};
use actra_runtime::approval::{ApprovalExclusions, MemoryStore};
use actra_runtime::{
    Admission, EnforcementPoint, Failure, Mode, OnActorFailure, PolicyInForce, RecordSource, Stage, Step,
};

const SCHEMA: &str = "version: 1
actions: { refund: {} }
actor: { fields: { id: 'string?' } }
";
const RULES: &str = "version: 1
default: allow
rules: [{ id: never, scope: { action: refund }, when: true, effect: block }]
";

fn point() -> Arc<EnforcementPoint> {
    let set = PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]);
    let outcome = compile(&set);
    let policy = outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics));
    Arc::new(EnforcementPoint {
        in_force: Arc::new(PolicyInForce::new(Arc::new(policy))),
        mode: Mode::Enforce,
        on_actor_failure: OnActorFailure::Decide,
        actor: RecordSource::Empty,
        snapshot: RecordSource::Empty,
        unbound: ApprovalExclusions::default(),
        store: Arc::new(MemoryStore::new()),
        grant_lifetime: Duration::from_secs(10),
        has_approver: false,
        has_observers: false,
    })
}

/// The words of a refusal for reasons that were found in this order.
fn words(action: [&str; 2], actor: [&str; 2]) -> String {
    let of = |stage, reasons: [&str; 2]| reasons.map(|reason| Failure::new(stage, reason)).to_vec();
    let call = RawMap::from([("type".to_owned(), "refund".into())]);
    let request = RawRequest {
        action: Some(call.into()),
        actor: Some(RawMap::new().into()),
        snapshot: Some(RawMap::new().into()),
        ..RawRequest::default()
    };
    let mut admission = Admission::resolved(&point(), request, of(Stage::Actor, actor));
    for failure in of(Stage::Action, action) {
        admission.note(vec![failure]);
    }
    match admission.step() {
        Step::Done(Err(refused)) => refused.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn they_stand_as_the_request_does_and_then_by_their_words() {
    let said = words(["action.a: one", "action.b: two"], ["id: three", "role: four"]);
    assert!(
        said.contains("action.a: one; action.b: two; the actor could not be resolved: id: three; "),
        "{said}"
    );
    assert_eq!(words(["action.b: two", "action.a: one"], ["role: four", "id: three"]), said);
}
