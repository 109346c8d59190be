//! A store in a directory of its own, and requests for it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actra_host::SqliteStore;
use actra_runtime::approval::{ApprovalAnswer, ApprovalDraft, ApprovalStore, Binding, Grant, StoreError};
use rusqlite::Connection;

/// A file that is removed with its directory at the end of its test.
pub struct File(pub PathBuf);

impl File {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("actra-store-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        Self(directory.join("approvals.db"))
    }

    pub fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.0).unwrap()
    }

    /// The same file, as somebody with another program sees it.
    pub fn sqlite(&self) -> Connection {
        let connection = Connection::open(&self.0).unwrap();
        connection.busy_timeout(Duration::from_secs(20)).unwrap();
        connection
    }

    /// With a request for `binding(1)` that was granted, and one for `binding(2)` that waits.
    pub fn granted(&self) -> SqliteStore {
        let store = self.open();
        store.open(&binding(1), draft("granted")).unwrap();
        store.answer("granted", &by("ana"), at(1_001)).unwrap();
        store.open(&binding(2), draft("waiting")).unwrap();
        store
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

pub fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

pub fn binding(number: u32) -> Binding {
    Binding::from_bytes(number.to_le_bytes().to_vec())
}

pub fn draft(id: &str) -> ApprovalDraft {
    let times = (at(1_000), at(2_000));
    let (rules, reasons) = (vec!["ask".to_owned()], vec!["it is large".to_owned()]);
    ApprovalDraft::kept(
        id.to_owned(),
        times,
        Default::default(),
        Default::default(),
        (rules, reasons),
        Vec::new(),
    )
}

pub fn by(name: &str) -> ApprovalAnswer {
    ApprovalAnswer::Granted { by: name.to_owned() }
}

/// What each kind of call says: nothing, or why it failed. A grant that is taken is kept in the first place.
pub fn calls(store: &SqliteStore) -> (Option<Grant>, Vec<Result<(), StoreError>>) {
    let now = at(1_500);
    let taken = store.take(&binding(1), now);
    let said = vec![
        store.open(&binding(3), draft("new")).map(drop),
        store.find(&binding(1), now).map(drop),
        store.get("granted", now).map(drop),
        store.list(now).map(drop),
        store.answer("waiting", &by("bo"), now),
    ];
    match taken {
        Ok(grant) => (grant, said),
        Err(error) => (None, std::iter::once(Err(error)).chain(said).collect()),
    }
}
