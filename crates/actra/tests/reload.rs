//! A runtime whose policy is replaced while it runs, and whose approvals are in a file.

#![expect(clippy::unwrap_used, reason = "tests fail by it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use actra::approval::ApprovalAnswer;
use actra::{RawMap, Refused, Runtime, SqliteStore};

struct TestDirectory(PathBuf);

impl TestDirectory {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("actra-face-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(&directory.0).unwrap();
        directory.write("schema.yaml", "version: 1\nactions: { refund: { fields: { amount: number } } }\n");
        directory
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.0.join(file), text).unwrap();
    }

    fn rule(&self, when: &str, effect: &str) {
        let rule = format!("{{ id: r, scope: {{ action: refund }}, when: {when}, effect: {effect} }}");
        self.write("policy.yaml", &format!("version: 1\ndefault: allow\nrules: [{rule}]\n"));
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn refund(runtime: &Runtime, amount: i64) -> Result<(), Refused> {
    runtime.admit(&(), "refund", RawMap::from([("amount".to_owned(), amount.into())])).map(drop)
}

fn eventually(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_new_policy_is_put_in_force_and_a_broken_one_is_not() {
    let directory = TestDirectory::new();
    directory.rule("action.amount > 100", "block");
    let (builder, reloader) = actra::watch(directory.path(), Duration::from_millis(10), |_| {}).unwrap();
    let runtime: Runtime = builder.build().unwrap();
    assert!(refund(&runtime, 50).is_ok() && refund(&runtime, 150).is_err());
    directory.rule("action.amount > 200", "block");
    eventually(|| refund(&runtime, 150).is_ok());
    directory.rule("action.amuont > 200", "block");
    eventually(|| runtime.live().health().stale.is_some());
    assert!(refund(&runtime, 150).is_ok() && refund(&runtime, 250).is_err());
    drop(reloader);
    directory.write("policy.yaml", "version: 1\n");
    assert!(actra::watch::<()>(directory.path(), Duration::from_secs(1), |_| {}).is_err());
}

/// A resolver of a field that the new policy does not declare would never be asked.
#[test]
fn a_policy_that_resolvers_do_not_fit_is_not_put_in_force() {
    let directory = TestDirectory::new();
    let schema = |field: &str| {
        let actions = "actions: { refund: { fields: { amount: number } } }";
        directory.write(
            "schema.yaml",
            &format!("version: 1\n{actions}\nactor: {{ fields: {{ {field}: 'string?' }} }}\n"),
        );
    };
    schema("team");
    directory.rule("action.amount > 100", "block");
    let (told, reloads) = std::sync::mpsc::channel();
    let observe = move |reload: &actra::Reload| told.send(reload.clone()).unwrap();
    let (builder, _reloader) = actra::watch(directory.path(), Duration::from_millis(10), observe).unwrap();
    let runtime: Runtime = builder.actor_field("team", |_| Ok("blue".into())).build().unwrap();
    let before = runtime.live().health().policy;
    schema("group");
    let actra::Reload::Refused { reason } = reloads.recv().unwrap() else { panic!("it does not fit") };
    assert_eq!(
        reason,
        "the policy does not fit this program, and the previous one stays in force: a resolver or `unbound` names a field \
         that the schema does not declare: `actor.team` is not declared; `actor` has group; change the policy, or start \
         a program that fits it"
    );
    assert_eq!(runtime.live().health().policy, before);
    let swapped = runtime.live().swap(Arc::new(actra::load(directory.path()).unwrap()));
    assert!(swapped.unwrap_err().to_string().contains("team"));
    // What is gone holds nothing.
    let live = Arc::clone(runtime.live());
    drop(runtime);
    live.swap(Arc::new(actra::load(directory.path()).unwrap())).unwrap();
}

#[test]
fn a_grant_in_a_file_is_valid_for_another_runtime_once() {
    let directory = TestDirectory::new();
    directory.rule("action.amount > 100", "require_approval");
    let file = directory.path().join("approvals.db");
    let runtime = || -> Runtime {
        let store = Arc::new(SqliteStore::open(&file).unwrap());
        actra::open(directory.path()).unwrap().approvals(store, Duration::from_secs(60)).build().unwrap()
    };
    let Err(Refused { approval: Some(asked), .. }) = refund(&runtime(), 150) else {
        panic!("it asks");
    };
    let granting = runtime();
    granting
        .approvals()
        .answer(&asked.id, &ApprovalAnswer::Granted { by: "ana".to_owned() }, SystemTime::now())
        .unwrap();
    assert!(refund(&runtime(), 151).is_err());
    assert!(refund(&runtime(), 150).is_ok());
    assert!(refund(&runtime(), 150).is_err());
}
