//! A store in a file, asked without the interpreter's lock, so that threads go on while one waits for the file.

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use actra_host::SqliteStore;
use actra_runtime::approval::{
    ApprovalAnswer, ApprovalDraft, ApprovalRequest, ApprovalStore, Binding, Grant, StoreError, StoredApproval,
};
use pyo3::prelude::*;

/// Who is at a file without the interpreter's lock, and who keeps them away.
///
/// INVARIANT (no fork meanwhile): whoever forks waits until nobody is there, and has the lock across the fork.
static GATE: Mutex<Gate> = Mutex::new(Gate { inside: 0, forks: 0 });
static CHANGED: Condvar = Condvar::new();

struct Gate {
    inside: usize,
    /// Threads that are about to fork; nobody enters before they have.
    forks: usize,
}

thread_local! {
    static FORKING: RefCell<Option<MutexGuard<'static, Gate>>> = const { RefCell::new(None) };
}

/// Waits until no thread is at a file, and keeps all away until [`after_fork`]; for who is about to fork.
pub(crate) fn before_fork(py: Python<'_>) {
    py.detach(|| {
        FORKING.with_borrow_mut(|forking| {
            forking.get_or_insert_with(|| {
                let mut gate = gate();
                gate.forks += 1;
                CHANGED.wait_while(gate, |gate| gate.inside > 0).unwrap_or_else(PoisonError::into_inner)
            });
        });
    });
}

/// After a fork, in the process that has forked.
pub(crate) fn after_fork() {
    if let Some(mut gate) = FORKING.with_borrow_mut(Option::take) {
        gate.forks = gate.forks.saturating_sub(1);
        CHANGED.notify_all();
    }
}

/// After a fork, in the new process, where no other thread is: those that were about to fork, too, are not here.
pub(crate) fn after_fork_in_child() {
    if let Some(mut gate) = FORKING.with_borrow_mut(Option::take) {
        *gate = Gate { inside: 0, forks: 0 };
    }
}

fn gate() -> MutexGuard<'static, Gate> {
    GATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One thread that is at a file.
struct Inside;

impl Inside {
    fn enter() -> Self {
        let mut gate =
            CHANGED.wait_while(gate(), |gate| gate.forks > 0).unwrap_or_else(PoisonError::into_inner);
        gate.inside += 1;
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        gate().inside -= 1;
        CHANGED.notify_all();
    }
}

/// Asks without the interpreter's lock.
pub(crate) struct GilReleasedStore(pub(crate) Arc<SqliteStore>);

impl GilReleasedStore {
    fn ask<T: Send>(&self, ask: impl FnOnce(&SqliteStore) -> T + Send) -> T {
        let store = &self.0;
        Python::attach(|py| {
            py.detach(|| {
                let _inside = Inside::enter();
                ask(store)
            })
        })
    }
}

impl ApprovalStore for GilReleasedStore {
    fn open(&self, binding: &Binding, draft: ApprovalDraft) -> Result<ApprovalRequest, StoreError> {
        self.ask(|store| store.open(binding, draft))
    }

    fn find(&self, binding: &Binding, now: SystemTime) -> Result<Option<StoredApproval>, StoreError> {
        self.ask(|store| store.find(binding, now))
    }

    fn take(&self, binding: &Binding, now: SystemTime) -> Result<Option<Grant>, StoreError> {
        self.ask(|store| store.take(binding, now))
    }

    fn get(&self, id: &str, now: SystemTime) -> Result<Option<StoredApproval>, StoreError> {
        self.ask(|store| store.get(id, now))
    }

    fn list(&self, now: SystemTime) -> Result<Vec<ApprovalRequest>, StoreError> {
        self.ask(|store| store.list(now))
    }

    fn answer(&self, id: &str, answer: &ApprovalAnswer, now: SystemTime) -> Result<(), StoreError> {
        self.ask(|store| store.answer(id, answer, now))
    }
}
