//! Opening policy sets as commands need them; what is wrong with a set is reported on standard error.

use std::path::Path;

use actra_engine::diagnostics::{self, Diagnostic, Sources, Verbosity};
use actra_engine::{Compilation, Policy, PolicySet};
use actra_host::{OpenError, PolicySource, SetLocation};

use crate::exit::Exit;
use crate::output::{self, printable};

/// The text of the set in a directory or in a repository (`git:REV:PATH`).
pub(crate) fn read(set: &Path) -> Result<PolicySet, Exit> {
    let location = SetLocation::parse(set).map_err(|error| Exit::Usage(printable(error)))?;
    location.read_policy_set().map_err(|error| Exit::Usage(printable(error)))
}

/// What compiling a set gives, whatever is wrong in it; or a compiled policy.
pub(crate) fn compile(set: &Path) -> Result<Compilation, Exit> {
    open_with(set, actra_engine::compile)
}

/// What checking a set gives: errors, and what lints say; or a compiled policy.
pub(crate) fn check(set: &Path) -> Result<Compilation, Exit> {
    open_with(set, actra_engine::check)
}

/// What checking a set gives, with what can be proved of its rules; that needs the text of a set.
pub(crate) fn check_with_proofs(set: &Path) -> Result<Compilation, Exit> {
    Ok(actra_engine::check_with_proofs(&read(set)?))
}

fn open_with(set: &Path, compile: fn(&PolicySet) -> Compilation) -> Result<Compilation, Exit> {
    let source = PolicySource::read(set).map_err(unusable)?;
    source.compile_with(set, compile).map_err(unusable)
}

fn unusable(error: OpenError) -> Exit {
    Exit::Usage(match error {
        OpenError::File { path, error } => format!("`{}`: {error}", printable(path)),
        error => printable(error),
    })
}

/// The policy of a set, with its text; reports the errors of a set that does not compile.
pub(crate) fn open(set: &Path, verbosity: Verbosity) -> Result<(Policy, Sources), Exit> {
    let compilation = reject_errors(compile(set)?, set, verbosity)?;
    Ok((compilation.policy.ok_or_else(no_policy)?, compilation.sources))
}

/// The policy of a set, also of one that breaks its governance: that is reported, and what a change does is shown all
/// the same.
pub(crate) fn open_ungoverned(set: &Path, verbosity: Verbosity) -> Result<Policy, Exit> {
    let source = PolicySource::read(set).map_err(unusable)?;
    if let PolicySource::Set(text) = &source
        && let Some(ungoverned) = actra_engine::compile_ignoring_governance(text)
    {
        report(&ungoverned.diagnostics, &ungoverned.sources, set, verbosity);
        output::message(&format!(
            "`{}` breaks its governance, but is compared anyway",
            printable(set.display())
        ));
        return Ok(ungoverned.policy);
    }
    let compilation = source.compile_with(set, actra_engine::compile).map_err(unusable)?;
    reject_errors(compilation, set, verbosity)?.policy.ok_or_else(no_policy)
}

/// The compilation, if it has a policy; else reports the errors of the set.
pub(crate) fn reject_errors(
    compilation: Compilation,
    set: &Path,
    verbosity: Verbosity,
) -> Result<Compilation, Exit> {
    if compilation.policy.is_some() {
        return Ok(compilation);
    }
    let errors: Vec<_> = compilation.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    report(&errors, &compilation.sources, set, verbosity);
    let counts = diagnostics::summary(&errors);
    Err(Exit::Usage(format!("the policy set `{}` does not compile: {counts}", printable(set.display()))))
}

pub(crate) fn no_policy() -> Exit {
    Exit::Failure("a set without errors produced no policy".to_owned())
}

/// Shows diagnostics on standard error.
pub(crate) fn report(diagnostics: &[Diagnostic], sources: &Sources, set: &Path, verbosity: Verbosity) {
    if !diagnostics.is_empty() {
        let style = output::message_style();
        output::text(&diagnostics::render_all(
            diagnostics,
            sources,
            style,
            &set.to_string_lossy(),
            verbosity,
        ));
        output::text("\n");
    }
}
