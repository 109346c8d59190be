//! What a decision was made in spite of, though the test does not mention it.
//!
//! A test with a misspelt field passes for the wrong reason: the field is not read, or the rule that reads it cannot be
//! decided and blocks. So `errors` and `undetermined` are empty unless a test names them or its file says
//! `lenient: true`, and a field that the schema does not declare is an error, whatever the schema says about such fields;
//! where a test names `errors`, one of its entries names the field.

use actra_engine::model::{Decision, Fault, RawRequest, RawValue};
use actra_engine::{Misfit, MisfitFault, Policy, misfits};

use crate::difference::Difference;
use crate::expected::{Expected, Member};
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
    } else {
        let named = case.expected.iter().flat_map(named_paths).collect::<Vec<_>>();
        let undeclared = undeclared(policy, request, decision);
        let silent = undeclared.iter().filter(|misfit| !named.contains(&fixed(&misfit.path).as_str()));
        let silent: Vec<String> = silent.map(Misfit::to_string).collect();
        if !silent.is_empty() {
            differences.push(Difference::undeclared(case.line, &silent));
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

/// The members to compare with a decision: an entry of `errors` about a field that is not declared, and that the schema
/// ignores, is met by the request.
pub(crate) fn compared(
    members: &[Member],
    policy: &Policy,
    request: &RawRequest,
    decision: &Decision<'_>,
) -> Vec<Member> {
    let mut members = members.to_vec();
    let Some(errors) = members.iter_mut().find(|member| member.name == "errors") else { return members };
    let RawValue::List(entries) = &mut errors.value else { return members };
    if entries.iter().any(|entry| path(entry).is_some()) {
        let undeclared: Vec<String> =
            undeclared(policy, request, decision).iter().map(|misfit| fixed(&misfit.path)).collect();
        entries.retain(|entry| !path(entry).is_some_and(|path| undeclared.iter().any(|known| known == path)));
    }
    members
}

/// The paths that entries of `errors` name.
fn named_paths(expected: &Expected) -> Vec<&str> {
    let Expected::Members(members) = expected else { return Vec::new() };
    let errors = members.iter().filter(|member| member.name == "errors");
    let entries = errors.flat_map(|member| match &member.value {
        RawValue::List(entries) => entries.as_slice(),
        _ => &[],
    });
    entries.filter_map(path).collect()
}

fn path(entry: &RawValue) -> Option<&str> {
    match entry {
        RawValue::Map(members) => match members.get("path")? {
            RawValue::String(path) => Some(path),
            _ => None,
        },
        _ => None,
    }
}

/// Fields that the schema does not declare and that the decision does not complain of.
fn undeclared(policy: &Policy, request: &RawRequest, decision: &Decision<'_>) -> Vec<Misfit> {
    let mut misfits = misfits(&policy.schema, request);
    misfits.retain(|misfit| {
        is_undeclared(misfit) && decision.errors.iter().all(|fault| fault.path != fixed(&misfit.path))
    });
    misfits
}

/// Whether the case says all that stood in the way of its decision, so that it can tell policies apart.
pub(crate) fn is_witness(case: &Case, decision: &Decision<'_>) -> bool {
    case.unsaid == Unsaid::Passes
        || (decision.errors.is_empty() || !case.leaves_out("errors"))
            && (decision.undetermined.is_empty() || !case.leaves_out("undetermined"))
}

/// Whether the schema does not declare it; what is only counted may be such.
fn is_undeclared(misfit: &Misfit) -> bool {
    matches!(misfit.fault, MisfitFault::Undeclared { .. } | MisfitFault::More(_))
}

/// The faults of the decision and the fields that the schema does not declare, in words.
fn errors(policy: &Policy, request: &RawRequest, decision: &Decision<'_>) -> Vec<String> {
    let misfits = misfits(&policy.schema, request);
    let listed = |misfit: &&Misfit| decision.errors.iter().any(|fault| fault.path == fixed(&misfit.path));
    let told = misfits.iter().filter(|misfit| is_undeclared(misfit) || listed(misfit));
    let mut errors: Vec<String> = told.map(|misfit| misfit.to_string()).collect();
    let untold = |fault: &&Fault| misfits.iter().all(|misfit| fixed(&misfit.path) != fault.path);
    let mut faults = decision.errors.iter().filter(untold);
    for fault in faults.by_ref().take(MOST_FAULTS) {
        errors.push(match fault.path.as_str() {
            "" => format!("{} ({})", fault.reason.message(), fault.reason),
            path => format!("`{path}`: {} ({})", fault.reason.message(), fault.reason),
        });
    }
    errors.extend(Some(faults.count()).filter(|count| *count > 0).map(|count| format!("and {count} more")));
    errors
}

/// Faults of one decision that are listed besides misfits.
const MOST_FAULTS: usize = 100;

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
