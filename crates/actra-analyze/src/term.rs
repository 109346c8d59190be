//! Symbolic values: what expressions come to, as far as it depends on unknowns.

use std::sync::Arc;

use actra_model::{Path, Url, Value, ValueState};

use crate::formula::Formula;
use crate::linear::{LinearExpr, rational};
use crate::predicate::CaseMapping;
use crate::variable::{NumberVar, TextVar};

/// The number of a symbolic place of a request.
pub(crate) type PlaceId = usize;

/// A condition: a formula for being true, and one for being false; it is undetermined where neither holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SymbolicTruth {
    pub(crate) is_true: Formula,
    pub(crate) is_false: Formula,
}

impl SymbolicTruth {
    pub(crate) const UNDETERMINED: SymbolicTruth =
        SymbolicTruth { is_true: Formula::FALSE, is_false: Formula::FALSE };

    pub(crate) fn certain(formula: Formula) -> Self {
        Self { is_true: formula, is_false: !formula }
    }

    pub(crate) fn constant(truth: bool) -> Self {
        Self::certain(Formula::constant(truth))
    }
}

/// What an expression reads: one of several values, each with the formula for its case, or nothing. It is undetermined
/// where no case holds.
#[derive(Debug, Clone)]
pub(crate) struct SymbolicValue {
    pub(crate) cases: Vec<(Formula, Term)>,
    pub(crate) absent: Formula,
}

impl SymbolicValue {
    pub(crate) fn always(term: Term) -> Self {
        Self { cases: vec![(Formula::TRUE, term)], absent: Formula::FALSE }
    }

    pub(crate) fn undetermined() -> Self {
        Self { cases: Vec::new(), absent: Formula::FALSE }
    }
}

/// What a number measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Number,
    Quantity,
    /// Nanoseconds since 1970.
    Timestamp,
    /// Days since 1970.
    Date,
    /// Nanoseconds.
    Duration,
}

/// A present value.
#[derive(Debug, Clone)]
pub(crate) enum Term {
    Bool(Formula),
    Number(LinearExpr, Unit),
    /// A text, and the changes of case that are applied to it.
    Text(TextTerm, Arc<[CaseMapping]>),
    /// The number of code points of a text.
    Length(TextTerm),
    Ip(TextVar),
    Path(TextVar),
    Url(TextVar),
    /// A list or map of a request.
    Container(PlaceId),
    /// An object.
    Object(PlaceId),
    /// A value of type `any`.
    Any(PlaceId),
    /// A value that is known.
    Literal(Value),
    /// A list that is written out.
    List(Vec<SymbolicValue>),
    /// The concatenation of lists.
    Concatenation(Vec<Term>),
    /// A list of the items that are present.
    Items(Vec<Item>),
    /// A text that is split at a separator.
    Split(TextTerm, Arc<[CaseMapping]>, char),
    /// A number as a text.
    NumberText(LinearExpr),
}

/// An element of a list, or a key of a map, that may be there.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) there: Formula,
    pub(crate) read: SymbolicValue,
    /// The value of the entry, if it is a key.
    pub(crate) value: Option<SymbolicValue>,
    /// If it also stands for all further elements of a list: the length of that list, and how many elements of it are
    /// unrolled.
    pub(crate) copies: Option<(NumberVar, usize)>,
}

impl Item {
    pub(crate) fn always(read: SymbolicValue) -> Self {
        Self { there: Formula::TRUE, read, value: None, copies: None }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextTerm {
    Variable(TextVar),
    Constant(Arc<str>),
    /// A segment of the text of a variable.
    Segment(TextVar, Segment),
}

/// A segment of a text, delimited by a separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) which: SegmentKind,
    pub(crate) separator: char,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SegmentKind {
    /// Everything before the first separator.
    BeforeFirst,
    /// Everything before the last separator.
    BeforeLast,
    /// Everything after the first separator, or all if there is none.
    AfterFirst,
    /// Everything after the last separator, or all if there is none.
    AfterLast,
    /// The piece with this number, from 0.
    Piece(usize),
}

/// A term that operators on single values take.
#[derive(Debug, Clone)]
pub(crate) enum ScalarTerm {
    Bool(Formula),
    Number(LinearExpr, Unit),
    Text(TextTerm, Arc<[CaseMapping]>),
    Length(TextTerm),
    /// A number as a text.
    NumberText(LinearExpr),
    Ip(Symbolic<actra_model::IpAddress>),
    Path(Symbolic<Path>),
    Url(Symbolic<Url>),
}

#[derive(Debug, Clone)]
pub(crate) enum Symbolic<T> {
    Variable(TextVar),
    Constant(T),
}

impl Term {
    /// Whether this is a list (or a map, which is not used where lists are).
    pub(crate) fn is_list(&self) -> bool {
        matches!(
            self,
            Term::Container(_)
                | Term::List(_)
                | Term::Concatenation(_)
                | Term::Items(_)
                | Term::Literal(Value::List(_))
        )
    }

    /// This term as a scalar, if it is one.
    pub(crate) fn scalar(&self) -> Option<ScalarTerm> {
        Some(match self {
            Term::Bool(formula) => ScalarTerm::Bool(*formula),
            Term::Number(linear, unit) => ScalarTerm::Number(linear.clone(), *unit),
            Term::Text(text, cases) => ScalarTerm::Text(text.clone(), Arc::clone(cases)),
            Term::Length(text) => ScalarTerm::Length(text.clone()),
            Term::Ip(var) => ScalarTerm::Ip(Symbolic::Variable(*var)),
            Term::Path(var) => ScalarTerm::Path(Symbolic::Variable(*var)),
            Term::Url(var) => ScalarTerm::Url(Symbolic::Variable(*var)),
            Term::NumberText(number) => ScalarTerm::NumberText(number.clone()),
            Term::Literal(value) => literal(value)?,
            Term::Container(_)
            | Term::Object(_)
            | Term::Any(_)
            | Term::List(_)
            | Term::Concatenation(_)
            | Term::Items(_)
            | Term::Split(..) => return None,
        })
    }
}

fn literal(value: &Value) -> Option<ScalarTerm> {
    Some(match value {
        Value::Bool(flag) => ScalarTerm::Bool(Formula::constant(*flag)),
        Value::String(text) => ScalarTerm::Text(TextTerm::Constant(Arc::clone(text)), Arc::from([])),
        Value::Ip(address) => ScalarTerm::Ip(Symbolic::Constant(*address)),
        Value::Path(path) => ScalarTerm::Path(Symbolic::Constant(path.clone())),
        Value::Url(url) => ScalarTerm::Url(Symbolic::Constant(url.clone())),
        other => {
            let (number, unit) = number(other)?;
            ScalarTerm::Number(LinearExpr::constant(number), unit)
        }
    })
}

/// A value of an ordered type as a number of its unit.
pub(crate) fn number(value: &Value) -> Option<(crate::linear::Rational, Unit)> {
    let integer = |number: i128| crate::linear::Rational::from_integer(number.into());
    Some(match value {
        Value::Number(number) => (rational(*number), Unit::Number),
        Value::Quantity(quantity) => (rational(quantity.value()), Unit::Quantity),
        Value::Timestamp(time) => (integer(time.nanos()), Unit::Timestamp),
        Value::Date(date) => (integer(i128::from(date.days())), Unit::Date),
        Value::Duration(duration) => (integer(duration.nanos()), Unit::Duration),
        _ => return None,
    })
}

/// The elements of a literal list.
pub(crate) fn literal_elements(states: &[ValueState]) -> Vec<SymbolicValue> {
    states
        .iter()
        .map(|state| match state {
            ValueState::Present(value) => SymbolicValue::always(Term::Literal(value.clone())),
            ValueState::Absent | ValueState::Invalid(_) => SymbolicValue::undetermined(),
        })
        .collect()
}
