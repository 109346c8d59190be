use std::path::Path;

use actra_engine::{Outcome, Policy, check, check_with_proofs, compile, diagnostics};

use actra_wire::bundle::{self, Bundle};

use crate::output;
use crate::status::Stop;

/// The policy in a compiled file; `None` for anything else.
///
/// A signature that is there must fit; whose it is, `actra verify` says.
fn bundle(path: &Path) -> Result<Option<Outcome>, Stop> {
    if !path.is_file() {
        return Ok(None);
    }
    let wrong = |error: &dyn std::fmt::Display| Stop::Wrong(format!("`{}`: {error}", shown(path.display())));
    let bytes = std::fs::read(path).map_err(|error| wrong(&error))?;
    let named = path.extension().is_some_and(|ending| ending == "actra");
    if !named && !bundle::is_bundle(&bytes) {
        return Ok(None);
    }
    let opened = Bundle::open(&bytes).map_err(|error| wrong(&error))?;
    if let Some(signature) = opened.signature()
        && !actra_host::is_signed_by(opened.signed(), &signature.bytes, &signature.key)
    {
        return Err(wrong(&"its signature does not fit"));
    }
    let policy = opened.policy().map_err(|error| wrong(&error))?;
    Ok(Some(Outcome {
        sources: diagnostics::Sources::new(),
        diagnostics: Vec::new(),
        policy: Some(policy),
        governance: None,
    }))
}

/// Reads and compiles the set in a directory, whatever is wrong inside of it; or reads a compiled policy.
pub(crate) fn outcome(set: &Path) -> Result<Outcome, Stop> {
    if let Some(compiled) = bundle(set)? {
        return Ok(compiled);
    }
    let set = actra_host::read_set(set).map_err(|error| Stop::Wrong(shown(error)))?;
    Ok(compile(&set))
}

/// The same with what can be proved of its rules.
pub(crate) fn proved(set: &Path) -> Result<Outcome, Stop> {
    let set = actra_host::read_set(set).map_err(|error| Stop::Wrong(shown(error)))?;
    Ok(check_with_proofs(&set))
}

/// The policy in a directory or in a repository (`git:REV:PATH`), also one that breaks its governance: that is said, and
/// what a change does is shown all the same.
pub(crate) fn version(name: &Path) -> Result<Policy, Stop> {
    let set = match name.to_str().filter(|name| actra_host::is_git(name)) {
        Some(revision) => actra_host::read_git_set(revision).map_err(|error| Stop::Wrong(shown(error)))?,
        None if bundle(name)?.is_some() => return Ok(policy(name)?.0),
        None => actra_host::read_set(name).map_err(|error| Stop::Wrong(shown(error)))?,
    };
    if let Some(ungoverned) = actra_engine::breaking_governance(&set) {
        report(&ungoverned.diagnostics, &ungoverned.sources, name);
        output::message(&format!(
            "`{}` breaks its governance, and is compared all the same",
            shown(name.display())
        ));
        return Ok(ungoverned.policy);
    }
    let missing = || Stop::Failed("a set without errors has no policy".to_owned());
    compiled(compile(&set), name)?.policy.ok_or_else(missing)
}

/// The same with what deserves a look although it compiles.
pub(crate) fn checked(set: &Path) -> Result<Outcome, Stop> {
    if let Some(compiled) = bundle(set)? {
        return Ok(compiled);
    }
    let set = actra_host::read_set(set).map_err(|error| Stop::Wrong(shown(error)))?;
    Ok(check(&set))
}

/// The policy in a directory, for commands that need one: reports the errors of a set that does not compile.
pub(crate) fn policy(set: &Path) -> Result<(Policy, diagnostics::Sources), Stop> {
    let outcome = compiled(outcome(set)?, set)?;
    let missing = || Stop::Failed("a set without errors has no policy".to_owned());
    Ok((outcome.policy.ok_or_else(missing)?, outcome.sources))
}

/// An outcome with a policy; reports the errors of a set that does not compile.
pub(crate) fn compiled(outcome: Outcome, set: &Path) -> Result<Outcome, Stop> {
    if outcome.policy.is_some() {
        return Ok(outcome);
    }
    let errors: Vec<_> = outcome.diagnostics.into_iter().filter(diagnostics::Diagnostic::is_error).collect();
    report(&errors, &outcome.sources, set);
    let counted = diagnostics::summary(&errors);
    Err(Stop::Wrong(format!("the policy set `{}` does not compile: {counted}", shown(set.display()))))
}

/// Shows diagnostics on standard error.
pub(crate) fn report(problems: &[diagnostics::Diagnostic], sources: &diagnostics::Sources, set: &Path) {
    let style = output::message_style();
    let origin = set.to_string_lossy();
    for problem in problems {
        output::text(&diagnostics::render(problem, sources, style, &origin));
        output::text("\n");
    }
}

/// Text that may hold a file name or part of a request, safe to show.
pub(crate) fn shown(text: impl ToString) -> String {
    diagnostics::visible(&text.to_string()).into_owned()
}
