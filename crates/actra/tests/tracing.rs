//! What reaches a subscriber of `tracing`.

#![expect(clippy::unwrap_used, reason = "tests fail by it")]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use actra::RawMap;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const SCHEMA: &str = "version: 1
actions: { refund: { fields: { amount: number, card: { type: 'string?', sensitive: true } } } }
snapshot: { fields: { open: boolean } }
";
const RULES: &str = "version: 1
default: block
rules:
  - { id: small, scope: { action: refund }, when: 'action.amount < 10 && (snapshot.open || true)', effect: allow }
  - { id: large, scope: { action: refund }, when: action.amount > 100, effect: require_approval }
";

/// Keeps all events as text.
#[derive(Clone, Default)]
struct StoredApproval(Arc<Mutex<Vec<String>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

impl Subscriber for StoredApproval {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "actra"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(event.metadata().level().to_string());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn told(amount: i64) -> Vec<String> {
    let runtime = actra::builder::<()>(actra::parse(SCHEMA, RULES).unwrap())
        .snapshot(|_| Err("the database is gone".into()))
        .on_event(actra::tracing::observe)
        .build()
        .unwrap();
    let kept = StoredApproval::default();
    let arguments =
        RawMap::from([("amount".to_owned(), amount.into()), ("card".to_owned(), "4111-s3cret".into())]);
    let _ = tracing::subscriber::with_default(kept.clone(), || runtime.admit(&(), "refund", arguments));
    let kept = kept.0.lock().unwrap();
    kept.clone()
}

#[test]
fn an_evaluation_is_one_event() {
    let lines = told(5);
    assert!(lines[0].starts_with("INFO"), "{lines:?}");
    for part in
        ["message=decided", "action=\"refund\"", "effect=\"allow\"", "rule=\"small\"", "outcome=\"ran\""]
    {
        assert!(lines[0].contains(part), "{part}: {lines:?}");
    }
    assert!(told(500)[0].starts_with("WARN") && told(50)[0].starts_with("WARN"));
}

#[test]
fn what_went_wrong_is_told_and_secrets_are_not() {
    let lines = told(5);
    assert!(lines[1].starts_with("WARN") && lines[1].contains("the database is gone"), "{lines:?}");
    assert!(!lines.concat().contains("s3cret"), "{lines:?}");
}
