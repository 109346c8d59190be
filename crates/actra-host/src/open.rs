use std::path::Path;
use std::sync::Arc;

use actra_engine::diagnostics::Sources;
use actra_engine::{Outcome, PolicySet, compile, ir};
use actra_wire::bundle::{Bundle, BundleError, Signature, is_bundle};

use crate::{Demand, KeyError, ReadSetError, RevisionError, is_signed_by, read_set};

/// Why there is nothing to compile or decode.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be read.
    #[error(transparent)]
    Set(#[from] ReadSetError),
    /// The file cannot be read.
    #[error("cannot read `{path}`: {error}")]
    File {
        /// The path.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The compiled policy cannot be used.
    #[error("`{path}`: {error}")]
    Bundle {
        /// The path.
        path: String,
        /// Why.
        error: BundleError,
    },
    /// The signature is not over this content.
    #[error("`{0}`: its signature does not fit")]
    Signature(String),
    /// Somebody else has signed it, or nobody.
    #[error("`{0}` is not signed by the key that is demanded")]
    NotSigned(String),
    /// A key was given, and a directory has no signature.
    #[error("`{0}` is a directory, which nobody can have signed; compile it with `actra compile --sign`")]
    NoSignature(String),
    /// It is signed, and not the one that may follow what was taken before.
    #[error("`{path}`: {error}")]
    Revision {
        /// The path.
        path: String,
        /// Why.
        error: RevisionError,
    },
    /// The key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl OpenError {
    /// Whether the same bytes may be taken the next time.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, OpenError::Revision { error: RevisionError::State { .. }, .. })
    }
}

/// The policy in a directory or in a compiled file; with a demand, only a file that is signed as demanded, and whose
/// revision is no lower than one before it.
///
/// A signature that is there must fit, whether or not one is demanded; without a demand, revisions do not count.
pub fn open(path: &Path, demand: Option<&Demand>) -> Result<Outcome, OpenError> {
    build(path, &read(path, demand)?, demand)
}

/// What lies at a path: a set, or the bytes of a compiled policy.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Set(PolicySet),
    Compiled(Vec<u8>),
}

pub(crate) fn read(path: &Path, demand: Option<&Demand>) -> Result<Content, OpenError> {
    if path.is_file() {
        let failed = |error| OpenError::File { path: name(path), error };
        let bytes = std::fs::read(path).map_err(failed)?;
        if path.extension().is_some_and(|ending| ending == "actra") || is_bundle(&bytes) {
            return Ok(Content::Compiled(bytes));
        }
    } else if demand.is_some() {
        return Err(OpenError::NoSignature(name(path)));
    }
    Ok(Content::Set(read_set(path)?))
}

pub(crate) fn build(path: &Path, content: &Content, demand: Option<&Demand>) -> Result<Outcome, OpenError> {
    let bytes = match content {
        Content::Set(_) if demand.is_some() => return Err(OpenError::NoSignature(name(path))),
        Content::Set(set) => return Ok(compile(set)),
        Content::Compiled(bytes) => bytes,
    };
    let refused = |error| OpenError::Bundle { path: name(path), error };
    let bundle = Bundle::open(bytes).map_err(refused)?;
    if !is_signature_sound(&bundle) {
        return Err(OpenError::Signature(name(path)));
    }
    let signer = bundle.signature().map(|signature| &signature.key);
    if demand.is_some_and(|demand| signer != Some(demand.key())) {
        return Err(OpenError::NotSigned(name(path)));
    }
    let policy = bundle.policy().map_err(refused)?;
    if let Some(demand) = demand {
        let revision = bundle.manifest().map_err(refused)?.revision;
        let taken = demand.take(path, revision, policy.hash);
        taken.map_err(|error| OpenError::Revision { path: name(path), error })?;
    }
    Ok(Outcome { sources: Sources::new(), diagnostics: Vec::new(), policy: Some(policy), governance: None })
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Whether the signature fits, if there is one.
fn is_signature_sound(bundle: &Bundle<'_>) -> bool {
    let fits = |signature: &Signature| is_signed_by(bundle.signed(), &signature.bytes, &signature.key);
    bundle.signature().is_none_or(fits)
}

/// A compiled policy that another must not be weaker than, or why it cannot be used.
pub(crate) fn compiled_baseline(path: &Path) -> Result<Arc<ir::Policy>, String> {
    baseline_from(&std::fs::read(path).map_err(|error| error.to_string())?)
}

/// The same of the bytes of a file.
pub(crate) fn baseline_from(bytes: &[u8]) -> Result<Arc<ir::Policy>, String> {
    if !is_bundle(bytes) {
        return Err("it is neither a policy directory nor a compiled policy".to_owned());
    }
    let bundle = Bundle::open(bytes).map_err(|error| error.to_string())?;
    if !is_signature_sound(&bundle) {
        return Err("its signature does not fit".to_owned());
    }
    let (policy, _) = bundle.checked().map_err(|error| error.to_string())?;
    Ok(Arc::new(policy))
}
