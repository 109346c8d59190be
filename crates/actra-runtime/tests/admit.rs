//! The body runs if and only if the decision allowed it; what is counted is the body.

#![expect(clippy::panic, reason = "tests fail by it")]

#[path = "admit/grants.rs"]
mod grants;
#[path = "admit/refusals.rs"]
mod refusals;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use actra_engine::model::{Effect, RawMap, RawValue};
use actra_engine::{Policy, PolicySet, compile};
use actra_runtime::approval::{ApprovalAnswer, ApprovalExclusions, ApprovalStore, MemoryStore, StoreError};
use actra_runtime::{
    Admission, Admitted, Builder, EnforcementPoint, Event, Invocation, Mode, OnActorFailure, Outcome,
    PolicyInForce, RecordSource, Refused, RefusedKind, Runtime, Step, write_event,
};

const SCHEMA: &str = "version: 1
actions:
  refund:
    fields: { amount: number, card: { type: 'string?', sensitive: true } }
  note: {}
actor: { fields: { id: 'string?', role: 'string?', unread: 'string?' } }
snapshot: { fields: { fraud: boolean, limit: 'number?' } }
";

const RULES: &str = "version: 1
default: allow
rules:
  - { id: banned, scope: { action: refund }, when: 'has(actor.role) && actor.role == \"banned\"', effect: block }
  - { id: fraud, scope: { action: refund }, when: 'snapshot.fraud', effect: block, message: 'under review' }
  - { id: limit, scope: { action: refund }, when: 'has(snapshot.limit) && action.amount > snapshot.limit', effect: block }
  - { id: large, scope: { action: refund }, when: 'action.amount > 1000', effect: require_approval, message: 'large: {action.amount}', required_actions: [{ type: human_approval }] }
";

fn policy_of(rules: &str) -> Policy {
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", rules)]));
    outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics))
}

fn builder() -> Builder {
    Runtime::builder(policy_of(RULES))
}

fn map<const N: usize>(members: [(&str, RawValue); N]) -> RawMap {
    members.map(|(name, value)| (name.to_owned(), value)).into()
}

fn function(runtime: &Runtime, action: &str, arguments: RawMap) -> Result<Admitted, Refused> {
    runtime.admit_call(&(), Invocation::of_function(action, arguments))
}

fn refund(amount: i64) -> RawMap {
    map([("amount", amount.into())])
}

fn calm() -> RawMap {
    map([("fraud", false.into())])
}

/// How often the body ran, and how it ended.
fn run(runtime: &Runtime, arguments: RawMap) -> (usize, Result<Option<String>, Refused>) {
    let ran = AtomicUsize::new(0);
    let ended = runtime.admit(&(), "refund", arguments).map(|admitted| {
        ran.fetch_add(1, Ordering::Relaxed);
        admitted.approved_by
    });
    (ran.into_inner(), ended)
}

#[test]
fn a_resolver_of_a_misspelt_field_is_refused() {
    let misspelt = builder()
        .actor_field("rol", |_| Ok("support".into()))
        .snapshot_field_async("fruad", |_| Box::pin(async { Ok(false.into()) }))
        .snapshot_field("limit", |_| Ok(1.into()));
    let told = misspelt.build().expect_err("nobody would ask them").to_string();
    let expected = "a resolver or `unbound` names a field that the schema does not declare: \
        `actor.rol` is not declared; did you mean `actor.role`?; `snapshot.fruad` is not declared; did you mean `snapshot.fraud`?";
    assert_eq!(told, expected);
}

#[test]
fn the_body_runs_if_the_policy_allows_it() {
    let runtime = builder().snapshot(|_| Ok(calm())).build().unwrap();
    assert_eq!(run(&runtime, refund(10)), (1, Ok(None)));
    let (ran, refused) = run(&runtime, refund(1001));
    assert_eq!(ran, 0);
    let Err(Refused { approval: Some(approval), .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(approval.reasons, ["large: 1001"]);
}

#[test]
fn failing_resolvers_never_make_it_more_permissive() {
    type Fails = fn(&actra_runtime::ResolverInput<'_, ()>) -> Result<RawMap, actra_runtime::ResolveError>;
    let failing: [Fails; 4] = [
        |_| Err("no database".into()),
        |_| panic!("bug"),
        |_| Ok(map([("fraud", "no".into())])),
        |_| Ok(map([("fraud", RawValue::Null)])),
    ];
    for fails in failing {
        assert_eq!(run(&builder().snapshot(fails).build().unwrap(), refund(10)).0, 0);
        // Nothing that rules of this action read comes from there.
        assert!(builder().snapshot(fails).build().unwrap().admit(&(), "note", RawMap::new()).is_ok());
    }
    // An optional field that cannot be had is not one that is not there.
    let field = |found: fn() -> Result<RawValue, actra_runtime::ResolveError>| {
        let runtime =
            builder().snapshot_field("fraud", |_| Ok(false.into())).snapshot_field("limit", move |_| found());
        run(&runtime.build().unwrap(), refund(10)).0
    };
    assert_eq!(field(|| Ok(RawValue::Null)), 1);
    assert_eq!(field(|| Err("no database".into())), 0);
    assert_eq!(
        run(&builder().actor(|_| Err("who".into())).snapshot(|_| Ok(calm())).build().unwrap(), refund(10)).0,
        0
    );
}

#[test]
fn fields_of_the_actor_that_no_rule_reads_are_not_asked_for() {
    let asked = Arc::new(AtomicUsize::new(0));
    let with = |role: fn() -> Result<RawValue, actra_runtime::ResolveError>| {
        let counted = Arc::clone(&asked);
        builder()
            .actor_field("role", move |_| role())
            .actor_field("unread", move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
                Ok(1.into())
            })
            .snapshot(|_| Ok(calm()))
            .build()
            .unwrap()
    };
    assert_eq!(run(&with(|| Ok("clerk".into())), refund(10)).0, 1);
    assert_eq!(run(&with(|| Ok("banned".into())), refund(10)).0, 0);
    assert_eq!(run(&with(|| Err("no directory".into())), refund(10)).0, 0);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

/// Nobody has said whether what is not declared is sensitive.
#[test]
fn arguments_that_are_not_declared_are_bound_and_not_shown() {
    let events: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&events);
    let told = move |event: &Event| {
        let mut line = Vec::new();
        write_event(event, &mut line);
        kept.lock().unwrap().push(String::from_utf8(line).unwrap());
    };
    let runtime = builder().snapshot(|_| Ok(calm())).on_event(told).build().unwrap();
    let call =
        |token: &str| function(&runtime, "refund", map([("amount", 2000.into()), ("token", token.into())]));
    let Err(Refused { approval: Some(approval), .. }) = call("s3cret") else { panic!("no request") };
    runtime
        .approvals()
        .answer(&approval.id, &ApprovalAnswer::Granted { by: "ana".into() }, SystemTime::now())
        .unwrap();
    assert!(call("another").is_err());
    assert!(call("s3cret").is_ok());
    let events = events.lock().unwrap();
    assert!(
        events.len() == 3 && events.iter().all(|line| !line.contains("token") && !line.contains("s3cret"))
    );
    assert!(!format!("{approval:?}").contains("s3cret"));
}

#[test]
fn resolvers_run_once_and_only_if_they_matter() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = |role: &'static str| {
        calls.store(0, Ordering::Relaxed);
        let calls = Arc::clone(&calls);
        builder()
            .actor(move |_| Ok(map([("role", role.into())])))
            .snapshot(move |call| {
                calls.fetch_add(1, Ordering::Relaxed);
                assert!(call.reads().unwrap().snapshot.contains("fraud"));
                Ok(calm())
            })
            .build()
            .unwrap()
    };
    assert_eq!(run(&count("clerk"), refund(10)).0, 1);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    // A block that needs no database makes no call.
    assert_eq!(run(&count("banned"), refund(10)).0, 0);
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    assert!(count("clerk").admit(&(), "note", RawMap::new()).is_ok());
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

/// Where no rule can block without the snapshot, nobody looks whether one does.
#[test]
fn the_snapshot_is_asked_for_where_only_it_can_block() {
    let only = "version: 1\ndefault: allow\nrules:\n  - { id: fraud, scope: { action: refund }, when: snapshot.fraud, effect: block }\n";
    let always = "  - { id: closed, scope: { action: refund }, when: true, effect: block }\n";
    for (rules, asked, ran) in [(only.to_owned(), 1, 1), (format!("{only}{always}"), 0, 0)] {
        let policy = policy_of(&rules);
        assert_eq!(policy.reads("refund").unwrap().blocks_without_snapshot, asked == 0);
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let builder = Runtime::builder(policy).snapshot(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(calm())
        });
        assert_eq!(run(&builder.build().unwrap(), refund(10)).0, ran);
        assert_eq!(calls.load(Ordering::Relaxed), asked);
    }
}

#[test]
fn audit_runs_everything_and_tells_what_would_have_happened() {
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let kept = Arc::clone(&events);
    let runtime = builder()
        .mode(Mode::Audit)
        .snapshot(|_| Err("no database".into()))
        .on_event(|_| panic!("a failing observer"))
        .on_event(move |event| kept.lock().unwrap().push(event.clone()))
        .build()
        .unwrap();
    let arguments = map([("amount", 1.into()), ("card", "4111".into())]);
    assert_eq!(run(&runtime, arguments).0, 1);
    let events = events.lock().unwrap();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((event.decision.effect, &event.outcome), (Effect::Block, &Outcome::Ran));
    let reasons: Vec<&str> = event.failures.iter().map(|failure| failure.reason.as_str()).collect();
    assert_eq!(reasons, ["no database", "an observer panicked"]);
    let mut line = Vec::new();
    write_event(event, &mut line);
    let line = String::from_utf8(line).unwrap();
    assert!(line.contains(r#""card":"[redacted]""#) && !line.contains("4111"), "{line}");
}

#[test]
fn an_argument_cannot_name_the_action() {
    let runtime = builder().snapshot(|_| Ok(calm())).build().unwrap();
    assert!(runtime.admit(&(), "note", map([("type", "refund".into())])).is_err());
    assert!(runtime.admit(&(), "transfer", RawMap::new()).is_err());
}

/// An event says what nobody could find out, so that its request can be decided again to the byte.
#[test]
fn an_event_says_what_could_not_be_found_out() {
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let kept = Arc::clone(&events);
    let runtime = builder()
        .snapshot_field("fraud", |_| Err("no database".into()))
        .on_event(move |event| kept.lock().unwrap().push(event.clone()))
        .build()
        .unwrap();
    assert_eq!(run(&runtime, refund(10)).0, 0);
    let events = events.lock().unwrap();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(event.request.unknown, ["snapshot.fraud"]);
    let mut request = Vec::new();
    actra_wire::write_request(&event.request, &mut request);
    let text = String::from_utf8(request).unwrap();
    assert!(
        text.ends_with(r#""unknown":["snapshot.fraud"]}"#) && !text.contains(r#""fraud":null"#),
        "{text}"
    );
    let policy = runtime.policy_in_force().load();
    let again = actra_engine::decide(&policy, &actra_wire::read_request(text.as_bytes())).into_owned();
    assert_eq!(again, event.decision);
}

#[tokio::test]
async fn what_hangs_is_left_out() {
    let sleep = |time| Box::pin(tokio::time::sleep(time)) as _;
    let hanging = || {
        builder()
            .deadline(Duration::from_millis(20), sleep)
            .snapshot_async(|_| Box::pin(std::future::pending()))
            .build()
            .unwrap()
    };
    assert!(hanging().admit_async(&(), "refund", refund(1)).await.is_err());
    assert!(hanging().admit_async(&(), "note", RawMap::new()).await.is_ok());
    let fields = builder()
        .deadline(Duration::from_millis(20), sleep)
        .snapshot_field_async("fraud", |_| Box::pin(async { Ok(false.into()) }))
        .snapshot_field_async("limit", |_| Box::pin(std::future::pending()))
        .build()
        .unwrap();
    assert!(fields.admit_async(&(), "refund", refund(1)).await.is_err());
    let asking = builder()
        .deadline(Duration::from_secs(60), sleep)
        .approval_deadline(Duration::from_millis(20), sleep)
        .snapshot(|_| Ok(calm()))
        .on_approval_async(|_| Box::pin(std::future::pending()))
        .build()
        .unwrap();
    assert!(asking.admit_async(&(), "refund", refund(2000)).await.is_err());
    // From a synchronous call nobody can wait.
    assert!(hanging().admit(&(), "refund", refund(1)).is_err());
}

#[test]
fn a_new_policy_is_taken_whole() {
    let runtime = builder().snapshot(|_| Ok(calm())).build().unwrap();
    let before = runtime.policy_in_force().health();
    runtime.policy_in_force().note_rejected_update("it does not compile".into());
    assert_eq!(run(&runtime, refund(10)).0, 1);
    let stale = runtime.policy_in_force().health();
    assert_eq!(
        (stale.policy, stale.stale.map(|(_, reason)| reason)),
        (before.policy, Some("it does not compile".into()))
    );
    runtime
        .policy_in_force()
        .swap(Arc::new(policy_of(&RULES.replace("default: allow", "default: block"))))
        .unwrap();
    assert_eq!(run(&runtime, refund(10)).0, 0);
    assert_eq!(
        (runtime.policy_in_force().health().swaps, runtime.policy_in_force().health().stale),
        (1, None)
    );
}

/// What begins an asynchronous answer may fail before there is one.
#[tokio::test]
async fn a_panic_on_the_way_to_a_future_stays_there() {
    let sleep = |time| Box::pin(tokio::time::sleep(time)) as _;
    let resolver = builder().snapshot_async(|_| panic!("bug")).build().unwrap();
    assert!(matches!(
        resolver.admit_async(&(), "refund", refund(1)).await,
        Err(Refused { kind: RefusedKind::Blocked, .. })
    ));
    let field =
        builder().snapshot_field_async("fraud", |_| panic!("bug")).deadline(Duration::from_secs(1), sleep);
    assert!(field.build().unwrap().admit_async(&(), "refund", refund(1)).await.is_err());
    let handler = builder().snapshot(|_| Ok(calm())).on_approval_async(|_| panic!("bug")).build().unwrap();
    let refused = handler.admit_async(&(), "refund", refund(2000)).await.unwrap_err().to_string();
    assert!(refused.contains("it panicked: bug"), "{refused}");
}

#[tokio::test]
async fn a_late_answer_is_not_used_beside_asynchronous_ones_either() {
    let sleep = |time| Box::pin(tokio::time::sleep(time)) as _;
    let runtime = builder()
        .deadline(Duration::from_millis(20), sleep)
        .snapshot_field("fraud", |_| {
            std::thread::sleep(Duration::from_millis(40));
            Ok(false.into())
        })
        .build()
        .unwrap();
    assert!(runtime.admit_async(&(), "refund", refund(1)).await.is_err());
    // One that blocks its thread leaves no time for the deadline to come first.
    let blocking = builder().deadline(Duration::from_millis(20), sleep).snapshot_async(|_| {
        Box::pin(async {
            std::thread::sleep(Duration::from_millis(40));
            Ok(calm())
        })
    });
    assert!(blocking.build().unwrap().admit_async(&(), "refund", refund(1)).await.is_err());
}

/// A call whose actor cannot be had is refused, also where no rule reads who it is.
#[test]
fn nobody_acts_without_being_known() {
    type Fails = fn(&actra_runtime::ResolverInput<'_, ()>) -> Result<RawMap, actra_runtime::ResolveError>;
    let failing: [Fails; 2] = [|_| Err("no session".into()), |_| panic!("bug")];
    for fails in failing {
        let runtime = builder().actor(fails).build().unwrap();
        let refused = runtime.admit(&(), "note", RawMap::new()).unwrap_err();
        assert_eq!(refused.kind, RefusedKind::NotDecided);
        assert_eq!(refused.field_errors.first().map(|error| error.code.as_str()), Some("actor_failed"));
        let decides = builder().actor(fails).on_actor_failure(OnActorFailure::Decide).build().unwrap();
        assert!(decides.admit(&(), "note", RawMap::new()).is_ok());
        let audits = builder().actor(fails).mode(Mode::Audit).build().unwrap();
        assert!(audits.admit(&(), "note", RawMap::new()).is_ok());
    }
    let field = builder().actor_field("role", |_| Err("no directory".into())).snapshot(|_| Ok(calm()));
    assert_eq!(run(&field.build().unwrap(), refund(1)).0, 0);
}

/// Arguments fill the fields that name them, and one called `type` only if a field does.
#[test]
fn arguments_fill_the_fields_that_name_them() {
    let schema = "version: 1\nactions: { ticket: { fields: { kind: { type: string, argument: type }, note: string? } } }";
    let rules = "version: 1\ndefault: allow\nrules:\n  - { id: no, scope: { action: ticket }, when: 'action.kind == \"bug\"', effect: block }\n";
    let set = PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", rules)]);
    let runtime: Runtime = Runtime::builder(compile(&set).policy.unwrap()).build().unwrap();
    let call = |name: &str, value: &str| function(&runtime, "ticket", map([(name, value.into())]));
    assert!(call("type", "question").is_ok());
    assert_eq!(call("type", "bug").unwrap_err().to_string(), "action ticket: blocked by rule no");
    // It is not filled by an argument of its own name.
    assert_eq!(call("kind", "question").unwrap_err().kind, RefusedKind::Blocked);
}
