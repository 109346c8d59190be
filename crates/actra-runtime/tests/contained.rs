//! What functions of a host do, also when what they leave behind is dropped, stays with them.

#![expect(clippy::panic, reason = "tests fail by it")]

use std::fmt;
use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actra_engine::model::RawMap;
use actra_engine::{Policy, PolicySet, compile};
use actra_runtime::approval::ApprovalAnswer;
use actra_runtime::{Builder, Mode, PolicyInForce, PolicyRequirement, Refused, ResolveError, Runtime};
use futures_util::FutureExt as _;

const SCHEMA: &str = "version: 1\nactions: { go: {} }\nsnapshot: { fields: { safe: boolean } }";
const RULES: &str = "version: 1
default: block
rules:
  - { id: safe, scope: { action: go }, when: snapshot.safe, effect: allow }
  - { id: asked, scope: { action: go }, when: '!snapshot.safe', effect: require_approval }
";

fn policy() -> Policy {
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]));
    outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics))
}

fn builder() -> Builder {
    Runtime::builder(policy())
}

fn fact(safe: bool) -> RawMap {
    [("safe".to_owned(), safe.into())].into()
}

/// Panics when it is dropped.
#[derive(Debug)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("dropped");
        }
    }
}

/// An error that panics when it is shown, where it shall, and when it is dropped.
#[derive(Debug)]
struct Spite {
    is_shown: bool,
    _bomb: Bomb,
}

impl fmt::Display for Spite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_shown {
            true => f.write_str("spite"),
            false => panic!("shown"),
        }
    }
}

impl std::error::Error for Spite {}

fn spite(is_shown: bool) -> ResolveError {
    Box::new(Spite { is_shown, _bomb: Bomb })
}

/// A future that panics when it is dropped.
struct Explosive<T> {
    gives: Option<T>,
    _bomb: Bomb,
}

impl<T: Unpin> Future for Explosive<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        self.gives.take().map_or(Poll::Pending, Poll::Ready)
    }
}

fn explosive<T: Send + Unpin + 'static>(gives: Option<T>) -> Pin<Box<dyn Future<Output = T> + Send>> {
    Box::pin(Explosive { gives, _bomb: Bomb })
}

type Resolved = Result<RawMap, ResolveError>;
type Answered = Result<ApprovalAnswer, String>;

/// What a host does wrong, and whether an enforced call still runs.
fn hosts() -> Vec<(&'static str, bool, Builder)> {
    let safe = || builder().snapshot(|_| Ok(fact(true)));
    let asked = || builder().snapshot(|_| Ok(fact(false)));
    let late = || builder().deadline(Duration::from_secs(9), |_| Box::pin(ready(())));
    let slow = || builder().deadline(Duration::from_secs(9), |_| Box::pin(pending()));
    let granted = || Ok(ApprovalAnswer::Granted { by: "ana".into() });
    let sleepless = || builder().deadline(Duration::from_secs(9), |_| Box::pin(async { panic!("sleep") }));
    vec![
        ("a resolver", false, builder().snapshot(|_| panic_any(Bomb))),
        ("a resolver of a field", false, builder().snapshot_field("safe", |_| panic_any(Bomb))),
        ("an actor", false, safe().actor(|_| panic_any(Bomb))),
        ("an error", false, builder().snapshot(|_| Err(spite(true)))),
        ("an error that cannot be shown", false, builder().snapshot(|_| Err(spite(false)))),
        ("an error of a field", false, builder().snapshot_field("safe", |_| Err(spite(true)))),
        ("an observer", true, safe().on_event(|_| panic_any(Bomb))),
        ("a correlation", true, safe().on_event(|_| ()).correlation(|()| panic_any(Bomb))),
        ("a handler", false, asked().on_approval(|_| panic_any(Bomb))),
        ("a future's panic", false, builder().snapshot_async(|_| Box::pin(async { panic_any(Bomb) }))),
        ("a future's error", false, builder().snapshot_async(|_| Box::pin(async { Err(spite(true)) }))),
        ("a future in time", false, slow().snapshot_async(|_| explosive::<Resolved>(Some(Ok(fact(true)))))),
        (
            "a future and its error",
            false,
            slow().snapshot_async(|_| explosive::<Resolved>(Some(Err(spite(true))))),
        ),
        ("a late future", false, late().snapshot_async(|_| explosive::<Resolved>(None))),
        ("a late future of a field", false, late().snapshot_field_async("safe", |_| explosive(None))),
        ("a sleep that panics", false, sleepless().snapshot_async(|_| Box::pin(pending()))),
        (
            "a sleep that is dropped",
            true,
            builder()
                .deadline(Duration::from_secs(9), |_| explosive(None))
                .snapshot_async(|_| Box::pin(ready(Ok(fact(true))))),
        ),
        (
            "a handler's future",
            false,
            asked().on_approval_async(move |_| explosive::<Answered>(Some(granted()))),
        ),
        (
            "a handler that is late",
            false,
            asked()
                .approval_deadline(Duration::from_secs(9), |_| Box::pin(ready(())))
                .on_approval_async(|_| explosive::<Answered>(None)),
        ),
    ]
}

/// What comes of something; a panic fails the test, and its payload is dropped by nobody.
fn reached<T>(what: &str, work: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done,
        Err(panic) => {
            std::mem::forget(panic);
            panic!("{what}: a panic reached the caller")
        }
    }
}

#[test]
fn no_panic_of_a_host_reaches_the_caller() {
    let called = |runtime: &Runtime| -> Result<(), Refused> {
        let done = runtime.admit_async(&(), "go", RawMap::new()).now_or_never();
        done.unwrap_or_else(|| panic!("it waits")).map(drop)
    };
    for (mode, watched) in
        [(Mode::Enforce, false), (Mode::Enforce, true), (Mode::Audit, false), (Mode::Audit, true)]
    {
        for (what, runs, builder) in hosts() {
            let builder = if watched { builder.on_event(|_| ()) } else { builder };
            let runtime = builder.mode(mode).build().unwrap();
            let ran = reached(what, || called(&runtime).is_ok());
            assert_eq!(ran, runs || mode == Mode::Audit, "{what} {mode:?}");
            let synchronous = reached(what, || runtime.admit(&(), "go", RawMap::new()).is_ok());
            assert!(synchronous || mode == Mode::Enforce, "{what} {mode:?}");
        }
    }
}

#[test]
fn what_a_call_leaves_behind_that_is_given_up_stays_there() {
    let handler = builder().snapshot(|_| Ok(fact(false))).on_approval_async(|_| explosive::<Answered>(None));
    let whole = builder().snapshot_async(|_| explosive::<Resolved>(None));
    let field = builder().snapshot_field_async("safe", |_| explosive(None));
    for builder in [handler, whole, field] {
        let runtime = builder.build().unwrap();
        reached("a call that is given up", || {
            let call = pin!(runtime.admit_async(&(), "go", RawMap::new()));
            assert!(call.poll(&mut Context::from_waker(Waker::noop())).is_pending());
        });
    }
}

/// Its error is still there for who wants to know.
#[test]
fn the_cause_is_what_the_resolver_gave() {
    let runtime = builder().snapshot(|_| Err(spite(true))).build().unwrap();
    let refused = runtime.admit(&(), "go", RawMap::new()).unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap();
    assert!(cause.is::<Spite>());
    reached("a refusal that is dropped", || drop(refused));
}

/// Another policy may be one that the condition was not made for.
#[test]
fn a_policy_on_which_a_condition_panics_does_not_fit() {
    let in_force = PolicyInForce::new(Arc::new(policy()));
    let panics: Arc<PolicyRequirement> = Arc::new(|_| panic!("no such action"));
    let explodes: Arc<PolicyRequirement> = Arc::new(|_| panic_any(Bomb));
    let lacks: Arc<PolicyRequirement> = Arc::new(|_| vec!["it lacks something".to_owned()]);
    for condition in [&panics, &explodes, &lacks] {
        assert_eq!(in_force.require(condition, |_| Ok::<(), String>(())), Ok(()));
    }
    let said = reached("swap", || in_force.swap(Arc::new(policy()))).expect_err("it does not fit");
    let unknown = |reason| format!("it could not be checked whether the policy fits: it panicked: {reason}");
    assert_eq!(
        said.reasons,
        [unknown("no such action"), unknown("no message"), "it lacks something".to_owned()]
    );
    drop((panics, explodes, lacks));
    assert_eq!(in_force.swap(Arc::new(policy())), Ok(()));
}
