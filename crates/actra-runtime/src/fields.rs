//! From the arguments of a call to the fields of an action.

use actra_engine::Policy;
use actra_engine::model::{ActionSchema, RawMap};

use crate::approval;

/// The fields that are declared for an action, each with the argument that fills it.
pub(crate) fn declared<'p>(policy: &'p Policy, action: &str) -> impl Iterator<Item = (&'p str, &'p str)> {
    let declared = policy.schema.action_id(action).and_then(|id| policy.schema.action(id));
    declared.into_iter().flat_map(ActionSchema::arguments)
}

/// Whether each argument fills the field of its own name, or the schema does not even declare the action.
pub(crate) fn are_names(policy: &Policy, action: &str, arguments: &RawMap) -> bool {
    let declared = policy.schema.action_id(action).and_then(|id| policy.schema.action(id));
    arguments.keys().all(|name| field_of(declared, name) == Some(name))
}

/// Whether rules would see an argument of a function.
pub(crate) fn is_declared(policy: &Policy, action: &str, argument: &str) -> bool {
    let declared = policy.schema.action_id(action).and_then(|id| policy.schema.action(id));
    field_of(declared, argument).is_some()
}

/// The arguments of a function as the fields that they fill, and those that the schema does not declare in the form
/// that a binding takes.
pub(crate) fn split(policy: &Policy, action: &str, arguments: RawMap) -> (RawMap, RawMap) {
    let declared = policy.schema.action_id(action).and_then(|id| policy.schema.action(id));
    let (mut seen, mut hidden) = (RawMap::new(), RawMap::new());
    for (name, value) in arguments {
        match field_of(declared, &name).map(str::to_owned) {
            Some(field) => drop(seen.insert(field, value)),
            None => drop(hidden.insert(name, approval::plain(value))),
        }
    }
    (seen, hidden)
}

/// The field that an argument fills; `None` for one that the schema does not declare. One that is called `type` and
/// fills none stays what it is, and the call is refused for it.
pub(crate) fn field_of<'a>(declared: Option<&'a ActionSchema>, argument: &'a str) -> Option<&'a str> {
    let Some(declared) = declared else { return Some(argument) };
    declared.field_of_argument(argument).or_else(|| (argument == "type").then_some("type"))
}
