//! The kinds of JSON that values of a type are.

use actra_model::TypeKind;

/// A kind of JSON, but for null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Json {
    Boolean,
    Number,
    Text,
    List,
    Object,
}

/// The kinds that values of a type are.
pub(crate) fn json_kinds(kind: &TypeKind) -> &'static [Json] {
    match kind {
        TypeKind::Boolean => &[Json::Boolean],
        TypeKind::Number | TypeKind::Integer => &[Json::Number],
        TypeKind::String
        | TypeKind::Timestamp
        | TypeKind::Date
        | TypeKind::Duration
        | TypeKind::Quantity
        | TypeKind::Ip
        | TypeKind::Path
        | TypeKind::Url => &[Json::Text],
        TypeKind::List(_) => &[Json::List],
        TypeKind::Map(_) | TypeKind::Object(_) => &[Json::Object],
        TypeKind::Any => &[Json::Boolean, Json::Number, Json::Text, Json::List, Json::Object],
    }
}

/// Whether no JSON is a value of both types.
pub(crate) fn are_apart(one: &TypeKind, other: &TypeKind) -> bool {
    !json_kinds(one).iter().any(|kind| json_kinds(other).contains(kind))
}

/// Whether values of a type are one number or text each.
pub(crate) fn is_plain(kind: &TypeKind) -> bool {
    matches!(json_kinds(kind), [Json::Number | Json::Text])
}

/// Whether values of a type can hold undeclared members.
pub(crate) fn holds_members(kind: &TypeKind) -> bool {
    match kind {
        TypeKind::Object(_) => true,
        TypeKind::List(element) | TypeKind::Map(element) => holds_members(&element.kind),
        _ => false,
    }
}
