//! `actra approvals`: what waits in a store, and answers to it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use actra_host::SqliteStore;
use actra_runtime::approval::{ApprovalAnswer, ApprovalDraft, ApprovalStore, Binding};
use actra_wire::parse_request;
use serde_json::Value;

use crate::test_directory::{Run, TestDirectory};

/// The one that the help speaks of.
pub const ID: &str = "5f2c9a1be07d4c36a8e1f0b2c3d4e5f6";
const REQUEST: &str = r#"{"action":{"type":"transfer","account":"acc-1","amount":2000,"pin":"<redacted>"},"actor":{"id":"cleo"},"snapshot":{"balance":5000}}"#;

fn draft(id: &str, request: &str, reason: &str, age: Duration, valid: Duration) -> ApprovalDraft {
    let now = SystemTime::now() - age;
    let required = [("type", "human_approval"), ("role", "manager")];
    let required = required.map(|(name, text)| (name.to_owned(), text.into())).into();
    let mut draft = ApprovalDraft::kept(
        id.to_owned(),
        (now, now + valid),
        parse_request(request.as_bytes()).unwrap(),
        [("memo".to_owned(), "string, 6 bytes".to_owned())].into(),
        (vec!["large".to_owned()], vec![reason.to_owned()]),
        vec![required],
    );
    draft.asked_by = Some("cleo".to_owned());
    draft
}

const HOUR: Duration = Duration::from_secs(3_600);

/// A store with one request that waits.
pub fn store(directory: &Path) -> SqliteStore {
    let store = SqliteStore::open(&directory.join("approvals.db")).unwrap();
    let asked = draft(ID, REQUEST, "cleo wants to transfer 2000 to acc-1", Duration::from_secs(300), HOUR);
    store.open(&binding(1), asked).unwrap();
    store
}

fn binding(number: u8) -> Binding {
    Binding::from_bytes(vec![number])
}

fn with_store() -> (TestDirectory, SqliteStore) {
    let directory = TestDirectory::empty();
    let store = store(directory.path());
    (directory, store)
}

fn run(directory: &TestDirectory, arguments: &str) -> Run {
    directory.run(&format!("approvals {arguments} --store approvals.db"))
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn what_waits_is_listed_and_shown() {
    let (directory, _store) = with_store();
    let listed = run(&directory, "list");
    assert_eq!((listed.code, listed.err.as_str()), (0, ""));
    let expected = format!(
        "{ID}  transfer by cleo, 5 min old, expires in 54 min\n  \
         cleo wants to transfer 2000 to acc-1\n  {{\"role\":\"manager\",\"type\":\"human_approval\"}}\n"
    );
    assert_eq!(listed.out, expected);
    let shown = run(&directory, &format!("show {ID}"));
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    for line in [
        &format!("id        {ID}"),
        "digest    hmac-sha256:",
        "state     waits",
        "asked     5 min ago",
        "expires   in 54 min",
        "action    {",
        r#""pin":"<redacted>""#,
        r#"actor     {"id":"cleo"}"#,
        r#"snapshot  {"balance":5000}"#,
        "argument  memo: string, 6 bytes",
        "rule      large",
        "reason    cleo wants to transfer 2000 to acc-1",
        "required  {",
    ] {
        assert!(shown.out.contains(line), "{line}: {}", shown.out);
    }
    let listed = json(&run(&directory, "list --format json"));
    let shown = json(&run(&directory, &format!("show {ID} --format json")));
    assert_eq!(listed["schema"], "actra/approvals-list/v1");
    assert_eq!(shown["schema"], "actra/approvals-show/v1");
    assert_eq!(listed["approvals"][0], shown["approval"]);
    let one = &shown["approval"];
    assert_eq!(
        (&one["id"], &one["state"], &one["answered_by"]),
        (&ID.into(), &"waiting".into(), &Value::Null)
    );
    assert_eq!(one["request"]["action"]["amount"], 2000);
    assert_eq!(one["arguments"]["memo"], "string, 6 bytes");
    let valid = one["expires_at"].as_i64().unwrap() - one["created_at"].as_i64().unwrap();
    assert_eq!(valid, 3_600_000);
    let empty = TestDirectory::empty();
    SqliteStore::open(&empty.path().join("approvals.db")).unwrap();
    assert_eq!(run(&empty, "list").out, "no request is waiting\n");
    assert_eq!(json(&run(&empty, "list --format json"))["approvals"], Value::Array(Vec::new()));
}

#[test]
fn a_grant_is_given_once_and_used_once() {
    let (directory, store) = with_store();
    let granted = run(&directory, &format!("grant {ID} --by max"));
    assert_eq!((granted.code, granted.err.as_str()), (0, ""));
    let expected = format!("{ID}: granted by max: transfer by cleo; it can be done once, within 54 min\n");
    assert_eq!(granted.out, expected);
    assert_eq!(run(&directory, "list").out, "no request is waiting\n");
    assert!(run(&directory, &format!("show {ID}")).out.contains("state     granted by max\n"));
    let again = run(&directory, &format!("grant {ID} --by ana"));
    assert_eq!((again.code, again.out.as_str()), (1, ""));
    assert_eq!(again.err, format!("actra: the approval request `{ID}` has been answered already\n"));
    let grant = store.take(&binding(1), SystemTime::now()).unwrap().unwrap();
    assert_eq!((grant.id.as_str(), grant.by.as_str()), (ID, "max"));
    assert_eq!(store.take(&binding(1), SystemTime::now()).unwrap(), None);
}

#[test]
fn a_denial_says_why() {
    let (directory, store) = with_store();
    let denied = directory.shell(&format!(
        "actra approvals deny {ID} --store approvals.db --by max --reason 'not on a Sunday' --format json"
    ));
    assert_eq!(denied.0, 0, "{denied:?}");
    let answer: Value = serde_json::from_str(&denied.1).unwrap();
    assert_eq!(answer["schema"], "actra/approvals-deny/v1");
    let one = &answer["approval"];
    assert_eq!((&one["state"], &one["answered_by"]), (&"denied".into(), &"max".into()));
    assert_eq!(one["answer_reason"], "not on a Sunday");
    assert!(
        run(&directory, &format!("show {ID}")).out.contains("state     denied by max: not on a Sunday\n")
    );
    assert_eq!(store.take(&binding(1), SystemTime::now()).unwrap(), None);
}

#[test]
fn what_cannot_be_answered_has_a_reason_and_a_status() {
    let (directory, store) = with_store();
    let (old, late) = (2 * HOUR, "0".repeat(32));
    store.open(&binding(2), draft(&late, REQUEST, "late", old, HOUR)).unwrap();
    let unknown = "the approval request";
    for (arguments, code, message) in [
        (format!("grant {ID} --by cleo"), 1, "`cleo` made this request, and nobody may grant"),
        (format!("grant {late} --by max"), 1, "has expired"),
        (format!("show {late}"), 1, "has expired"),
        (format!("deny {late} --by max"), 1, "has expired"),
        ("grant nothing --by max".to_owned(), 2, "there is no approval request `nothing`"),
        ("show nothing".to_owned(), 2, "there is no approval request `nothing`"),
        (format!("grant {ID}"), 2, "--by <NAME>"),
        (format!("grant {ID} --by="), 2, "it says who answers"),
    ] {
        let ran = run(&directory, &arguments);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{arguments}: {ran:?}");
        assert!(ran.err.contains(message), "{arguments}: {ran:?}");
        if code == 1 {
            let ran = run(&directory, &format!("{arguments} --format json"));
            let answer = json(&ran);
            assert_eq!((ran.code, &answer["ok"]), (1, &Value::Bool(false)), "{arguments}");
            assert!(answer["reason"].as_str().unwrap().contains(message.trim_start_matches(unknown)));
        }
    }
    // Who asks may think better of it.
    assert_eq!(run(&directory, &format!("deny {ID} --by cleo")).code, 0);
}

#[test]
fn a_store_is_read_as_it_is_and_never_made() {
    let directory = TestDirectory::with_set()
        .file("text", "no database, though it is long enough to be looked at as one");
    let sqlite = |name: &str, statements: &str| {
        rusqlite::Connection::open(directory.path().join(name)).unwrap().execute_batch(statements).unwrap();
    };
    sqlite("newer.db", "PRAGMA application_id = 0x41435452; PRAGMA user_version = 9");
    sqlite("older.db", "CREATE TABLE approvals (id TEXT); PRAGMA user_version = 1");
    sqlite("other.db", "CREATE TABLE users (id TEXT)");
    let whole = store(directory.path());
    drop(whole);
    std::fs::rename(directory.path().join("approvals.db"), directory.path().join("emptied.db")).unwrap();
    sqlite("emptied.db", "DELETE FROM secret");
    for (file, message) in [
        ("nowhere.db", "there is no such file"),
        ("nowhere/deeper.db", "there is no such file"),
        ("set", "it is not a file"),
        ("text", "the file is damaged: file is not a database"),
        ("newer.db", "the file has version 9, and this reads version 3: update"),
        ("older.db", "the file has version 1, and this reads version 3: a program that asks"),
        ("other.db", "the file is the database of another program"),
        ("emptied.db", "the file is damaged: its secret is gone"),
    ] {
        let before = std::fs::read(directory.path().join(file)).ok();
        for command in
            ["list", &format!("show {ID}"), &format!("grant {ID} --by a"), &format!("deny {ID} --by a")]
        {
            let ran = directory.run(&format!("approvals {command} --store {file}"));
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command} {file}: {ran:?}");
            assert!(ran.err.starts_with(&format!("actra: `{file}`: ")), "{command}: {ran:?}");
            assert!(ran.err.contains(message), "{command} {file}: {ran:?}");
        }
        assert_eq!(std::fs::read(directory.path().join(file)).ok(), before, "{file}");
    }
}

#[test]
fn a_locked_store_is_a_failure_and_not_an_answer() {
    let (directory, _store) = with_store();
    let other = rusqlite::Connection::open(directory.path().join("approvals.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let ran = run(&directory, &format!("grant {ID} --by max"));
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("another process has locked the approval store for too long; try again"));
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(run(&directory, &format!("grant {ID} --by max")).code, 0);
}

/// Somebody who asks writes the texts that somebody else reads in a terminal.
#[test]
fn what_others_wrote_does_not_reach_the_terminal_as_it_is() {
    let directory = TestDirectory::empty();
    let store = SqliteStore::open(&directory.path().join("approvals.db")).unwrap();
    let evil = "\u{1b}[2J\u{1b}]0;x\u{7}\r\n\u{9b}31m\u{202e}ok";
    let request = serde_json::json!({
        "action": { "type": evil, evil: evil }, "actor": { "id": evil }, "snapshot": { "n": [evil] },
    });
    let (now, texts) = (SystemTime::now(), vec![evil.to_owned()]);
    let mut draft = ApprovalDraft::kept(
        evil.to_owned(),
        (now, now + HOUR),
        parse_request(request.to_string().as_bytes()).unwrap(),
        [(evil.to_owned(), evil.to_owned())].into(),
        (texts.clone(), texts),
        Vec::new(),
    );
    draft.asked_by = Some(evil.to_owned());
    store.open(&binding(1), draft).unwrap();
    let own = ApprovalAnswer::Granted { by: evil.to_owned() };
    assert!(store.answer(evil, &own, now).is_err());
    let evil_run = |arguments: &[&str]| {
        let mut command = directory.command("approvals");
        let output = command.args(arguments).args(["--store", "approvals.db"]).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    for arguments in [
        &["list"][..],
        &["show", evil],
        &["show", "\u{1b}[31m"],
        &["grant", evil, "--by", evil],
        &["deny", evil, "--by", evil, "--reason", evil],
        &["show", evil],
        &["grant", evil, "--by", "max"],
    ] {
        let printed = evil_run(arguments);
        let hostile = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!printed.is_empty() && !printed.contains(hostile), "{arguments:?}: {printed:?}");
        assert!(printed.contains('␛'), "{arguments:?}: {printed:?}");
    }
    // As JSON they are escaped, and stay what they are.
    let printed = evil_run(&["show", evil, "--format", "json"]);
    assert!(printed.is_ascii() && !printed.trim_end().contains(|c: char| c.is_control()), "{printed:?}");
    let answer: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(answer["approval"]["id"], evil);
}
