//! Functions of the program that `#[actra::admit]` guards, compared with a policy before the first call.

use std::fmt;

use actra_engine::model::RecordName;
use actra_engine::{Policy, RecordErrorKind, errors_in_record, undeclared_action_help};

/// A function that asks the runtime of the process. The attribute writes one for each, wherever it stands.
#[derive(Debug)]
pub struct Site {
    /// The type of the action.
    pub action: &'static str,
    /// The names of the arguments that the action has.
    pub arguments: &'static [&'static str],
    /// The names of arguments and facts that no approval is bound to.
    pub unbound: &'static [&'static str],
    /// The file of the function.
    pub file: &'static str,
    /// Its line, from 1.
    pub line: u32,
}

inventory::collect!(Site);

/// A function whose calls the policy can only refuse, or whose attribute says something that is not so.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SiteMismatch {
    /// The file of the function.
    pub file: &'static str,
    /// Its line, from 1.
    pub line: u32,
    /// What does not fit, in words for people.
    pub reason: String,
}

impl fmt::Display for SiteMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

/// The functions behind `#[actra::admit]` that do not fit a policy, by file and line: their action is not declared,
/// rules read a required field that no argument gives, or `unbound` names a fact that does not exist.
///
/// Those with a `runtime` of their own are not among them. [`crate::configure`] refuses a runtime that they do not fit.
pub fn unfit(policy: &Policy) -> Vec<SiteMismatch> {
    let mut found: Vec<SiteMismatch> =
        inventory::iter::<Site>().flat_map(|site| site.unfit(policy)).collect();
    found.sort_by(|a, b| (a.file, a.line, &a.reason).cmp(&(b.file, b.line, &b.reason)));
    found
}

impl Site {
    fn unfit(&self, policy: &Policy) -> Vec<SiteMismatch> {
        let declared = policy.schema.action_id(self.action).and_then(|id| policy.schema.action(id));
        let reasons = match declared {
            None => vec![undeclared_action_help(&policy.schema, self.action)],
            Some(_) => self.missing(policy).chain(self.no_facts(policy)).collect(),
        };
        reasons.into_iter().map(|reason| SiteMismatch { file: self.file, line: self.line, reason }).collect()
    }

    fn missing(&self, policy: &Policy) -> impl Iterator<Item = String> {
        let declared = policy.schema.action_id(self.action).and_then(|id| policy.schema.action(id));
        let read = policy.reads(self.action);
        declared.into_iter().flat_map(move |declared| {
            let is_missed = move |(field, argument): &(&str, &str)| {
                read.is_some_and(|read| read.action.contains(*field))
                    && !self.arguments.contains(argument)
                    && declared.fields.get(*field).is_some_and(|field| !field.optional)
            };
            declared.arguments().filter(is_missed).map(|(field, argument)| {
                let by = if field == argument { String::new() } else { format!(" called `{argument}`") };
                format!("rules read `action.{field}` of `{}`, but no argument{by} gives it", self.action)
            })
        })
    }

    fn no_facts(&self, policy: &Policy) -> impl Iterator<Item = String> {
        let facts = self.unbound.iter().filter_map(|name| name.strip_prefix("snapshot."));
        let members = facts.map(|name| (name.to_owned(), crate::RawValue::Null));
        let request_errors =
            errors_in_record(&policy.schema, RecordName::Snapshot, &crate::RawValue::Map(members.collect()));
        request_errors
            .into_iter()
            .filter(|record_error| matches!(record_error.fault, RecordErrorKind::Undeclared { .. }))
            .map(|record_error| format!("`unbound`: {record_error}"))
    }
}
