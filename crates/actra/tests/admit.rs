//! `#[actra::admit]` on functions of every kind: the body runs if and only if the policy allows it.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by it")]

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use actra::approval::ApprovalAnswer;
use actra::{Mode, Policy, Refused, Runtime};
use serde::Serialize;

const SCHEMA: &str = "version: 1
actions:
  refund: { fields: { amount: number, to: 'string?', lines: 'list<string>?' } }
  move: { fields: { amount: number } }
actor: { fields: { name: 'string?' } }
snapshot: { fields: { open: 'boolean?' } }
";

const RULES: &str = "version: 1
default: block
rules:
  - { id: small, scope: { action: [refund, move] }, when: action.amount <= 100, effect: allow }
  - { id: large, scope: { action: refund }, when: action.amount > 100, effect: require_approval }
  - { id: banned, scope: { global: true }, when: 'has(actor.name) && actor.name == \"bo\"', effect: block }
  - { id: far, scope: { action: refund }, when: 'has(action.to) && action.to != \"ana\"', effect: block }
  - { id: closed, scope: { action: refund }, when: 'has(snapshot.open) && !snapshot.open', effect: block }
";

fn policy() -> Policy {
    actra::parse(SCHEMA, RULES).unwrap_or_else(|error| panic!("{error}"))
}

/// What the program knows about a call.
#[derive(Debug, Default)]
struct Session {
    user: String,
}

struct Till {
    runtime: Runtime<Session>,
    session: Session,
    ran: AtomicUsize,
}

#[derive(Debug, PartialEq)]
enum TillError {
    Refused,
    Empty,
}

impl From<Refused> for TillError {
    fn from(_: Refused) -> Self {
        TillError::Refused
    }
}

fn till() -> Till {
    till_of(actra::builder(policy()))
}

fn till_of(builder: actra::Builder<Session>) -> Till {
    let runtime = builder
        .actor_field("name", |call| Ok(actra::value(&call.context.user)?))
        .deadline(Duration::from_millis(50), actra::sleep)
        .build()
        .unwrap();
    Till { runtime, session: Session { user: "ana".into() }, ran: AtomicUsize::new(0) }
}

impl Till {
    fn count(&self) {
        self.ran.fetch_add(1, Ordering::Relaxed);
    }

    #[track_caller]
    fn ran(&self, times: usize) {
        assert_eq!(self.ran.swap(0, Ordering::Relaxed), times);
    }

    #[actra::admit(runtime = self.runtime, context = self.session)]
    fn refund(&self, amount: i64) -> Result<i64, TillError> {
        self.count();
        if amount == 0 { Err(TillError::Empty) } else { Ok(amount) }
    }

    #[actra::admit(action = "refund", runtime = self.runtime, context = self.session)]
    async fn refund_async(&self, amount: i64) -> Result<i64, TillError> {
        self.count();
        Ok(amount)
    }

    #[actra::admit(action = "refund", skip(session), runtime = self.runtime, context = session)]
    fn refund_for<'s>(
        &mut self,
        session: &'s Session,
        amount: impl Serialize + Copy,
    ) -> Result<&'s str, Refused> {
        self.count();
        Ok(session.user.as_str())
    }

    #[actra::admit(action = "refund", rename(total = "amount"), skip(_note), runtime = &self.runtime, context = &self.session)]
    fn renamed<T>(&self, mut total: u64, _note: T) -> Result<u64, Refused> {
        self.count();
        total += 1;
        Ok(total)
    }

    #[actra::admit(runtime = self.runtime, context = self.session)]
    fn r#move(&self, amount: f64) -> Result<(), Refused> {
        #![allow(clippy::unnecessary_wraps, reason = "attributes of a body stay where they are")]
        self.count();
        Ok(())
    }

    #[actra::admit(action = "refund", runtime = Till::somewhere(&self.runtime), context = self.session)]
    fn take(self: Box<Self>, amount: i64, to: Option<String>) -> Result<Box<Self>, Refused> {
        self.count();
        Ok(self)
    }

    fn somewhere(runtime: &Runtime<Session>) -> &Runtime<Session> {
        runtime
    }

    #[actra::admit(action = "refund", runtime = self.runtime, context = self.session)]
    fn looped(&self, amount: i64) -> Result<i64, Refused> {
        self.count();
        if amount > 1 { self.looped(amount - 1) } else { Ok(amount) }
    }
}

trait Pays {
    fn pay(&self, amount: i64) -> Result<(), Refused>;
}

impl Pays for Till {
    #[actra::admit(action = "refund", unbound(self), runtime = self.runtime, context = self.session)]
    fn pay(&self, amount: i64) -> Result<(), Refused> {
        self.count();
        Ok(())
    }
}

#[test]
fn a_method_runs_if_and_only_if_it_is_allowed() {
    let till = till();
    assert_eq!(till.refund(100), Ok(100));
    till.ran(1);
    assert_eq!(till.refund(101), Err(TillError::Refused));
    till.ran(0);
    assert_eq!(till.refund(0), Err(TillError::Empty));
    till.ran(1);
    assert!(till.pay(1).is_ok() && till.pay(101).is_err());
    till.ran(1);
}

#[test]
fn settings_do_what_they_say() {
    let mut till = till();
    assert_eq!(till.renamed(41, Cell::new(1)), Ok(42));
    assert!(till.renamed(101, ()).is_err());
    till.ran(1);
    let (ana, bo) = (Session { user: "ana".into() }, Session { user: "bo".into() });
    assert_eq!(till.refund_for(&ana, 5u8), Ok("ana"));
    assert!(till.refund_for(&bo, 5u8).is_err());
    assert!(till.refund_for(&ana, "5").is_err());
    till.ran(1);
}

#[test]
fn a_name_may_be_a_keyword_and_floats_are_numbers() {
    let till = till();
    assert!(till.r#move(99.5).is_ok());
    till.ran(1);
    for refused in [100.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(till.r#move(refused).is_err());
    }
    till.ran(0);
}

#[test]
fn arguments_are_moved_after_they_were_shown() {
    let till = Box::new(till());
    let till = till.take(5, Some("ana".into())).unwrap_or_else(|error| panic!("{error}"));
    till.ran(1);
    assert!(till.take(5, Some("eve".into())).is_err());
}

#[test]
fn a_body_may_call_itself() {
    let till = till();
    assert_eq!(till.looped(3), Ok(1));
    till.ran(3);
}

#[test]
fn nothing_is_refused_in_audit_mode() {
    let till = till_of(actra::builder(policy()).mode(Mode::Audit));
    assert!(till.refund(500).is_ok() && till.r#move(f64::NAN).is_ok());
    till.ran(2);
}

#[test]
fn a_granted_call_runs_once() {
    let till = till();
    let Err(Refused { approval: Some(approval), .. }) = till.pay(500) else { panic!("no request") };
    let granted = ApprovalAnswer::Granted { by: "ana".into() };
    till.runtime.approvals().answer(&approval.id, &granted, SystemTime::now()).unwrap();
    assert!(till.pay(501).is_err());
    assert!(till.pay(500).is_ok());
    assert!(till.pay(500).is_err());
    till.ran(1);
}

/// The future of a guarded function can be sent to another thread, whatever its arguments are.
#[tokio::test(flavor = "multi_thread")]
async fn an_asynchronous_method_runs_if_and_only_if_it_is_allowed() {
    let till = std::sync::Arc::new(till_of(
        actra::builder(policy()).snapshot_field_async("open", |_| Box::pin(async { Ok(true.into()) })),
    ));
    for (amount, allowed) in [(100, true), (101, false)] {
        let till = std::sync::Arc::clone(&till);
        let done = tokio::spawn(async move { till.refund_async(amount).await }).await.unwrap();
        assert_eq!(done.is_ok(), allowed);
    }
    till.ran(1);
}

#[tokio::test]
async fn a_cancelled_call_does_not_run() {
    let slow = actra::builder(policy()).snapshot_field_async("open", |_| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(true.into())
        })
    });
    let till = till_of(slow);
    let cancelled = tokio::time::timeout(Duration::from_millis(5), till.refund_async(5)).await;
    assert!(cancelled.is_err());
    tokio::time::sleep(Duration::from_millis(40)).await;
    till.ran(0);
    // A synchronous function cannot wait for the same resolver.
    assert!(till.refund(5).is_err());
    assert!(till.refund_async(5).await.is_ok());
    till.ran(1);
}

#[tokio::test]
async fn what_hangs_is_left_out() {
    let hanging = actra::builder(policy()).snapshot_field_async("open", |_| Box::pin(std::future::pending()));
    assert_eq!(till_of(hanging).refund_async(5).await, Err(TillError::Refused));
}

#[test]
fn without_tokio_nobody_waits() {
    let future = actra::sleep(Duration::ZERO);
    let mut polled = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(std::future::Future::poll(polled.as_mut(), &mut cx).is_pending());
}

/// A value that somebody else can change while it is decided about.
#[derive(Serialize)]
struct Shared<'a> {
    cents: &'a std::sync::atomic::AtomicI64,
}

#[actra::admit(action = "refund", rename(amount = "amount"), skip(runtime), runtime = runtime)]
fn pay(runtime: &Runtime, amount: &std::sync::atomic::AtomicI64) -> Result<i64, Refused> {
    Ok(amount.load(Ordering::Relaxed))
}

#[actra::admit(action = "refund", skip(runtime), runtime = runtime)]
async fn pay_async(runtime: &Runtime, amount: i64, note: Shared<'_>) -> Result<i64, Refused> {
    Ok(note.cents.load(Ordering::Relaxed) + amount)
}

/// What is decided is what runs, also where a resolver changes an argument behind a shared reference.
#[test]
fn an_argument_that_changes_refuses_the_call() {
    let amount = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(50));
    let (changes, told) = (std::sync::Arc::clone(&amount), std::sync::Arc::new(AtomicUsize::new(0)));
    let counted = std::sync::Arc::clone(&told);
    let rate = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    let step = std::sync::Arc::clone(&rate);
    let runtime = actra::builder(policy())
        .snapshot_field("open", move |_| {
            changes.fetch_add(step.load(Ordering::Relaxed), Ordering::Relaxed);
            Ok(true.into())
        })
        .on_event(move |event| {
            counted.fetch_add(usize::from(event.outcome.as_str() == "refused"), Ordering::Relaxed);
        })
        .build()
        .unwrap();
    assert_eq!(pay(&runtime, &amount), Ok(50));
    rate.store(1_000_000, Ordering::Relaxed);
    let said = pay(&runtime, &amount).unwrap_err().to_string();
    assert_eq!(said, "action refund: not decided (its arguments changed while it was being decided)");
    assert_eq!(told.load(Ordering::Relaxed), 1);
    // What the schema does not declare may change: rules do not see it.
    let waited = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(waited.block_on(pay_async(&runtime, 5, Shared { cents: &amount })).is_ok());
}
