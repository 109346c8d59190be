//! The clock is set back: nobody knows then how much of a grant's time is over.

use actra_runtime::approval::{ApprovalStore, MemoryStore, StoreError};

use crate::ground::{File, at, binding, by, draft};

fn each(test: impl Fn(&dyn ApprovalStore)) {
    let file = File::new();
    test(&MemoryStore::new());
    test(&file.open());
}

#[test]
fn a_grant_of_the_future_is_none() {
    each(|store| {
        store.open(&binding(1), draft("a")).unwrap();
        store.answer("a", &by("ana"), at(1_001)).unwrap();
        assert_eq!(store.find(&binding(1), at(939)).unwrap(), None);
        assert_eq!(store.get("a", at(939)).unwrap(), None);
        assert_eq!(store.take(&binding(1), at(939)).unwrap(), None);
        // Clocks of several processes differ a little.
        assert!(store.find(&binding(1), at(940)).unwrap().is_some());
        assert!(store.get("a", at(940)).unwrap().is_some());
        assert!(store.take(&binding(1), at(940)).unwrap().is_some());
    });
}

#[test]
fn a_request_of_the_future_is_not_answered() {
    each(|store| {
        store.open(&binding(1), draft("a")).unwrap();
        assert_eq!(store.answer("a", &by("ana"), at(939)), Err(StoreError::Expired { id: "a".to_owned() }));
        assert_eq!(store.list(at(939)).unwrap(), []);
        store.answer("a", &by("ana"), at(940)).unwrap();
    });
}
