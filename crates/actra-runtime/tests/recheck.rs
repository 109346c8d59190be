//! What is decided is what runs: arguments that can change are read again.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by it")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actra_engine::model::{Effect, RawMap};
use actra_engine::{PolicySet, compile};
use actra_runtime::approval::{ApprovalAnswer, ApprovalExclusions, MemoryStore};
use actra_runtime::{
    Admission, EnforcementPoint, Mode, OnActorFailure, Outcome, PolicyInForce, RecordSource, Refused,
    RefusedKind, Step,
};

const SCHEMA: &str = "version: 1\nactions: { refund: { fields: { amount: number } } }";
const RULES: &str = "version: 1
default: allow
rules: [{ id: large, scope: { action: refund }, when: action.amount > 1000, effect: require_approval }]
";

fn point(mode: Mode) -> Arc<EnforcementPoint> {
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]));
    let policy = outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics));
    Arc::new(EnforcementPoint {
        in_force: Arc::new(PolicyInForce::new(Arc::new(policy))),
        mode,
        on_actor_failure: OnActorFailure::Refuse,
        actor: RecordSource::Empty,
        snapshot: RecordSource::Empty,
        unbound: ApprovalExclusions::default(),
        store: Arc::new(MemoryStore::new()),
        grant_lifetime: Duration::from_secs(10),
        has_approver: true,
        has_observers: true,
    })
}

fn refund(amount: i64) -> RawMap {
    [("amount".to_owned(), amount.into())].into()
}

/// Drives a call whose amount is the next of these whenever it is read.
fn end(
    point: &Arc<EnforcementPoint>,
    first: i64,
    then: &[i64],
) -> (Admission, Result<Option<String>, Refused>) {
    let mut then = then.iter();
    let mut admission = Admission::begin(point, "refund", refund(first)).with_recheck();
    loop {
        match admission.step() {
            Step::Action => {
                let now = then.next().unwrap_or_else(|| panic!("it is read more often"));
                admission.recheck_action("refund", refund(*now));
            }
            Step::Ask(request) => {
                let granted = ApprovalAnswer::Granted { by: "ana".into() };
                point.store.answer(&request.id, &granted, SystemTime::now()).unwrap();
                admission.resume();
            }
            Step::Done(done) => {
                assert_eq!(then.next(), None, "it is not read as often");
                return (admission, done.map(|admitted| admitted.approved_by));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_same_arguments_run() {
    assert_eq!(end(&point(Mode::Enforce), 10, &[10]).1, Ok(None));
    assert_eq!(end(&point(Mode::Enforce), 2000, &[2000, 2000]).1, Ok(Some("ana".to_owned())));
}

#[test]
fn others_are_refused_also_if_they_would_be_allowed() {
    for (first, then) in [(10, vec![11]), (10, vec![2000]), (2000, vec![2000, 1])] {
        let (mut admission, done) = end(&point(Mode::Enforce), first, &then);
        let refused = done.unwrap_err();
        assert_eq!(refused.kind, RefusedKind::NotDecided);
        let said = "action refund: not decided (its arguments changed while it was being decided)";
        assert_eq!(refused.to_string(), said);
        let events = admission.take_events();
        assert_eq!(events.last().map(|event| event.outcome.clone()), Some(Outcome::Refused));
    }
}

#[test]
fn a_grant_is_for_what_was_shown() {
    let refused = end(&point(Mode::Enforce), 2000, &[3000]).1.unwrap_err();
    assert!(
        refused.to_string().contains("what was approved differs from what would be done now"),
        "{refused}"
    );
}

#[test]
fn audit_mode_runs_and_says_so() {
    let (mut admission, done) = end(&point(Mode::Audit), 10, &[11]);
    assert_eq!(done, Ok(None));
    let events = admission.take_events();
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((&event.outcome, event.decision.effect), (&Outcome::Ran, Effect::Block));
    assert_eq!(event.failures.len(), 1);
}

#[test]
fn a_body_may_begin_later() {
    let (mut admission, done) = end(&point(Mode::Enforce), 10, &[10]);
    assert_eq!(done, Ok(None));
    admission.recheck_action("refund", refund(10));
    assert!(admission.may_run());
    admission.recheck_action("refund", refund(11));
    assert!(!admission.may_run());
    assert!(matches!(admission.step(), Step::Done(Err(_))));
    admission.refuse_unreadable("it is gone");
    assert!(matches!(admission.step(), Step::Done(Err(_))));
}
