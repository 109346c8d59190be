//! Types of the language, what narrows them, and declared fields.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Description, OneOf, Pattern, Value};

/// A type of the language with its constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type {
    /// The type without its constraints.
    pub kind: TypeKind,
    /// What further restricts its values; checked on input.
    pub constraints: Constraints,
}

/// The type proper, without its constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeKind {
    /// A text in UTF-8.
    String,
    /// An exact decimal.
    Number,
    /// An exact decimal without fraction.
    Integer,
    /// True or false.
    Boolean,
    /// A point in time, RFC 3339 with an offset.
    Timestamp,
    /// A calendar date.
    Date,
    /// A length of time.
    Duration,
    /// A Kubernetes quantity such as `500Mi`.
    Quantity,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A slash-separated path.
    Path,
    /// An absolute URL.
    Url,
    /// A sequence of one type.
    List(Box<Type>),
    /// String keys to one type.
    Map(Box<Type>),
    /// Named members.
    Object(Fields),
    /// JSON of unknown shape.
    Any,
}

/// What restricts the values of a type; all parts optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constraints {
    /// The only values allowed, as written.
    pub one_of: Option<OneOf>,
    /// The smallest value allowed (ordered types).
    pub min: Option<Value>,
    /// The greatest value allowed (ordered types).
    pub max: Option<Value>,
    /// Code points at most (strings).
    pub max_length: Option<usize>,
    /// Elements or entries at most (lists and maps).
    pub max_items: Option<usize>,
    /// A pattern that the text must match somewhere (strings).
    pub pattern: Option<Pattern>,
}

/// A declared field or member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The type of its values.
    pub ty: Type,
    /// Whether it may be absent (missing or null).
    pub optional: bool,
    /// Whether it is kept out of messages, explanations, events, reports of tests and logs.
    pub sensitive: bool,
    /// The name of the operation's argument, where it differs from the field's; see
    /// [`ActionSchema::field_of_argument`](crate::ActionSchema::field_of_argument).
    ///
    /// INVARIANT (own names): only fields at the top of an action have one, and never their own name.
    pub argument: Option<Arc<str>>,
    /// Its description for people.
    pub description: Description,
}

/// Fields by name, in byte order of the names.
pub type Fields = BTreeMap<Arc<str>, Field>;

impl Field {
    /// A required field of a type, with nothing else said of it.
    pub fn new(ty: Type) -> Self {
        Self { ty, optional: false, sensitive: false, argument: None, description: Description::default() }
    }

    /// Whether it is sensitive, or something in it is.
    pub fn holds_sensitive(&self) -> bool {
        self.sensitive || self.ty.kind.holds_sensitive()
    }
}

impl Constraints {
    /// Whether nothing is restricted.
    pub(crate) fn is_none(&self) -> bool {
        self.limits_only_items() && self.max_items.is_none()
    }

    /// Whether nothing but the count of items is restricted.
    pub(crate) fn limits_only_items(&self) -> bool {
        let Constraints { one_of, min, max, max_length, max_items: _, pattern } = self;
        one_of.is_none() && min.is_none() && max.is_none() && max_length.is_none() && pattern.is_none()
    }
}

impl Type {
    /// A type without constraints.
    pub fn plain(kind: TypeKind) -> Self {
        Self { kind, constraints: Constraints::default() }
    }

    /// Whether both types read every value alike; what may be shown of it is no matter.
    pub fn reads_like(&self, other: &Type) -> bool {
        self.constraints == other.constraints && self.kind.reads_like(&other.kind)
    }
}

impl TypeKind {
    /// Whether both kinds read every value alike, with the constraints of what they contain. Depth: that of types.
    pub fn reads_like(&self, other: &TypeKind) -> bool {
        match (self, other) {
            (TypeKind::List(own), TypeKind::List(other)) | (TypeKind::Map(own), TypeKind::Map(other)) => {
                own.reads_like(other)
            }
            (TypeKind::Object(own), TypeKind::Object(other)) => {
                let same = |(name, own): (&Arc<str>, &Field)| {
                    other
                        .get(name)
                        .is_some_and(|other| own.optional == other.optional && own.ty.reads_like(&other.ty))
                };
                own.len() == other.len() && own.iter().all(same)
            }
            (own, other) => own == other,
        }
    }

    /// Whether values of it have a sensitive member, at any depth.
    pub fn holds_sensitive(&self) -> bool {
        match self {
            TypeKind::List(inner) | TypeKind::Map(inner) => inner.kind.holds_sensitive(),
            TypeKind::Object(members) => members.values().any(Field::holds_sensitive),
            _ => false,
        }
    }

    /// The word in schemas and messages: `string`, `list<string>`, `object`.
    pub fn name(&self) -> String {
        match self {
            TypeKind::String => "string".into(),
            TypeKind::Number => "number".into(),
            TypeKind::Integer => "integer".into(),
            TypeKind::Boolean => "boolean".into(),
            TypeKind::Timestamp => "timestamp".into(),
            TypeKind::Date => "date".into(),
            TypeKind::Duration => "duration".into(),
            TypeKind::Quantity => "quantity".into(),
            TypeKind::Ip => "ip".into(),
            TypeKind::Path => "path".into(),
            TypeKind::Url => "url".into(),
            TypeKind::List(element) => format!("list<{}>", element.kind.name()),
            TypeKind::Map(value) => format!("map<{}>", value.kind.name()),
            TypeKind::Object(_) => "object".into(),
            TypeKind::Any => "any".into(),
        }
    }
}
