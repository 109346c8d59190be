//! Rules as data, in no engine's language: each engine writes its own text from them.

use crate::request::Value;

/// A path such as `action.amount`.
pub type Field = &'static str;

/// A rule that blocks: every scenario's default is to allow.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name, unique in a workload.
    pub id: String,
    /// The only action it covers; all of them if none is named.
    pub action: Option<String>,
    /// When it blocks.
    pub condition: Condition,
}

/// How a number is compared with a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Order {
    /// The operator, which all the languages compared write alike.
    pub fn symbol(self) -> &'static str {
        match self {
            Order::Less => "<",
            Order::AtMost => "<=",
            Order::Greater => ">",
            Order::AtLeast => ">=",
        }
    }

    /// Whether `left` stands so to `right`.
    pub fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Order::Less => left < right,
            Order::AtMost => left <= right,
            Order::Greater => left > right,
            Order::AtLeast => left >= right,
        }
    }
}

/// What a rule asks of a request.
#[derive(Debug, Clone)]
pub enum Condition {
    /// All of these hold.
    All(Vec<Condition>),
    /// One of these holds.
    Any(Vec<Condition>),
    /// This does not hold.
    Not(Box<Condition>),
    /// A number against a threshold.
    Compare(Field, Order, i64),
    /// A field has exactly this value.
    Is(Field, Value),
    /// A text is one of these.
    OneOf(Field, Vec<String>),
    /// A list of texts holds this one.
    Holds(Field, String),
    /// A text starts so.
    Starts(Field, String),
}

impl Condition {
    /// Both hold.
    pub fn and(self, other: Condition) -> Condition {
        Condition::All(vec![self, other])
    }

    /// A text equals this one.
    pub fn text(field: Field, text: impl Into<String>) -> Condition {
        Condition::Is(field, Value::Text(text.into()))
    }

    /// `low <= field < high`.
    pub fn between(field: Field, low: i64, high: i64) -> Condition {
        Condition::Compare(field, Order::AtLeast, low).and(Condition::Compare(field, Order::Less, high))
    }
}
