//! The runtime of the process.

use std::sync::{Mutex, OnceLock, PoisonError};

use actra_runtime::Runtime;

use crate::load::{PolicyError, find};

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// The process has a runtime already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process has a runtime already; its policy is replaced with `runtime()?.live().swap(policy)`")]
pub struct ConfiguredError;

/// Sets the runtime of the process, once and before anybody asks for it.
///
/// It cannot be replaced, so that no library of the process takes a policy away; its policy can be, by who has the
/// runtime.
pub fn configure(runtime: Runtime) -> Result<(), ConfiguredError> {
    RUNTIME.set(runtime).map_err(|_| ConfiguredError)
}

/// The runtime of the process; if nobody has configured one, the one of the policy that [`find`] finds.
///
/// Without a policy this is an error, each time anew until there is one.
pub fn runtime() -> Result<&'static Runtime, PolicyError> {
    static FINDING: Mutex<()> = Mutex::new(());
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let _one_at_a_time = FINDING.lock().unwrap_or_else(PoisonError::into_inner);
    match RUNTIME.get() {
        Some(runtime) => Ok(runtime),
        None => {
            let found = find()?.build()?;
            Ok(RUNTIME.get_or_init(|| found))
        }
    }
}
