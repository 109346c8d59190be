//! From a path to a policy: one way of opening for sets in directories and repositories, and for compiled files.

use std::path::Path;

use actra_engine::diagnostics::Sources;
use actra_engine::{Compilation, PolicySet, compile};
use actra_wire::bundle::{Bundle, BundleError, is_bundle};

use crate::git::GitError;
use crate::keys::{KeyError, has_valid_signature};
use crate::location::{LocationError, SetLocation};
use crate::policy_directory::{ReadPolicySetError, read_policy_set};
use crate::revision::{RevisionError, SignatureRequirements};

/// Why there is nothing to compile or decode.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be read.
    #[error(transparent)]
    Set(#[from] ReadPolicySetError),
    /// The repository cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The file cannot be read.
    #[error("cannot read `{path}`: {error}")]
    File {
        /// The path of the file.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The compiled policy cannot be used.
    #[error("`{path}`: {error}")]
    Bundle {
        /// The path of the file.
        path: String,
        /// What is wrong with its content.
        error: BundleError,
    },
    /// The signature is not over this content.
    #[error("`{0}`: its signature does not match")]
    Signature(String),
    /// It is signed by another key, or not at all.
    #[error("`{0}` is not signed by the required key")]
    NotSigned(String),
    /// A key was given, and a directory has no signature.
    #[error("`{0}` is a directory, which cannot be signed; compile it with `actra compile --sign`")]
    NoSignature(String),
    /// It is signed, but its revision may not follow the one accepted before.
    #[error("`{path}`: {error}")]
    Revision {
        /// The path of the file.
        path: String,
        /// Why its revision is not accepted.
        error: RevisionError,
    },
    /// The text is not a key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl OpenError {
    /// Whether the same bytes may be accepted at the next attempt.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, OpenError::Revision { error: RevisionError::State { .. }, .. })
    }
}

impl From<LocationError> for OpenError {
    fn from(error: LocationError) -> Self {
        match error {
            LocationError::Directory(error) => Self::Set(error),
            LocationError::Git(error) => Self::Git(error),
        }
    }
}

/// The policy in a directory or in a compiled file; with requirements, only a file that is signed as required, and
/// whose revision is no lower than one before it.
///
/// A signature that is there must be valid, whether or not one is required; without requirements, revisions do not
/// count.
pub fn open(path: &Path, requirements: Option<&SignatureRequirements>) -> Result<Compilation, OpenError> {
    PolicySource::read_signed(path, requirements)?.compile_signed(path, requirements)
}

/// What a policy is made from, as it was read: not compiled or decoded yet.
#[derive(Debug, PartialEq, Eq)]
pub enum PolicySource {
    /// The text of a policy set.
    Set(PolicySet),
    /// The bytes of a compiled policy.
    Compiled(Vec<u8>),
}

impl PolicySource {
    /// Reads a compiled file, or the set in a directory or in a git repository (`git:REV:PATH`).
    pub fn read(location: &Path) -> Result<Self, OpenError> {
        match compiled_file(location)? {
            Some(bytes) => Ok(Self::Compiled(bytes)),
            None => Ok(Self::Set(SetLocation::parse(location)?.read_policy_set()?)),
        }
    }

    /// What compiling the set gives, or the policy in the compiled file, whose signature, if it has one, must be valid.
    ///
    /// `location` is where this was read from, for errors.
    pub fn compile_with(
        &self,
        location: &Path,
        compile: impl FnOnce(&PolicySet) -> Compilation,
    ) -> Result<Compilation, OpenError> {
        match self {
            Self::Set(set) => Ok(compile(set)),
            Self::Compiled(bytes) => decode(location, bytes, None),
        }
    }

    /// Reads a directory or a compiled file; with requirements, only a file.
    pub(crate) fn read_signed(
        path: &Path,
        requirements: Option<&SignatureRequirements>,
    ) -> Result<Self, OpenError> {
        if let Some(bytes) = compiled_file(path)? {
            return Ok(Self::Compiled(bytes));
        }
        if requirements.is_some() {
            let found = std::fs::metadata(path);
            let found = found.map_err(|error| OpenError::File { path: display(path), error })?;
            if !found.is_file() {
                return Err(OpenError::NoSignature(display(path)));
            }
        }
        Ok(Self::Set(read_policy_set(path)?))
    }

    /// What compiling the set gives, or the policy in the compiled file if it is as required.
    pub(crate) fn compile_signed(
        &self,
        path: &Path,
        requirements: Option<&SignatureRequirements>,
    ) -> Result<Compilation, OpenError> {
        match self {
            Self::Set(_) if requirements.is_some() => Err(OpenError::NoSignature(display(path))),
            Self::Set(set) => Ok(compile(set)),
            Self::Compiled(bytes) => decode(path, bytes, requirements),
        }
    }
}

/// The bytes of a compiled policy; `None` if the path leads to anything else.
fn compiled_file(path: &Path) -> Result<Option<Vec<u8>>, OpenError> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(|error| OpenError::File { path: display(path), error })?;
    let is_named_so = path.extension().is_some_and(|extension| extension == "actra");
    Ok((is_named_so || is_bundle(&bytes)).then_some(bytes))
}

fn decode(
    path: &Path,
    bytes: &[u8],
    requirements: Option<&SignatureRequirements>,
) -> Result<Compilation, OpenError> {
    let invalid = |error| OpenError::Bundle { path: display(path), error };
    let bundle = Bundle::open(bytes).map_err(invalid)?;
    if !has_valid_signature(&bundle) {
        return Err(OpenError::Signature(display(path)));
    }
    let signer = bundle.signature().map(|signature| &signature.key);
    if requirements.is_some_and(|requirements| signer != Some(requirements.key())) {
        return Err(OpenError::NotSigned(display(path)));
    }
    let policy = bundle.policy().map_err(invalid)?;
    if let Some(requirements) = requirements {
        let revision = bundle.manifest().map_err(invalid)?.revision;
        let accepted = requirements.accept(path, revision, policy.hash);
        accepted.map_err(|error| OpenError::Revision { path: display(path), error })?;
    }
    Ok(Compilation {
        sources: Sources::new(),
        diagnostics: Vec::new(),
        policy: Some(policy),
        governance: None,
    })
}

fn display(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
