//! The whole way of an approval: a program asks, somebody grants with the command, and the call runs once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use actra::{RawMap, Refused, Runtime, SqliteStore};
use serde_json::Value;

const SCHEMA: &str = "\
version: 1
actions: { transfer: { fields: { account: string, amount: number, pin: { type: string, sensitive: true } } } }
actor: { fields: { id: string } }
snapshot: { fields: { card: { type: string, sensitive: true } } }
";
const RULES: &str = "\
version: 1
default: allow
rules:
  - id: large
    scope: { action: transfer }
    when: action.amount > 1000 && snapshot.card.startsWith(\"4\")
    effect: require_approval
    message: \"{actor.id} wants to transfer {action.amount}\"
    required_actions: [{ type: human_approval, role: manager }]
";
/// None of these may be seen.
const SECRETS: [&str; 3] = ["739201", "4929-0000", "under the counter"];

struct TestDirectory(PathBuf);

impl TestDirectory {
    fn new() -> Self {
        let directory = Self(std::env::temp_dir().join(format!("actra-approve-{}", std::process::id())));
        std::fs::create_dir_all(&directory.0).unwrap();
        directory
    }

    fn store(&self) -> PathBuf {
        self.0.join("approvals.db")
    }

    /// Status and output of `actra approvals`.
    fn actra(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_actra-book"));
        command.arg("approvals").args(arguments).arg("--store").arg(self.store());
        let output = command.output().unwrap();
        let printed = [output.stderr, output.stdout].concat();
        (output.status.code().unwrap(), String::from_utf8(printed).unwrap())
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// As each process of a service makes its own.
fn runtime(store: &Path) -> Runtime {
    let record = |name: &str, text: &str| RawMap::from([(name.to_owned(), text.into())]);
    let store = Arc::new(SqliteStore::open(store).unwrap());
    actra::builder(actra::parse(SCHEMA, RULES).unwrap())
        .actor(move |_| Ok(record("id", "cleo")))
        .snapshot(move |_| Ok(record("card", "4929-0000")))
        .approvals(store, Duration::from_secs(900))
        .build()
        .unwrap()
}

fn transfer(runtime: &Runtime, amount: i64) -> Result<(), Refused> {
    let arguments: RawMap = [
        ("account".to_owned(), "acc-1".into()),
        ("amount".to_owned(), amount.into()),
        ("pin".to_owned(), "739201".into()),
        ("memo".to_owned(), "under the counter".into()),
    ]
    .into();
    runtime.admit(&(), "transfer", arguments).map(drop)
}

#[test]
fn what_the_command_grants_runs_once() {
    let directory = TestDirectory::new();
    let asking = runtime(&directory.store());
    let asked = transfer(&asking, 2000).unwrap_err().approval.expect("it can be approved");
    let id = asked.id.as_str();

    let (status, listed) = directory.actra(&["list", "--format", "json"]);
    let answer: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((status, &answer["approvals"][0]["id"]), (0, &id.into()));
    assert_eq!(answer["approvals"][0]["digest"], asked.digest.to_string());
    for shown in
        [&["list"][..], &["list", "--format", "json"], &["show", id], &["show", id, "--format", "json"]]
    {
        let (status, printed) = directory.actra(shown);
        assert_eq!(status, 0, "{printed}");
        assert!(printed.contains("cleo wants to transfer 2000"), "{printed}");
        let leak = SECRETS.iter().find(|secret| printed.contains(**secret));
        assert_eq!(leak, None, "{shown:?}: {printed}");
    }

    assert!(transfer(&asking, 2000).is_err());
    assert_eq!(directory.actra(&["grant", id, "--by", "cleo"]).0, 1);
    let (status, granted) = directory.actra(&["grant", id, "--by", "max"]);
    assert_eq!(status, 0, "{granted}");
    // In the process that asked, or in another one, once.
    assert!(transfer(&asking, 2001).is_err());
    assert!(transfer(&runtime(&directory.store()), 2000).is_ok());
    assert!(transfer(&asking, 2000).is_err());
    let (_, listed) = directory.actra(&["list"]);
    assert_eq!(listed.matches("transfer by cleo").count(), 2, "{listed}");

    let again = transfer(&asking, 2000).unwrap_err().approval.expect("it can be approved");
    assert_eq!(directory.actra(&["deny", &again.id, "--by", "max", "--reason", "no"]).0, 0);
    assert!(transfer(&asking, 2000).is_err());
}
