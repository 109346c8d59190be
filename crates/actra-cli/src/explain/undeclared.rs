//! Names in a request that the schema does not declare: a person's most frequent slip.

use std::fmt::Write;

use actra_engine::Policy;
use actra_engine::model::{ActionId, Domain, RawRequest, RawValue};
use actra_engine::suggest::closest;

use crate::load::shown;

/// Names that are listed.
const NAMES: usize = 10;

/// A line for the action, or for each field of a record; no values.
pub(super) fn of(policy: &Policy, request: &RawRequest) -> String {
    let mut lines = Vec::new();
    let action = match action(request) {
        Some(name) => match policy.schema.action_id(name) {
            Some(id) => Some(id),
            None => {
                lines.push(undeclared_action(policy, name));
                None
            }
        },
        None => None,
    };
    for domain in Domain::ALL {
        fields(policy, request, domain, action, &mut lines);
    }
    let mut text = String::new();
    lines.iter().take(NAMES).for_each(|line| {
        let _ = writeln!(text, "{line}");
    });
    if lines.len() > NAMES {
        let _ = writeln!(text, "and {} more undeclared names", lines.len() - NAMES);
    }
    text
}

fn action(request: &RawRequest) -> Option<&str> {
    match request.action.as_ref()? {
        RawValue::Map(members) => match members.get("type")? {
            RawValue::String(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

fn undeclared_action(policy: &Policy, name: &str) -> String {
    let declared = || policy.schema.actions.iter().map(|action| action.name.as_ref());
    let help = match closest(name, declared()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => {
            let names: Vec<String> = declared().take(NAMES).map(|name| format!("`{name}`")).collect();
            let more = if policy.schema.actions.len() > NAMES { " and more" } else { "" };
            format!("it declares {}{more}", names.join(", "))
        }
    };
    format!("the schema declares no action `{}`: {help}", shown(name))
}

fn fields(
    policy: &Policy,
    request: &RawRequest,
    domain: Domain,
    action: Option<ActionId>,
    lines: &mut Vec<String>,
) {
    let (record, declared) = match domain {
        Domain::Action => match action.and_then(|id| policy.schema.action(id)) {
            Some(action) => (&request.action, &action.fields),
            None => return,
        },
        Domain::Actor => (&request.actor, &policy.schema.actor),
        Domain::Snapshot => (&request.snapshot, &policy.schema.snapshot),
    };
    let Some(RawValue::Map(members)) = record else { return };
    let is_known = |name: &str| declared.contains_key(name) || (domain == Domain::Action && name == "type");
    for (name, _) in members.iter().filter(|(name, _)| !is_known(name)) {
        let close = closest(name, declared.keys().map(AsRef::as_ref));
        let help = close.map(|close| format!(": did you mean `{domain}.{close}`?")).unwrap_or_default();
        lines.push(format!("`{domain}.{}` is not declared, so no rule reads it{help}", shown(name)));
    }
}
