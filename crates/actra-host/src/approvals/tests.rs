use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use actra_engine::model::RawRequest;
use actra_runtime::approval::MemoryStore;

use super::*;

/// A file that is removed with its companions at the end of its test.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("actra-approvals-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder.join("approvals.db"))
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

fn request(id: &str, digest: u8) -> ApprovalRequest {
    let shown: RawRequest =
        parse_request(br#"{"action":{"type":"refund","amount":1500.50},"snapshot":{"note":"\u0000"}}"#)
            .unwrap();
    let required = match json::parse_value(br#"{"type":"human_approval","level":2}"#).unwrap() {
        RawValue::Map(members) => members,
        other => panic!("{other:?}"),
    };
    ApprovalRequest {
        id: id.to_owned(),
        digest: Digest([digest; 32]),
        created_at: at(1_000),
        expires_at: at(2_000),
        request: shown,
        rules: vec!["ask".to_owned()],
        reasons: vec!["a \"large\" refund".to_owned()],
        required_actions: vec![required],
    }
}

/// Every store, so that both say the same.
fn each(test: impl Fn(&dyn ApprovalStore)) {
    test(&MemoryStore::new());
    let file = File::new();
    test(&file.open());
}

const GRANTED: fn() -> Answer = || Answer::Granted { by: "ana".to_owned() };

#[test]
fn a_grant_is_valid_once_and_for_one_digest() {
    each(|store| {
        assert_eq!(store.open(request("a", 1)).unwrap(), request("a", 1));
        assert_eq!(store.redeem(&Digest([1; 32]), at(1_001)).unwrap(), None);
        // Who asks again before there is an answer is shown the same request.
        assert_eq!(store.open(request("b", 1)).unwrap(), request("a", 1));
        store.answer("a", &GRANTED(), at(1_001)).unwrap();
        assert_eq!(
            store.answer("a", &GRANTED(), at(1_002)),
            Err(StoreError::Answered { id: "a".to_owned() })
        );
        assert_eq!(store.redeem(&Digest([2; 32]), at(1_002)).unwrap(), None);
        let grant = Grant { id: "a".to_owned(), by: "ana".to_owned() };
        assert_eq!(store.redeem(&Digest([1; 32]), at(1_002)).unwrap(), Some(grant));
        assert_eq!(store.redeem(&Digest([1; 32]), at(1_002)).unwrap(), None);
        assert_eq!(store.open(request("c", 1)).unwrap().id, "c");
    });
}

#[test]
fn what_is_denied_expired_or_unknown_grants_nothing() {
    each(|store| {
        assert_eq!(store.answer("a", &GRANTED(), at(1_001)), Err(StoreError::Unknown { id: "a".to_owned() }));
        store.open(request("a", 1)).unwrap();
        let denied = Answer::Denied { by: "bo".to_owned(), reason: "no".to_owned() };
        store.answer("a", &denied, at(1_001)).unwrap();
        assert_eq!(store.redeem(&Digest([1; 32]), at(1_001)).unwrap(), None);
        store.open(request("b", 2)).unwrap();
        assert_eq!(store.answer("b", &GRANTED(), at(2_000)), Err(StoreError::Expired { id: "b".to_owned() }));
        store.answer("b", &GRANTED(), at(1_999)).unwrap();
        assert_eq!(store.redeem(&Digest([2; 32]), at(2_000)).unwrap(), None);
    });
}

#[test]
fn requests_outlast_the_process() {
    let file = File::new();
    file.open().open(request("a", 1)).unwrap();
    file.open().answer("a", &GRANTED(), at(1_001)).unwrap();
    assert!(file.open().redeem(&Digest([1; 32]), at(1_002)).unwrap().is_some());
    assert!(file.open().redeem(&Digest([1; 32]), at(1_002)).unwrap().is_none());
}

#[test]
fn of_many_at_once_one_gets_the_grant() {
    let file = File::new();
    let store = file.open();
    for round in 0..8 {
        store.open(request(&format!("r{round}"), round)).unwrap();
        store.answer(&format!("r{round}"), &GRANTED(), at(1_001)).unwrap();
        let grants = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    if file.open().redeem(&Digest([round; 32]), at(1_002)).unwrap().is_some() {
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
    Connection::open(&newer.0).unwrap().pragma_update(None, "user_version", 9).unwrap();
    let reason = "the file has version 9, and this reads version 1".to_owned();
    assert_eq!(SqliteStore::open(&newer.0).err(), Some(StoreError::Failed(reason)));
    let nowhere = newer.0.join("deeper/approvals.db");
    assert!(matches!(SqliteStore::open(&nowhere), Err(StoreError::Failed(_))));
}

#[test]
fn a_store_that_rests_goes_on() {
    let file = File::new();
    let store = file.open();
    store.open(request("a", 1)).unwrap();
    store.rest();
    assert!(!file.0.with_extension("db-wal").exists());
    store.answer("a", &Answer::Granted { by: "ana".into() }, at(1_100)).unwrap();
    store.rest();
    assert!(store.redeem(&Digest([1; 32]), at(1_100)).unwrap().is_some());
}
