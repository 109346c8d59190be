//! Hot reload: a policy that is replaced while it is in force, by polling what it was read from.

use std::convert::identity;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use actra_engine::diagnostics::errors;
use actra_engine::model::PolicyHash;
use actra_engine::{Compilation, Policy};
use actra_runtime::{PolicyInForce, caught};

use crate::open::{OpenError, PolicySource};
use crate::revision::SignatureRequirements;

/// A directory or a compiled file that is polled for a new policy.
///
/// Every poll reads it as a whole, and a change counts only once two polls in a row have read the same, so that a set
/// that is just being written is never put in force half. Nothing depends on notifications of the file system, which
/// links, network directories and containers do not always send.
pub struct PolledPolicy {
    path: PathBuf,
    requirements: Option<SignatureRequirements>,
    /// What the policy in force was made of, or what was refused last; `None` after a temporary error, of which
    /// something has to be said again whatever is read next.
    settled: Option<Reading>,
    /// The last temporary error that was reported.
    reported: Option<String>,
    /// What the last poll read, if that was not what is settled.
    pending: Option<Reading>,
}

/// What a poll has read; errors are compared by their text.
type Reading = Result<PolicySource, String>;

/// What happened to a new policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reload {
    /// It is in force.
    Swapped {
        /// The hash of the policy that is in force now.
        policy: PolicyHash,
    },
    /// It cannot be used, and the previous one stays in force.
    Refused {
        /// Why it cannot be used, in words for people.
        reason: String,
    },
}

impl PolledPolicy {
    /// Reads and compiles what is there; polling continues from exactly that.
    ///
    /// The compilation has no policy if the set is refused. With requirements only a file that is signed as required
    /// is taken, and later none of a lower revision.
    pub fn open(
        path: &Path,
        requirements: Option<SignatureRequirements>,
    ) -> Result<(Self, Compilation), OpenError> {
        let source = PolicySource::read_signed(path, requirements.as_ref())?;
        let compilation = source.compile_signed(path, requirements.as_ref())?;
        let path = path.to_owned();
        Ok((
            Self { path, requirements, settled: Some(Ok(source)), reported: None, pending: None },
            compilation,
        ))
    }

    /// Reads once. A new policy, or the reason why there is none, if this poll and the one before have read the same
    /// and it is not what is settled.
    ///
    /// Cost: reads the set; compiles it only when it has changed.
    pub fn poll(&mut self) -> Option<Result<Policy, String>> {
        let requirements = self.requirements.as_ref();
        let reading = PolicySource::read_signed(&self.path, requirements).map_err(|error| error.to_string());
        if self.settled.as_ref() == Some(&reading) {
            self.pending = None;
            return None;
        }
        if self.pending.as_ref() != Some(&reading) {
            self.pending = Some(reading);
            return None;
        }
        self.pending = None;
        let result = match &reading {
            Err(reason) => Err(reason.clone()),
            Ok(source) => match caught(|| source.compile_signed(&self.path, requirements)) {
                // Not settled: the next polls try these bytes again, and those before, too, if they are put back.
                Ok(Err(error)) if error.is_temporary() => {
                    self.settled = None;
                    return self.report_once(error.to_string()).map(Err);
                }
                Ok(Err(error)) => Err(error.to_string()),
                Ok(Ok(compilation)) => self.policy(compilation),
                Err(_) => Err("compiling it panicked".to_owned()),
            },
        };
        self.settled = Some(reading);
        self.reported = None;
        Some(result)
    }

    /// The reason, unless it was the last one that was reported.
    fn report_once(&mut self, reason: String) -> Option<String> {
        let is_new = self.reported.as_ref() != Some(&reason);
        self.reported = Some(reason.clone());
        is_new.then_some(reason)
    }

    fn policy(&self, compilation: Compilation) -> Result<Policy, String> {
        let Compilation { sources, diagnostics, policy, .. } = compilation;
        policy.ok_or_else(|| errors(&diagnostics, &sources, &self.path.to_string_lossy()))
    }
}

/// Keeps a policy up to date from a thread of its own, until it is dropped. A forked child process does not have that
/// thread.
pub struct Reloader {
    /// Dropping it wakes the thread, which then ends.
    _stop: Sender<()>,
}

/// The shortest time between two polls.
const MIN_INTERVAL: Duration = Duration::from_millis(10);

impl Reloader {
    /// Polls at an interval and puts what is new in force; a set that is refused becomes part of [`PolicyInForce::health`].
    /// The observer is told of both, also where the policy in force stays after a set that could not be used for a
    /// time; its panics are ignored.
    pub fn start(
        mut watched: PolledPolicy,
        in_force: Arc<PolicyInForce>,
        interval: Duration,
        observe: impl Fn(&Reload) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (stop, stopped) = channel::<()>();
        let interval = interval.max(MIN_INTERVAL);
        let run = move || {
            while matches!(stopped.recv_timeout(interval), Err(RecvTimeoutError::Timeout)) {
                // INVARIANT (it goes on): whatever panics here, this thread polls again.
                let polled = caught(|| watched.poll());
                let unread = |reason| Some(Err(format!("it cannot be read: {reason}")));
                let Some(result) = polled.unwrap_or_else(unread) else { continue };
                let swapped = result.and_then(|policy| caught(|| swap(&in_force, policy)).and_then(identity));
                let reload = match swapped {
                    Ok(policy) => Reload::Swapped { policy },
                    Err(reason) => {
                        in_force.note_rejected_update(reason.clone());
                        Reload::Refused { reason }
                    }
                };
                let _ = caught(|| observe(&reload));
            }
        };
        std::thread::Builder::new().name("actra-reload".to_owned()).spawn(run)?;
        Ok(Self { _stop: stop })
    }
}

fn swap(in_force: &PolicyInForce, policy: Policy) -> Result<PolicyHash, String> {
    let hash = policy.hash;
    in_force.swap(Arc::new(policy)).map_err(|error| error.to_string())?;
    Ok(hash)
}

#[cfg(test)]
mod tests;
