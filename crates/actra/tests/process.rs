//! The runtime of the process: configured once, else found, else an error. Each case is a process of its own.

#![expect(clippy::unwrap_used, reason = "tests fail by it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actra::{Mode, Refused, RefusedKind};

const SCHEMA: &str = "version: 1\nactions: { refund: { fields: { amount: number } } }\n";
const RULES: &str = "version: 1\ndefault: block\nrules:\n  - { id: small, scope: { action: refund }, when: action.amount <= 100, effect: allow }\n";

/// Says what the child process is to do, which else does nothing.
const ROLE: &str = "ACTRA_TEST_ROLE";

static RAN: AtomicUsize = AtomicUsize::new(0);

#[actra::admit]
fn refund(amount: i64) -> Result<i64, Refused> {
    RAN.fetch_add(1, Ordering::Relaxed);
    Ok(amount)
}

#[actra::admit(action = "refund")]
async fn refund_async(amount: i64) -> Result<i64, Refused> {
    RAN.fetch_add(1, Ordering::Relaxed);
    Ok(amount)
}

/// Not a test: what the child process does.
#[test]
fn role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    match role.as_str() {
        "enforces" => {
            assert_eq!((refund(5), refund(500).is_err()), (Ok(5), true));
            assert_eq!(RAN.load(Ordering::Relaxed), 1);
        }
        "refuses" => {
            for refused in [refund(5), blocked_on(refund_async(5))] {
                assert!(matches!(refused, Err(Refused { kind: RefusedKind::NotDecided, .. })), "{refused:?}");
            }
            assert_eq!(RAN.load(Ordering::Relaxed), 0);
            println!("{}", refund(5).unwrap_err());
            // What nobody found can still be configured.
            let policy = actra::parse(SCHEMA, RULES).unwrap();
            actra::configure(actra::builder(policy).build().unwrap()).unwrap();
            assert_eq!((refund(5), refund(500).is_err()), (Ok(5), true));
        }
        "configures" => {
            let audit =
                || actra::builder(actra::parse(SCHEMA, RULES).unwrap()).mode(Mode::Audit).build().unwrap();
            actra::configure(audit()).unwrap();
            assert!(actra::configure(audit()).is_err());
            assert_eq!(refund(500), Ok(500));
        }
        "configures too late" => {
            assert_eq!(refund(5), Ok(5));
            let policy = actra::parse(SCHEMA, RULES).unwrap();
            let late = actra::configure(actra::builder(policy).mode(Mode::Audit).build().unwrap());
            assert!(late.is_err() && refund(500).is_err());
        }
        "many at once" => {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| assert!(refund(5).is_ok() && refund(500).is_err()));
                }
            });
            assert_eq!(RAN.load(Ordering::Relaxed), 8);
        }
        "does not fit" => {
            let configured = |schema: &str, rules: &str| {
                actra::configure(actra::builder(actra::parse(schema, rules).unwrap()).build().unwrap())
            };
            let said = configured(&SCHEMA.replace("refund", "refnud"), &RULES.replace("refund", "refnud"));
            let said = said.unwrap_err().to_string();
            assert!(said.contains("tests/process.rs:"), "{said}");
            assert!(said.contains("no action `refund`; did you mean `refnud`?"), "{said}");
            let said = configured(&SCHEMA.replace("amount", "total"), &RULES.replace("amount", "total"));
            let said = said.unwrap_err().to_string();
            assert!(
                said.contains("rules read `action.total` of `refund`, but no argument gives it"),
                "{said}"
            );
            let mapped = "amount: { type: number, argument: sum }";
            let said = configured(&SCHEMA.replace("amount: number", mapped), RULES).unwrap_err().to_string();
            assert!(said.contains("no argument called `sum` gives it"), "{said}");
            // What no rule reads may be missing, and so may what is optional.
            let more = "amount: number, note: string, rate: 'number?'";
            let rules = RULES.replace(
                "when: action.amount <= 100",
                "when: 'action.amount <= 100 && (!has(action.rate) || action.rate < 2)'",
            );
            configured(&SCHEMA.replace("amount: number", more), &rules).unwrap();
            assert!(refund(5).is_ok());
            // Nor is such a policy put in force later.
            let in_force = actra::runtime().unwrap().policy_in_force();
            let later =
                |schema: &str, rules: &str| in_force.swap(Arc::new(actra::parse(schema, rules).unwrap()));
            let said = later(&SCHEMA.replace("refund", "refnud"), &RULES.replace("refund", "refnud"));
            let said = said.unwrap_err().to_string();
            assert!(said.contains("no action `refund`; did you mean `refnud`?"), "{said}");
            assert!(refund(5).is_ok());
            later(SCHEMA, &RULES.replace("100", "4")).unwrap();
            assert!(refund(5).is_err());
        }
        "unchecked" => {
            let (schema, rules) = (
                "version: 1\nactions: { other: {} }\n",
                "version: 1\ndefault: allow\nrules: [{ id: a, scope: { action: other }, when: true, effect: block }]\n",
            );
            let runtime = || actra::builder(actra::parse(schema, rules).unwrap()).build().unwrap();
            assert!(matches!(actra::configure(runtime()), Err(actra::ConfigureError::SiteMismatch(_))));
            actra::configure_unchecked(runtime()).unwrap();
            assert!(refund(5).is_err());
        }
        "context" => {
            let policy = actra::parse(
                &format!("{SCHEMA}actor: {{ fields: {{ id: string }} }}\n"),
                &RULES.replace("action.amount <= 100", "'actor.id == \"ana\" && action.amount <= 100'"),
            );
            let runtime = actra::builder::<actra::Context>(policy.unwrap()).actor_field("id", |call| {
                let user = call.context.get::<User>().ok_or("nobody is signed in")?;
                Ok(actra::value(&user.0)?)
            });
            actra::configure(runtime.build().unwrap()).unwrap();
            let said = refund(5).unwrap_err();
            assert!(said.to_string().contains("nobody is signed in"), "{said}");
            assert_eq!(std::error::Error::source(&said).unwrap().to_string(), "nobody is signed in");
            assert!(actra::using(User("ana"), || refund(5)).is_ok());
            // The inner one counts, and the outer one again behind it, also after a panic.
            actra::using(User("ana"), || {
                assert!(actra::using(User("bo"), || refund(5)).is_err());
                assert!(actra::using(5, || refund(5)).is_err());
                assert!(std::panic::catch_unwind(|| actra::using(User("bo"), || panic!("no"))).is_err());
                assert!(refund(5).is_ok());
                // Threads begin without one, unless they take it along.
                assert!(std::thread::spawn(|| refund(5)).join().unwrap().is_err());
                let context = actra::Context::current();
                assert!(std::thread::spawn(move || context.scope(|| refund(5))).join().unwrap().is_ok());
            });
            blocked_on(async {
                let (ana, bo) = tokio::join!(
                    actra::using_async(User("ana"), yielding()),
                    actra::using_async(User("bo"), yielding()),
                );
                assert!(ana.is_ok() && bo.is_err());
                assert!(refund_async(5).await.is_err());
            });
        }
        other => panic!("there is no role `{other}`"),
    }
    println!("done");
}

struct User(&'static str);

async fn yielding() -> Result<i64, Refused> {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    refund_async(5).await
}

fn blocked_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A directory with `a/b` in it, removed at the end.
struct TestDirectory(PathBuf);

impl TestDirectory {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("actra-process-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(path.join("a/b")).unwrap();
        Self(path)
    }

    fn set(&self, name: &str, rules: &str) -> PathBuf {
        let set = self.0.join(name);
        fs::create_dir_all(&set).unwrap();
        fs::write(set.join("schema.yaml"), SCHEMA).unwrap();
        fs::write(set.join("policy.yaml"), rules).unwrap();
        set
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the child process says.
#[track_caller]
fn runs(role: &str, directory: &Path, policy: Option<&Path>) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "role", "--nocapture"]).env(ROLE, role).current_dir(directory);
    match policy {
        Some(policy) => child.env("ACTRA_POLICY", policy),
        None => child.env_remove("ACTRA_POLICY"),
    };
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("done"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

#[test]
fn without_a_policy_nothing_runs() {
    let directory = TestDirectory::new();
    let said = runs("refuses", &directory.0.join("a/b"), None);
    assert!(said.contains("no policy: call `actra::configure`, set `ACTRA_POLICY`"), "{said}");
    // A directory of this name that is no set is not one.
    fs::create_dir(directory.0.join("actra")).unwrap();
    runs("refuses", &directory.0.join("a/b"), None);
}

#[test]
fn a_policy_that_is_named_and_cannot_be_used_is_an_error() {
    let directory = TestDirectory::new();
    directory.set("actra", RULES);
    let missing = directory.0.join("missing");
    assert!(runs("refuses", &directory.0, Some(&missing)).contains("there is no policy directory"));
    let broken = directory.set("broken", &RULES.replace("action.amount", "action.amuont"));
    assert!(runs("refuses", &directory.0, Some(&broken)).contains("E0501"));
}

#[test]
fn a_policy_is_found() {
    let directory = TestDirectory::new();
    directory.set("actra", RULES);
    runs("enforces", &directory.0, None);
    runs("enforces", &directory.0.join("a/b"), None);
    runs("many at once", &directory.0, None);
    runs("configures too late", &directory.0, None);
    let other = directory.set("other", RULES);
    directory.set("actra", &RULES.replace("effect: allow", "effect: block"));
    runs("enforces", &directory.0, Some(&other));
}

#[test]
fn who_configures_is_asked() {
    let directory = TestDirectory::new();
    directory.set("actra", RULES);
    runs("configures", &directory.0, None);
}

#[test]
fn what_does_not_fit_is_found_at_the_start() {
    let directory = TestDirectory::new();
    runs("does not fit", &directory.0, None);
    runs("unchecked", &directory.0, None);
}

#[test]
fn resolvers_are_told_about_the_work() {
    let directory = TestDirectory::new();
    runs("context", &directory.0, None);
}
