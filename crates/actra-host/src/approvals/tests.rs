//! The store in one process: it does what the one in memory does, and refuses files that are not its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use actra_engine::model::{RawRequest, RawValue};
use actra_runtime::approval::MemoryStore;
use actra_wire::{json_reader, parse_request};
use rusqlite::Connection;

use super::*;

/// A file that is removed with its companions at the end of its test.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("actra-approvals-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        Self(directory.join("approvals.db"))
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.0).unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn binding(number: u8) -> Binding {
    Binding::from_bytes(vec![number])
}

fn draft(id: &str) -> ApprovalDraft {
    let shown: RawRequest =
        parse_request(br#"{"action":{"type":"refund","amount":1500.50},"snapshot":{"note":"\u0000"}}"#)
            .unwrap();
    let required = match json_reader::parse_value(br#"{"type":"human_approval","level":2}"#).unwrap() {
        RawValue::Map(members) => members,
        other => panic!("{other:?}"),
    };
    let mut draft = ApprovalDraft::kept(
        id.to_owned(),
        (at(1_000), at(2_000)),
        shown,
        [("token".to_owned(), "string, 7 bytes".to_owned())].into(),
        (vec!["ask".to_owned()], vec!["a \"large\" refund".to_owned()]),
        vec![required],
    );
    draft.asked_by = Some("cy".to_owned());
    draft
}

/// Every store, so that both say the same.
fn each(test: impl Fn(&dyn ApprovalStore)) {
    test(&MemoryStore::new());
    let file = File::new();
    test(&file.open());
}

const GRANTED: fn() -> ApprovalAnswer = || ApprovalAnswer::Granted { by: "ana".to_owned() };

#[test]
fn nobody_answers_without_a_name() {
    each(|store| {
        store.open(&binding(1), draft("a")).unwrap();
        for by in ["", " ", "\u{200b}\u{fe0f}"] {
            let answers = [
                ApprovalAnswer::Granted { by: by.into() },
                ApprovalAnswer::Denied { by: by.into(), reason: String::new() },
            ];
            for answer in answers {
                assert_eq!(store.answer("a", &answer, at(1_001)), Err(StoreError::Nobody));
            }
        }
        assert_eq!(store.take(&binding(1), at(1_002)).unwrap(), None);
        store.answer("a", &GRANTED(), at(1_001)).unwrap();
    });
}

#[test]
fn a_grant_is_valid_once_and_for_one_digest() {
    each(|store| {
        let opened = store.open(&binding(1), draft("a")).unwrap();
        assert_eq!(opened, draft("a").with(opened.digest));
        assert_eq!(store.get("a", at(1_001)).unwrap().map(|kept| kept.request).as_ref(), Some(&opened));
        assert_eq!(store.take(&binding(1), at(1_001)).unwrap(), None);
        // Who asks again before there is an answer is shown the same request.
        assert_eq!(store.open(&binding(1), draft("b")).unwrap(), opened);
        assert_eq!(store.list(at(1_001)).unwrap(), [opened]);
        store.answer("a", &GRANTED(), at(1_001)).unwrap();
        assert_eq!(
            store.answer("a", &GRANTED(), at(1_002)),
            Err(StoreError::Answered { id: "a".to_owned() })
        );
        assert_eq!(store.take(&binding(2), at(1_002)).unwrap(), None);
        let grant = Grant { id: "a".to_owned(), by: "ana".to_owned() };
        assert_eq!(store.take(&binding(1), at(1_002)).unwrap(), Some(grant));
        assert_eq!(store.take(&binding(1), at(1_002)).unwrap(), None);
        assert_eq!(store.open(&binding(1), draft("c")).unwrap().id, "c");
    });
}

#[test]
fn what_is_denied_expired_or_unknown_grants_nothing() {
    each(|store| {
        assert_eq!(store.answer("a", &GRANTED(), at(1_001)), Err(StoreError::Unknown { id: "a".to_owned() }));
        store.open(&binding(1), draft("a")).unwrap();
        let denied = ApprovalAnswer::Denied { by: "bo".to_owned(), reason: "no".to_owned() };
        store.answer("a", &denied, at(1_001)).unwrap();
        assert_eq!(store.take(&binding(1), at(1_001)).unwrap(), None);
        store.open(&binding(2), draft("b")).unwrap();
        store.answer("b", &GRANTED(), at(1_999)).unwrap();
        assert_eq!(store.take(&binding(2), at(2_000)).unwrap(), None);
        store.open(&binding(3), draft("c")).unwrap();
        assert_eq!(store.answer("c", &GRANTED(), at(2_000)), Err(StoreError::Expired { id: "c".to_owned() }));
    });
}

#[test]
fn requests_outlast_the_process() {
    let file = File::new();
    file.open().open(&binding(1), draft("a")).unwrap();
    file.open().answer("a", &GRANTED(), at(1_001)).unwrap();
    assert!(file.open().take(&binding(1), at(1_002)).unwrap().is_some());
    assert!(file.open().take(&binding(1), at(1_002)).unwrap().is_none());
}

#[test]
fn of_many_at_once_one_gets_the_grant() {
    let file = File::new();
    let store = file.open();
    for round in 0..8 {
        store.open(&binding(round), draft(&format!("r{round}"))).unwrap();
        store.answer(&format!("r{round}"), &GRANTED(), at(1_001)).unwrap();
        let grants = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    if file.open().take(&binding(round), at(1_002)).unwrap().is_some() {
                        grants.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(grants.into_inner(), 1);
    }
}

#[test]
fn a_file_that_is_none_fails() {
    let file = File::new();
    std::fs::write(
        &file.0,
        "version: 1\nthis is no database, though it is long enough to be looked at as one\n",
    )
    .unwrap();
    assert!(matches!(SqliteStore::open(&file.0), Err(StoreError::Failed(_))));
    let newer = File::new();
    let later = "PRAGMA application_id = 0x41435452; PRAGMA user_version = 9;";
    Connection::open(&newer.0).unwrap().execute_batch(later).unwrap();
    let reason = "the file has version 9, and this reads version 3: update".to_owned();
    assert_eq!(SqliteStore::open(&newer.0).err(), Some(StoreError::Failed(reason)));
    let nowhere = newer.0.join("deeper/approvals.db");
    assert!(matches!(SqliteStore::open(&nowhere), Err(StoreError::Failed(_))));
}

#[test]
fn a_store_that_rests_goes_on() {
    let file = File::new();
    let store = file.open();
    store.open(&binding(1), draft("a")).unwrap();
    store.disconnect();
    assert!(store.lock().is_none());
    store.answer("a", &ApprovalAnswer::Granted { by: "ana".into() }, at(1_100)).unwrap();
    store.disconnect();
    assert!(store.take(&binding(1), at(1_100)).unwrap().is_some());
}

#[test]
fn nobody_grants_what_they_ask_for_themselves() {
    each(|store| {
        store.open(&binding(1), draft("a")).unwrap();
        let own = ApprovalAnswer::Granted { by: "cy".to_owned() };
        assert_eq!(store.answer("a", &own, at(1_001)), Err(StoreError::Own { by: "cy".to_owned() }));
        // Who asks may think better of it.
        let denied = ApprovalAnswer::Denied { by: "cy".to_owned(), reason: "a mistake".to_owned() };
        store.answer("a", &denied, at(1_001)).unwrap();
        let kept = store.find(&binding(1), at(1_001)).unwrap().unwrap();
        assert_eq!(kept.answer, Some(denied));
        assert_eq!(store.list(at(1_001)).unwrap(), []);
    });
}

/// Nobody who sees a digest can find out by trying what it stands for.
#[test]
fn each_store_makes_digests_of_its_own() {
    let digest = |store: &dyn ApprovalStore| store.open(&binding(1), draft("a")).unwrap().digest;
    let file = File::new();
    let kept = digest(&file.open());
    assert_eq!(digest(&file.open()), kept);
    let others = [digest(&MemoryStore::new()), digest(&MemoryStore::new()), digest(&File::new().open())];
    assert!(others.iter().all(|other| *other != kept) && others[0] != others[1]);
}

#[test]
fn what_an_older_version_kept_is_asked_for_anew() {
    let before = [
        "PRAGMA user_version = 1;",
        "CREATE TABLE secret (bytes BLOB); PRAGMA journal_mode = WAL; PRAGMA user_version = 2;",
    ];
    for (version, before) in before.iter().enumerate() {
        let file = File::new();
        let older = Connection::open(&file.0).unwrap();
        older
            .execute_batch("CREATE TABLE approvals (id TEXT); INSERT INTO approvals VALUES ('a');")
            .and_then(|()| older.execute_batch(before))
            .unwrap();
        drop(older);
        let reason = format!("the file has version {}, and this reads version 3: a program", version + 1);
        let refused = SqliteStore::open_existing(&file.0).err().unwrap().to_string();
        assert!(refused.contains(&reason), "{refused}");
        let store = file.open();
        assert_eq!(store.get("a", at(1_001)).unwrap(), None);
        store.open(&binding(1), draft("a")).unwrap();
        assert_eq!(file.open().list(at(1_001)).unwrap().len(), 1);
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = File::new();
    file.open();
    let mode = std::fs::metadata(&file.0).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[test]
fn only_what_is_there_is_opened_or_made() {
    let file = File::new();
    let refused = |path: &Path| SqliteStore::open_existing(path).err().map(|error| error.to_string());
    let missing = refused(&file.0).unwrap();
    assert!(missing.ends_with("there is no such file") && !file.0.exists(), "{missing}");
    std::fs::write(&file.0, "").unwrap();
    assert!(refused(&file.0).unwrap().ends_with("the file is not an approval store"));
    file.open();
    assert_eq!(refused(&file.0), None);
    assert!(refused(file.0.parent().unwrap()).unwrap().ends_with("it is not a file"));
}

#[test]
fn the_database_of_another_program_is_left_as_it_is() {
    for theirs in [
        "CREATE TABLE users (id TEXT);",
        "PRAGMA application_id = 7;",
        "PRAGMA journal_mode = WAL; CREATE TABLE users (id TEXT);",
        "PRAGMA journal_mode = WAL; CREATE TABLE users (id TEXT); PRAGMA user_version = 3;",
        "PRAGMA journal_mode = WAL; CREATE TABLE users (id TEXT); PRAGMA user_version = 12;",
    ] {
        let file = File::new();
        let other = Connection::open(&file.0).unwrap();
        other.execute_batch(theirs).unwrap();
        let journal =
            |of: &Connection| of.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0)).unwrap();
        let before = journal(&other);
        let opened = [SqliteStore::open(&file.0), SqliteStore::open_existing(&file.0)];
        for refused in opened.map(|opened| opened.err().unwrap().to_string()) {
            assert!(refused.ends_with("the file is the database of another program"), "{refused}");
        }
        drop(other);
        let other = Connection::open(&file.0).unwrap();
        assert_eq!(journal(&other), before, "{theirs}");
        let tables: i64 =
            other.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert!(tables <= 1);
    }
}

/// A request that shows so many arguments. Whatever a runtime makes has fewer.
fn wide(id: &str, arguments: usize) -> ApprovalDraft {
    let shown = (0..arguments).map(|number| (format!("{number:05}"), "string, 7 bytes".to_owned()));
    let times = (at(1_000), at(2_000));
    ApprovalDraft::kept(
        id.to_owned(),
        times,
        RawRequest::default(),
        shown.collect(),
        Default::default(),
        Vec::new(),
    )
}

/// One call must not take from everybody else what they see.
#[test]
fn what_cannot_be_read_back_is_not_kept() {
    let file = File::new();
    let store = file.open();
    store.open(&binding(1), draft("a")).unwrap();
    assert_eq!(store.open(&binding(2), wide("b", 70_000)), Err(StoreError::TooLarge));
    assert_eq!(store.list(at(1_001)).unwrap().len(), 1);
    store.open(&binding(2), wide("c", 7)).unwrap();
    assert_eq!(store.list(at(1_001)).unwrap().len(), 2);
}

/// A version before this one has kept such requests.
#[test]
fn what_cannot_be_read_hides_nothing_else() {
    let file = File::new();
    let store = file.open();
    store.open(&binding(1), draft("a")).unwrap();
    store.open(&binding(2), wide("b", 7)).unwrap();
    let large = row::write_arguments(&wide("b", 70_000).with(Digest([0; 32])).arguments);
    store
        .write(|change, secret| {
            execute(change, "UPDATE approvals SET arguments = ?1 WHERE id = 'b'", params![large])?;
            seal(change, secret, "b")
        })
        .unwrap();
    let listed = store.list(at(1_001)).unwrap();
    assert_eq!(listed.iter().map(|request| request.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(listed[1].reasons, ["this request is too large to be shown, and cannot be answered"]);
    assert!(store.answer("b", &GRANTED(), at(1_001)).is_err());
    store.answer("a", &GRANTED(), at(1_001)).unwrap();
    assert!(store.take(&binding(1), at(1_002)).unwrap().is_some());
}

#[test]
fn a_long_answer_is_kept_shortened() {
    each(|store| {
        store.open(&binding(1), draft("a")).unwrap();
        let long = ApprovalAnswer::Denied { by: "bo".repeat(9_999), reason: "no".repeat(9_999) };
        store.answer("a", &long, at(1_001)).unwrap();
        assert_eq!(store.get("a", at(1_002)).unwrap().unwrap().answer, Some(long.shortened()));
    });
}
