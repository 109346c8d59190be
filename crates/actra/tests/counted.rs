//! What a runtime says not to count takes with it all that belongs to it, and functions that are honest compile.

#![expect(clippy::unwrap_used, reason = "tests fail by it")]

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use actra::approval::ApprovalAnswer;
use actra::{Refused, Runtime};
use serde::{Serialize, Serializer};

const SCHEMA: &str = "version: 1
actions: { pay: { fields: { amount: number, limit: 'number?' } } }
";
const RULES: &str = "version: 1
default: allow
rules: [{ id: large, scope: { action: pay }, when: action.amount > 5, effect: require_approval }]
";

fn runtime(unbound: &[&str]) -> Runtime {
    let policy = actra::parse(SCHEMA, RULES).unwrap();
    actra::builder(policy).unbound(unbound.iter().copied()).build().unwrap()
}

#[track_caller]
fn grant<T: std::fmt::Debug>(runtime: &Runtime, called: Result<T, Refused>) {
    let approval = called.unwrap_err().approval.unwrap();
    let granted = ApprovalAnswer::Granted { by: "max".into() };
    runtime.approvals().answer(&approval.id, &granted, SystemTime::now()).unwrap();
}

#[actra::admit(action = "pay", runtime = runtime, skip(runtime))]
fn pay(runtime: &Runtime, amount: u32, limit: Option<Option<u32>>) -> Result<(), Refused> {
    Ok(())
}

trait Limit {
    fn value(&self) -> u32;
}

impl Limit for u32 {
    fn value(&self) -> u32 {
        *self
    }
}

impl Serialize for dyn Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.value())
    }
}

#[actra::admit(action = "pay", runtime = runtime, skip(runtime))]
fn pay_at_most(runtime: &Runtime, amount: u32, limit: Box<dyn Limit>) -> Result<(), Refused> {
    Ok(())
}

#[actra::admit(action = "pay", runtime = runtime, skip(runtime))]
fn pay_within(runtime: &Runtime, amount: u32, limit: impl Serialize) -> Result<(), Refused> {
    Ok(())
}

#[actra::admit(action = "pay", runtime = runtime, skip(runtime), rename(most = "limit"))]
fn pay_renamed(runtime: &Runtime, amount: u32, most: impl Serialize) -> Result<(), Refused> {
    drop(most);
    Ok(())
}

#[actra::admit(action = "pay", runtime = runtime, skip(runtime), rename(most = "limit"))]
fn pay_hidden(runtime: &Runtime, amount: u32, most: Box<impl Serialize + ?Sized>) -> Result<(), Refused> {
    drop(most);
    Ok(())
}

/// Another value whenever it is read.
#[derive(Default)]
struct Clock(AtomicU32);

impl Serialize for Clock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

impl Clock {
    #[actra::admit(action = "pay", runtime = runtime, skip(runtime))]
    fn pay(&self, runtime: &Runtime, amount: u32) -> Result<(), Refused> {
        Ok(())
    }
}

#[actra::admit(action = "pay", runtime = runtime, skip(runtime), unbound(clock))]
fn pay_now(runtime: &Runtime, amount: u32, clock: &Clock) -> Result<(), Refused> {
    Ok(())
}

#[actra::admit(action = "pay", runtime = runtime, skip(runtime))]
fn pay_then(runtime: &Runtime, amount: u32, clock: &Clock) -> Result<(), Refused> {
    Ok(())
}

#[test]
fn what_belongs_to_an_unbound_argument_does_not_count() {
    let (counts, does_not) = (runtime(&[]), runtime(&["limit"]));
    grant(&counts, pay(&counts, 10, Some(None)));
    assert!(pay(&counts, 10, None).is_err());
    grant(&does_not, pay(&does_not, 10, Some(None)));
    assert!(pay(&does_not, 10, None).is_ok());

    assert_eq!(pay_at_most(&counts, 10, Box::new(3)).unwrap_err().approval, None);
    grant(&does_not, pay_at_most(&does_not, 10, Box::new(3)));
    assert!(pay_at_most(&does_not, 10, Box::new(4)).is_ok());

    grant(&counts, pay_within(&counts, 10, 3_u8));
    assert!(pay_within(&counts, 10, 3_u16).is_err());
    grant(&does_not, pay_within(&does_not, 10, 3_u8));
    assert!(pay_within(&does_not, 10, 3_u16).is_ok());
}

/// What belongs to an argument has the name that the argument has in the action.
#[test]
fn what_belongs_to_a_renamed_argument_counts_by_its_field() {
    let (counts, does_not) = (runtime(&["most"]), runtime(&["limit"]));
    grant(&counts, pay_renamed(&counts, 10, 3_u8));
    assert!(pay_renamed(&counts, 10, 3_u16).is_err());
    grant(&does_not, pay_renamed(&does_not, 10, 3_u8));
    assert!(pay_renamed(&does_not, 10, 4_u16).is_ok());

    let boxed = |limit: u32| -> Box<dyn Limit> { Box::new(limit) };
    let said = pay_hidden(&counts, 10, boxed(3)).unwrap_err().to_string();
    assert!(said.contains("name it in `unbound`: `limit`"), "{said}");
    grant(&does_not, pay_hidden(&does_not, 10, boxed(3)));
    assert!(pay_hidden(&does_not, 10, boxed(4)).is_ok());
}

#[test]
fn what_does_not_count_may_change_until_the_body_begins() {
    let runtime = runtime(&["self"]);
    let clock = Clock::default();
    grant(&runtime, clock.pay(&runtime, 10));
    assert!(clock.pay(&runtime, 10).is_ok());
    grant(&runtime, pay_now(&runtime, 10, &clock));
    assert!(pay_now(&runtime, 10, &clock).is_ok());
    assert!(pay_now(&runtime, 1, &clock).is_ok());
    // Only a grant is for what the schema does not declare.
    assert!(pay_then(&runtime, 1, &clock).is_ok());
    grant(&runtime, pay_then(&runtime, 10, &clock));
    assert!(pay_then(&runtime, 10, &clock).is_err());
}

/// The compiler leaves one of them out.
#[actra::admit(action = "pay", runtime = runtime, skip(runtime))]
fn pay_for_a_target(
    runtime: &Runtime,
    #[cfg(target_pointer_width = "64")] amount: u64,
    #[cfg(not(target_pointer_width = "64"))] amount: u32,
) -> Result<(), Refused> {
    Ok(())
}

#[test]
fn an_argument_may_have_a_type_for_each_target() {
    let runtime = runtime(&[]);
    assert!(pay_for_a_target(&runtime, 5).is_ok());
    assert!(pay_for_a_target(&runtime, 6).is_err());
}

/// By value, and for everything: the compiler finds it before a method that takes a reference.
#[expect(dead_code, reason = "nothing calls it, if it compiles as it should")]
trait Everything: Sized {
    fn now(self) {}
    fn kind(self) {}
    fn class(self) {}
    fn value(self) {}
}

impl<T> Everything for T {}

#[actra::admit(action = "pay", runtime = runtime, skip(runtime))]
async fn pay_cell(runtime: &Runtime, amount: Cell<u32>) -> Result<u32, Refused> {
    Ok(amount.get())
}

#[actra::admit(action = "pay", runtime = runtime, skip(runtime))]
fn pay_some(
    runtime: &Runtime,
    amount: u32,
    #[cfg(test)] limit: u32,
    #[cfg(not(test))] unknown: NoSuchType,
) -> Result<u32, Refused> {
    Ok(amount)
}

#[tokio::test]
async fn functions_that_are_honest_compile() {
    fn is_send<T: Send>(future: T) -> T {
        future
    }
    let runtime = runtime(&[]);
    let other = runtime.clone();
    let paid = tokio::spawn(is_send(async move { pay_cell(&other, Cell::new(1)).await }));
    assert_eq!(paid.await.unwrap().unwrap(), 1);
    assert_eq!(pay_some(&runtime, 1, 2).unwrap(), 1);
    assert!(pay_some(&runtime, 10, 2).is_err());
}
