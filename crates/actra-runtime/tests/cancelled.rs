//! A call whose future is dropped on its way has its event, and runs no more.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by it")]

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use actra_engine::model::RawMap;
use actra_engine::{PolicySet, compile};
use actra_runtime::{Outcome, Runtime};

const SCHEMA: &str = "version: 1
actions: { refund: { fields: { amount: number } } }
actor: { fields: { id: string } }
snapshot: { fields: { frozen: boolean } }
";
const RULES: &str = "version: 1
default: allow
rules:
  - { id: frozen, scope: { action: refund }, when: snapshot.frozen, effect: block }
  - { id: large, scope: { action: refund }, when: 'action.amount > 100 || actor.id == \"eve\"', effect: require_approval }
";

/// What observers heard of a call that waits where it is told to, and is given up then.
fn heard(waits: &'static str, amount: i64) -> Vec<Outcome> {
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]));
    let policy = outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics));
    let (told, ran) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
    let telling = Arc::clone(&told);
    let runtime: Runtime = Runtime::builder(policy)
        .actor_field_async("id", move |_| {
            Box::pin(async move {
                if waits == "actor" {
                    pending::<()>().await;
                }
                Ok("ana".into())
            })
        })
        .snapshot_field_async("frozen", move |_| {
            Box::pin(async move {
                if waits == "snapshot" {
                    pending::<()>().await;
                }
                Ok(false.into())
            })
        })
        .on_approval_async(|_| Box::pin(pending()))
        .on_event(move |event| telling.lock().unwrap().push(event.outcome.clone()))
        .build()
        .unwrap();
    {
        let mut call = pin!(async {
            let _admitted = runtime
                .admit_async(&(), "refund", RawMap::from([("amount".to_owned(), amount.into())]))
                .await?;
            *ran.lock().unwrap() += 1;
            Ok::<_, actra_runtime::Refused>(())
        });
        let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled.is_pending(), waits != "nothing");
        assert_eq!(matches!(polled, Poll::Ready(Ok(()))), *ran.lock().unwrap() == 1);
    }
    told.lock().unwrap().clone()
}

#[test]
fn a_call_that_is_given_up_has_its_event() {
    assert_eq!(heard("nothing", 5), [Outcome::Ran]);
    assert_eq!(heard("actor", 5), [Outcome::Cancelled]);
    assert_eq!(heard("snapshot", 5), [Outcome::Cancelled]);
    let asked = heard("approval", 500);
    assert_eq!(asked.last(), Some(&Outcome::Cancelled), "{asked:?}");
}
