//! What a decision was made in spite of, though the test does not mention it.
//!
//! A test with a misspelt field passes for the wrong reason: the field is not read, or the rule that reads it cannot be
//! decided and blocks. So `errors` and `undetermined` are empty unless a test names them or its file says
//! `lenient: true`, and a field that the schema does not declare is an error, whatever the schema says about such fields.

use actra_engine::model::{Decision, Fault, RawRequest};
use actra_engine::{Misfit, MisfitFault, Policy, misfits};

use crate::difference::Difference;
use crate::suite::{Case, Unsaid};

/// The members of a decision that say what stood in its way.
pub(crate) const NAMES: &[&str] = &["errors", "undetermined"];

/// What the case does not mention and should.
pub(crate) fn differences(
    case: &Case,
    policy: &Policy,
    request: &RawRequest,
    decision: &Decision<'_>,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    if case.unsaid == Unsaid::Passes {
        return differences;
    }
    if case.leaves_out("errors") {
        let errors = errors(policy, request, decision);
        if !errors.is_empty() {
            differences.push(Difference::unsaid(case.line, "errors", &errors));
        }
    }
    if case.leaves_out("undetermined") && !decision.undetermined.is_empty() {
        let undetermined = decision.undetermined.iter().map(|found| {
            format!("`{}`: `{}`: {} ({})", found.rule, found.path, found.reason.message(), found.reason)
        });
        differences.push(Difference::unsaid(case.line, "undetermined", &undetermined.collect::<Vec<_>>()));
    }
    differences
}

/// Whether the case says all that stood in the way of its decision, so that it can tell policies apart.
pub(crate) fn is_witness(case: &Case, decision: &Decision<'_>) -> bool {
    case.unsaid == Unsaid::Passes
        || (decision.errors.is_empty() || !case.leaves_out("errors"))
            && (decision.undetermined.is_empty() || !case.leaves_out("undetermined"))
}

/// The faults of the decision and the fields that the schema does not declare, in words.
fn errors(policy: &Policy, request: &RawRequest, decision: &Decision<'_>) -> Vec<String> {
    let misfits = misfits(&policy.schema, request);
    let is_undeclared = |misfit: &&Misfit| matches!(misfit.fault, MisfitFault::Undeclared { .. });
    let listed = |misfit: &&Misfit| decision.errors.iter().any(|fault| fault.path == fixed(&misfit.path));
    let told = misfits.iter().filter(|misfit| is_undeclared(misfit) || listed(misfit));
    let mut errors: Vec<String> = told.map(|misfit| misfit.to_string()).collect();
    let untold = |fault: &&Fault| misfits.iter().all(|misfit| fixed(&misfit.path) != fault.path);
    for fault in decision.errors.iter().filter(untold) {
        errors.push(match fault.path.as_str() {
            "" => format!("{} ({})", fault.reason.message(), fault.reason),
            path => format!("`{path}`: {} ({})", fault.reason.message(), fault.reason),
        });
    }
    errors
}

/// A path as decisions write it: elements and keys do not show.
fn fixed(path: &str) -> String {
    let mut fixed = String::new();
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('[') {
        fixed.push_str(before);
        fixed.push_str("[*]");
        let end = match behind.strip_prefix('"') {
            Some(key) => key.find("\"]").map(|end| end + 3),
            None => behind.find(']').map(|end| end + 1),
        };
        rest = end.and_then(|end| behind.get(end..)).unwrap_or("");
    }
    fixed + rest
}

#[cfg(test)]
mod tests {
    use super::fixed;

    #[test]
    fn elements_and_keys_do_not_show() {
        assert_eq!(fixed("actor.groups[12].name"), "actor.groups[*].name");
        assert_eq!(fixed(r#"snapshot.m["a].b"][0]"#), "snapshot.m[*][*]");
        assert_eq!(fixed("action.amount"), "action.amount");
    }
}
