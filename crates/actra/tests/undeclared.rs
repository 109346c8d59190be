//! Arguments that the schema does not declare: they count for approvals alone, and are read only where there can be any.

#![expect(clippy::unwrap_used, reason = "tests fail by it")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use actra::approval::ApprovalAnswer;
use actra::{Invocation, RawMap, RawValue, Refused, Runtime};
use serde::{Serialize, Serializer};

/// Many elements, which count how often one of them is read.
struct Many<T> {
    element: T,
    length: usize,
    read: AtomicU64,
}

fn many<T>(element: T, length: usize) -> Many<T> {
    Many { element, length, read: AtomicU64::new(0) }
}

impl<T: Serialize> Serialize for Many<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.length).map(|_| {
            self.read.fetch_add(1, Ordering::Relaxed);
            &self.element
        }))
    }
}

/// Something that counts, as metrics do, whenever it is asked.
#[derive(Default)]
struct Metrics {
    requests: AtomicU64,
    read: AtomicU64,
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.read.fetch_add(1, Ordering::Relaxed);
        serializer.serialize_u64(self.requests.fetch_add(1, Ordering::Relaxed))
    }
}

/// Large uploads need approval only where the schema has an action for it.
fn runtime(rule: &str) -> Runtime {
    let schema = "version: 1\nactions: { upload: { fields: { name: string } } }\nsnapshot: { fields: { open: boolean } }";
    let rules = format!(
        "version: 1\ndefault: block\nrules: [{{ id: r, scope: {{ action: upload }}, when: 'action.name != \"x\" && \
         snapshot.open', effect: {rule} }}]"
    );
    let policy = actra::parse(schema, &rules).unwrap();
    actra::builder(policy).snapshot_field("open", |_| Ok(true.into())).build().unwrap()
}

#[track_caller]
fn grant<T: std::fmt::Debug>(runtime: &Runtime, called: Result<T, Refused>) -> String {
    let approval = called.unwrap_err().approval.unwrap();
    let granted = ApprovalAnswer::Granted { by: "max".into() };
    runtime.approvals().answer(&approval.id, &granted, SystemTime::now()).unwrap();
    approval.arguments.get("content").cloned().unwrap_or_default()
}

#[actra::admit(action = "upload", runtime = runtime, skip(runtime))]
fn count(runtime: &Runtime, name: &str, metrics: &Metrics) -> Result<(), Refused> {
    Ok(())
}

#[actra::admit(action = "upload", runtime = runtime, skip(runtime))]
async fn count_async(runtime: &Runtime, name: &str, metrics: &Metrics) -> Result<(), Refused> {
    Ok(())
}

#[actra::admit(runtime = runtime, skip(runtime))]
fn upload(runtime: &Runtime, name: &str, content: impl Serialize) -> Result<(), Refused> {
    drop(content);
    Ok(())
}

#[actra::admit(action = "upload", runtime = runtime, skip(runtime))]
fn upload_bytes(runtime: &Runtime, name: &str, content: &[u8]) -> Result<(), Refused> {
    Ok(())
}

#[actra::admit(action = "upload", runtime = runtime, skip(runtime), unbound(content))]
fn upload_any(runtime: &Runtime, name: &str, content: &Many<u8>) -> Result<(), Refused> {
    Ok(())
}

#[actra::admit(action = "upload", runtime = runtime, skip(runtime))]
fn upload_many(runtime: &Runtime, name: &str, content: &Many<u8>) -> Result<(), Refused> {
    Ok(())
}

#[actra::admit(action = "upload", runtime = runtime, skip(runtime))]
fn upload_named(runtime: &Runtime, name: &Many<u8>) -> Result<(), Refused> {
    Ok(())
}

#[test]
fn what_no_rule_reads_may_change_in_a_call_that_is_allowed() {
    let runtime = runtime("allow");
    let metrics = Metrics::default();
    assert!(count(&runtime, "a", &metrics).is_ok());
    let waits = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(waits.block_on(count_async(&runtime, "a", &metrics)).is_ok());
    assert_eq!(metrics.read.into_inner(), 0);
}

/// A rule that may ask makes it part of the call, and still it counts only with a grant.
#[test]
fn what_is_approved_may_not_change() {
    let allowed =
        "allow }, { id: s, scope: { action: upload }, when: action.name == 'y', effect: require_approval";
    assert!(count(&runtime(allowed), "a", &Metrics::default()).is_ok());
    let asking = runtime("require_approval");
    let metrics = Metrics::default();
    grant(&asking, count(&asking, "a", &metrics));
    metrics.requests.store(0, Ordering::Relaxed);
    let refused = count(&asking, "a", &metrics).unwrap_err().to_string();
    assert!(refused.contains("argument `metrics` changed while it was being decided"), "{refused}");
}

#[test]
fn the_runtime_compares_only_what_counts() {
    let runtime = runtime("allow");
    let call = |metrics: i64| {
        let arguments = [("name".to_owned(), "a".into()), ("metrics".to_owned(), metrics.into())];
        Invocation::of_function("upload", RawMap::from(arguments))
    };
    let admitted = runtime.admit_call(&(), call(1)).unwrap();
    assert!(runtime.recheck_call(&(), &admitted, call(1), call(2)).is_ok());
}

#[test]
fn what_nobody_can_approve_is_not_read() {
    for (effect, runs) in [("allow", true), ("block", false)] {
        let content = many(7_u8, 1 << 20);
        assert_eq!(upload_many(&runtime(effect), "a", &content).is_ok(), runs);
        assert_eq!(content.read.into_inner(), 0);
    }
    let content = many(7_u8, 1 << 20);
    assert!(upload_any(&runtime("require_approval"), "a", &content).is_err());
    assert_eq!(content.read.into_inner(), 0);
}

/// As some libraries write bytes.
struct Buffer(&'static [u8]);

impl Serialize for Buffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[derive(Serialize)]
struct File {
    content: Vec<u8>,
}

#[test]
fn raw_bytes_are_bound_by_their_hash() {
    let runtime = runtime("require_approval");
    assert_eq!(grant(&runtime, upload_bytes(&runtime, "a", b"abc")), "raw bytes, 3");
    assert!(upload_bytes(&runtime, "a", b"abd").is_err());
    assert!(upload_bytes(&runtime, "a", b"abc").is_ok());
    assert!(upload_bytes(&runtime, "a", b"abc").is_err());

    assert_eq!(grant(&runtime, upload(&runtime, "b", Buffer(b"abc"))), "raw bytes, 3");
    assert!(upload(&runtime, "b", Buffer(b"abd")).is_err());
    assert!(upload(&runtime, "b", Buffer(b"abc")).is_ok());

    let file = |content: &[u8]| File { content: content.to_vec() };
    assert_eq!(grant(&runtime, upload(&runtime, "c", file(b"abc"))), "object, 1 member");
    assert!(upload(&runtime, "c", file(b"abd")).is_err());
    assert!(upload(&runtime, "c", file(b"abc")).is_ok());

    // Other numbers are a list, and so is what only begins with bytes.
    assert_eq!(grant(&runtime, upload(&runtime, "d", [1_u16, 2])), "list, 2 elements");
    assert_eq!(grant(&runtime, upload(&runtime, "e", (1_u8, 2_u16))), "list, 2 elements");
    assert!(upload(&runtime, "e", (1_u8, 2_u16)).is_ok());
}

#[test]
fn what_is_too_large_cannot_be_approved() {
    let runtime = runtime("require_approval");
    let refused = |content: &dyn Fn() -> Result<(), Refused>| {
        let refused = content().unwrap_err();
        assert_eq!(refused.approval, None);
        refused.to_string()
    };
    let said = "argument `content` cannot be captured in full; if it does not matter, name it in `unbound`: `content`";
    let many = vec![1_u16; 200_001];
    assert!(refused(&|| upload(&runtime, "a", &many)).contains(said));
    let text = "x".repeat((16 << 20) + 1);
    assert!(refused(&|| upload(&runtime, "a", &text)).contains(said));
    assert!(upload(&runtime, "a", many.split_last().unwrap().1).unwrap_err().approval.is_some());
}

/// What is larger than any request is known to be so long before it is read to its end.
#[test]
fn what_is_declared_is_read_up_to_the_size_of_a_request() {
    let name = many(7_u8, 16 << 20);
    let refused = upload_named(&runtime("allow"), &name).unwrap_err().to_string();
    assert!(refused.contains("the request is larger than the limit"), "{refused}");
    assert_eq!(name.read.into_inner(), (1 << 19) + 1);
}

/// The policy may be another one by the time that the call is decided.
#[test]
fn a_policy_that_declares_it_after_all_does_not_take_it_for_missing() {
    let schema = "version: 1\nactions: { upload: { fields: { name: string, content: 'string?' } } }";
    let rules = "version: 1\ndefault: allow\nrules: [{ id: r, scope: { action: upload }, when: 'has(action.content)', \
                 effect: block }]";
    let runtime: Runtime = actra::builder(actra::parse(schema, rules).unwrap()).build().unwrap();
    let arguments = || RawMap::from([("name".to_owned(), "a".into())]);
    assert!(runtime.admit_call(&(), Invocation::of_function("upload", arguments())).is_ok());
    let call = Invocation::of_function("upload", arguments()).undeclared("content", RawValue::Null);
    assert!(runtime.admit_call(&(), call).is_err());
}
