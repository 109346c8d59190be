//! What is over leaves nothing in the file that could bring it back.

use std::time::Duration;

use actra_runtime::approval::{ApprovalDraft, ApprovalStore};

use crate::ground::{File, at, binding, draft};

#[test]
fn a_grant_that_was_used_is_not_in_free_space() {
    let file = File::new();
    let store = file.granted();
    let holds = |text: &str| {
        let content = std::fs::read(&file.0).unwrap();
        content.windows(text.len()).any(|window| window == text.as_bytes())
    };
    assert!(holds("granted") && holds("ana") && holds("waiting"));
    assert!(store.take(&binding(1), at(1_002)).unwrap().is_some());
    assert!(!holds("ana") && holds("waiting"));
}

/// An index from which a request is missing, as after damage.
const WITHOUT_EXPIRED: &str = "DROP INDEX approvals_by_expiry;
CREATE INDEX approvals_by_expiry ON approvals (expires_at) WHERE id = 'none';
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE INDEX approvals_by_expiry ON approvals (expires_at)'
    WHERE name = 'approvals_by_expiry';";

#[test]
fn what_has_expired_is_not_shown_again() {
    let file = File::new();
    file.open().open(&binding(1), draft("old")).unwrap();
    file.sqlite().execute_batch(WITHOUT_EXPIRED).unwrap();
    let times = (at(2_500), at(2_500) + Duration::from_secs(900));
    let nothing = (Vec::new(), Vec::new());
    let later = ApprovalDraft::kept(
        "new".to_owned(),
        times,
        Default::default(),
        Default::default(),
        nothing,
        Vec::new(),
    );
    assert_eq!(file.open().open(&binding(1), later).unwrap().id, "new");
}
