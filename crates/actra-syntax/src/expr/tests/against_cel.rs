//! Another parser of CEL reads our expressions the same way.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr, LiteralValue, operators};
use proptest::prelude::*;

use super::super::print;
use super::generated::{near_text, tree};
use super::{read, shape};

fn read_by_cel(text: &str) -> Option<IdedExpr> {
    cel::parser::Parser::new().enable_optional_syntax(true).enable_ident_escape_syntax(true).parse(text).ok()
}

/// The other tree in the notation of [`shape`].
fn cel_shape(expr: &IdedExpr) -> String {
    match &expr.expr {
        Expr::Literal(literal) => cel_literal(literal),
        Expr::Ident(name) => name.clone(),
        Expr::Select(select) => format!("{}.<{}>", cel_shape(&select.operand), select.field),
        Expr::List(list) => format!("list({})", cel_joined(&list.elements)),
        Expr::Map(map) => {
            let entries: Vec<String> = map.entries.iter().map(|entry| cel_entry(&entry.expr)).collect();
            format!("map({})", entries.join(" "))
        }
        Expr::Call(call) => match cel_operator(&call.func_name, &call.args) {
            Some(operator) => operator,
            None => {
                let target =
                    call.target.as_ref().map_or(String::new(), |target| format!("{} ", cel_shape(target)));
                format!("call({target}<{}> {})", call.func_name, cel_joined(&call.args))
            }
        },
        other => format!("{other:?}"),
    }
}

fn cel_joined(exprs: &[IdedExpr]) -> String {
    exprs.iter().map(cel_shape).collect::<Vec<_>>().join(" ")
}

fn cel_entry(entry: &EntryExpr) -> String {
    match entry {
        EntryExpr::MapEntry(entry) => format!("{}={}", cel_shape(&entry.key), cel_shape(&entry.value)),
        EntryExpr::StructField(field) => format!("{field:?}"),
    }
}

fn cel_literal(literal: &LiteralValue) -> String {
    match literal {
        LiteralValue::Null => "null".to_owned(),
        LiteralValue::Boolean(value) => value.inner().to_string(),
        LiteralValue::Int(value) if *value.inner() < 0 => {
            format!("(Negate {})", value.inner().unsigned_abs())
        }
        LiteralValue::Int(value) => value.inner().to_string(),
        LiteralValue::String(value) => format!("{:?}", value.inner()),
        other => format!("{other:?}"),
    }
}

fn cel_operator(function: &str, args: &[IdedExpr]) -> Option<String> {
    let chain = match function {
        operators::LOGICAL_AND => Some("&&"),
        operators::LOGICAL_OR => Some("||"),
        _ => None,
    };
    if let Some(written) = chain {
        let mut terms = Vec::new();
        args.iter().for_each(|arg| cel_flatten(arg, function, &mut terms));
        return Some(format!("({})", terms.join(&format!(" {written} "))));
    }
    let shapes: Vec<String> = args.iter().map(cel_shape).collect();
    Some(match (function, shapes.as_slice()) {
        (operators::LOGICAL_NOT, [a]) => format!("(Not {a})"),
        (operators::NEGATE, [a]) => format!("(Negate {a})"),
        (operators::CONDITIONAL, [a, b, c]) => format!("({a} ? {b} : {c})"),
        (operators::INDEX, [a, b]) => format!("{a}[{b}]"),
        (operators::OPT_INDEX, [a, b]) => format!("{a}[?{b}]"),
        (operators::OPT_SELECT, [a, b]) => format!("{a}.?<{}>", b.trim_matches('"')),
        (operators::IN, [a, b]) => format!("({a} in {b})"),
        (_, [a, b]) => {
            let written = function.strip_prefix('_')?.strip_suffix('_')?;
            format!("({a} {written} {b})")
        }
        _ => return None,
    })
}

fn cel_flatten(expr: &IdedExpr, function: &str, terms: &mut Vec<String>) {
    match &expr.expr {
        Expr::Call(call) if call.func_name == function => {
            call.args.iter().for_each(|arg| cel_flatten(arg, function, terms));
        }
        _ => terms.push(cel_shape(expr)),
    }
}

/// The forms in which the two trees differ without a difference in meaning: CEL drops `!!` and `--`, and takes
/// the sign of `-1[0]` for a part of the number.
fn differs_by_design(text: &str) -> bool {
    let member_of_number = |pair: &[u8]| pair[0].is_ascii_digit() && matches!(pair[1], b'.' | b'[');
    ["!!", "--"].iter().any(|twice| text.contains(twice)) || text.as_bytes().windows(2).any(member_of_number)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn trees_agree(expr in tree("[1-9][0-9]{0,3}", "[a-z \"'\\\\\n]{0,4}")) {
        let text = print(&expr);
        let theirs = read_by_cel(&text);
        prop_assert!(theirs.is_some(), "{}", text);
        if let Some(theirs) = theirs.filter(|_| !differs_by_design(&text)) {
            prop_assert_eq!(cel_shape(&theirs), shape(&expr), "{}", text);
        }
    }

    #[test]
    fn what_we_accept_is_cel(text in near_text(6)) {
        if read(&text).0.is_some() {
            prop_assert!(read_by_cel(&text).is_some(), "{}", text);
        }
    }
}
