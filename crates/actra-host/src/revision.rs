//! Protection against rollback: a host that demands a signature accepts only revisions that are no lower than any
//! before, so that an old file cannot be put back although its signature is valid.

mod state_file;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actra_engine::model::PolicyHash;
use arc_swap::ArcSwapOption;

use crate::keys::{KeyError, public_key};

/// What is required of a compiled policy: by which key it is signed, and the lowest revision that is accepted.
///
/// A revision lower than the highest that this process accepted from the same path under the same key is refused, also
/// by another runtime; so is the same revision of another policy. A state file makes this outlast the process.
#[derive(Debug, Clone)]
pub struct SignatureRequirements {
    key: [u8; 32],
    min_revision: u64,
    state: Option<PathBuf>,
}

/// A policy that was accepted, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Accepted {
    revision: u64,
    /// Its hash as text, which is what a state file holds.
    policy: String,
}

/// Why a signed policy is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// It is lower than a revision that was accepted before, or than is required.
    #[error("it has revision {found}, but {origin} revision {least}: {}", advice(*.least))]
    Lower {
        /// The revision of the policy that was found.
        found: u64,
        /// The lowest revision that would be accepted.
        least: u64,
        /// Who says so: the host, this process, or a state file.
        origin: RevisionOrigin,
    },
    /// Another policy with the same revision was accepted before.
    #[error("it has revision {revision}, but {origin} the same revision of another policy, {policy}: {}", advice(*.revision))]
    Another {
        /// The revision of both.
        revision: u64,
        /// The hash of the other.
        policy: String,
        /// Who says so: the host, this process, or a state file.
        origin: RevisionOrigin,
    },
    /// Which revision was accepted last cannot be told from the state file.
    #[error("it is not known which revision was accepted last: the state file `{}` {reason}", .path.display())]
    State {
        /// The path of the state file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

/// What sets the lowest revision that is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionOrigin {
    /// The host said so.
    Demanded,
    /// This process has accepted it.
    Process,
    /// A state file says that it was accepted.
    State(PathBuf),
}

impl fmt::Display for RevisionOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RevisionOrigin::Demanded => f.write_str("`min_revision` demands"),
            RevisionOrigin::Process => f.write_str("this process has already accepted"),
            RevisionOrigin::State(path) => write!(f, "the state file `{}` records", path.display()),
        }
    }
}

fn advice(last: u64) -> String {
    let next = last.saturating_add(1);
    format!(
        "to put this policy in force, give it a higher revision: `actra compile --sign KEY --revision {next}`"
    )
}

/// Which stream of policies a revision belongs to: those under one key at one path.
type StreamId = ([u8; 32], PathBuf);

/// What this process has accepted last, by stream.
type AcceptedByStream = BTreeMap<StreamId, Accepted>;

/// INVARIANT (no lock): a process may fork at any moment, and a lock held then would stay locked in the child.
static ACCEPTED: ArcSwapOption<AcceptedByStream> = ArcSwapOption::const_empty();

impl SignatureRequirements {
    /// Signed by this Ed25519 public key, a text in PEM.
    pub fn signed_by(key: &str) -> Result<Self, KeyError> {
        Ok(Self { key: public_key(key)?, min_revision: 0, state: None })
    }

    /// Of this revision at least.
    #[must_use]
    pub fn min_revision(self, min_revision: u64) -> Self {
        Self { min_revision, ..self }
    }

    /// Of a revision no lower than this file says; the file records each revision that is accepted.
    ///
    /// It must lie outside of the directory of the policy: whoever delivers that could put an old file back there. It
    /// is created if its directory exists; if it cannot be read, is damaged or cannot be written, nothing is
    /// accepted.
    #[must_use]
    pub fn state(self, path: impl Into<PathBuf>) -> Self {
        Self { state: Some(path.into()), ..self }
    }

    pub(crate) fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Accepts a policy whose signature is valid, or says why not. From here on it counts as accepted.
    pub(crate) fn accept(&self, path: &Path, revision: u64, policy: PolicyHash) -> Result<(), RevisionError> {
        let candidate = Accepted { revision, policy: policy.to_string() };
        if revision < self.min_revision {
            let least = self.min_revision;
            return Err(RevisionError::Lower { found: revision, least, origin: RevisionOrigin::Demanded });
        }
        let streams = self.streams(path);
        let accepted = ACCEPTED.load_full();
        for stream in &streams {
            let last = accepted.as_deref().and_then(|accepted| accepted.get(stream));
            candidate.may_follow(last, || RevisionOrigin::Process)?;
        }
        if let Some(file) = &self.state {
            state_file::accept(file, path, &candidate)?;
        }
        remember(&streams, &candidate)
    }

    /// The streams of a path: as it is given, since a link may lead to another release each time, and as what it leads
    /// to, since that may have several names.
    fn streams(&self, path: &Path) -> [StreamId; 2] {
        let given = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let resolved = std::fs::canonicalize(path).unwrap_or_else(|_| given.clone());
        [(self.key, given), (self.key, resolved)]
    }
}

/// Records a policy as accepted, unless another thread has accepted a higher revision in the meantime.
fn remember(streams: &[StreamId], candidate: &Accepted) -> Result<(), RevisionError> {
    let mut result = Ok(());
    ACCEPTED.rcu(|accepted| {
        let mut accepted = accepted.as_deref().cloned().unwrap_or_default();
        result = streams
            .iter()
            .try_for_each(|stream| candidate.may_follow(accepted.get(stream), || RevisionOrigin::Process));
        if result.is_ok() {
            accepted.extend(streams.iter().map(|stream| (stream.clone(), candidate.clone())));
        }
        Some(Arc::new(accepted))
    });
    result
}

impl Accepted {
    /// Whether it may come after what was accepted last.
    fn may_follow(
        &self,
        last: Option<&Accepted>,
        origin: impl FnOnce() -> RevisionOrigin,
    ) -> Result<(), RevisionError> {
        let Some(last) = last else { return Ok(()) };
        if self.revision < last.revision {
            let (found, least) = (self.revision, last.revision);
            return Err(RevisionError::Lower { found, least, origin: origin() });
        }
        if self.revision == last.revision && self.policy != last.policy {
            let (revision, policy) = (self.revision, last.policy.clone());
            return Err(RevisionError::Another { revision, policy, origin: origin() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
