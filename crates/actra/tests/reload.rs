//! A runtime whose policy is replaced while it runs, and whose approvals are in a file.

#![expect(clippy::unwrap_used, reason = "tests fail by it")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use actra::approval::ApprovalAnswer;
use actra::{Policy, PolicyInForce, RawMap, Refused, ResolverInput, Runtime, SqliteStore, write_event};
use serde::{Serialize, Serializer};

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
    eventually(|| runtime.policy_in_force().health().stale.is_some());
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
    let before = runtime.policy_in_force().health().policy;
    schema("group");
    let actra::Reload::Refused { reason } = reloads.recv().unwrap() else { panic!("it does not fit") };
    assert_eq!(
        reason,
        "the policy does not fit this program, and the previous one stays in force: a resolver or `unbound` names a field \
         that the schema does not declare: `actor.team` is not declared; `actor` has group; change the policy, or start \
         a program that fits it"
    );
    assert_eq!(runtime.policy_in_force().health().policy, before);
    let swapped = runtime.policy_in_force().swap(Arc::new(actra::load(directory.path()).unwrap()));
    assert!(swapped.unwrap_err().to_string().contains("team"));
    // What is gone holds nothing.
    let in_force = Arc::clone(runtime.policy_in_force());
    drop(runtime);
    in_force.swap(Arc::new(actra::load(directory.path()).unwrap())).unwrap();
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

/// A limit that can be changed while somebody waits.
#[derive(Clone)]
struct Limit(Arc<AtomicI64>);

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.load(Ordering::Relaxed))
    }
}

/// Its resolver changes the limit and replaces the policy.
struct Session {
    limit: Limit,
    next: Arc<Policy>,
    in_force: OnceLock<Arc<PolicyInForce>>,
}

#[actra::admit(action = "pay", runtime = runtime, context = session, skip(runtime, session), unbound(limit))]
fn pay(runtime: &Runtime<Session>, session: &Session, limit: Limit) -> Result<i64, Refused> {
    Ok(limit.0.load(Ordering::Relaxed))
}

#[actra::admit(action = "pay", runtime = runtime, context = session, skip(runtime, session), unbound(limit))]
async fn pay_later(runtime: &Runtime<Session>, session: &Session, limit: Limit) -> Result<i64, Refused> {
    Ok(limit.0.load(Ordering::Relaxed))
}

#[actra::admit(action = "pay", runtime = runtime, context = session, skip(runtime, session))]
fn pay_bound(
    runtime: &Runtime<Session>,
    session: &Session,
    limit: Limit,
    undeclared: u8,
) -> Result<i64, Refused> {
    Ok(limit.0.load(Ordering::Relaxed))
}

/// What rules saw is what they saw, whatever the schema says by the time that the body begins.
#[tokio::test]
async fn a_policy_that_comes_in_between_hides_no_argument() {
    const ACTOR: &str = "actor: { fields: { id: string } }";
    let declares = format!(
        "version: 1\nactions: {{ pay: {{ fields: {{ limit: {{ type: number, sensitive: true }} }} }} }}\n{ACTOR}"
    );
    let small = |effect: &str| {
        let rule =
            format!("{{ id: small, scope: {{ action: pay }}, when: action.limit <= 10, effect: {effect} }}");
        actra::parse(&declares, &format!("version: 1\ndefault: block\nrules: [{rule}]")).unwrap()
    };
    let other = |fields: &str| {
        let schema = format!("version: 1\nactions: {{ pay: {{ {fields} }} }}\n{ACTOR}");
        Arc::new(actra::parse(&schema, "version: 1\ndefault: block\nrules: [{ id: r, scope: { action: pay }, when: 'actor.id == \"root\"', effect: allow }]").unwrap())
    };
    let shown = "fields: { limit: number }";
    for (effect, next, is_watched) in
        [("allow", "", false), ("allow", "", true), ("allow", shown, true), ("require_approval", "", false)]
    {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let run = |unbound: &[&str]| {
            let told = Arc::clone(&lines);
            let builder = actra::builder(small(effect)).unbound(unbound.iter().copied());
            let builder = builder.actor(|call: &ResolverInput<'_, Session>| {
                let Session { limit, next, in_force } = call.context;
                if let Some(in_force) = in_force.get() {
                    limit.0.store(777_777, Ordering::Relaxed);
                    in_force.swap(Arc::clone(next)).unwrap();
                }
                Ok(RawMap::from([("id".to_owned(), "ana".into())]))
            });
            let builder = match is_watched {
                true => builder.on_event(move |event| write_event(event, &mut told.lock().unwrap())),
                false => builder,
            };
            let runtime: Runtime<Session> = builder.build().unwrap();
            let limit = Limit(Arc::new(5.into()));
            let session = Session { limit, next: other(next), in_force: OnceLock::new() };
            (runtime, session)
        };
        let arm = |runtime: &Runtime<Session>, session: &Session| {
            for asked in runtime.approvals().list(SystemTime::now()).unwrap() {
                let granted = ApprovalAnswer::Granted { by: "bo".to_owned() };
                runtime.approvals().answer(&asked.id, &granted, SystemTime::now()).unwrap();
            }
            session.in_force.set(Arc::clone(runtime.policy_in_force())).unwrap();
        };
        let is_told = |called: Result<i64, Refused>| {
            let refused = called.unwrap_err().to_string();
            assert!(refused.contains("its arguments changed while it was being decided"), "{refused}");
        };
        for unbound in [&[][..], &["limit"]] {
            let (runtime, session) = run(unbound);
            let _ = pay(&runtime, &session, session.limit.clone());
            arm(&runtime, &session);
            is_told(pay(&runtime, &session, session.limit.clone()));
            let (runtime, session) = run(unbound);
            let _ = pay_later(&runtime, &session, session.limit.clone()).await;
            arm(&runtime, &session);
            is_told(pay_later(&runtime, &session, session.limit.clone()).await);
            let (runtime, session) = run(unbound);
            let _ = pay_bound(&runtime, &session, session.limit.clone(), 1);
            arm(&runtime, &session);
            is_told(pay_bound(&runtime, &session, session.limit.clone(), 1));
        }
        let lines = String::from_utf8(std::mem::take(&mut *lines.lock().unwrap())).unwrap();
        // What the policy that decided declares as sensitive is shown by none.
        assert!(!lines.contains("777777"), "{lines}");
    }
}
