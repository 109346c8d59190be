//! Arguments that a server may read otherwise than the policy does.

use std::collections::BTreeMap;

use actra_engine::Policy;
use actra_engine::model::{ActionSchema, Decimal, Fields, RawMap, RawValue, Reason, Type, TypeKind};

use crate::names::folded;

/// Why a server may read other arguments than the policy, if it may.
pub(crate) fn ambiguity(policy: &Policy, action: &str, arguments: &RawMap) -> Option<(Reason, String)> {
    let action = policy.schema.action_id(action).and_then(|id| policy.schema.action(id));
    let reason = action.map_or_else(
        || ambiguous_names(arguments, std::iter::empty()),
        |action| ambiguous_names(arguments, action.arguments().map(|(_, argument)| argument)),
    );
    if let Some(reason) = reason.or_else(|| action.and_then(|action| ambiguous_members(action, arguments))) {
        return Some((Reason::DuplicateKey, reason));
    }
    let inexact = arguments.iter().find(|(_, value)| holds_inexact_number(value));
    inexact.map(|(name, _)| {
        let reason = format!(
            "the argument `{name}` holds a number that not every server reads exactly: send it with at most 15 digits, or as text"
        );
        (Reason::UnrepresentableNumber, reason)
    })
}

/// Two members, or a member and the declared name of another, that differ in case alone.
fn ambiguous_names<'a>(members: &RawMap, declared: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut known: BTreeMap<String, &str> = declared.map(|name| (folded(name), name)).collect();
    for name in members.keys() {
        let other = known.entry(folded(name)).or_insert(name);
        if other != name {
            return Some(format!(
                "some servers take the argument `{name}` for `{other}`: send only one of them, by its exact name"
            ));
        }
    }
    None
}

/// The same for members of declared objects, at any depth. What is not declared no rule reads.
fn ambiguous_members(action: &ActionSchema, arguments: &RawMap) -> Option<String> {
    arguments.iter().find_map(|(argument, value)| {
        let field = action.fields.get(action.field_of_argument(argument)?)?;
        ambiguous_in(&field.ty, value)
    })
}

fn ambiguous_in(ty: &Type, value: &RawValue) -> Option<String> {
    match (&ty.kind, value) {
        (TypeKind::List(of), RawValue::List(elements)) => {
            elements.iter().find_map(|element| ambiguous_in(of, element))
        }
        (TypeKind::Map(of), RawValue::Map(members)) => {
            members.iter().find_map(|(_, value)| ambiguous_in(of, value))
        }
        (TypeKind::Object(fields), RawValue::Map(members)) => ambiguous_object(fields, members),
        _ => None,
    }
}

fn ambiguous_object(fields: &Fields, members: &RawMap) -> Option<String> {
    ambiguous_names(members, fields.keys().map(|name| &**name)).or_else(|| {
        members.iter().find_map(|(name, value)| ambiguous_in(&fields.get(name.as_str())?.ty, value))
    })
}

/// Whether a number in a value becomes another one where numbers are binary floats.
fn holds_inexact_number(value: &RawValue) -> bool {
    match value {
        RawValue::Number(number) => {
            number.to_string().parse::<f64>().ok().and_then(Decimal::from_f64).as_ref() != Some(number)
        }
        RawValue::List(elements) => elements.iter().any(holds_inexact_number),
        RawValue::Map(members) => members.iter().any(|(_, value)| holds_inexact_number(value)),
        RawValue::Unreadable(_) => true,
        RawValue::Null | RawValue::Bool(_) | RawValue::String(_) => false,
    }
}
