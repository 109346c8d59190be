//! The body runs if and only if the decision allowed it; what is counted is the body.

#![expect(clippy::panic, reason = "tests fail by it")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use actra_engine::model::{Effect, RawMap, RawValue};
use actra_engine::{Policy, PolicySet, compile};
use actra_runtime::approval::{ApprovalAnswer, ApprovalStore, MemoryStore, StoreError, Unbound};
use actra_runtime::{
    Admission, Admitted, Builder, EnforcementPoint, Event, Invocation, Live, Mode, OnActorFailure, Outcome,
    RecordSource, Refused, RefusedKind, Runtime, Step, write_event,
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
    type Fails = fn(&actra_runtime::Call<'_, ()>) -> Result<RawMap, actra_runtime::ResolveError>;
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

#[test]
fn a_grant_is_valid_once_and_for_exactly_one_request() {
    let runtime = builder().snapshot(|_| Ok(calm())).build().unwrap();
    let asked = |amount| match run(&runtime, refund(amount)) {
        (0, Err(Refused { approval: Some(approval), .. })) => approval,
        other => panic!("{other:?}"),
    };
    let approval = asked(2000);
    assert_eq!(asked(2000).id, approval.id);
    let store = runtime.approvals();
    let granted = ApprovalAnswer::Granted { by: "ana".into() };
    store.answer(&approval.id, &granted, SystemTime::now()).unwrap();
    let again = store.answer(&approval.id, &granted, SystemTime::now());
    assert_eq!(again, Err(StoreError::Answered { id: approval.id.clone() }));
    // An edit of the arguments is another request, and leaves the grant where it is.
    assert_ne!(asked(2001).id, approval.id);
    assert_eq!(run(&runtime, refund(2000)), (1, Ok(Some("ana".into()))));
    assert_ne!(asked(2000).id, approval.id);
}

#[test]
fn grants_expire_and_are_bound_to_facts_and_policy() {
    let store = Arc::new(MemoryStore::new());
    let fraud = Arc::new(AtomicUsize::new(0));
    let with = |rules: &str, valid| {
        let limit = Arc::clone(&fraud);
        Runtime::builder(policy_of(rules))
            .snapshot(move |_| {
                let limit = limit.load(Ordering::Relaxed) as i64;
                Ok(map([("fraud", false.into()), ("limit", (5000 + limit).into()), ("unread", limit.into())]))
            })
            .approvals(Arc::clone(&store) as Arc<dyn ApprovalStore>, valid)
            .build()
            .unwrap()
    };
    let grant = |runtime: &Runtime| {
        let (0, Err(Refused { approval: Some(approval), .. })) = run(runtime, refund(2000)) else {
            panic!("no request")
        };
        store.answer(&approval.id, &ApprovalAnswer::Granted { by: "ana".into() }, SystemTime::now()).unwrap();
    };
    let long = Duration::from_secs(100);
    let runtime = with(RULES, long);
    grant(&runtime);
    fraud.store(1, Ordering::Relaxed);
    assert_eq!(run(&runtime, refund(2000)).0, 0);
    fraud.store(0, Ordering::Relaxed);
    let other = with(&RULES.replace("1000", "1001"), long);
    assert_eq!(run(&other, refund(2000)).0, 0);
    assert_eq!(run(&runtime, refund(2000)).0, 1);
    let short = with(RULES, Duration::from_millis(30));
    grant(&short);
    std::thread::sleep(Duration::from_millis(40));
    assert_eq!(run(&short, refund(2000)).0, 0);
}

#[test]
fn only_a_grant_counts_as_one() {
    let granted = || Ok(ApprovalAnswer::Granted { by: "ana".into() });
    let denied = || Ok(ApprovalAnswer::Denied { by: "bo".into(), reason: "no".into() });
    let ask = |answer: fn() -> Result<ApprovalAnswer, String>| {
        let runtime = builder().snapshot(|_| Ok(calm())).on_approval(move |_| answer()).build().unwrap();
        run(&runtime, refund(2000))
    };
    assert_eq!(ask(granted), (1, Ok(Some("ana".into()))));
    assert_eq!(ask(denied).0, 0);
    assert_eq!(ask(|| Err("nobody there".into())).0, 0);
    assert_eq!(ask(|| panic!("bug")).0, 0);
    let shown = ask(denied).1.unwrap_err().to_string();
    assert_eq!(shown, "action refund: needs approval by rule large: large: 2000 (denied by bo: no)");
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
    let policy = runtime.live().load();
    let again = actra_engine::decide(&policy, &actra_wire::read_request(text.as_bytes())).into_owned();
    assert_eq!(again, event.decision);
}

/// What was approved must still be what the policy says when the operation runs.
#[test]
fn facts_that_change_while_somebody_decides_take_the_grant_away() {
    let asked = Arc::new(AtomicUsize::new(0));
    let (first, second) = (Arc::clone(&asked), Arc::clone(&asked));
    let runtime = builder()
        .snapshot(move |_| Ok(map([("fraud", (first.load(Ordering::Relaxed) > 0).into())])))
        .on_approval(move |_| {
            second.fetch_add(1, Ordering::Relaxed);
            Ok(ApprovalAnswer::Granted { by: "ana".into() })
        })
        .build()
        .unwrap();
    assert_eq!(run(&runtime, refund(2000)).0, 0);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
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
    let before = runtime.live().health();
    runtime.live().refuse("it does not compile".into());
    assert_eq!(run(&runtime, refund(10)).0, 1);
    let stale = runtime.live().health();
    assert_eq!(
        (stale.policy, stale.stale.map(|(_, reason)| reason)),
        (before.policy, Some("it does not compile".into()))
    );
    runtime.live().swap(Arc::new(policy_of(&RULES.replace("default: allow", "default: block")))).unwrap();
    assert_eq!(run(&runtime, refund(10)).0, 0);
    assert_eq!((runtime.live().health().swaps, runtime.live().health().stale), (1, None));
}

/// An argument that was hidden from rules may be what the new policy is about.
#[test]
fn another_schema_takes_the_grant_away() {
    let schema = SCHEMA.replace("amount: number", "amount: number, memo: 'string?'");
    let rules = "version: 1\ndefault: allow\nrules: [{ id: memo, scope: { action: refund }, when: has(action.memo), effect: block }]";
    let set = PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", rules)]);
    let stricter = Arc::new(compile(&set).policy.unwrap());
    let live = Arc::new(Live::new(Arc::new(policy_of(RULES))));
    let swapped = Arc::clone(&live);
    let runtime: Runtime = Builder::new(live)
        .snapshot(|_| Ok(calm()))
        .on_approval(move |_| {
            swapped.swap(Arc::clone(&stricter)).unwrap();
            Ok(ApprovalAnswer::Granted { by: "ana".into() })
        })
        .build()
        .unwrap();
    let arguments = || map([("amount", 2000.into()), ("memo", "x".into())]);
    let refused = function(&runtime, "refund", arguments()).unwrap_err().to_string();
    assert!(refused.contains("the schema was replaced in the meantime"), "{refused}");
    assert!(matches!(
        function(&runtime, "refund", arguments()),
        Err(Refused { kind: RefusedKind::Blocked, .. })
    ));
    runtime.live().swap(Arc::new(policy_of(RULES))).unwrap();
    let refused = run(&runtime, refund(2000)).1.unwrap_err().to_string();
    assert!(refused.contains("the schema was replaced in the meantime"), "{refused}");
}

/// Rules that do not tell two people apart do not make a grant for one of them a grant for the other.
#[test]
fn a_grant_is_for_one_actor_also_where_no_rule_reads_who_it_is() {
    let who: Arc<Mutex<Result<RawValue, &str>>> = Arc::new(Mutex::new(Ok("sam".into())));
    let told = Arc::clone(&who);
    let (asked, roles) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, counted_roles) = (Arc::clone(&asked), Arc::clone(&roles));
    let runtime = builder()
        .actor_field("role", move |_| {
            counted_roles.fetch_add(1, Ordering::Relaxed);
            Ok("clerk".into())
        })
        .actor_field("id", move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(told.lock().unwrap().clone()?)
        })
        .snapshot(|_| Ok(calm()))
        .build()
        .unwrap();
    assert_eq!(run(&runtime, refund(10)).0, 1);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let Err(Refused { approval: Some(approval), .. }) = run(&runtime, refund(2000)).1 else {
        panic!("no request")
    };
    assert_eq!((asked.load(Ordering::Relaxed), roles.load(Ordering::Relaxed)), (1, 2));
    let granted = ApprovalAnswer::Granted { by: "ana".into() };
    runtime.approvals().answer(&approval.id, &granted, SystemTime::now()).unwrap();
    *who.lock().unwrap() = Ok("eve".into());
    assert_eq!(run(&runtime, refund(2000)).0, 0);
    // Who is not known could be anybody.
    *who.lock().unwrap() = Err("no directory");
    let refused = run(&runtime, refund(2000)).1.unwrap_err().to_string();
    assert_eq!(refused, "action refund: not decided (the actor could not be resolved: id: no directory)");
    *who.lock().unwrap() = Ok("sam".into());
    assert_eq!(run(&runtime, refund(2000)), (1, Ok(Some("ana".into()))));
}

/// Asked about one actor, granted for that one: after the grant all fields are asked for again.
#[test]
fn a_grant_while_the_caller_waits_is_for_the_whole_actor() {
    let who = Arc::new(Mutex::new("sam"));
    let (told, changed) = (Arc::clone(&who), Arc::clone(&who));
    let runtime = builder()
        .actor_field("id", move |_| Ok((*told.lock().unwrap()).into()))
        .snapshot(|_| Ok(calm()))
        .on_approval(move |asked| {
            if asked.request.action == Some(map([("amount", 3000.into()), ("type", "refund".into())]).into())
            {
                *changed.lock().unwrap() = "eve";
            }
            Ok(ApprovalAnswer::Granted { by: "ana".into() })
        })
        .build()
        .unwrap();
    assert_eq!(run(&runtime, refund(2000)), (1, Ok(Some("ana".into()))));
    let refused = run(&runtime, refund(3000)).1.unwrap_err().to_string();
    assert!(refused.contains("what was approved differs from what would be done now"), "{refused}");
}

#[test]
fn what_is_decided_about_is_what_is_there_then() {
    let point = |actor| {
        Arc::new(EnforcementPoint {
            unbound: Unbound::default(),
            live: Arc::new(Live::new(Arc::new(policy_of(RULES)))),
            mode: Mode::Enforce,
            on_actor_failure: OnActorFailure::Refuse,
            actor,
            snapshot: RecordSource::Empty,
            store: Arc::new(MemoryStore::new()),
            valid: Duration::from_secs(10),
            asks: true,
            watched: false,
        })
    };
    let end = |name: &str, arguments: RawMap| {
        let mut admission = Admission::begin(&point(RecordSource::Whole), "note", RawMap::new());
        assert!(matches!(admission.step(), Step::Actor));
        let mut told = arguments.clone();
        admission.renew(name, arguments);
        told.insert("type".into(), name.into());
        assert_eq!(admission.arguments(), Some(&told));
        admission.give(Some(RawMap::new().into()), Vec::new());
        match admission.step() {
            Step::Done(done) => done,
            other => panic!("{other:?}"),
        }
    };
    assert!(end("note", RawMap::new()).is_ok());
    for other in [end("refund", refund(1)), end("note", map([("type", "note".into())]))] {
        let Err(Refused { kind: RefusedKind::NotDecided, decision: Some(decision), .. }) = other else {
            panic!("{other:?}")
        };
        assert_eq!(decision.matched_rule, None);
    }
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

/// One refusal says what was refused, by which rule or that none allows it, and what could not be known.
#[test]
fn a_refusal_says_what_is_the_matter() {
    let said = |builder: Builder, arguments: RawMap| {
        run(&builder.build().unwrap(), arguments).1.unwrap_err().to_string()
    };
    let calm = || builder().snapshot(|_| Ok(calm()));
    let with = |field: &str, value: RawValue| map([("amount", 10.into()), (field, value)]);
    for (found, expected) in [
        (
            said(builder().snapshot(|_| Ok(map([("fraud", true.into())]))), refund(1)),
            "action refund: blocked by rule fraud: under review",
        ),
        (said(calm(), refund(2000)), "action refund: needs approval by rule large: large: 2000"),
        (
            said(calm(), map([("amount", "ten".into())])),
            "action refund: needs approval by rule large: large: (unreadable) (action.amount: a number is needed, but a string was given)",
        ),
        (
            said(builder().snapshot(|_| Ok(RawMap::new())), refund(1)),
            "action refund: blocked by rule fraud: under review (snapshot.fraud: a boolean is needed, but nothing was given)",
        ),
        (
            said(builder().snapshot(|_| Err("no database".into())), refund(1)),
            "action refund: blocked by rule fraud: under review (the snapshot could not be resolved: no database)",
        ),
        (
            said(calm().actor(|_| Err("no session".into())), refund(1)),
            "action refund: not decided (the actor could not be resolved: no session)",
        ),
        (
            said(calm(), with("type", "note".into())),
            "action refund: not decided (`type` names the action, so no argument can have this name)",
        ),
    ] {
        assert_eq!(found, expected);
    }
    let runtime = calm().build().unwrap();
    let refused = runtime.admit(&(), "transfer funds", RawMap::new()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "action \"transfer funds\": blocked, no rule allows it (action.type: the schema declares no such action)"
    );
}

#[test]
fn a_refusal_is_data_too() {
    let runtime = builder().snapshot(|_| Ok(calm())).build().unwrap();
    let refused = runtime.admit(&(), "refund", refund(2000)).unwrap_err();
    let json = refused.to_json();
    for part in [
        r#""type":"urn:actra:refused:needs_approval""#,
        r#""detail":"action refund: needs approval by rule large: large: 2000""#,
        r#""action":"refund""#,
        r#""effect":"require_approval""#,
        r#""rule":"large""#,
        r#""rules":["large"]"#,
        r#""message":"large: 2000""#,
        r#""required_actions":[{"type":"human_approval"}]"#,
        r#""errors":[]"#,
        r#""undetermined":[]"#,
        r#""failures":[]"#,
        r#""policy_hash":"sha256:"#,
    ] {
        assert!(json.contains(part), "{part} is not in {json}");
    }
    assert!(json.contains(&format!("\"event_id\":\"{}\"", refused.event_id)), "{json}");
    let problem = refused.to_problem_json(403, Some("https://example.com/approvals/1"));
    assert!(
        problem.contains(r#""status":403"#) && problem.contains(r#""title":"needs approval""#),
        "{problem}"
    );
    assert!(problem.contains(r#""link":"https://example.com/approvals/1""#), "{problem}");
    let failing = builder().actor(|_| Err("no session for token 4711".into())).build().unwrap();
    let refused = failing.admit(&(), "note", RawMap::new()).unwrap_err();
    assert!(refused.to_json().contains("4711"));
    let problem = refused.to_problem_json(403, None);
    assert!(!problem.contains("4711") && !refused.for_model().contains("4711"), "{problem}");
    assert!(problem.contains("not decided (the actor could not be resolved)"), "{problem}");
}

/// A call whose actor cannot be had is refused, also where no rule reads who it is.
#[test]
fn nobody_acts_without_being_known() {
    type Fails = fn(&actra_runtime::Call<'_, ()>) -> Result<RawMap, actra_runtime::ResolveError>;
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

/// Without knowing who acts nothing can be approved.
#[test]
fn an_approval_needs_a_whole_actor() {
    let runtime = builder()
        .actor(|_| Err("no session".into()))
        .on_actor_failure(OnActorFailure::Decide)
        .snapshot(|_| Ok(calm()))
        .build()
        .unwrap();
    let refused = run(&runtime, refund(2000)).1.unwrap_err();
    assert_eq!((refused.kind, refused.approval.is_none()), (RefusedKind::Blocked, true));
    let role =
        builder().actor(|_| Ok(map([("role", 7.into()), ("id", "sam".into())]))).snapshot(|_| Ok(calm()));
    let refused = run(&role.build().unwrap(), refund(2000)).1.unwrap_err();
    assert!(refused.approval.is_none(), "{refused}");
}

/// What is shown with an approval are types and sizes of what is not declared, and what cannot be had is named.
#[test]
fn all_arguments_are_bound_or_nothing_can_be_approved() {
    let runtime = builder().snapshot(|_| Ok(calm())).build().unwrap();
    let call = |name: &str, value: RawValue| {
        function(&runtime, "refund", map([("amount", 2000.into()), (name, value)])).unwrap_err()
    };
    let approval = call("token", "s3cret".into()).approval.unwrap();
    assert_eq!(approval.arguments.get("token").map(String::as_str), Some("string, 6 bytes"));
    let whole = RawValue::List(vec![actra_runtime::approval::bytes(b"one")]);
    let other = RawValue::List(vec![actra_runtime::approval::bytes(b"two")]);
    assert_ne!(call("files", whole).approval.unwrap().digest, call("files", other).approval.unwrap().digest);
    let open = RawValue::Map(map([("file", RawValue::Unreadable(actra_engine::model::Reason::Unresolved))]));
    let refused = call("body", open);
    assert!(refused.approval.is_none());
    assert_eq!(
        refused.to_string(),
        "action refund: needs approval by rule large: large: 2000 (it cannot be approved, since argument `body` \
         cannot be captured in full; if it does not matter, name it in `unbound`: `body`)"
    );
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

/// What is named unbound is an argument; what the action is always counts.
#[test]
fn a_grant_is_for_one_action_whatever_is_unbound() {
    let schema = "version: 1
actions:
  open: { fields: { kind: { type: string, argument: type }, note: { type: string, argument: memo } } }
  close: { fields: { kind: { type: string, argument: type }, note: { type: string, argument: memo } } }
";
    let rules = "version: 1
default: allow
rules: [{ id: ask, scope: { global: true }, when: 'action.kind != \"\"', effect: require_approval }]
";
    let set = PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", rules)]);
    let policy = Arc::new(compile(&set).policy.unwrap());
    let digest = |name: &str, members: [(&str, &str); 3], unbound: &str| {
        let members = members.map(|(name, value)| (name, value.into()));
        let action: RawMap = map(members).into_iter().chain([("type".to_owned(), name.into())]).collect();
        let request = actra_engine::model::RawRequest {
            action: Some(action.into()),
            actor: Some(RawMap::new().into()),
            snapshot: Some(RawMap::new().into()),
            ..Default::default()
        };
        let decision = actra_engine::decide(&policy, &request);
        let unbound = actra_runtime::approval::Unbound::new([unbound.to_owned()]);
        actra_runtime::approval::Binding::of(&policy, &request, &RawMap::new(), &unbound, &decision).unwrap()
    };
    let call = |kind, note, more| [("kind", kind), ("note", note), ("extra", more)];
    assert_ne!(digest("open", call("a", "b", "c"), "type"), digest("close", call("a", "b", "c"), "type"));
    assert_eq!(digest("open", call("a", "b", "c"), "type"), digest("open", call("x", "b", "c"), "type"));
    assert_eq!(digest("open", call("a", "b", "c"), "memo"), digest("open", call("a", "x", "c"), "memo"));
    assert_ne!(digest("open", call("a", "b", "c"), "note"), digest("open", call("a", "x", "c"), "note"));
    assert_ne!(digest("open", call("a", "b", "c"), "memo"), digest("open", call("a", "b", "x"), "memo"));
}

/// Why a handler or a store failed is none of a stranger's business either.
#[test]
fn a_stranger_hears_no_cause() {
    let runtime = builder()
        .snapshot(|_| Ok(calm()))
        .on_approval(|_| Err("smtp://user:4711@mail refused".into()))
        .build()
        .unwrap();
    let refused = runtime.admit(&(), "refund", refund(2000)).unwrap_err();
    assert!(refused.to_string().contains("4711"));
    let problem = refused.to_problem_json(403, None);
    assert!(!problem.contains("4711") && !refused.for_model().contains("4711"), "{problem}");
    assert!(problem.contains("large: 2000 (there is no grant)"), "{problem}");
}

/// What was denied is for nobody to grant any more, and who has said so is between them and the operator.
#[test]
fn who_asks_for_what_was_denied_hears_so_and_not_by_whom() {
    let runtime = builder().snapshot(|_| Ok(calm())).build().unwrap();
    let link = Some("https://example.net/approvals");
    let waits = runtime.admit(&(), "refund", refund(2000)).unwrap_err();
    let problem = waits.to_problem_json(403, link);
    assert!(problem.contains("\"approval\":") && problem.contains("example.net"), "{problem}");
    let denied = ApprovalAnswer::Denied { by: "max".into(), reason: "not today".into() };
    runtime.approvals().answer(&waits.approval.unwrap().id, &denied, SystemTime::now()).unwrap();
    let refused = runtime.admit(&(), "refund", refund(2000)).unwrap_err();
    assert!(refused.to_string().contains("denied by max: not today"), "{refused}");
    let problem = refused.to_problem_json(403, link);
    assert!(problem.contains("large: 2000 (it was denied)") && !problem.contains("max"), "{problem}");
    assert!(!problem.contains("\"approval\":") && !problem.contains("example.net"), "{problem}");
    assert!(refused.to_json().contains("\"approval\":"));
}
