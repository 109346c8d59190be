//! The runtime of the process.

use std::sync::{Mutex, OnceLock, PoisonError};

use actra_runtime::Runtime;

use crate::context::Context;
use crate::load::{PolicyError, find};
use crate::site::{Unfit, unfit};

static RUNTIME: OnceLock<Runtime<Context>> = OnceLock::new();

/// Why a runtime does not become that of the process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigureError {
    /// There is one.
    #[error(
        "the process has a runtime already; its policy is replaced with `runtime()?.live().swap(policy)`"
    )]
    Already,
    /// Its policy does not fit functions behind `#[actra::admit]`.
    #[error("the policy does not fit functions of this program:\n{}", lines(.0))]
    Unfit(Vec<Unfit>),
}

fn lines(unfit: &[Unfit]) -> String {
    unfit.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Sets the runtime of the process, once and before anybody asks for it.
///
/// It cannot be replaced, so that no library of the process takes a policy away; its policy can be, by who has the
/// runtime. A policy that does not fit the functions behind `#[actra::admit]` is refused, see [`unfit`].
pub fn configure(runtime: Runtime<Context>) -> Result<(), ConfigureError> {
    let unfit = unfit(&runtime.live().policy());
    match unfit.is_empty() {
        true => configure_unchecked(runtime),
        false => Err(ConfigureError::Unfit(unfit)),
    }
}

/// [`configure`] for a program that holds functions of which the policy says nothing: their calls are refused, one by
/// one.
pub fn configure_unchecked(runtime: Runtime<Context>) -> Result<(), ConfigureError> {
    RUNTIME.set(runtime).map_err(|_| ConfigureError::Already)
}

/// The runtime of the process; if nobody has configured one, the one of the policy that [`find`] finds.
///
/// Without a policy this is an error, each time anew until there is one.
pub fn runtime() -> Result<&'static Runtime<Context>, PolicyError> {
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
