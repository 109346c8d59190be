//! What an approval of a Rust call is bound to: one for a call is good for that call alone.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by it")]

use std::any::type_name;
use std::cell::Cell;
use std::sync::Arc;
use std::time::SystemTime;

use actra::approval::{ApprovalAnswer, ApprovalRequest};
use actra::{Refused, Runtime};
use serde::Serialize;

const SCHEMA: &str = "version: 1
actions: { wipe: { fields: { rows: 'integer?' } }, look: {} }
snapshot: { fields: { now: 'integer?', open: 'boolean?' } }
";

const RULES: &str = "version: 1
default: allow
rules:
  - { id: wipes, scope: { action: wipe }, when: 'snapshot.?now.orValue(0) >= 0', effect: require_approval }
";

fn runtime() -> Runtime {
    actra::builder(actra::parse(SCHEMA, RULES).unwrap()).build().unwrap()
}

/// What is asked for by a call that is refused for want of a grant.
#[track_caller]
fn asked<T>(called: Result<T, Refused>) -> ApprovalRequest {
    let Err(Refused { approval: Some(approval), .. }) = called else { panic!("no request") };
    *approval
}

#[track_caller]
fn grant(runtime: &Runtime, approval: &ApprovalRequest) {
    let granted = ApprovalAnswer::Granted { by: "ana".into() };
    runtime.approvals().answer(&approval.id, &granted, SystemTime::now()).unwrap();
}

#[track_caller]
fn unapprovable<T: std::fmt::Debug>(called: Result<T, Refused>) -> String {
    let refused = called.unwrap_err();
    assert_eq!(refused.approval, None);
    refused.to_string()
}

/// A table of a program; it tells what it is.
#[derive(Serialize)]
struct Table<'r> {
    name: &'static str,
    #[serde(skip)]
    runtime: &'r Runtime,
}

impl Table<'_> {
    #[actra::admit(runtime = self.runtime)]
    fn wipe(&self, rows: i64) -> Result<i64, Refused> {
        Ok(rows)
    }

    #[actra::admit(action = "wipe", runtime = &self.runtime)]
    fn consumed(self, rows: i64) -> Result<i64, Refused> {
        Ok(rows)
    }

    #[actra::admit(action = "wipe", runtime = self.runtime)]
    async fn wipe_async(&mut self, rows: i64) -> Result<i64, Refused> {
        Ok(rows)
    }

    #[actra::admit(action = "wipe", unbound(self), runtime = self.runtime)]
    fn anywhere(&self, rows: i64) -> Result<i64, Refused> {
        Ok(rows)
    }
}

/// The same members and the same action, but another class.
#[derive(Serialize)]
struct View<'r> {
    name: &'static str,
    #[serde(skip)]
    runtime: &'r Runtime,
}

impl View<'_> {
    #[actra::admit(runtime = self.runtime)]
    fn wipe(&self, rows: i64) -> Result<i64, Refused> {
        Ok(rows)
    }
}

#[test]
fn a_grant_is_for_one_receiver() {
    let runtime = runtime();
    let table = |name| Table { name, runtime: &runtime };
    let approval = asked(table("logs").wipe(5));
    assert_eq!(approval.arguments["self"], type_name::<Table<'_>>());
    grant(&runtime, &approval);
    assert!(table("users").wipe(5).is_err());
    assert!(View { name: "logs", runtime: &runtime }.wipe(5).is_err());
    assert!(table("logs").wipe(6).is_err());
    assert_eq!(table("logs").wipe(5).unwrap(), 5);
    assert!(table("logs").wipe(5).is_err());
}

#[test]
fn every_kind_of_receiver_counts() {
    let runtime = runtime();
    let table = |name| Table { name, runtime: &runtime };
    let first = asked(table("logs").consumed(5));
    assert_eq!(first.digest, asked(table("logs").wipe(5)).digest);
    assert_ne!(first.digest, asked(table("users").consumed(5)).digest);
    let waited = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let called = |name| asked(waited.block_on(table(name).wipe_async(5)));
    assert_eq!(first.digest, called("logs").digest);
    assert_ne!(first.digest, called("users").digest);
}

#[test]
fn a_receiver_that_does_not_count_is_named() {
    let runtime = runtime();
    let table = |name| Table { name, runtime: &runtime };
    grant(&runtime, &asked(table("logs").anywhere(5)));
    assert!(table("users").anywhere(5).is_ok());
}

/// Without a value: nobody can say what it is.
struct Connection {
    runtime: Arc<Runtime>,
    /// Cannot be shared between threads.
    _count: Cell<u32>,
}

impl Connection {
    #[actra::admit(runtime = self.runtime)]
    fn wipe(&self, rows: i64) -> Result<i64, Refused> {
        Ok(rows)
    }

    #[actra::admit(action = "wipe", skip(runtime), runtime = runtime)]
    async fn wipe_async(&mut self, runtime: Arc<Runtime>, rows: i64) -> Result<i64, Refused> {
        Ok(rows)
    }

    #[actra::admit(action = "wipe", skip(runtime), runtime = runtime)]
    fn boxed(self: Box<Self>, runtime: &Runtime) -> Result<(), Refused> {
        Ok(())
    }

    #[actra::admit(runtime = self.runtime)]
    fn look(&self) -> Result<(), Refused> {
        Ok(())
    }
}

#[test]
fn what_cannot_be_had_in_full_cannot_be_approved() {
    let runtime = Arc::new(runtime());
    let connection = Connection { runtime: Arc::clone(&runtime), _count: Cell::new(0) };
    let said = unapprovable(connection.wipe(5));
    assert!(said.contains("argument `self` cannot be captured in full"), "{said}");
    assert!(said.contains("`unbound`: `self`"), "{said}");
    // Where nothing asks, nothing is missing.
    assert_eq!(connection.look(), Ok(()));
    let said = unapprovable(Box::new(connection).boxed(&runtime));
    assert!(said.contains("argument `self`"), "{said}");
}

/// One that cannot be shared between threads is not held while somebody is asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_need_not_be_shared() {
    let runtime = Arc::new(runtime());
    let mut connection = Connection { runtime: Arc::clone(&runtime), _count: Cell::new(0) };
    let task = tokio::spawn(async move { unapprovable(connection.wipe_async(runtime, 5).await) });
    assert!(task.await.unwrap().contains("argument `self`"));
}

#[derive(Serialize)]
struct Users;

#[derive(Serialize)]
struct Logs;

#[actra::admit(skip(runtime), runtime = runtime)]
fn wipe<T>(runtime: &Runtime, rows: i64) -> Result<&'static str, Refused> {
    Ok(type_name::<T>())
}

#[actra::admit(action = "wipe", skip(runtime), runtime = runtime)]
fn wipe_of(runtime: &Runtime, table: impl Serialize) -> Result<(), Refused> {
    Ok(())
}

#[actra::admit(action = "wipe", skip(runtime), runtime = runtime)]
fn wipe_times<const N: usize>(runtime: &Runtime) -> Result<usize, Refused> {
    Ok(N)
}

#[test]
fn a_grant_is_for_one_type() {
    let runtime = runtime();
    grant(&runtime, &asked(wipe::<Logs>(&runtime, 5)));
    assert!(wipe::<Users>(&runtime, 5).is_err());
    assert!(wipe::<Logs>(&runtime, 5).is_ok());
    grant(&runtime, &asked(wipe_of(&runtime, Logs)));
    assert!(wipe_of(&runtime, Users).is_err());
    assert!(wipe_of(&runtime, Logs).is_ok());
    grant(&runtime, &asked(wipe_times::<2>(&runtime)));
    assert!(wipe_times::<3>(&runtime).is_err());
    assert_eq!(wipe_times::<2>(&runtime).unwrap(), 2);
}

#[actra::admit(action = "wipe", skip(runtime), unbound(at, "snapshot.now"), runtime = runtime)]
fn stamped(runtime: &Runtime, rows: i64, at: u64, why: &str) -> Result<(), Refused> {
    Ok(())
}

#[test]
fn what_does_not_count_is_named() {
    let now = Arc::new(std::sync::atomic::AtomicI64::new(1));
    let clock = Arc::clone(&now);
    let policy = actra::parse(SCHEMA, RULES).unwrap();
    let tell = move |_: &actra::ResolverInput<'_, ()>| {
        Ok(clock.fetch_add(1, std::sync::atomic::Ordering::Relaxed).into())
    };
    let runtime = actra::builder(policy).snapshot_field("now", tell).build().unwrap();
    grant(&runtime, &asked(stamped(&runtime, 5, 1_000, "old")));
    assert!(stamped(&runtime, 5, 2_000, "new").is_err());
    assert!(stamped(&runtime, 6, 2_000, "old").is_err());
    assert!(stamped(&runtime, 5, 2_000, "old").is_ok());
    // Without the name of the fact no grant would ever be good for anything.
    assert!(wipe::<Logs>(&runtime, 5).is_err());
    grant(&runtime, &asked(wipe::<Logs>(&runtime, 5)));
    assert!(wipe::<Logs>(&runtime, 5).is_err());
}

#[test]
fn a_runtime_says_what_counts_for_no_call() {
    let policy = || actra::parse(SCHEMA, RULES).unwrap();
    let tell = |_: &actra::ResolverInput<'_, ()>| {
        Ok((SystemTime::now().elapsed().unwrap().subsec_nanos() as i64).into())
    };
    let runtime =
        actra::builder(policy()).snapshot_field("now", tell).unbound(["snapshot.now"]).build().unwrap();
    grant(&runtime, &asked(wipe::<Logs>(&runtime, 5)));
    assert!(wipe::<Logs>(&runtime, 5).is_ok());
    let misspelt = actra::builder::<()>(policy()).unbound(["snapshot.nwo"]).build().unwrap_err();
    assert!(misspelt.to_string().contains("did you mean `snapshot.now`"), "{misspelt}");
}

/// Texts of a value never look like something else: keys that begin with `$` are what other languages write for bytes.
#[test]
fn an_object_is_not_what_it_looks_like() {
    let runtime = runtime();
    let call = |value: serde_json::Value| {
        let arguments = [("blob".to_owned(), actra::value(&value).unwrap())].into();
        asked(runtime.admit_call(&(), actra::Invocation::of_function("wipe", arguments)))
    };
    let bytes = call(serde_json::json!({ "$bytes": [1, "00"] }));
    assert_eq!(bytes.arguments["blob"], "object, 1 member");
    assert_ne!(bytes.digest, call(serde_json::json!({ "$$bytes": [1, "00"] })).digest);
}

/// A receiver that can change behind a shared reference, which somebody does while a handler is asked.
#[derive(Serialize)]
struct Account {
    owner: std::sync::Mutex<&'static str>,
    #[serde(skip)]
    runtime: Option<Runtime>,
}

impl Account {
    #[actra::admit(runtime = self.runtime.as_ref().unwrap())]
    fn wipe(&self) -> Result<&'static str, Refused> {
        Ok(*self.owner.lock().unwrap())
    }
}

#[test]
fn a_receiver_that_changes_while_somebody_is_asked_is_not_what_was_approved() {
    let shared = Arc::new(std::sync::Mutex::new(None::<Arc<Account>>));
    let handler = {
        let shared = Arc::clone(&shared);
        move |_: &ApprovalRequest| -> Result<ApprovalAnswer, String> {
            if let Some(account) = &*shared.lock().unwrap() {
                *account.owner.lock().unwrap() = "eve";
            }
            Ok(ApprovalAnswer::Granted { by: "ana".into() })
        }
    };
    let builder = || actra::builder(actra::parse(SCHEMA, RULES).unwrap()).on_approval(handler.clone());
    let account = |runtime| Arc::new(Account { owner: "bo".into(), runtime: Some(runtime) });
    let still = account(builder().build().unwrap());
    assert_eq!(still.wipe().unwrap(), "bo");
    let changes = account(builder().build().unwrap());
    *shared.lock().unwrap() = Some(Arc::clone(&changes));
    let refused = changes.wipe().unwrap_err();
    assert!(refused.to_string().contains("changed while it was being decided"), "{refused}");
}

#[test]
fn a_handler_that_is_late_grants_nothing() {
    let late = |_: &ApprovalRequest| -> Result<ApprovalAnswer, String> {
        std::thread::sleep(std::time::Duration::from_millis(60));
        Ok(ApprovalAnswer::Granted { by: "ana".into() })
    };
    let runtime = actra::builder(actra::parse(SCHEMA, RULES).unwrap())
        .on_approval(late)
        .approval_deadline(std::time::Duration::from_millis(10), |_| Box::pin(std::future::pending()))
        .build()
        .unwrap();
    let refused = runtime.admit(&(), "wipe", actra::RawMap::new()).unwrap_err();
    assert!(refused.to_string().contains("no answer within 10ms"), "{refused}");
}
