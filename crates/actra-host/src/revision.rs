//! What a host that demands a signature takes: a signed policy whose revision is not lower than any before it, so that
//! an old file cannot be put back although its signature fits.

mod state;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actra_engine::model::PolicyHash;
use arc_swap::ArcSwapOption;

use crate::{KeyError, public_key};

/// What is demanded of a compiled policy: by which key it is signed, and from which revision on it is taken.
///
/// A revision lower than the highest that this process took from the same path under the same key is refused, also by
/// another runtime; so is the same revision of another policy. What has to outlast the process is kept in a state file.
#[derive(Debug, Clone)]
pub struct Demand {
    key: [u8; 32],
    min_revision: u64,
    state: Option<PathBuf>,
}

/// A policy that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Taken {
    revision: u64,
    /// As text; a state file holds it.
    policy: String,
}

/// Why a signed policy is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// An older one than there was, or than is demanded.
    #[error("it has revision {found}, and {whence} revision {least}: {}", advice(*.least))]
    Lower {
        /// Its revision.
        found: u64,
        /// The lowest that would be taken.
        least: u64,
        /// Where that is from.
        whence: Whence,
    },
    /// Another policy of the same revision.
    #[error("it has revision {revision}, and {whence} that of another policy, {policy}: {}", advice(*.revision))]
    Another {
        /// The revision of both.
        revision: u64,
        /// The hash of the other.
        policy: String,
        /// Where that is from.
        whence: Whence,
    },
    /// Nobody knows which revision was taken last.
    #[error("which revision was taken last cannot be said: the state file `{}` {reason}", .path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

/// Where it is known from which revision is the lowest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whence {
    /// The host said so.
    Demanded,
    /// This process took it.
    Process,
    /// A state file says that it was taken.
    State(PathBuf),
}

impl fmt::Display for Whence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whence::Demanded => f.write_str("`min_revision` demands"),
            Whence::Process => f.write_str("this process has taken"),
            Whence::State(path) => write!(f, "the state file `{}` tells of", path.display()),
        }
    }
}

fn advice(last: u64) -> String {
    let next = last.saturating_add(1);
    format!("what is to be in force needs a higher one, `actra compile --sign KEY --revision {next}`")
}

/// What a process took, by key and path. What other paths hold are other policies.
type All = BTreeMap<([u8; 32], PathBuf), Taken>;

/// INVARIANT (no lock): a process may be forked at any moment, and what is locked then stays locked in the other one.
static TAKEN: ArcSwapOption<All> = ArcSwapOption::const_empty();

impl Demand {
    /// Signed by this Ed25519 public key, a text in PEM.
    pub fn signed_by(key: &str) -> Result<Self, KeyError> {
        Ok(Self { key: public_key(key)?, min_revision: 0, state: None })
    }

    /// Of this revision at least.
    #[must_use]
    pub fn min_revision(self, min_revision: u64) -> Self {
        Self { min_revision, ..self }
    }

    /// Of a revision no lower than this file says, in which the one that is taken is written down.
    ///
    /// It must lie outside of the folder of the policy, since who delivers that could put an old one back there. It is made
    /// if it is not there and its folder is; if it cannot be read, is damaged or cannot be written, nothing is taken.
    #[must_use]
    pub fn state(self, path: impl Into<PathBuf>) -> Self {
        Self { state: Some(path.into()), ..self }
    }

    pub(crate) fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Takes a policy whose signature fits, or says why not. It counts as taken from here on.
    pub(crate) fn take(&self, path: &Path, revision: u64, policy: PolicyHash) -> Result<(), RevisionError> {
        let found = Taken { revision, policy: policy.to_string() };
        if revision < self.min_revision {
            let least = self.min_revision;
            return Err(RevisionError::Lower { found: revision, least, whence: Whence::Demanded });
        }
        let places = self.places(path);
        let before = TAKEN.load_full();
        for place in &places {
            found.follows(before.as_deref().and_then(|all| all.get(place)), || Whence::Process)?;
        }
        if let Some(file) = &self.state {
            state::take(file, path, &found)?;
        }
        remember(&places, &found)
    }

    /// What a path is known by: as it is given, since a link may lead to another release each time, and as what it leads
    /// to, since that may have several names.
    fn places(&self, path: &Path) -> [([u8; 32], PathBuf); 2] {
        let given = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| given.clone());
        [(self.key, given), (self.key, real)]
    }
}

/// Unless a higher one was taken in the meantime.
fn remember(places: &[([u8; 32], PathBuf)], found: &Taken) -> Result<(), RevisionError> {
    let mut follows = Ok(());
    TAKEN.rcu(|all| {
        let mut all = all.as_deref().cloned().unwrap_or_default();
        follows = places.iter().try_for_each(|place| found.follows(all.get(place), || Whence::Process));
        if follows.is_ok() {
            all.extend(places.iter().map(|place| (place.clone(), found.clone())));
        }
        Some(Arc::new(all))
    });
    follows
}

impl Taken {
    /// Whether it may come after what was taken before.
    fn follows(&self, before: Option<&Taken>, whence: impl FnOnce() -> Whence) -> Result<(), RevisionError> {
        let Some(before) = before else { return Ok(()) };
        if self.revision < before.revision {
            let (found, least) = (self.revision, before.revision);
            return Err(RevisionError::Lower { found, least, whence: whence() });
        }
        if self.revision == before.revision && self.policy != before.policy {
            let (revision, policy) = (self.revision, before.policy.clone());
            return Err(RevisionError::Another { revision, policy, whence: whence() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
