//! What is told of a call: the same words in every way, and no name that may be a secret.

#![expect(clippy::panic, reason = "tests fail by it")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actra_engine::model::RawMap;
use actra_engine::{Policy, PolicySet, compile};
use actra_runtime::approval::{ApprovalExclusions, MemoryStore, Secret, StoreError, is_name};
use actra_runtime::{
    Admission, EnforcementPoint, Failure, Mode, OnActorFailure, PolicyInForce, RecordSource, Runtime, Stage,
    Step, write_event,
};

const SCHEMA: &str = "version: 1
extra_fields: reject
actions:
  login: { fields: { cred: { type: object, fields: { password: { type: string, sensitive: true } } } } }
";
const RULES: &str = "version: 1
default: block
rules: [{ id: r, scope: { action: login }, when: 'action.cred.password != \"\"', effect: allow }]
";

fn policy() -> Policy {
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]));
    outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics))
}

fn login(member: &str) -> RawMap {
    let cred = RawMap::from([(member.to_owned(), "".into())]);
    RawMap::from([("cred".to_owned(), cred.into())])
}

#[test]
fn what_is_sent_in_the_place_of_a_secret_is_named_nowhere() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&events);
    let runtime = Runtime::<()>::builder(policy()).on_event(move |event| {
        write_event(event, &mut told.lock().unwrap_or_else(PoisonError::into_inner));
    });
    let runtime = runtime.build().unwrap_or_else(|error| panic!("{error}"));
    let refused = runtime.admit(&(), "login", login("hunter2")).err().unwrap_or_else(|| panic!("it runs"));
    let event = events.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let event = String::from_utf8_lossy(&event).into_owned();
    let answers =
        [refused.to_string(), refused.for_model(), refused.to_json(), refused.to_problem_json(403, None)];
    for told in answers.iter().chain([&event]) {
        assert!(told.contains("login") && !told.contains("hunter2"), "{told}");
    }
}

#[test]
fn reasons_are_told_in_one_order() {
    let point = Arc::new(EnforcementPoint {
        in_force: Arc::new(PolicyInForce::new(Arc::new(policy()))),
        mode: Mode::Enforce,
        on_actor_failure: OnActorFailure::Refuse,
        actor: RecordSource::Empty,
        snapshot: RecordSource::Empty,
        unbound: ApprovalExclusions::default(),
        store: Arc::new(MemoryStore::new()),
        grant_lifetime: Duration::from_secs(900),
        has_approver: false,
        has_observers: false,
    });
    let said = |reasons: [&str; 3]| {
        let mut admission = Admission::begin(&point, "login", login("password"));
        for reason in reasons {
            admission.note(vec![Failure::new(Stage::Action, reason)]);
        }
        match admission.step() {
            Step::Done(Err(refused)) => refused.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let one = said(["action.b: none", "action.a: none", "action.c: none"]);
    assert!(one.ends_with("(action.a: none; action.b: none; action.c: none)"), "{one}");
    assert_eq!(one, said(["action.c: none", "action.b: none", "action.a: none"]));
}

/// Code points that never stand for a character.
#[test]
fn what_is_no_character_makes_no_other_name() -> Result<(), StoreError> {
    let secret = Secret::fresh()?;
    let last = (0..=0x10).flat_map(|plane: u32| [plane << 16 | 0xfffe, plane << 16 | 0xffff]);
    for c in last.chain(0xfdd0..=0xfdef).filter_map(char::from_u32) {
        assert!(!is_name(&c.to_string()), "{c:?}");
        assert_eq!(secret.of_name(&format!("an{c}a")), secret.of_name("ana"), "{c:?}");
    }
    assert_ne!(secret.of_name("an\u{fffd}a"), secret.of_name("ana"));
    Ok(())
}
