//! Faults of a decision that the test does not mention.
//!
//! A test with a misspelt field passes for the wrong reason: the field is not read, or the rule that reads it cannot
//! be decided and blocks. So `errors` and `undetermined` are empty unless a test names them or its file says
//! `lenient: true`, and a field that the schema does not declare is an error, whatever the schema says about such
//! fields; where a test names `errors`, one of its entries names the field.

use actra_engine::model::{Decision, Fault, RawRequest, RawValue};
use actra_engine::{Policy, RecordError, RecordErrorKind, request_errors};

use crate::case_file::{Case, Unmentioned};
use crate::expected::{Expected, ExpectedMember};
use crate::mismatch::Mismatch;

/// The members of a decision that list faults.
pub(crate) const FAULT_MEMBERS: &[&str] = &["errors", "undetermined"];

/// The faults that the case does not mention, although it should.
pub(crate) fn mismatches(
    case: &Case,
    policy: &Policy,
    request: &RawRequest,
    decision: &Decision<'_>,
) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    if case.unmentioned == Unmentioned::Passes {
        return mismatches;
    }
    if case.omits("errors") {
        let errors = describe_errors(policy, request, decision);
        if !errors.is_empty() {
            mismatches.push(Mismatch::unmentioned(case.line, "errors", &errors));
        }
    } else {
        let named = case.expected.iter().flat_map(named_paths).collect::<Vec<_>>();
        let undeclared = undeclared(policy, request, decision);
        let omitted = undeclared
            .iter()
            .filter(|record_error| !named.contains(&static_path(&record_error.path).as_str()));
        let omitted: Vec<String> = omitted.map(RecordError::to_string).collect();
        if !omitted.is_empty() {
            mismatches.push(Mismatch::undeclared(case.line, &omitted));
        }
    }
    if case.omits("undetermined") && !decision.undetermined.is_empty() {
        let undetermined = decision.undetermined.iter().map(|found| {
            format!("`{}`: `{}`: {} ({})", found.rule, found.path, found.reason.message(), found.reason)
        });
        mismatches.push(Mismatch::unmentioned(case.line, "undetermined", &undetermined.collect::<Vec<_>>()));
    }
    mismatches
}

/// The members that are left to compare with the decision.
///
/// An entry of `errors` may name a field that the schema neither declares nor rejects. No decision lists it, so the
/// request itself has to have it.
pub(crate) fn members_to_compare(
    members: &[ExpectedMember],
    policy: &Policy,
    request: &RawRequest,
    decision: &Decision<'_>,
) -> Vec<ExpectedMember> {
    let mut members = members.to_vec();
    let Some(errors) = members.iter_mut().find(|member| member.name == "errors") else { return members };
    let RawValue::List(entries) = &mut errors.value else { return members };
    if entries.iter().any(|entry| path(entry).is_some()) {
        let undeclared: Vec<String> = undeclared(policy, request, decision)
            .iter()
            .map(|record_error| static_path(&record_error.path))
            .collect();
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

/// Fields that the schema does not declare and that the decision does not list as errors.
fn undeclared(policy: &Policy, request: &RawRequest, decision: &Decision<'_>) -> Vec<RecordError> {
    let mut request_errors = request_errors(&policy.schema, request);
    request_errors.retain(|record_error| {
        is_undeclared(record_error)
            && decision.errors.iter().all(|fault| fault.path != static_path(&record_error.path))
    });
    request_errors
}

/// Whether the case mentions every kind of fault that its decision has, or need not, so that it can tell policies
/// apart.
pub(crate) fn mentions_faults(case: &Case, decision: &Decision<'_>) -> bool {
    case.unmentioned == Unmentioned::Passes
        || (decision.errors.is_empty() || !case.omits("errors"))
            && (decision.undetermined.is_empty() || !case.omits("undetermined"))
}

/// Whether the schema does not declare the field. Misfits that are only counted may be of this kind.
fn is_undeclared(record_error: &RecordError) -> bool {
    matches!(record_error.fault, RecordErrorKind::Undeclared { .. } | RecordErrorKind::More(_))
}

/// The faults of the decision and the fields that the schema does not declare, in words.
fn describe_errors(policy: &Policy, request: &RawRequest, decision: &Decision<'_>) -> Vec<String> {
    let request_errors = request_errors(&policy.schema, request);
    let listed = |record_error: &&RecordError| {
        decision.errors.iter().any(|fault| fault.path == static_path(&record_error.path))
    };
    let described =
        request_errors.iter().filter(|record_error| is_undeclared(record_error) || listed(record_error));
    let mut errors: Vec<String> = described.map(|record_error| record_error.to_string()).collect();
    let is_not_described = |fault: &&Fault| {
        request_errors.iter().all(|record_error| static_path(&record_error.path) != fault.path)
    };
    let mut faults = decision.errors.iter().filter(is_not_described);
    for fault in faults.by_ref().take(MAX_FAULTS) {
        errors.push(match fault.path.as_str() {
            "" => format!("{} ({})", fault.reason.message(), fault.reason),
            path => format!("`{path}`: {} ({})", fault.reason.message(), fault.reason),
        });
    }
    errors.extend(Some(faults.count()).filter(|count| *count > 0).map(|count| format!("and {count} more")));
    errors
}

/// The most faults of one decision that are listed besides errors of the request.
const MAX_FAULTS: usize = 100;

/// A path as decisions write it: with `[*]` for every element and key.
fn static_path(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('[') {
        out.push_str(before);
        out.push_str("[*]");
        let end = match behind.strip_prefix('"') {
            Some(key) => key.find("\"]").map(|end| end + 3),
            None => behind.find(']').map(|end| end + 1),
        };
        rest = end.and_then(|end| behind.get(end..)).unwrap_or("");
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::static_path;

    #[test]
    fn elements_and_keys_do_not_show() {
        assert_eq!(static_path("actor.groups[12].name"), "actor.groups[*].name");
        assert_eq!(static_path(r#"snapshot.m["a].b"][0]"#), "snapshot.m[*][*]");
        assert_eq!(static_path("action.amount"), "action.amount");
    }
}
