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
    let reason = reason.map(|(name, other)| {
        format!(
            "some servers take the argument `{name}` for `{other}`: send only one of them, by its exact name"
        )
    });
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
fn ambiguous_names<'a>(
    members: &'a RawMap,
    declared: impl Iterator<Item = &'a str>,
) -> Option<(&'a str, &'a str)> {
    let mut known: BTreeMap<String, &str> = declared.map(|name| (folded(name), name)).collect();
    members.keys().find_map(|name| {
        let other = *known.entry(folded(name)).or_insert(name);
        (other != name).then_some((name.as_str(), other))
    })
}

/// The same for members of what rules can read, at any depth. What the members are called may be a secret.
fn ambiguous_members(action: &ActionSchema, arguments: &RawMap) -> Option<String> {
    arguments.iter().find_map(|(argument, value)| {
        let field = action.fields.get(action.field_of_argument(argument)?)?;
        is_ambiguous_in(&field.ty, value).then(|| {
            format!("in the argument `{argument}` some servers take one member for another, since they differ in case alone")
        })
    })
}

fn is_ambiguous_in(ty: &Type, value: &RawValue) -> bool {
    match (&ty.kind, value) {
        (TypeKind::List(of), RawValue::List(elements)) => {
            elements.iter().any(|element| is_ambiguous_in(of, element))
        }
        (TypeKind::Map(of), RawValue::Map(members)) => {
            members.iter().any(|(_, value)| is_ambiguous_in(of, value))
        }
        (TypeKind::Object(fields), RawValue::Map(members)) => is_ambiguous_object(fields, members),
        (TypeKind::Any, value) => is_ambiguous_anywhere(value),
        _ => false,
    }
}

fn is_ambiguous_object(fields: &Fields, members: &RawMap) -> bool {
    let below = |(name, value): (&String, &RawValue)| {
        fields.get(name.as_str()).is_some_and(|field| is_ambiguous_in(&field.ty, value))
    };
    ambiguous_names(members, fields.keys().map(|name| &**name)).is_some() || members.iter().any(below)
}

/// A value of unknown shape, of which rules may read any member.
fn is_ambiguous_anywhere(value: &RawValue) -> bool {
    match value {
        RawValue::List(elements) => elements.iter().any(is_ambiguous_anywhere),
        RawValue::Map(members) => {
            ambiguous_names(members, std::iter::empty()).is_some()
                || members.iter().any(|(_, value)| is_ambiguous_anywhere(value))
        }
        _ => false,
    }
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
