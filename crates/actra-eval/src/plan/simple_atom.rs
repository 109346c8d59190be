//! Atoms: the parts of conditions that are simple enough for the bytecode and the index, tests of one field or of two.

use std::sync::Arc;

use actra_ir::{Comparison, Expr, ExprKind, Function};
use actra_model::{Pattern, RecordName, Value, ValueState, limits};

/// The top-level field of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FieldRef<'e> {
    pub(crate) record: RecordName,
    pub(crate) name: &'e str,
}

/// A comparison of a field with a literal or another field, as the set of orderings that satisfy it: the lowest bit is
/// less, then equal, then greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderTest {
    Equal = 0b010,
    Less = 0b001,
    LessOrEqual = 0b011,
    Greater = 0b100,
    GreaterOrEqual = 0b110,
}

impl OrderTest {
    /// The test that says of (b, a) what this one says of (a, b).
    fn flipped(self) -> Self {
        match self {
            OrderTest::Equal => OrderTest::Equal,
            OrderTest::Less => OrderTest::Greater,
            OrderTest::LessOrEqual => OrderTest::GreaterOrEqual,
            OrderTest::Greater => OrderTest::Less,
            OrderTest::GreaterOrEqual => OrderTest::LessOrEqual,
        }
    }
}

/// A test of a text against another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

/// A test that is undetermined exactly when a field it names is absent or invalid, and then because of that field.
#[derive(Debug)]
pub(crate) enum SimpleAtom<'e> {
    /// A boolean field as a condition.
    Flag(FieldRef<'e>),
    /// A field against a literal.
    Compare(FieldRef<'e>, OrderTest, &'e Value),
    /// A field against a field, the left one first.
    CompareFields(FieldRef<'e>, OrderTest, FieldRef<'e>),
    /// A field among literals: the slots of the list, and its values.
    In(FieldRef<'e>, &'e [ValueState], Vec<&'e Value>),
    /// A literal among the elements of a field. An invalid element is the exception: then the evaluator must say which.
    Holds(FieldRef<'e>, &'e Value),
    /// A text against a literal.
    Text(FieldRef<'e>, TextTest, &'e Arc<str>),
    /// A text against a pattern.
    Matches(FieldRef<'e>, &'e Pattern),
    /// Whether an optional field is there.
    Has(FieldRef<'e>),
}

impl<'e> SimpleAtom<'e> {
    /// The atom that an expression is, if it is one.
    pub(crate) fn of(expr: &'e Expr) -> Option<Self> {
        match &expr.kind {
            ExprKind::Field { .. } => Some(SimpleAtom::Flag(field(expr)?)),
            ExprKind::Has(operand) => Some(SimpleAtom::Has(field(operand)?)),
            ExprKind::Compare { op, left, right } => compare(*op, left, right),
            ExprKind::In { element, container } => membership(element, container),
            // A match that may cost more than the limit is left to the evaluator, which checks the cost.
            ExprKind::Matches { operand, pattern } if pattern.within_call_cost(limits::REQUEST_BYTES) => {
                Some(SimpleAtom::Matches(field(operand)?, pattern))
            }
            ExprKind::Call { function, args } => text_test(*function, args),
            _ => None,
        }
    }
}

fn field(expr: &Expr) -> Option<FieldRef<'_>> {
    match &expr.kind {
        ExprKind::Field { record, name } => Some(FieldRef { record: *record, name }),
        _ => None,
    }
}

/// A literal of a type whose values always compare.
fn literal(expr: &Expr) -> Option<&Value> {
    match &expr.kind {
        ExprKind::Literal(value) => comparable(value).then_some(value),
        _ => None,
    }
}

fn comparable(value: &Value) -> bool {
    match value {
        Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Timestamp(_)
        | Value::Date(_)
        | Value::Duration(_)
        | Value::Quantity(_)
        | Value::Ip(_)
        | Value::Url(_) => true,
        // Paths may be incomparable, and the others hold values that may be unreadable.
        Value::Path(_) | Value::List(_) | Value::Map(_) | Value::Object(_) | Value::Any(_) => false,
    }
}

fn compare<'e>(op: Comparison, left: &'e Expr, right: &'e Expr) -> Option<SimpleAtom<'e>> {
    let test = match op {
        Comparison::Equal => OrderTest::Equal,
        Comparison::Less => OrderTest::Less,
        Comparison::LessOrEqual => OrderTest::LessOrEqual,
    };
    match (field(left), field(right)) {
        (Some(left), Some(right)) => Some(SimpleAtom::CompareFields(left, test, right)),
        (Some(left), None) => Some(SimpleAtom::Compare(left, test, literal(right)?)),
        (None, Some(right)) => Some(SimpleAtom::Compare(right, test.flipped(), literal(left)?)),
        (None, None) => None,
    }
}

fn membership<'e>(element: &'e Expr, container: &'e Expr) -> Option<SimpleAtom<'e>> {
    if let (Some(field), ExprKind::Literal(Value::List(elements))) = (field(element), &container.kind) {
        let values = elements.iter().map(|element| match element {
            ValueState::Present(value) if comparable(value) => Some(value),
            _ => None,
        });
        return Some(SimpleAtom::In(field, elements, values.collect::<Option<Vec<_>>>()?));
    }
    Some(SimpleAtom::Holds(field(container)?, literal(element)?))
}

fn text_test(function: Function, args: &[Expr]) -> Option<SimpleAtom<'_>> {
    let test = match function {
        Function::StartsWith => TextTest::StartsWith,
        Function::EndsWith => TextTest::EndsWith,
        Function::Contains => TextTest::Contains,
        _ => return None,
    };
    let [receiver, wanted] = args else { return None };
    match &wanted.kind {
        ExprKind::Literal(Value::String(text)) => Some(SimpleAtom::Text(field(receiver)?, test, text)),
        _ => None,
    }
}
