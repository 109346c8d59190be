//! How much may wait at once, and what that takes.

use actra_engine::model::{RawMap, RawRequest, RawValue};
use actra_runtime::approval::{
    ApprovalDraft, ApprovalStore, MAX_PENDING_BYTES, MAX_PENDING_REQUESTS, MemoryStore, StoreError,
};
use rusqlite::params;

use crate::ground::{File, at, binding, by, draft};

fn showing(number: u32, value: RawValue) -> ApprovalDraft {
    let action = RawMap::from([("type".to_owned(), "post".into()), ("value".to_owned(), value)]);
    let shown = RawRequest { action: Some(action.into()), ..RawRequest::default() };
    let nothing = (Vec::new(), Vec::new());
    let times = (at(1_000), at(2_000));
    ApprovalDraft::kept(format!("{number:032}"), times, shown, Default::default(), nothing, Vec::new())
}

/// How many of such requests a store takes.
fn room(store: &dyn ApprovalStore, value: &RawValue) -> usize {
    let opened = (0..2_000).map(|number| store.open(&binding(number), showing(number, value.clone())));
    let kept = opened.take_while(|opened| match opened {
        Ok(_) => true,
        Err(error) => {
            assert!(matches!(error, StoreError::Full(_)), "{error}");
            false
        }
    });
    kept.count()
}

#[test]
fn no_store_takes_more_than_there_is_room_for() {
    let text = RawValue::String("x".repeat(900_000));
    let file = File::new();
    let in_file = file.open();
    for store in [&MemoryStore::new() as &dyn ApprovalStore, &in_file] {
        let kept = room(store, &text);
        assert!((70..=MAX_PENDING_BYTES / 900_000).contains(&kept), "{kept}");
        assert_eq!(store.list(at(1_001)).unwrap().len(), kept);
        // Those that are there are answered, and what is done makes room.
        store.answer(&format!("{:032}", 0), &by("ana"), at(1_001)).unwrap();
        assert!(store.take(&binding(0), at(1_001)).unwrap().is_some());
        assert!(store.open(&binding(0), showing(9_000, text.clone())).is_ok());
        assert_eq!(store.open(&binding(1), draft("same")).unwrap().id, format!("{:032}", 1));
    }
    assert!(std::fs::metadata(&file.0).unwrap().len() <= MAX_PENDING_BYTES as u64 + (1 << 20));
}

/// What a request takes is counted, and not how short it is as JSON.
#[test]
fn small_values_count_by_what_they_take() {
    let numbers = RawValue::List(vec![1.into(); 9_900]);
    let took = 9_900 * size_of::<RawValue>();
    let kept = room(&MemoryStore::new(), &numbers);
    assert!((MAX_PENDING_BYTES / took * 9 / 10..=MAX_PENDING_BYTES / took).contains(&kept), "{kept}");
    let objects = RawValue::List(vec![RawMap::from([("a".to_owned(), 0.into())]).into(); 9_900]);
    let took = 9_900 * (size_of::<RawValue>() + size_of::<(String, RawValue)>());
    let kept = room(&MemoryStore::new(), &objects);
    assert!((1..=MAX_PENDING_BYTES / took).contains(&kept), "{kept}");
}

/// A list of a file takes no more memory than a store in memory, and leaves nothing out.
#[test]
fn a_list_shows_what_there_is_room_for() {
    let file = File::new();
    let store = file.open();
    let numbers = RawValue::List(vec![1.into(); 9_900]);
    let count = MAX_PENDING_BYTES / (9_900 * size_of::<RawValue>()) + 10;
    for number in 0..u32::try_from(count).unwrap() {
        store.open(&binding(number), showing(number, numbers.clone())).unwrap();
    }
    let listed = store.list(at(1_001)).unwrap();
    assert_eq!(listed.len(), count);
    let last = listed.last().unwrap();
    assert_eq!(last.reasons, ["too much is waiting to show this here; it can be looked up by its id"]);
    assert!(listed.first().unwrap().request.action.is_some() && last.request.action.is_none());
    assert!(store.get(&last.id, at(1_001)).unwrap().unwrap().request.request.action.is_some());
}

/// Files of a version that had no limit go on to work.
#[test]
fn so_many_requests_are_enough() {
    let file = File::new();
    let store = file.open();
    store.open(&binding(1), draft("a")).unwrap();
    let rows = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
        INSERT INTO approvals (id, digest, created_at, expires_at, request, arguments, rules, reasons,
            required_actions, seal)
        SELECT 'n' || n, x'', 0, ?2, x'', x'', x'', x'', x'', x'' FROM number";
    let until = 1_500_000_000_000_i64;
    file.sqlite().execute(rows, params![i64::try_from(MAX_PENDING_REQUESTS).unwrap() - 1, until]).unwrap();
    assert_eq!(store.open(&binding(2), draft("b")), Err(StoreError::Full(MAX_PENDING_REQUESTS)));
    store.answer("a", &by("ana"), at(1_001)).unwrap();
    assert!(store.take(&binding(1), at(1_001)).unwrap().is_some());
    store.open(&binding(2), draft("b")).unwrap();
}
