//! Opening policies as commands need them: what is wrong is reported on standard error.

use std::path::Path;

use actra_engine::diagnostics::{self, Amount, Sources};
use actra_engine::{Outcome, Policy, PolicySet, check, check_with_proofs, compile};
use actra_host::{OpenError, PolicySource, SetLocation};

use crate::output;
use crate::status::Stop;

/// The text of the set in a directory or in a repository (`git:REV:PATH`).
pub(crate) fn text(set: &Path) -> Result<PolicySet, Stop> {
    let location = SetLocation::parse(set).map_err(|error| Stop::Wrong(shown(error)))?;
    location.read_set().map_err(|error| Stop::Wrong(shown(error)))
}

/// Reads and compiles a set, whatever is wrong inside of it; or reads a compiled policy.
pub(crate) fn outcome(set: &Path) -> Result<Outcome, Stop> {
    open(set, compile)
}

/// The same with what deserves a look although it compiles.
pub(crate) fn checked(set: &Path) -> Result<Outcome, Stop> {
    open(set, check)
}

/// The same with what can be proved of its rules, which takes the text of a set.
pub(crate) fn proved(set: &Path) -> Result<Outcome, Stop> {
    Ok(check_with_proofs(&text(set)?))
}

fn open(set: &Path, compile: fn(&PolicySet) -> Outcome) -> Result<Outcome, Stop> {
    let source = PolicySource::read(set).map_err(wrong)?;
    source.outcome(set, compile).map_err(wrong)
}

fn wrong(error: OpenError) -> Stop {
    Stop::Wrong(match error {
        OpenError::File { path, error } => format!("`{}`: {error}", shown(path)),
        error => shown(error),
    })
}

/// The policy in a directory or in a repository (`git:REV:PATH`), also one that breaks its governance: that is said, and
/// what a change does is shown all the same.
pub(crate) fn version(name: &Path, amount: Amount) -> Result<Policy, Stop> {
    let source = PolicySource::read(name).map_err(wrong)?;
    if let PolicySource::Set(set) = &source
        && let Some(ungoverned) = actra_engine::breaking_governance(set)
    {
        report(&ungoverned.diagnostics, &ungoverned.sources, name, amount);
        output::message(&format!(
            "`{}` breaks its governance, and is compared all the same",
            shown(name.display())
        ));
        return Ok(ungoverned.policy);
    }
    let outcome = compiled(source.outcome(name, compile).map_err(wrong)?, name, amount)?;
    let missing = || Stop::Failed("a set without errors has no policy".to_owned());
    outcome.policy.ok_or_else(missing)
}

/// The policy of a set, for commands that need one: reports the errors of a set that does not compile.
pub(crate) fn policy(set: &Path, amount: Amount) -> Result<(Policy, Sources), Stop> {
    let outcome = compiled(outcome(set)?, set, amount)?;
    let missing = || Stop::Failed("a set without errors has no policy".to_owned());
    Ok((outcome.policy.ok_or_else(missing)?, outcome.sources))
}

/// An outcome with a policy; reports the errors of a set that does not compile.
pub(crate) fn compiled(outcome: Outcome, set: &Path, amount: Amount) -> Result<Outcome, Stop> {
    if outcome.policy.is_some() {
        return Ok(outcome);
    }
    let errors: Vec<_> = outcome.diagnostics.into_iter().filter(diagnostics::Diagnostic::is_error).collect();
    report(&errors, &outcome.sources, set, amount);
    let counted = diagnostics::summary(&errors);
    Err(Stop::Wrong(format!("the policy set `{}` does not compile: {counted}", shown(set.display()))))
}

/// Shows diagnostics on standard error.
pub(crate) fn report(problems: &[diagnostics::Diagnostic], sources: &Sources, set: &Path, amount: Amount) {
    let style = output::message_style();
    if !problems.is_empty() {
        output::text(&diagnostics::render_all(problems, sources, style, &set.to_string_lossy(), amount));
        output::text("\n");
    }
}

/// Text that may hold a file name or part of a request, safe to show.
pub(crate) fn shown(text: impl ToString) -> String {
    diagnostics::visible(&text.to_string()).into_owned()
}
