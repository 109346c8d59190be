use std::path::Path;

use actra_engine::diagnostics::{self, Amount, Sources};
use actra_engine::{Outcome, Policy, PolicySet, check, check_with_proofs, compile};

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
        sources: Sources::new(),
        diagnostics: Vec::new(),
        policy: Some(policy),
        governance: None,
    }))
}

/// The text of the set in a directory or in a repository (`git:REV:PATH`).
pub(crate) fn text(set: &Path) -> Result<PolicySet, Stop> {
    match actra_host::is_git(set) {
        true => actra_host::read_git_set(set).map_err(|error| Stop::Wrong(shown(error))),
        false => actra_host::read_set(set).map_err(|error| Stop::Wrong(shown(error))),
    }
}

/// Reads and compiles a set, whatever is wrong inside of it; or reads a compiled policy.
pub(crate) fn outcome(set: &Path) -> Result<Outcome, Stop> {
    match bundle(set)? {
        Some(compiled) => Ok(compiled),
        None => Ok(compile(&text(set)?)),
    }
}

/// The same with what can be proved of its rules.
pub(crate) fn proved(set: &Path) -> Result<Outcome, Stop> {
    Ok(check_with_proofs(&text(set)?))
}

/// The policy in a directory or in a repository (`git:REV:PATH`), also one that breaks its governance: that is said, and
/// what a change does is shown all the same.
pub(crate) fn version(name: &Path, amount: Amount) -> Result<Policy, Stop> {
    if bundle(name)?.is_some() {
        return Ok(policy(name, amount)?.0);
    }
    let set = text(name)?;
    if let Some(ungoverned) = actra_engine::breaking_governance(&set) {
        report(&ungoverned.diagnostics, &ungoverned.sources, name, amount);
        output::message(&format!(
            "`{}` breaks its governance, and is compared all the same",
            shown(name.display())
        ));
        return Ok(ungoverned.policy);
    }
    let missing = || Stop::Failed("a set without errors has no policy".to_owned());
    compiled(compile(&set), name, amount)?.policy.ok_or_else(missing)
}

/// The same with what deserves a look although it compiles.
pub(crate) fn checked(set: &Path) -> Result<Outcome, Stop> {
    match bundle(set)? {
        Some(compiled) => Ok(compiled),
        None => Ok(check(&text(set)?)),
    }
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
