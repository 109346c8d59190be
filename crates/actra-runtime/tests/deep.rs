//! A host may hand in anything; what is nested deeper than requests are is refused, and nothing breaks.

#![expect(clippy::panic, reason = "tests fail by it")]

use std::sync::{Arc, Mutex};

use actra_engine::model::{RawMap, RawRequest, RawValue, Reason, limits};
use actra_engine::{Policy, PolicySet, compile};
use actra_runtime::{Invocation, Runtime};

const SCHEMA: &str = "version: 1
actions: { go: { fields: { any: 'any?', list: 'list<any>?' } } }
actor: { fields: { any: 'any?' } }
";
const RULES: &str = "version: 1
default: block
rules: [{ id: ask, scope: { action: go }, when: true, effect: require_approval }]
";

fn policy() -> Policy {
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]));
    outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics))
}

fn lists(levels: usize) -> RawValue {
    (0..levels).fold(1.into(), |inner, _| RawValue::List(vec![inner]))
}

fn objects(levels: usize) -> RawValue {
    (0..levels).fold(1.into(), |inner, _| RawValue::Map([("a".to_owned(), inner)].into()))
}

fn argument(name: &str, value: RawValue) -> RawMap {
    [(name.to_owned(), value)].into()
}

/// How deep a value is, along its last members.
fn levels(value: &RawValue) -> usize {
    let mut value = Some(value);
    let mut levels = 0;
    while let Some(inner) = value {
        value = match inner {
            RawValue::List(elements) => elements.last(),
            RawValue::Map(members) => {
                members.values().find(|member| matches!(member, RawValue::List(_) | RawValue::Map(_)))
            }
            _ => None,
        };
        levels += usize::from(value.is_some());
    }
    levels
}

const DEEP: usize = 3_000;

#[test]
fn what_is_watched_may_be_nested_deep() {
    for name in ["any", "list", "unknown"] {
        for deep in [lists, objects] {
            let told: Arc<Mutex<Vec<RawRequest>>> = Arc::default();
            let kept = Arc::clone(&told);
            let runtime: Runtime = Runtime::builder(policy())
                .on_event(move |event| kept.lock().unwrap().push(event.request.clone()))
                .actor(move |_| Ok(argument("any", deep(DEEP))))
                .build()
                .unwrap();
            let refused = runtime.admit(&(), "go", argument(name, deep(DEEP))).unwrap_err();
            assert!(refused.approval.is_none());
            let faults = refused.decision().unwrap().errors.iter().map(|fault| fault.reason);
            assert!(faults.eq([Reason::TooDeep]), "{refused}");
            let [shown] = &told.lock().unwrap()[..] else { panic!("there is one event") };
            for record in [&shown.action, &shown.actor].into_iter().flatten() {
                assert!(levels(record) <= limits::NESTING + 2, "{name}");
            }
            // Whoever decides it again comes to the same.
            assert_eq!(shown.envelope_fault(), Some(Reason::TooDeep));
        }
    }
}

#[test]
fn what_is_not_declared_may_be_nested_deep() {
    let runtime: Runtime = Runtime::builder(policy()).build().unwrap();
    let calls = |levels: usize| {
        [lists, objects].into_iter().flat_map(move |deep| {
            [
                Invocation::of_function("go", argument("hidden", deep(levels))),
                Invocation::new("go", RawMap::new()).binding("row", deep(levels)),
                Invocation::new("go", RawMap::new()).receiver("Rows", deep(levels)),
            ]
        })
    };
    for call in calls(DEEP).chain(calls(limits::NESTING + 9)) {
        let refused = runtime.admit_call(&(), call).unwrap_err();
        assert!(refused.approval.is_none(), "{refused}");
        assert!(refused.to_string().contains("cannot be captured in full"), "{refused}");
    }
    for call in calls(limits::NESTING) {
        assert!(runtime.admit_call(&(), call).unwrap_err().approval.is_some());
    }
}
