//! A policy that is replaced while it is in force.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use actra_engine::diagnostics::errors;
use actra_engine::model::PolicyHash;
use actra_engine::{Outcome, Policy};
use actra_runtime::Live;

use crate::open::{Content, build, read};
use crate::{Demand, OpenError};

/// A directory or a compiled file, and what was last seen there.
///
/// It is read as a whole at every look and taken only when two looks in a row saw the same, so that a set that is being
/// written is never put in force half. Nothing depends on the file system telling of changes, which links, network
/// folders and containers do not always do.
pub struct Watched {
    path: PathBuf,
    demand: Option<Demand>,
    /// What the policy in force was made of, or what was refused last.
    known: Seen,
    /// What was said last of something that may be taken the next time.
    told: Option<String>,
    /// What was there at the last look, if it was something else.
    new: Option<Seen>,
}

/// What a look came to; an error is compared by its text.
type Seen = Result<Content, String>;

/// What became of a new policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reload {
    /// It is in force.
    Swapped {
        /// Its hash.
        policy: PolicyHash,
    },
    /// It cannot be used, and the one before stays in force.
    Refused {
        /// Why, for people.
        reason: String,
    },
}

impl Watched {
    /// Reads and compiles what is there; watching goes on from exactly that.
    ///
    /// The outcome has no policy if the set is refused. With a demand only a file that is signed as demanded is taken,
    /// and later none of a lower revision.
    pub fn open(path: &Path, demand: Option<Demand>) -> Result<(Self, Outcome), OpenError> {
        let content = read(path, demand.as_ref())?;
        let outcome = build(path, &content, demand.as_ref())?;
        Ok((Self { path: path.to_owned(), demand, known: Ok(content), told: None, new: None }, outcome))
    }

    /// Looks once. A new policy, or the reason why there is none, if something else is there than before and was there
    /// at the last look, too.
    ///
    /// Cost: reads the set; compiles it only when it has changed.
    pub fn look(&mut self) -> Option<Result<Policy, String>> {
        let seen = read(&self.path, self.demand.as_ref()).map_err(|error| error.to_string());
        if seen == self.known {
            self.new = None;
            return None;
        }
        if self.new.as_ref() != Some(&seen) {
            self.new = Some(seen);
            return None;
        }
        self.new = None;
        match seen.as_ref().map(|content| build(&self.path, content, self.demand.as_ref())) {
            Ok(Err(error)) if error.may_pass() => self.tell(error.to_string()).map(Err),
            Ok(built) => {
                let made = built.map_err(|error| error.to_string()).and_then(|outcome| self.policy(outcome));
                self.settle(seen, made)
            }
            Err(reason) => {
                let reason = reason.clone();
                self.settle(seen, Err(reason))
            }
        }
    }

    fn settle(&mut self, seen: Seen, made: Result<Policy, String>) -> Option<Result<Policy, String>> {
        self.known = seen;
        self.told = None;
        Some(made)
    }

    /// Says something once, until there is something else to say.
    fn tell(&mut self, reason: String) -> Option<String> {
        let is_new = self.told.as_ref() != Some(&reason);
        self.told = Some(reason.clone());
        is_new.then_some(reason)
    }

    fn policy(&self, outcome: Outcome) -> Result<Policy, String> {
        let Outcome { sources, diagnostics, policy, .. } = outcome;
        policy.ok_or_else(|| errors(&diagnostics, &sources, &self.path.to_string_lossy()))
    }
}

/// Keeps a policy up to date from a thread of its own, until it is dropped. A process that was forked has no such
/// thread.
pub struct Reloader {
    /// Its end wakes the thread, which ends too.
    _stop: Sender<()>,
}

/// Looks follow each other no faster.
const LEAST: Duration = Duration::from_millis(10);

impl Reloader {
    /// Looks every so often, and puts what is new in force; a set that is refused is a state of [`Live::health`]. The
    /// observer hears of both; what it does when it panics changes nothing.
    pub fn start(
        mut watched: Watched,
        live: Arc<Live>,
        every: Duration,
        observe: impl Fn(&Reload) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (stop, stopped) = channel::<()>();
        let every = every.max(LEAST);
        let run = move || {
            while matches!(stopped.recv_timeout(every), Err(RecvTimeoutError::Timeout)) {
                let look = || watched.look();
                let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(look));
                let found = match found {
                    Ok(None) => continue,
                    Ok(Some(found)) => found,
                    Err(_) => Err("compiling it has panicked".to_owned()),
                };
                let reload = match found.and_then(|policy| swapped(&live, policy)) {
                    Ok(policy) => Reload::Swapped { policy },
                    Err(reason) => {
                        live.refuse(reason.clone());
                        Reload::Refused { reason }
                    }
                };
                let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| observe(&reload)));
                // What was thrown could panic when it is dropped, and nobody would look any more.
                told.unwrap_or_else(std::mem::forget);
            }
        };
        std::thread::Builder::new().name("actra-reload".to_owned()).spawn(run)?;
        Ok(Self { _stop: stop })
    }
}

fn swapped(live: &Live, policy: Policy) -> Result<PolicyHash, String> {
    let hash = policy.hash;
    live.swap(Arc::new(policy)).map_err(|error| error.to_string())?;
    Ok(hash)
}

#[cfg(test)]
mod tests;
