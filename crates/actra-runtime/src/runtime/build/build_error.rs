//! What a runtime cannot be built with.

use std::time::Duration;

use actra_engine::RecordError;

/// Settings that have no effect or contradict each other: resolvers that would never be asked, unbound facts that do
/// not exist, and times in which nothing can happen.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::Runtime;
///
/// let builder = Runtime::<()>::builder(policy()).snapshot_field("fruad", |_| Ok(false.into()));
/// let error = builder.build().unwrap_err();
/// assert!(error.to_string().contains("did you mean `snapshot.fraud`?"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", told(self))]
#[non_exhaustive]
pub struct BuildError {
    /// Fields that nobody declares, and what may have been meant.
    pub undeclared: Vec<RecordError>,
    /// Two resolvers or handlers, of which the second would take the place of the first: `actor` and `actor.role`, or
    /// the same name twice.
    pub displaced: Vec<(String, String)>,
    /// Settings whose time is not positive.
    pub not_positive: Vec<&'static str>,
}

impl BuildError {
    /// What is wrong with settings, whatever the policy is.
    ///
    /// `given` are the names of what has a function of the host, in the order in which they were said.
    pub(super) fn of_settings(given: &[String], times: &[(&'static str, Option<Duration>)]) -> Self {
        let is_none = |time: &Option<Duration>| time.is_some_and(|time| time.is_zero());
        let not_positive = times.iter().filter(|(_, time)| is_none(time)).map(|(name, _)| *name);
        Self { undeclared: Vec::new(), displaced: displaced(given), not_positive: not_positive.collect() }
    }

    /// Itself as an error, unless it names nothing.
    pub(super) fn or_fine(self) -> Result<(), Self> {
        match self == Self::default() {
            true => Ok(()),
            false => Err(self),
        }
    }
}

/// Names of which one lies in the other, or is the other.
fn displaced(given: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (idx, second) in given.iter().enumerate() {
        for first in given.iter().take(idx) {
            if (holds(first, second) || holds(second, first))
                && !found.iter().any(|(one, other)| (one, other) == (first, second))
            {
                found.push((first.clone(), second.clone()));
            }
        }
    }
    found
}

fn holds(outer: &str, inner: &str) -> bool {
    // A field may have a name with a point in it.
    let is_record = !outer.contains('.');
    inner == outer || is_record && inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

fn told(error: &BuildError) -> String {
    let BuildError { undeclared, displaced, not_positive } = error;
    let names = undeclared.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let names = (!names.is_empty())
        .then(|| format!("a resolver or `unbound` names a field that the schema does not declare: {names}"));
    let pairs = displaced.iter().map(|(first, second)| match first == second {
        true => format!("`{first}` is given twice"),
        false => format!(
            "`{first}` and `{second}` are both given, but one of them would never be asked: give one resolver for the whole record, or one for each field"
        ),
    });
    let times = not_positive.iter().map(|name| format!("`{name}` needs a positive time"));
    names.into_iter().chain(pairs).chain(times).collect::<Vec<_>>().join("; ")
}
