//! The cases of `conformance/enforce`: the body runs if and only if the decision allowed it.

mod enforce {
    pub mod behavior;
    pub mod cases;
}
#[path = "yaml/value.rs"]
mod yaml_value;

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use actra::approval::{ApprovalAnswer, ApprovalStore, MemoryStore};
use actra::{
    Admitted, Builder, Effect, Event, Invocation, Mode, OnActorFailure, PolicyInForce, Refused, RefusedKind,
    Runtime,
};
use actra_conformance::root;
use enforce::behavior::{self, Behavior};
use enforce::cases::{Case, cases};

/// Long enough for a resolver that answers at once on a busy machine.
const DEADLINE: Duration = Duration::from_millis(120);
/// Where nothing hangs, a busy machine is not what a case is about.
const PATIENT: Duration = Duration::from_secs(60);

/// How a case is run; every case is run in every way.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// Resolvers and handlers are asynchronous.
    waits: bool,
    /// Somebody hears of evaluations.
    watched: bool,
    /// What raises panics; else it gives an error.
    panics: bool,
}

impl Way {
    fn all() -> impl Iterator<Item = Way> {
        let flag = |number: u8, bit: u8| number & bit != 0;
        (0..8).map(move |number| Way {
            waits: flag(number, 1),
            watched: flag(number, 2),
            panics: flag(number, 4),
        })
    }
}

#[test]
fn every_case_holds_in_every_way() {
    let cases = cases();
    // A policy that does not compile is told of.
    cases.iter().for_each(|case| drop(case.policy(None)));
    // Resolvers that panic are part of the cases.
    std::panic::set_hook(Box::new(|_| {}));
    let runs: Vec<(&Case, Way)> =
        cases.iter().flat_map(|case| Way::all().map(move |way| (case, way))).collect();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // Most of the time is spent on waiting for deadlines.
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while let Some((case, way)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(failure) = run(case, *way) {
                        failures.lock().unwrap().push(format!("{}, {way:?}: {failure}", case.name));
                    }
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {} fail:\n{}", failures.len(), runs.len(), failures.join("\n"));
    println!("{} cases, {} runs", cases.len(), runs.len());
    assert!(cases.len() >= 300, "only {} cases were found", cases.len());
}

/// The book says what an enforcement point promises, and which cases hold it to that: all of them, and no others.
#[test]
fn every_case_belongs_to_a_promise() {
    let page = fs::read_to_string(root().join("docs/src/promises.md")).expect("the page");
    let named: BTreeSet<&str> = page.split('`').skip(1).step_by(2).collect();
    let cases: BTreeSet<String> = cases().iter().map(|case| case.family().to_owned()).collect();
    let unnamed: Vec<_> = cases.iter().filter(|case| !named.contains(case.as_str())).collect();
    assert!(unnamed.is_empty(), "no promise names {unnamed:#?}");
    let files = ["approvals", "bound", "calls", "facts", "model", "secrets", "words"];
    for name in named {
        let is_case = files.iter().any(|file| name.starts_with(&format!("{file}: ")));
        assert!(!is_case || cases.contains(name), "there is no case `{name}`");
        let is_file = name.contains('/') && name.contains('.');
        assert!(!is_file || root().join(name).exists(), "there is no file `{name}`");
    }
}

/// The runner must be able to fail.
#[test]
fn a_wrong_expectation_is_noticed() {
    let way = Way { waits: false, watched: true, panics: false };
    let case = |name: &str| cases().into_iter().find(|case| case.name.contains(name)).expect("the case");
    let mut allowed = case("known facts that allow");
    assert_eq!(run(&allowed, way), Ok(()));
    allowed.expect.ran = false;
    assert!(run(&allowed, way).is_err());
    let mut blocked = case("a snapshot that cannot be had");
    assert_eq!(run(&blocked, way), Ok(()));
    blocked.expect.failures = Some(Vec::new());
    assert!(run(&blocked, way).is_err());
    blocked.expect.failures = None;
    blocked.expect.error = Some("approval".to_owned());
    assert!(run(&blocked, way).is_err());
}

/// What it says to a language model.
fn advice(refused: &Refused) -> String {
    let said = refused.for_model();
    refused.approval.as_ref().map_or(said.clone(), |approval| said.replace(&approval.id, "ID"))
}

fn run(case: &Case, way: Way) -> Result<(), String> {
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let store: Arc<dyn ApprovalStore> = Arc::new(MemoryStore::new());
    if let Some(before) = case.granted() {
        grant(&before, way, &store)?;
    }
    let runtime = runtime(case, way, &events, &store);
    let ran = AtomicUsize::new(0);
    let body = || ran.fetch_add(1, Ordering::Relaxed);
    let mut ended = call(&runtime, case, way).map(|_| body());
    let first = ran.load(Ordering::Relaxed);
    for _ in 1..case.calls.unwrap_or(1) {
        ended = call(&runtime, case, way).map(|_| body());
    }
    let error = match ended {
        Ok(_) => None,
        Err(refused) if case.expect.says.as_ref().is_some_and(|says| *says != refused.to_string()) => {
            return Err(format!("it says `{refused}`"));
        }
        Err(refused) if case.expect.advises.as_ref().is_some_and(|advises| *advises != advice(&refused)) => {
            return Err(format!("it advises `{}`", advice(&refused)));
        }
        Err(refused) => Some(match refused.kind {
            RefusedKind::Blocked => "blocked".to_owned(),
            RefusedKind::NeedsApproval => "approval".to_owned(),
            RefusedKind::NotDecided => "not_decided".to_owned(),
            other => return Err(format!("nothing is known of {other:?}")),
        }),
    };
    let times = case.expect.times.unwrap_or(usize::from(case.expect.ran));
    let expected = (usize::from(case.expect.ran), times, &case.expect.error);
    let found = (first, ran.into_inner(), &error);
    if found != expected {
        return Err(format!("{found:?} where {expected:?} is expected"));
    }
    if !way.watched {
        return Ok(());
    }
    let events = events.lock().expect("nobody panicked");
    let last = events.last().ok_or("nobody heard of it")?;
    let mut stages: Vec<&str> = last.failures.iter().map(|failure| failure.stage.as_str()).collect();
    stages.sort_unstable();
    stages.dedup();
    match &case.expect.failures {
        Some(expected) if *expected != stages => Err(format!("failed at {:?}", last.failures)),
        _ => Ok(()),
    }
}

fn call(runtime: &Runtime, case: &Case, way: Way) -> Result<Admitted, Refused> {
    let (action, arguments) = case.call();
    let invocation = match case.is_function {
        false => Invocation::new(&action, arguments),
        true => Invocation::of_function(&action, arguments),
    };
    let invocation = invocation.unbound(case.unbound.clone());
    match way.waits {
        false => runtime.admit_call(&(), invocation),
        true => tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("an executor")
            .block_on(runtime.admit_call_async(&(), invocation)),
    }
}

/// Somebody grants a call that was made before.
fn grant(before: &Case, way: Way, store: &Arc<dyn ApprovalStore>) -> Result<(), String> {
    let refused = call(&runtime(before, way, &Arc::default(), store), before, way);
    let Err(Refused { approval: Some(approval), .. }) = refused else {
        return Err(format!("the call before cannot be granted: {refused:?}"));
    };
    let granted = ApprovalAnswer::Granted { by: "ana".into() };
    store.answer(&approval.id, &granted, SystemTime::now()).map_err(|error| error.to_string())
}

fn runtime(
    case: &Case,
    way: Way,
    events: &Arc<Mutex<Vec<Event>>>,
    store: &Arc<dyn ApprovalStore>,
) -> Runtime {
    let in_force = Arc::new(PolicyInForce::new(case.policy(None)));
    let meanwhile = meanwhile(case, &in_force);
    let sleep = |time| Box::pin(tokio::time::sleep(time)) as _;
    let deadline = if case.hangs() { DEADLINE } else { PATIENT };
    let valid = if case.approval.as_deref() == Some("expired") { 50 } else { 900_000 };
    let store = Arc::clone(store);
    let mut builder = Builder::new(in_force)
        .mode(Mode::parse(case.mode.as_deref().unwrap_or("enforce")).expect("a mode"))
        .on_actor_failure(match case.on_actor_failure.as_deref() {
            None | Some("refuse") => OnActorFailure::Refuse,
            Some("decide") => OnActorFailure::Decide,
            Some(other) => panic!("nothing is called `{other}`"),
        })
        .deadline(deadline, sleep)
        .approval_deadline(deadline, sleep)
        .approvals(Arc::clone(&store), Duration::from_millis(valid));

    if let Some(actor) = &case.actor {
        let actor = Behavior::new(actor, way.panics);
        builder = match way.waits {
            false => builder.actor(move |_| actor.record(DEADLINE)),
            true => builder.actor_async(move |_| actor.record_later()),
        };
    }
    if let Some(snapshot) = &case.snapshot {
        let snapshot = Behavior::new(snapshot, way.panics);
        builder = match way.waits {
            false => builder.snapshot(move |_| {
                meanwhile();
                snapshot.record(DEADLINE)
            }),
            true => builder.snapshot_async(move |_| {
                meanwhile();
                snapshot.record_later()
            }),
        };
    }
    for (name, field) in case.snapshot_fields.iter().flatten() {
        let field = Behavior::of_field(field, way.panics);
        builder = match way.waits {
            false => builder.snapshot_field(name, move |_| field.value(DEADLINE)),
            true => builder.snapshot_field_async(name, move |_| field.value_later()),
        };
    }
    if way.watched {
        let events = Arc::clone(events);
        builder = builder.on_event(move |event| events.lock().expect("nobody panicked").push(event.clone()));
    }
    builder = match case.observer.as_deref() {
        None => builder,
        Some("raise") => builder.on_event(|_| panic!("observer")),
        // An event cannot be changed; a copy changes nothing.
        Some("mutate") => builder.on_event(|event| {
            let mut event = event.clone();
            event.decision.effect = Effect::Allow;
            event.request.action = None;
        }),
        Some(other) => panic!("there is no observer `{other}`"),
    };
    if let Some(approval) = case.approval.clone() {
        let another = behavior::Another::new(case, store);
        let panics = way.panics;
        builder = match way.waits {
            false => builder.on_approval(move |_| behavior::answer(&approval, panics, &another)),
            true => {
                let another = Arc::new(another);
                builder.on_approval_async(move |_| {
                    behavior::answer_later(approval.clone(), panics, Arc::clone(&another))
                })
            }
        };
    }
    builder.build().unwrap()
}

/// What happens while the snapshot is resolved.
fn meanwhile(case: &Case, in_force: &Arc<PolicyInForce>) -> impl Fn() + Send + Sync + 'static {
    let in_force = Arc::clone(in_force);
    let strict = case.policy(Some("block"));
    let what = case.meanwhile.clone();
    move || match what.as_deref() {
        None => {}
        Some("replace") => in_force.swap(Arc::clone(&strict)).unwrap(),
        Some("refuse") => in_force.note_rejected_update("it does not compile".to_owned()),
        Some(other) => panic!("nothing is called `{other}`"),
    }
}
