//! Generated trees survive printing and parsing, and any text is answered.

use actra_diagnostics::{FileId, Span};
use proptest::prelude::*;

use super::super::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use super::super::print;
use super::{accepted, read, shape};
use crate::ast::Name;

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

const NUMBERS: &str = "(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?";

fn node(kind: ExprKind) -> Expr {
    Expr { kind, span: NOWHERE }
}

fn name(value: String) -> Name {
    Name { value, span: NOWHERE }
}

/// Names that are free for anything, and words that are operators elsewhere.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_][a-z0-9_]{0,3}", Just("and".to_owned()), Just("not".to_owned()), Just("r".to_owned())]
        .prop_filter("a word of CEL", |word| {
            !matches!(word.as_str(), "in" | "true" | "false" | "null")
                && !super::super::mistakes::is_reserved(word)
        })
}

fn any_field() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any_name(),
        1 => "[a-zA-Z0-9_./ -]{1,5}",
        1 => Just("in".to_owned()),
        1 => Just("for".to_owned()),
    ]
}

fn leaf(numbers: &'static str, strings: &'static str) -> impl Strategy<Value = Expr> {
    prop_oneof![
        Just(ExprKind::Null),
        any::<bool>().prop_map(ExprKind::Bool),
        numbers.prop_map(ExprKind::Number),
        strings.prop_map(ExprKind::String),
        any_name().prop_map(ExprKind::Ident),
        any_name().prop_map(ExprKind::Ident),
    ]
    .prop_map(node)
}

const OPERATORS: &[BinaryOp] = &[
    BinaryOp::Or,
    BinaryOp::And,
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::Less,
    BinaryOp::LessOrEqual,
    BinaryOp::Greater,
    BinaryOp::GreaterOrEqual,
    BinaryOp::In,
    BinaryOp::Add,
    BinaryOp::Subtract,
    BinaryOp::Multiply,
];

fn binary((op, left, right): (BinaryOp, Expr, Expr)) -> ExprKind {
    ExprKind::Binary { op, op_span: NOWHERE, left: Box::new(left), right: Box::new(right) }
}

fn unary((op, operand): (UnaryOp, Expr)) -> ExprKind {
    ExprKind::Unary { op, operand: Box::new(operand) }
}

fn select((operand, field, optional): (Expr, String, bool)) -> ExprKind {
    ExprKind::Select { operand: Box::new(operand), field: name(field), optional }
}

fn index((operand, index, optional): (Expr, Expr, bool)) -> ExprKind {
    ExprKind::Index { operand: Box::new(operand), index: Box::new(index), optional }
}

fn call((target, function, args): (Option<Expr>, String, Vec<Expr>)) -> ExprKind {
    ExprKind::Call { target: target.map(Box::new), function: name(function), args }
}

fn conditional((condition, then, otherwise): (Expr, Expr, Expr)) -> ExprKind {
    ExprKind::Conditional {
        condition: Box::new(condition),
        then: Box::new(then),
        otherwise: Box::new(otherwise),
    }
}

/// Functions that no CEL parser takes for a macro and no word that reads as an operator before `(`.
fn function() -> impl Strategy<Value = String> {
    prop_oneof![Just("f".to_owned()), Just("size".to_owned()), Just("orValue".to_owned())]
}

fn above(part: impl Strategy<Value = Expr> + Clone + 'static) -> impl Strategy<Value = Expr> {
    let operator = prop::sample::select(OPERATORS);
    let prefix = prop::sample::select(&[UnaryOp::Not, UnaryOp::Negate][..]);
    let parts = || prop::collection::vec(part.clone(), 0..3);
    prop_oneof![
        4 => (operator, part.clone(), part.clone()).prop_map(binary),
        2 => (prefix, part.clone()).prop_map(unary),
        2 => (part.clone(), any_field(), any::<bool>()).prop_map(select),
        1 => (part.clone(), part.clone(), any::<bool>()).prop_map(index),
        1 => (prop::option::of(part.clone()), function(), parts()).prop_map(call),
        1 => parts().prop_map(ExprKind::List),
        1 => prop::collection::vec((part.clone(), part.clone()), 0..3).prop_map(ExprKind::Map),
        1 => (part.clone(), part.clone(), part.clone()).prop_map(conditional),
    ]
    .prop_map(node)
}

/// Trees with leaves that match the given patterns.
pub(super) fn tree(numbers: &'static str, strings: &'static str) -> impl Strategy<Value = Expr> {
    leaf(numbers, strings).prop_recursive(6, 40, 3, above)
}

/// Text made of pieces that the lexer knows, whole and broken.
pub(super) fn near_text(most: usize) -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(
        &[
            "a", "b.c", "1", "1.5", ".5", "0x", "1u", "\"s\"", "'", "\"", "\"\"\"", "r'", "b\"", "\\",
            "\\u12", "`", "`k`", "(", ")", "[", "]", "{", "}", ",", ":", "?", ".", ".?", "[?", "!", "-", "+",
            "*", "/", "%", "==", "=", "!=", "<", "&&", "&", "||", "in", "and", "not", "is", "if", "true",
            "null", " ", "\n", "\r", "//", "é", "“", "”", "≤", "😀", "\u{200b}", "??", "?.", "#", "f(", "T{",
        ][..],
    );
    prop::collection::vec(pieces, 0..most).prop_map(|pieces| pieces.concat())
}

fn answered(text: &str) {
    let (expr, diagnostics) = read(text);
    assert_eq!(expr.is_some(), diagnostics.is_empty(), "{text}");
    for diagnostic in &diagnostics {
        let span = diagnostic.span.expect(text);
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{text}: {diagnostic:?}");
        assert!(!diagnostic.message.contains('\n'), "{text}: {diagnostic:?}");
    }
    if let Some(expr) = expr {
        assert_eq!(shape(&accepted(&print(&expr))), shape(&expr), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn printing_and_parsing_is_identity(expr in tree(NUMBERS, "\\PC{0,6}|[\\x00-\\x20\"'\\\\]{0,4}|.{0,4}")) {
        let text = print(&expr);
        prop_assert!(!text.contains('\n'));
        prop_assert_eq!(shape(&accepted(&text)), shape(&expr));
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answered(&text);
    }

    #[test]
    fn text_of_known_pieces_is_answered(text in near_text(24)) {
        answered(&text);
    }
}
