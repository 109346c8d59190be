//! The kinds of JSON that values of a type are.

use actra_model::TypeKind;

/// A kind of JSON, but for null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonKind {
    Boolean,
    Number,
    Text,
    List,
    Object,
}

/// The kinds that values of a type are.
pub(crate) fn json_kinds(kind: &TypeKind) -> &'static [JsonKind] {
    match kind {
        TypeKind::Boolean => &[JsonKind::Boolean],
        TypeKind::Number | TypeKind::Integer => &[JsonKind::Number],
        TypeKind::String
        | TypeKind::Timestamp
        | TypeKind::Date
        | TypeKind::Duration
        | TypeKind::Quantity
        | TypeKind::Ip
        | TypeKind::Path
        | TypeKind::Url => &[JsonKind::Text],
        TypeKind::List(_) => &[JsonKind::List],
        TypeKind::Map(_) | TypeKind::Object(_) => &[JsonKind::Object],
        TypeKind::Any => {
            &[JsonKind::Boolean, JsonKind::Number, JsonKind::Text, JsonKind::List, JsonKind::Object]
        }
    }
}

/// Whether no JSON is a value of both types.
pub(crate) fn are_disjoint(one: &TypeKind, other: &TypeKind) -> bool {
    !json_kinds(one).iter().any(|kind| json_kinds(other).contains(kind))
}

/// Whether values of a type are one number or text each.
pub(crate) fn is_plain(kind: &TypeKind) -> bool {
    matches!(json_kinds(kind), [JsonKind::Number | JsonKind::Text])
}

/// Whether values of a type can hold undeclared members.
pub(crate) fn holds_members(kind: &TypeKind) -> bool {
    match kind {
        TypeKind::Object(_) => true,
        TypeKind::List(element) | TypeKind::Map(element) => holds_members(&element.kind),
        _ => false,
    }
}
