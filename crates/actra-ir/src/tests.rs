//! Printing and hashing of hand-made trees.

use std::sync::Arc;

use actra_diagnostics::{FileId, Span};
use actra_model::{
    ActionId, Cidr, Date, Decimal, Duration, Effect, Pattern, RawValue, RecordName, Schema, Timestamp,
    TypeKind, Value, ValueState, Zone,
};

use crate::print::print;
use crate::{
    ArithmeticOp, Comparison, Expr, ExprKind, Function, MacroKind, Rule, RuleMetadata, RuleMode, TimePart,
    Variable, Variables, mentions, static_path,
};

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span { file: FileId(0), start: 0, end: 0 } }
}

fn boxed(kind: Expr) -> Arc<Expr> {
    Arc::new(kind)
}

fn field(name: &str) -> Expr {
    expr(ExprKind::Field { record: RecordName::Action, name: name.into() })
}

fn number(text: &str) -> Expr {
    expr(ExprKind::Literal(Value::Number(Decimal::parse_json(text).unwrap())))
}

fn text(text: &str) -> Expr {
    expr(ExprKind::Literal(Value::String(text.into())))
}

fn member(operand: Expr, name: &str, chained: bool) -> Expr {
    expr(ExprKind::Member { operand: boxed(operand), name: name.into(), chained })
}

fn lookup(operand: Expr, key: Expr, chained: bool) -> Expr {
    expr(ExprKind::Lookup { operand: boxed(operand), key: boxed(key), chained })
}

fn compare(op: Comparison, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Compare { op, left: boxed(left), right: boxed(right) })
}

fn equal(left: Expr, right: Expr) -> Expr {
    compare(Comparison::Equal, left, right)
}

fn not(operand: Expr) -> Expr {
    expr(ExprKind::Not(boxed(operand)))
}

fn arithmetic(op: ArithmeticOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Arithmetic { op, left: boxed(left), right: boxed(right) })
}

fn or_value(operand: Expr, default: Expr) -> Expr {
    expr(ExprKind::OrValue { operand: boxed(operand), default: boxed(default) })
}

fn call(function: Function, args: Vec<Expr>) -> Expr {
    expr(ExprKind::Call { function, args })
}

fn variable(name: &str, slot: usize) -> Variable {
    Variable { name: name.into(), slot }
}

fn var(name: &str, slot: usize) -> Expr {
    expr(ExprKind::Variable(variable(name, slot)))
}

fn each(range: Expr, name: &str, slot: usize, body: Expr) -> Expr {
    expr(ExprKind::Macro {
        kind: MacroKind::Exists,
        range: boxed(range),
        variables: Box::new(Variables { first: variable(name, slot), second: None }),
        filter: None,
        body: boxed(body),
    })
}

#[test]
fn prints_with_few_parentheses() {
    let (a, b, c) = (|| field("a"), || field("b"), || field("c"));
    let or = |operands| expr(ExprKind::Or(operands));
    let and = |operands| expr(ExprKind::And(operands));
    for (tree, expected) in [
        (or(vec![and(vec![a(), b()]), c()]), "action.a && action.b || action.c"),
        (and(vec![or(vec![a(), b()]), not(c())]), "(action.a || action.b) && !action.c"),
        (not(and(vec![a(), b()])), "!(action.a && action.b)"),
        (not(equal(a(), b())), "action.a != action.b"),
        (not(compare(Comparison::Less, a(), b())), "!(action.a < action.b)"),
        (equal(equal(a(), b()), c()), "(action.a == action.b) == action.c"),
        (not(expr(ExprKind::IsNull(boxed(a())))), "action.a != null"),
        (
            arithmetic(ArithmeticOp::Multiply, arithmetic(ArithmeticOp::Add, a(), b()), c()),
            "(action.a + action.b) * action.c",
        ),
        (
            arithmetic(ArithmeticOp::Subtract, a(), arithmetic(ArithmeticOp::Add, b(), c())),
            "action.a - (action.b + action.c)",
        ),
        (
            arithmetic(ArithmeticOp::Subtract, arithmetic(ArithmeticOp::Subtract, a(), b()), number("-5")),
            "action.a - action.b - -5",
        ),
        (expr(ExprKind::Negate(boxed(number("5")))), "-(5)"),
        (
            expr(ExprKind::Conditional { condition: boxed(a()), then: boxed(b()), otherwise: boxed(c()) }),
            "action.a ? action.b : action.c",
        ),
        (expr(ExprKind::List(vec![a(), text("x\"\n")])), r#"[action.a, "x\"\n"]"#),
        (expr(ExprKind::Map(vec![("k".into(), a())])), r#"{"k": action.a}"#),
        (field("in"), "action.`in`"),
        (member(a(), "x-y", false), "action.a.`x-y`"),
    ] {
        assert_eq!(print(&tree), expected);
    }
}

#[test]
fn prints_reads_and_calls() {
    let a = || field("a");
    let cidr = Cidr::parse("10.0.0.0/8").unwrap();
    for (tree, expected) in [
        (or_value(a(), number("1")), "action.?a.orValue(1)"),
        (or_value(member(member(a(), "b", false), "c", true), text("")), r#"action.a.?b.?c.orValue("")"#),
        (or_value(lookup(a(), text("k"), false), number("1")), r#"action.a[?"k"].orValue(1)"#),
        (expr(ExprKind::Has(boxed(member(member(a(), "b", false), "c", true)))), "has(action.a.?b.c)"),
        (call(Function::Size, vec![a()]), "size(action.a)"),
        (call(Function::StartsWith, vec![a(), text("x")]), r#"action.a.startsWith("x")"#),
        (call(Function::Sum, vec![arithmetic(ArithmeticOp::Add, a(), a())]), "(action.a + action.a).sum()"),
        (call(Function::SetsContains, vec![a(), a()]), "sets.contains(action.a, action.a)"),
        (call(Function::ToString, vec![number("1.50")]), "string(1.5)"),
        (each(a(), "x", 0, equal(var("x", 0), number("1"))), "action.a.exists(x, x == 1)"),
        (expr(ExprKind::InCidr { operand: boxed(a()), cidr }), r#"cidr("10.0.0.0/8").containsIP(action.a)"#),
        (
            expr(ExprKind::Within { operand: boxed(a()), base: boxed(text("/srv")) }),
            r#"action.a.within("/srv")"#,
        ),
        (
            expr(ExprKind::Matches {
                operand: boxed(a()),
                pattern: Box::new(Pattern::new(r"^\d$").unwrap()),
            }),
            r#"action.a.matches("^\\d$")"#,
        ),
        (
            expr(ExprKind::Convert {
                operand: boxed(lookup(a(), number("0"), false)),
                kind: TypeKind::String,
            }),
            "action.a[0]",
        ),
    ] {
        assert_eq!(print(&tree), expected);
    }
    let part = |zone| {
        let zone = Box::new(Zone::parse(zone).unwrap());
        print(&expr(ExprKind::TimePart { part: TimePart::Hours, operand: boxed(a()), zone }))
    };
    assert_eq!(part("UTC"), "action.a.getHours()");
    assert_eq!(part("Europe/Berlin"), r#"action.a.getHours("Europe/Berlin")"#);
}

#[test]
fn prints_literals() {
    for (value, expected) in [
        (
            Value::Timestamp(Timestamp::parse("2026-01-02T03:04:05+01:00").unwrap()),
            r#"timestamp("2026-01-02T02:04:05Z")"#,
        ),
        (Value::Duration(Duration::parse("1h").unwrap()), r#"duration("3600s")"#),
        (Value::Date(Date::parse("2026-01-02").unwrap()), r#""2026-01-02""#),
        (Value::List([ValueState::Present(Value::Bool(true))].into()), "[true]"),
        (Value::Any(RawValue::List(vec![RawValue::Null, 1.into()])), "[null, 1]"),
    ] {
        assert_eq!(print(&expr(ExprKind::Literal(value))), expected);
    }
}

#[test]
fn paths_are_static() {
    let key = |key| lookup(field("m"), key, false);
    for (tree, expected) in [
        (field("a"), "action.a"),
        (member(field("a"), "b", false), "action.a.b"),
        (key(text("k\"")), r#"action.m["k\""]"#),
        (key(field("k")), "action.m[*]"),
        (lookup(field("xs"), number("0"), false), "action.xs[*]"),
        (arithmetic(ArithmeticOp::Add, number("1"), field("a")), "action.a"),
        (number("1"), ""),
        (member(var("x", 0), "b", false), "snapshot.xs[*].b"),
        (each(expr(ExprKind::List(vec![number("1")])), "y", 1, equal(var("y", 1), field("a"))), "action.a"),
    ] {
        assert_eq!(static_path(&tree, &["snapshot.xs[*]".to_owned()]), expected);
    }
    assert_eq!(static_path(&var("x", 3), &[]), "");
}

#[test]
fn mentions_are_the_longest_chains() {
    let named = equal(member(var("x", 0), "name", false), field("who"));
    let tree = expr(ExprKind::And(vec![
        each(field("users"), "x", 0, named),
        equal(lookup(field("m"), member(field("a"), "b", false), false), number("1")),
        expr(ExprKind::Has(boxed(field("opt")))),
    ]));
    let found = mentions(&tree).into_iter().collect::<Vec<_>>();
    assert_eq!(
        found,
        ["action.a.b", "action.m[*]", "action.opt", "action.users", "action.users[*].name", "action.who"]
    );
}

fn rule(condition: Expr) -> Rule {
    let place = condition.span;
    Rule {
        id: Arc::from("r"),
        actions: Arc::from([]),
        condition,
        effect: Effect::Block,
        mode: RuleMode::Enforce,
        message: None,
        required_actions: Vec::new(),
        metadata: RuleMetadata::new(place, place, None, crate::RuleTraits::default()),
    }
}

fn hash_of(condition: Expr) -> String {
    crate::hash::hash(&Schema::default(), Effect::Allow, &[rule(condition)]).to_string()
}

/// Trees that print alike or nearly alike are still different policies.
#[test]
fn different_trees_have_different_hashes() {
    let a = || field("a");
    let trees = vec![
        a(),
        not(a()),
        text("1"),
        number("1"),
        number("1.5"),
        number("15"),
        expr(ExprKind::Literal(Value::Any(RawValue::String("1".into())))),
        expr(ExprKind::Literal(Value::Any(RawValue::List([].into())))),
        expr(ExprKind::Literal(Value::List([].into()))),
        expr(ExprKind::List(Vec::new())),
        member(a(), "b", false),
        member(a(), "b", true),
        lookup(a(), text("b"), false),
        lookup(a(), text("b"), true),
        expr(ExprKind::And(vec![a(), a()])),
        expr(ExprKind::And(vec![a(), a(), a()])),
        expr(ExprKind::And(vec![a(), expr(ExprKind::And(vec![a(), a()]))])),
        expr(ExprKind::Or(vec![a(), a()])),
        compare(Comparison::Less, a(), a()),
        compare(Comparison::LessOrEqual, a(), a()),
        arithmetic(ArithmeticOp::Subtract, a(), a()),
        expr(ExprKind::Convert { operand: boxed(a()), kind: TypeKind::String }),
        expr(ExprKind::Convert { operand: boxed(a()), kind: TypeKind::Path }),
        each(a(), "x", 0, var("x", 0)),
        each(a(), "y", 0, var("y", 0)),
        each(a(), "x", 1, var("x", 1)),
    ];
    let count = trees.len();
    let hashes = trees.into_iter().map(hash_of).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(hashes.len(), count);
}

#[test]
fn places_do_not_change_the_hash() {
    let mut moved = field("a");
    moved.span.start = 7;
    assert_eq!(hash_of(moved), hash_of(field("a")));
}

/// Long scopes are written once; shared or not, they are the same.
#[test]
fn hashes_tell_long_scopes_apart() {
    let scope = |from: u32| (from..from + 100).map(ActionId).collect::<Arc<[ActionId]>>();
    let hash = |scopes: [&Arc<[ActionId]>; 3]| {
        let rules: Vec<Rule> =
            scopes.map(|actions| Rule { actions: Arc::clone(actions), ..rule(field("a")) }).into();
        crate::hash::hash(&Schema::default(), Effect::Allow, &rules)
    };
    let (a, again, b) = (scope(0), scope(0), scope(1));
    assert_eq!(hash([&a, &a, &b]), hash([&a, &again, &b]));
    let all =
        [hash([&a, &a, &a]), hash([&a, &a, &b]), hash([&a, &b, &a]), hash([&a, &b, &b]), hash([&b, &a, &a])];
    for (idx, hash) in all.iter().enumerate() {
        assert!(!all.iter().skip(idx + 1).any(|other| other == hash));
    }
}

/// Each byte counts a million times in a large policy.
#[test]
fn nodes_and_rules_stay_small() {
    assert!(size_of::<Expr>() <= 64, "{}", size_of::<Expr>());
    assert!(size_of::<Rule>() <= 208, "{}", size_of::<Rule>());
}
