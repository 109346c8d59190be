//! Settings are checked when they are made.

#![expect(clippy::panic, reason = "tests fail by it")]

use std::sync::Arc;
use std::time::Duration;

use actra_engine::model::{RawMap, RawValue};
use actra_engine::{Policy, PolicySet, compile};
use actra_runtime::approval::MemoryStore;
use actra_runtime::{Builder, Runtime};

const SCHEMA: &str = "version: 1
actions: { go: {} }
actor: { fields: { role: 'string?', suspended: 'boolean?' } }
snapshot: { fields: { role: 'string?', frozen: 'boolean?' } }
";
const RULES: &str = "version: 1
default: allow
rules:
  - { id: suspended, scope: { action: go }, when: 'has(actor.suspended) && actor.suspended', effect: block }
  - { id: frozen, scope: { action: go }, when: 'has(snapshot.frozen) && snapshot.frozen', effect: block }
";

fn policy() -> Policy {
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]));
    outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics))
}

fn builder() -> Builder<RawMap> {
    Runtime::builder(policy())
}

fn refused(builder: Builder<RawMap>) -> String {
    builder.build().err().unwrap_or_else(|| panic!("it was built")).to_string()
}

/// One way to say who tells about a record.
type Gives = fn(Builder<RawMap>) -> Builder<RawMap>;

fn whole() -> [(&'static str, Gives); 6] {
    [
        ("actor", |builder| builder.actor(|_| Ok(RawMap::new()))),
        ("actor", |builder| builder.actor_ref(|call| Ok(call.context))),
        ("actor", |builder| builder.actor_async(|_| Box::pin(async { Ok(RawMap::new()) }))),
        ("snapshot", |builder| builder.snapshot(|_| Ok(RawMap::new()))),
        ("snapshot", |builder| builder.snapshot_ref(|call| Ok(call.context))),
        ("snapshot", |builder| builder.snapshot_async(|_| Box::pin(async { Ok(RawMap::new()) }))),
    ]
}

fn role() -> [(&'static str, Gives); 4] {
    [
        ("actor", |builder| builder.actor_field("role", |_| Ok(RawValue::Null))),
        ("actor", |builder| builder.actor_field_async("role", |_| Box::pin(async { Ok(RawValue::Null) }))),
        ("snapshot", |builder| builder.snapshot_field("role", |_| Ok(RawValue::Null))),
        ("snapshot", |builder| {
            builder.snapshot_field_async("role", |_| Box::pin(async { Ok(RawValue::Null) }))
        }),
    ]
}

#[test]
fn no_resolver_takes_the_place_of_another() {
    for (record, first) in whole() {
        assert!(first(builder()).build().is_ok());
        for (other, second) in whole() {
            let both = second(first(builder()));
            match record == other {
                true => assert_eq!(refused(both), format!("`{record}` is given twice")),
                false => assert!(both.build().is_ok()),
            }
        }
        for (other, field) in role() {
            let both = [field(first(builder())), first(field(builder()))];
            for both in both {
                match record == other {
                    true => {
                        let said = refused(both);
                        assert!(said.contains(&format!("`{record}`")), "{said}");
                        assert!(said.contains(&format!("`{record}.role`")), "{said}");
                    }
                    false => assert!(both.build().is_ok()),
                }
            }
        }
    }
    for (record, first) in role() {
        for (other, second) in role() {
            let both = second(first(builder()));
            match record == other {
                true => assert_eq!(refused(both), format!("`{record}.role` is given twice")),
                false => assert!(both.build().is_ok()),
            }
        }
        let another = first(builder()).actor_field("suspended", |_| Ok(false.into()));
        assert!(another.snapshot_field("frozen", |_| Ok(false.into())).build().is_ok());
    }
}

#[test]
fn one_is_asked_for_approval() {
    let both =
        builder().on_approval(|_| Err("no".into())).on_approval_async(|_| Box::pin(std::future::pending()));
    assert_eq!(refused(both), "`on_approval` is given twice");
}

#[test]
fn times_are_positive() {
    let never = |_| Box::pin(std::future::pending()) as _;
    let store = || Arc::new(MemoryStore::new());
    let moment = Duration::from_nanos(1);
    let all = |time| builder().deadline(time, never).approval_deadline(time, never).approvals(store(), time);
    assert!(all(moment).build().is_ok());
    let said = refused(all(Duration::ZERO));
    for setting in ["`deadline`", "`approval_deadline`", "`approvals`"] {
        assert!(said.contains(setting), "{said}");
    }
    assert!(builder().deadline(Duration::ZERO, never).build().is_err());
    assert!(builder().approval_deadline(Duration::ZERO, never).build().is_err());
    assert!(builder().approvals(store(), Duration::ZERO).build().is_err());
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let never = |_| Box::pin(std::future::pending()) as _;
    let (_, field) = role()[0];
    let said = refused(field(field(builder())).deadline(Duration::ZERO, never).unbound(["snapshot.nwo"]));
    for part in ["`snapshot.nwo`", "`actor.role` is given twice", "`deadline`"] {
        assert!(said.contains(part), "{said}");
    }
}
