//! Arguments whose `Serialize` does what it should not, and settings that change arguments.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by it")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use actra::{Mode, Refused, Runtime};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

const SCHEMA: &str = "version: 1
actions:
  call:
    fields:
      amount: number
      params: { type: object, fields: { force: 'boolean?' }, optional: true }
      note: any?
";

const RULES: &str = "version: 1
default: block
rules:
  - { id: small, scope: { action: call }, when: action.amount < 10, effect: allow }
  - { id: force, scope: { action: call }, when: action.?params.?force.orValue(false), effect: block }
";

fn runtime(mode: Mode) -> Runtime {
    actra::builder(actra::parse(SCHEMA, RULES).unwrap_or_else(|error| panic!("{error}")))
        .mode(mode)
        .build()
        .unwrap()
}

#[actra::admit(action = "call", skip(runtime), runtime = runtime)]
fn call(runtime: &Runtime, amount: u8, params: &RawValue) -> Result<(), Refused> {
    Ok(())
}

#[actra::admit(action = "call", skip(runtime), runtime = runtime)]
fn noted<T: Serialize>(runtime: &Runtime, amount: u8, note: &T) -> Result<(), Refused> {
    Ok(())
}

/// Rules see what the body gets.
#[test]
fn raw_json_is_the_json_that_it_is() {
    let runtime = runtime(Mode::Enforce);
    let params = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
    assert!(call(&runtime, 1, &params(r#"{"force": false}"#)).is_ok());
    let refused = call(&runtime, 1, &params(r#"{"force": true}"#)).unwrap_err();
    assert_eq!(refused.to_string(), "action call: blocked by rule force");
    let twice = call(&runtime, 1, &params(r#"{"force": true, "force": false}"#)).unwrap_err();
    assert!(twice.to_string().contains("the same key twice"), "{twice}");
}

/// A field that two members give.
#[derive(Serialize)]
struct Twice {
    id: u8,
    #[serde(flatten)]
    more: BTreeMap<&'static str, u8>,
}

/// As in JSON, it makes the request invalid, whether or not a rule reads it.
#[test]
fn a_key_that_stands_twice_refuses_the_call() {
    let runtime = runtime(Mode::Enforce);
    let twice = |more| Twice { id: 1, more: [(more, 2)].into() };
    assert!(noted(&runtime, 1, &twice("to")).is_ok());
    for refused in [noted(&runtime, 1, &twice("id")), noted(&runtime, 1, &[Some(twice("id"))])] {
        let said = refused.unwrap_err().to_string();
        assert_eq!(said, "action call: not decided (an object of the request has the same key twice)");
    }
}

/// Panics when somebody looks at it, and once more when somebody handles that.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("the panic itself")
        }
    }
}

struct Panics;

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        std::panic::panic_any(Bomb)
    }
}

impl Panics {
    #[actra::admit(action = "call", skip(runtime), runtime = runtime)]
    fn method(&self, runtime: &Runtime, amount: u8) -> Result<(), Refused> {
        Ok(())
    }
}

#[actra::admit(action = "call", skip(runtime), runtime = runtime)]
async fn by(runtime: &Runtime, amount: Panics) -> Result<(), Refused> {
    Ok(())
}

#[tokio::test]
async fn an_argument_that_panics_is_one_that_cannot_be_had() {
    let asks = RULES.replace("effect: allow", "effect: require_approval");
    let asking = actra::builder(actra::parse(SCHEMA, &asks).unwrap()).build().unwrap();
    for mode in [Mode::Enforce, Mode::Audit] {
        let runtime = runtime(mode);
        assert!(noted(&runtime, 1, &Panics).is_ok());
        assert!(Panics.method(&runtime, 1).is_ok());
        assert_eq!(by(&runtime, Panics).await.is_ok(), mode == Mode::Audit);
    }
    let refused = Panics.method(&asking, 1).unwrap_err();
    assert!(refused.to_string().contains("argument `self` cannot be captured in full"), "{refused}");
}

/// What a panic is raised with.
struct Payload;

static DROPPED: AtomicUsize = AtomicUsize::new(0);

impl Drop for Payload {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

struct PanicsWithPayload;

impl Serialize for PanicsWithPayload {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        std::panic::panic_any(Payload)
    }
}

/// It may be large, and whoever calls may choose how large.
#[test]
fn what_an_argument_panics_with_is_not_kept() {
    let runtime = runtime(Mode::Enforce);
    assert!(noted(&runtime, 1, &PanicsWithPayload).is_ok());
    // It is read twice.
    assert_eq!(DROPPED.load(Ordering::Relaxed), 2);
}

fn lengthen(path: &mut String) -> usize {
    path.push_str("/etc");
    path.len()
}

#[actra::admit(action = "call", rename(path = "note"), skip(runtime), runtime = runtime, context = lengthen(path))]
fn read(runtime: &Runtime<usize>, amount: u8, path: &mut String) -> Result<String, Refused> {
    Ok(path.clone())
}

/// What is decided is what runs, also where a setting changes an argument.
#[test]
fn settings_are_evaluated_before_arguments_are_read() {
    let rules = "version: 1
default: block
rules: [{ id: one, scope: { action: call }, when: 'has(action.note) && action.note == \"/a/etc\"', effect: allow }]";
    let told = std::sync::Arc::new(AtomicUsize::new(0));
    let tell = std::sync::Arc::clone(&told);
    let schema = format!("{SCHEMA}actor: {{ fields: {{ length: integer? }} }}\n");
    let runtime = actra::builder::<usize>(actra::parse(&schema, rules).unwrap())
        .actor(move |call| {
            tell.store(*call.context, Ordering::Relaxed);
            Ok(actra::RawMap::new())
        })
        .build()
        .unwrap();
    assert_eq!(read(&runtime, 1, &mut "/a".to_owned()).unwrap(), "/a/etc");
    assert_eq!(told.load(Ordering::Relaxed), 6);
    assert!(read(&runtime, 1, &mut "/a/etc".to_owned()).is_err());
}

/// Whoever asks may make a name up, and its refusal is read by people and logs.
#[test]
fn a_long_name_is_not_repeated_whole() {
    for name in ["x".repeat(100_000), "é ".repeat(100_000)] {
        let refused = runtime(Mode::Enforce).admit(&(), &name, actra::RawMap::new()).unwrap_err();
        let said = refused.to_string();
        assert!(said.len() < 1_000 && said.contains("...: blocked"), "{said}");
        assert_eq!(refused.action, name);
    }
}
