//! From files and texts to a runtime.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actra_engine::diagnostics::errors;
use actra_engine::{Compilation, Policy, PolicySet, compile};
use actra_host::{OpenError, PolledPolicy, Reload, Reloader, SignatureRequirements};
use actra_runtime::{BuildError, Builder, PolicyInForce, Runtime};

/// Why there is no policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The directory or file of the policy cannot be read or used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It does not compile.
    #[error("the policy does not compile:\n{report}")]
    Refused {
        /// Everything that is wrong, for people.
        report: String,
    },
    /// No place for it was given.
    #[error(
        "no policy: call `actra::configure`, set `ACTRA_POLICY`, or put a policy set in a directory named `actra` in `{}` or one of its parents", from.display()
    )]
    NotFound {
        /// Where the search began.
        from: PathBuf,
    },
    /// There is nowhere to begin a search.
    #[error("no policy: the working directory cannot be found: {0}")]
    NoDirectory(std::io::Error),
    /// It cannot be watched.
    #[error("the policy cannot be watched: {0}")]
    NoThread(std::io::Error),
    /// The runtime built with it does not fit it.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// The policy in a directory or in a compiled file.
pub fn load(path: impl AsRef<Path>) -> Result<Policy, PolicyError> {
    let path = path.as_ref();
    taken(actra_host::open(path, None)?, &path.to_string_lossy())
}

/// The policy in a compiled file that was signed by this public key, a text in PEM.
///
/// One of a lower revision than this process took from the same path is refused; see [`SignatureRequirements`].
pub fn load_signed_by(path: impl AsRef<Path>, key: &str) -> Result<Policy, PolicyError> {
    load_signed(path, &SignatureRequirements::signed_by(key).map_err(OpenError::from)?)
}

/// The policy in a compiled file whose signature and revision meet the requirements.
pub fn load_signed(
    path: impl AsRef<Path>,
    requirements: &SignatureRequirements,
) -> Result<Policy, PolicyError> {
    let path = path.as_ref();
    taken(actra_host::open(path, Some(requirements))?, &path.to_string_lossy())
}

/// The policy of a schema and of rules, as in `schema.yaml` and `policy.yaml`.
pub fn parse(schema: &str, rules: &str) -> Result<Policy, PolicyError> {
    taken(compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", rules)])), "")
}

fn taken(compilation: Compilation, origin: &str) -> Result<Policy, PolicyError> {
    let Compilation { sources, diagnostics, policy, .. } = compilation;
    policy.ok_or_else(|| PolicyError::Refused { report: errors(&diagnostics, &sources, origin) })
}

/// Begins a runtime: enforcing, with no actor, no facts and nobody to ask; with the feature `tokio`, resolvers have
/// ten seconds, and whoever is asked for approval has ten minutes.
pub fn builder<C: Sync>(policy: Policy) -> Builder<C> {
    in_time(Runtime::builder(policy))
}

fn in_time<C: Sync>(builder: Builder<C>) -> Builder<C> {
    #[cfg(feature = "tokio")]
    let builder = builder
        .deadline(Duration::from_secs(10), crate::sleep)
        .approval_deadline(Duration::from_secs(600), crate::sleep);
    builder
}

/// Begins a runtime with the policy in a directory or in a compiled file; see [`builder`].
pub fn open<C: Sync>(path: impl AsRef<Path>) -> Result<Builder<C>, PolicyError> {
    load(path).map(builder)
}

/// Begins a runtime with the policy in a directory or in a compiled file, which is checked every so often and
/// replaced when it has changed and then stayed the same, for as long as the [`Reloader`] is kept.
///
/// An update that cannot be used leaves the previous policy in force; [`crate::PolicyInForce::health`] says so, and the
/// observer is told.
pub fn watch<C: Sync>(
    path: impl AsRef<Path>,
    every: Duration,
    observe: impl Fn(&Reload) + Send + 'static,
) -> Result<(Builder<C>, Reloader), PolicyError> {
    watched(path.as_ref(), None, every, observe)
}

/// Begins a runtime with the policy in a compiled file, which is watched as by [`watch`].
///
/// Only what is signed, and of a revision, as `requirements` demand is ever put in force.
pub fn watch_signed<C: Sync>(
    path: impl AsRef<Path>,
    requirements: SignatureRequirements,
    every: Duration,
    observe: impl Fn(&Reload) + Send + 'static,
) -> Result<(Builder<C>, Reloader), PolicyError> {
    watched(path.as_ref(), Some(requirements), every, observe)
}

fn watched<C: Sync>(
    path: &Path,
    requirements: Option<SignatureRequirements>,
    every: Duration,
    observe: impl Fn(&Reload) + Send + 'static,
) -> Result<(Builder<C>, Reloader), PolicyError> {
    let (watched, compilation) = PolledPolicy::open(path, requirements)?;
    let in_force = Arc::new(PolicyInForce::new(Arc::new(taken(compilation, &path.to_string_lossy())?)));
    let reloader =
        Reloader::start(watched, Arc::clone(&in_force), every, observe).map_err(PolicyError::NoThread)?;
    Ok((in_time(Builder::new(in_force)), reloader))
}

/// Begins a runtime with the policy that `ACTRA_POLICY` names, else with the one in a directory `actra` in the working
/// directory or above.
pub fn find<C: Sync>() -> Result<Builder<C>, PolicyError> {
    let named = env::var_os("ACTRA_POLICY").filter(|path| !path.is_empty());
    open(found(named, env::current_dir)?)
}

fn found(
    named: Option<OsString>,
    directory: impl FnOnce() -> std::io::Result<PathBuf>,
) -> Result<PathBuf, PolicyError> {
    if let Some(named) = named {
        return Ok(named.into());
    }
    let from = directory().map_err(PolicyError::NoDirectory)?;
    let mut candidates = from.ancestors().map(|directory| directory.join("actra"));
    match candidates.find(|candidate| candidate.join("schema.yaml").is_file()) {
        Some(found) => Ok(found),
        None => Err(PolicyError::NotFound { from }),
    }
}
