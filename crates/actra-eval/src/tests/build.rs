//! Short names for trees, and the request that the tests share.

use std::sync::Arc;

use actra_diagnostics::{FileId, Span};
use actra_ir::{
    ArithmeticOp, Comparison, Expr, ExprKind, Function, MacroKind, Policy, Rule, RuleMode, Variable,
    Variables,
};
use actra_model::{
    ActionId, ActionSchema, Decimal, Duration, Effect, Field, Path, PolicyHash, RawMap, RawValue, Reason,
    Record, RecordName, Request, Schema, Timestamp, Type, TypeKind, Value, ValueState,
};

use crate::{Truth, decide, explain};

pub fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span { file: FileId(0), start: 0, end: 0 } }
}

fn boxed(expr: Expr) -> Arc<Expr> {
    Arc::new(expr)
}

pub fn literal(value: Value) -> Expr {
    expr(ExprKind::Literal(value))
}

pub fn decimal(text: &str) -> Decimal {
    Decimal::parse_json(text).unwrap()
}

pub fn num(text: &str) -> Expr {
    literal(Value::Number(decimal(text)))
}

pub fn text(text: &str) -> Expr {
    literal(Value::String(text.into()))
}

pub fn truth(value: bool) -> Expr {
    literal(Value::Bool(value))
}

pub fn path(text: &str) -> Expr {
    literal(Value::Path(Path::parse(text).unwrap()))
}

pub fn time(text: &str) -> Expr {
    literal(Value::Timestamp(Timestamp::parse(text).unwrap()))
}

pub fn duration(text: &str) -> Expr {
    literal(Value::Duration(Duration::parse(text).unwrap()))
}

/// A list literal of numbers.
pub fn nums(texts: &[&str]) -> Expr {
    literal(Value::List(texts.iter().map(|text| ValueState::Present(Value::Number(decimal(text)))).collect()))
}

/// `snapshot.name`
pub fn snap(name: &str) -> Expr {
    expr(ExprKind::Field { record: RecordName::Snapshot, name: name.into() })
}

pub fn member(operand: Expr, name: &str) -> Expr {
    expr(ExprKind::Member { operand: boxed(operand), name: name.into(), chained: false })
}

pub fn chained(operand: Expr, name: &str) -> Expr {
    expr(ExprKind::Member { operand: boxed(operand), name: name.into(), chained: true })
}

pub fn lookup(operand: Expr, key: Expr) -> Expr {
    expr(ExprKind::Lookup { operand: boxed(operand), key: boxed(key), chained: false })
}

pub fn has(operand: Expr) -> Expr {
    expr(ExprKind::Has(boxed(operand)))
}

pub fn or_value(operand: Expr, default: Expr) -> Expr {
    expr(ExprKind::OrValue { operand: boxed(operand), default: boxed(default) })
}

pub fn not(operand: Expr) -> Expr {
    expr(ExprKind::Not(boxed(operand)))
}

pub fn and(operands: Vec<Expr>) -> Expr {
    expr(ExprKind::And(operands))
}

pub fn or(operands: Vec<Expr>) -> Expr {
    expr(ExprKind::Or(operands))
}

fn compare(op: Comparison, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Compare { op, left: boxed(left), right: boxed(right) })
}

pub fn eq(left: Expr, right: Expr) -> Expr {
    compare(Comparison::Equal, left, right)
}

pub fn less(left: Expr, right: Expr) -> Expr {
    compare(Comparison::Less, left, right)
}

pub fn is_null(operand: Expr) -> Expr {
    expr(ExprKind::IsNull(boxed(operand)))
}

pub fn is_in(element: Expr, container: Expr) -> Expr {
    expr(ExprKind::In { element: boxed(element), container: boxed(container) })
}

pub fn within(operand: Expr, base: Expr) -> Expr {
    expr(ExprKind::Within { operand: boxed(operand), base: boxed(base) })
}

pub fn arithmetic(op: ArithmeticOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Arithmetic { op, left: boxed(left), right: boxed(right) })
}

pub fn add(left: Expr, right: Expr) -> Expr {
    arithmetic(ArithmeticOp::Add, left, right)
}

pub fn cond(condition: Expr, then: Expr, otherwise: Expr) -> Expr {
    expr(ExprKind::Conditional {
        condition: boxed(condition),
        then: boxed(then),
        otherwise: boxed(otherwise),
    })
}

pub fn call(function: Function, args: Vec<Expr>) -> Expr {
    expr(ExprKind::Call { function, args })
}

pub fn list(elements: Vec<Expr>) -> Expr {
    expr(ExprKind::List(elements))
}

pub fn map_of(entries: Vec<(&str, Expr)>) -> Expr {
    expr(ExprKind::Map(entries.into_iter().map(|(key, entry)| (key.into(), entry)).collect()))
}

pub fn convert(operand: Expr, kind: TypeKind) -> Expr {
    expr(ExprKind::Convert { operand: boxed(operand), kind })
}

fn variable(slot: usize) -> Variable {
    Variable { name: ["x", "y", "z"][slot].into(), slot }
}

pub fn var(slot: usize) -> Expr {
    expr(ExprKind::Variable(variable(slot)))
}

/// A macro whose variable has this slot.
pub fn each(kind: MacroKind, slot: usize, range: Expr, body: Expr) -> Expr {
    expr(ExprKind::Macro {
        kind,
        range: boxed(range),
        variables: Box::new(Variables { first: variable(slot), second: None }),
        filter: None,
        body: boxed(body),
    })
}

/// A macro with the variables 0 and 1.
pub fn each_pair(kind: MacroKind, range: Expr, body: Expr) -> Expr {
    expr(ExprKind::Macro {
        kind,
        range: boxed(range),
        variables: Box::new(Variables { first: variable(0), second: Some(variable(1)) }),
        filter: None,
        body: boxed(body),
    })
}

fn number(text: &str) -> ValueState {
    ValueState::Present(Value::Number(decimal(text)))
}

pub fn string(text: &str) -> ValueState {
    ValueState::Present(Value::String(text.into()))
}

fn record(states: Vec<(&str, ValueState)>) -> Record {
    Record { fields: states.into_iter().map(|(name, state)| (Arc::from(name), state)).collect() }
}

fn object(states: Vec<(&str, ValueState)>) -> ValueState {
    ValueState::Present(Value::Object(record(states)))
}

fn list_state(states: Vec<ValueState>) -> ValueState {
    ValueState::Present(Value::List(states.into()))
}

fn map_state(states: Vec<(&str, ValueState)>) -> ValueState {
    ValueState::Present(Value::Map(record(states).fields))
}

pub fn raw_map(entries: Vec<(&str, RawValue)>) -> RawMap {
    entries.into_iter().map(|(key, entry)| (key.to_owned(), entry)).collect()
}

fn document() -> RawValue {
    let unreadable = RawValue::Unreadable(Reason::UnrepresentableNumber);
    RawValue::Map(raw_map(vec![
        ("name", "ana".into()),
        ("size", 3.into()),
        ("flag", true.into()),
        ("none", RawValue::Null),
        ("huge", unreadable.clone()),
        ("tags", RawValue::List(vec!["a".into(), 1.into(), RawValue::Null])),
        ("numbers", RawValue::List(vec![1.into(), 2.into()])),
        ("partly", RawValue::List(vec![1.into(), unreadable])),
        ("time", "2026-01-02T03:04:05Z".into()),
        ("inner", RawValue::Map(raw_map(vec![("k", 1.into())]))),
    ]))
}

/// Everything that the tests read lies in the snapshot; the action is `refund` with an amount of 1500.
pub fn request() -> Request {
    let bad = || ValueState::Invalid(Reason::WrongType);
    let snapshot = record(vec![
        ("bad", bad()),
        ("missing", ValueState::Invalid(Reason::Missing)),
        ("absent", ValueState::Absent),
        ("flag", ValueState::Present(Value::Bool(true))),
        ("one", number("1")),
        ("half", number("0.5")),
        ("most", number("9999999999999999999999999999999999")),
        ("name", string("ana")),
        ("xs", list_state(vec![number("1"), bad(), number("3")])),
        ("ys", list_state(vec![number("3"), number("1"), number("1")])),
        ("bads", list_state(vec![bad()])),
        ("empty", list_state(Vec::new())),
        ("nested", list_state(vec![list_state(vec![number("1"), bad()]), list_state(vec![number("2")])])),
        ("map", map_state(vec![("a", number("1")), ("b", bad())])),
        ("no_entries", map_state(Vec::new())),
        ("user", object(vec![("name", string("ana")), ("age", bad()), ("nick", ValueState::Absent)])),
        (
            "same_user",
            object(vec![("name", string("ana")), ("age", number("1")), ("nick", ValueState::Absent)]),
        ),
        ("other_user", object(vec![("name", string("bo")), ("age", bad()), ("nick", string("b"))])),
        ("users", list_state(vec![object(vec![("name", string("ana"))]), object(vec![("name", bad())])])),
        ("file", ValueState::Present(Value::Path(Path::parse("/srv/data/x").unwrap()))),
        ("relative", ValueState::Present(Value::Path(Path::parse("a/b").unwrap()))),
        ("at", ValueState::Present(Value::Timestamp(Timestamp::parse("2026-11-22T23:30:05.25Z").unwrap()))),
        ("doc", ValueState::Present(Value::Any(document()))),
        ("scalar", ValueState::Present(Value::Any(5.into()))),
        ("null", ValueState::Present(Value::Any(RawValue::Null))),
        ("secret", string("hunter2")),
    ]);
    Request {
        action_id: Some(ActionId(0)),
        action: record(vec![("type", string("refund")), ("amount", number("1500"))]),
        actor: record(vec![("id", string("u-1"))]),
        snapshot,
        faults: Vec::new(),
        invalid: false,
    }
}

pub fn schema() -> Schema {
    let field = |sensitive| Field { sensitive, ..Field::new(Type::plain(TypeKind::String)) };
    Schema {
        actions: vec![ActionSchema::new("refund".into(), Default::default(), Default::default())],
        snapshot: [("secret".into(), field(true)), ("name".into(), field(false))].into(),
        ..Schema::default()
    }
}

pub fn rule(id: &str, effect: Effect, condition: Expr) -> Rule {
    let place = condition.span;
    Rule {
        id: id.into(),
        actions: [ActionId(0)].into(),
        condition,
        effect,
        mode: RuleMode::Enforce,
        message: None,
        required_actions: Vec::new(),
        metadata: actra_ir::RuleMetadata::new(place, place, None, actra_ir::RuleTraits::default()),
    }
}

pub fn policy(rules: Vec<Rule>) -> Policy {
    Policy { schema: schema(), default: Effect::Allow, rules, hash: PolicyHash([7; 32]) }
}

/// `true`, `false`, or the path and the reason of the leaf; `decide` and `explain` agree on the way.
#[track_caller]
pub fn check(condition: Expr, expected: &str) {
    let printed = actra_ir::print::print(&condition);
    let policy = policy(vec![rule("r", Effect::Block, condition)]);
    let explanation = explain(&policy, &request());
    assert_eq!(explanation.decision, decide(&policy, &request()), "{printed}");
    let shown = match &explanation.rules[0].truth {
        Truth::True => "true".to_owned(),
        Truth::False => "false".to_owned(),
        Truth::Undetermined(error) => format!("{} {}", error.path, error.reason),
    };
    assert_eq!(shown, expected, "{printed}");
}

/// The value of an expression, which must have one.
#[track_caller]
pub fn check_value(value: Expr, expected: Expr) {
    check(eq(value, expected), "true");
}
