//! The runtime of the process: configured once, else found, else an error. Each case is a process of its own.

#![expect(clippy::unwrap_used, reason = "tests fail by it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
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
        other => panic!("there is no role `{other}`"),
    }
    println!("done");
}

fn blocked_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A folder with `a/b` in it, removed at the end.
struct Folder(PathBuf);

impl Folder {
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

impl Drop for Folder {
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
    let folder = Folder::new();
    let said = runs("refuses", &folder.0.join("a/b"), None);
    assert!(said.contains("no policy: call `actra::configure`, set `ACTRA_POLICY`"), "{said}");
    // A folder of this name that is no set is not one.
    fs::create_dir(folder.0.join("actra")).unwrap();
    runs("refuses", &folder.0.join("a/b"), None);
}

#[test]
fn a_policy_that_is_named_and_cannot_be_used_is_an_error() {
    let folder = Folder::new();
    folder.set("actra", RULES);
    let missing = folder.0.join("missing");
    assert!(runs("refuses", &folder.0, Some(&missing)).contains("there is no policy directory"));
    let broken = folder.set("broken", &RULES.replace("action.amount", "action.amuont"));
    assert!(runs("refuses", &folder.0, Some(&broken)).contains("E0501"));
}

#[test]
fn a_policy_is_found() {
    let folder = Folder::new();
    folder.set("actra", RULES);
    runs("enforces", &folder.0, None);
    runs("enforces", &folder.0.join("a/b"), None);
    runs("many at once", &folder.0, None);
    runs("configures too late", &folder.0, None);
    let other = folder.set("other", RULES);
    folder.set("actra", &RULES.replace("effect: allow", "effect: block"));
    runs("enforces", &folder.0, Some(&other));
}

#[test]
fn who_configures_is_asked() {
    let folder = Folder::new();
    folder.set("actra", RULES);
    runs("configures", &folder.0, None);
}
