//! Opening policy sets as commands need them; what is wrong with a set is reported on standard error.

use std::path::Path;

use actra_engine::diagnostics::{self, Amount, Diagnostic, Sources};
use actra_engine::{Outcome, Policy, PolicySet};
use actra_host::{OpenError, PolicySource, SetLocation};

use crate::exit::Exit;
use crate::output::{self, printable};

/// The text of the set in a directory or in a repository (`git:REV:PATH`).
pub(crate) fn read(set: &Path) -> Result<PolicySet, Exit> {
    let location = SetLocation::parse(set).map_err(|error| Exit::Usage(printable(error)))?;
    location.read_set().map_err(|error| Exit::Usage(printable(error)))
}

/// What compiling a set gives, whatever is wrong in it; or a compiled policy.
pub(crate) fn compile(set: &Path) -> Result<Outcome, Exit> {
    open_with(set, actra_engine::compile)
}

/// The same with lints.
pub(crate) fn check(set: &Path) -> Result<Outcome, Exit> {
    open_with(set, actra_engine::check)
}

/// The same with what can be proved of its rules, which needs the text of a set.
pub(crate) fn check_with_proofs(set: &Path) -> Result<Outcome, Exit> {
    Ok(actra_engine::check_with_proofs(&read(set)?))
}

fn open_with(set: &Path, compile: fn(&PolicySet) -> Outcome) -> Result<Outcome, Exit> {
    let source = PolicySource::read(set).map_err(unusable)?;
    source.outcome(set, compile).map_err(unusable)
}

fn unusable(error: OpenError) -> Exit {
    Exit::Usage(match error {
        OpenError::File { path, error } => format!("`{}`: {error}", printable(path)),
        error => printable(error),
    })
}

/// The policy of a set, with its text; reports the errors of a set that does not compile.
pub(crate) fn open(set: &Path, amount: Amount) -> Result<(Policy, Sources), Exit> {
    let outcome = reject_errors(compile(set)?, set, amount)?;
    Ok((outcome.policy.ok_or_else(no_policy)?, outcome.sources))
}

/// The policy of a set, also of one that breaks its governance: that is reported, and what a change does is shown all the
/// same.
pub(crate) fn open_ungoverned(set: &Path, amount: Amount) -> Result<Policy, Exit> {
    let source = PolicySource::read(set).map_err(unusable)?;
    if let PolicySource::Set(text) = &source
        && let Some(ungoverned) = actra_engine::breaking_governance(text)
    {
        report(&ungoverned.diagnostics, &ungoverned.sources, set, amount);
        output::message(&format!(
            "`{}` breaks its governance, and is compared all the same",
            printable(set.display())
        ));
        return Ok(ungoverned.policy);
    }
    let outcome = source.outcome(set, actra_engine::compile).map_err(unusable)?;
    reject_errors(outcome, set, amount)?.policy.ok_or_else(no_policy)
}

/// The outcome, if it has a policy; else reports the errors of the set.
pub(crate) fn reject_errors(outcome: Outcome, set: &Path, amount: Amount) -> Result<Outcome, Exit> {
    if outcome.policy.is_some() {
        return Ok(outcome);
    }
    let errors: Vec<_> = outcome.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    report(&errors, &outcome.sources, set, amount);
    let counts = diagnostics::summary(&errors);
    Err(Exit::Usage(format!("the policy set `{}` does not compile: {counts}", printable(set.display()))))
}

pub(crate) fn no_policy() -> Exit {
    Exit::Failure("a set without errors produced no policy".to_owned())
}

/// Shows diagnostics on standard error.
pub(crate) fn report(diagnostics: &[Diagnostic], sources: &Sources, set: &Path, amount: Amount) {
    if !diagnostics.is_empty() {
        let style = output::message_style();
        output::text(&diagnostics::render_all(diagnostics, sources, style, &set.to_string_lossy(), amount));
        output::text("\n");
    }
}
