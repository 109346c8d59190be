//! Resolvers of fields: each answers for itself.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by it")]

use std::time::Duration;

use actra_engine::model::{RawMap, RawValue};
use actra_engine::{PolicySet, compile};
use actra_runtime::{Builder, Runtime};

const SCHEMA: &str = "version: 1
actions: { pay: { fields: { amount: number } } }
snapshot: { fields: { a: number, b: number } }
";
const RULES: &str = "version: 1
default: allow
rules:
  - { id: held, scope: { action: pay }, when: 'snapshot.b > 1', effect: block }
  - { id: asked, scope: { action: pay }, when: 'snapshot.a > 1', effect: require_approval }
";

fn builder() -> Builder {
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]));
    Runtime::builder(outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics)))
}

fn said(runtime: &Runtime) -> String {
    let amount: RawMap = [("amount".to_owned(), RawValue::from(10))].into();
    runtime.admit(&(), "pay", amount).unwrap_err().to_string()
}

#[test]
fn a_slow_resolver_makes_no_other_one_late() {
    let deadline = Duration::from_secs(2);
    let slow = move |_: &actra_runtime::ResolverInput<'_, ()>| {
        std::thread::sleep(deadline + Duration::from_millis(1));
        Ok(0.into())
    };
    let runtime = builder()
        .deadline(deadline, |_| Box::pin(std::future::pending()))
        .snapshot_field("a", slow)
        .snapshot_field("b", |_| Ok(0.into()))
        .build()
        .unwrap();
    let said = said(&runtime);
    assert!(said.contains("a: no answer within 2s") && !said.contains("b: "), "{said}");
}

#[test]
fn a_resolver_that_fails_hides_nothing_that_is_wrong_with_another_field() {
    let failing = || builder().snapshot_field("a", |_| Err("the database is down".into()));
    let cannot = "the snapshot could not be resolved: a: the database is down";
    let runtime = failing().snapshot_field("b", |_| Ok("x".into())).build().unwrap();
    let expected = format!(
        "action pay: blocked by rule held (snapshot.b: a number is needed, but a string was given; {cannot})"
    );
    assert_eq!(said(&runtime), expected);
    let nobody = failing().build().unwrap();
    assert!(
        said(&nobody).contains("snapshot.b: a number is needed, but nothing was given"),
        "{}",
        said(&nobody)
    );
    // What it explains is not said twice.
    let fine = failing().snapshot_field("b", |_| Ok(0.into())).build().unwrap();
    assert!(said(&fine).starts_with(&format!("action pay: needs approval by rule asked ({cannot};")));
    let whole = builder().snapshot(|_| Err("the database is down".into())).build().unwrap();
    let expected =
        "action pay: blocked by rule held (the snapshot could not be resolved: the database is down)";
    assert_eq!(said(&whole), expected);
}

#[test]
fn the_name_of_an_action_shows_what_cannot_be_seen() {
    for name in ["pay\u{3164}", "pay\u{115f}", "\u{3164}"] {
        let refused = builder().build().unwrap().admit(&(), name, RawMap::new()).unwrap_err();
        let said = refused.to_string();
        assert!(!said.contains(['\u{3164}', '\u{115f}']) && said.contains('\u{fffd}'), "{said}");
    }
}
