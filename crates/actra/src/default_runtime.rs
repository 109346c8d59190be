//! The runtime of the process, which functions behind `#[actra::admit]` ask unless they name another one.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use actra_engine::Policy;
use actra_runtime::{PolicyRequirement, Runtime};

use crate::context::Context;
use crate::load::{PolicyError, find};
use crate::site::{SiteMismatch, unfit};

static RUNTIME: OnceLock<Runtime<Context>> = OnceLock::new();
/// That a policy fits the functions of the program; kept, it holds for what is in force.
static SITES: OnceLock<Arc<PolicyRequirement>> = OnceLock::new();

/// Why a runtime cannot be set as the runtime of the process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigureError {
    /// The process already has a runtime.
    #[error(
        "the process already has a runtime; replace its policy with `runtime()?.policy_in_force().swap(policy)`"
    )]
    Already,
    /// Its policy does not fit functions behind `#[actra::admit]`.
    #[error("the policy does not fit functions of this program:\n{}", lines(.0))]
    SiteMismatch(Vec<SiteMismatch>),
}

fn lines(unfit: &[SiteMismatch]) -> String {
    unfit.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Sets the runtime of the process, once and before anybody asks for it.
///
/// It cannot be replaced, so that no library in the process can take a policy away; whoever has the runtime can
/// replace its policy. A policy that does not fit the functions behind `#[actra::admit]` is refused, see [`unfit`],
/// now and whenever one is to take its place.
pub fn configure(runtime: Runtime<Context>) -> Result<(), ConfigureError> {
    let sites: Arc<PolicyRequirement> =
        Arc::new(|policy| unfit(policy).iter().map(ToString::to_string).collect());
    let fits = |policy: &Policy| match unfit(policy) {
        unfit if unfit.is_empty() => Ok(()),
        unfit => Err(ConfigureError::SiteMismatch(unfit)),
    };
    let in_force = Arc::clone(runtime.policy_in_force());
    in_force.require(&sites, fits)?;
    configure_unchecked(runtime)?;
    // From now on for as long as the process lives.
    let _ = SITES.set(sites);
    Ok(())
}

/// [`configure`] for a program with functions about which the policy says nothing: their calls are refused, one by
/// one.
pub fn configure_unchecked(runtime: Runtime<Context>) -> Result<(), ConfigureError> {
    RUNTIME.set(runtime).map_err(|_| ConfigureError::Already)
}

/// The runtime of the process; if nobody has configured one, the one of the policy that [`find`] finds.
///
/// Without a policy this is an error, on every call until there is one.
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
