//! A tree to text: one canonical spelling, with parentheses only where they are needed.

use super::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use super::token::{is_backtick_name, is_invisible};
use crate::identifier::is_identifier;

/// The expression as text that parses to the same tree, on one line.
///
/// Chains of `&&` and of `||` stand without parentheses, whichever way the tree groups them.
pub fn print(expr: &Expr) -> String {
    let mut text = String::new();
    write(expr, Precedence::Conditional, &mut text);
    text
}

/// How tightly a form binds its operands, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precedence {
    Conditional,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Unary,
    Member,
}

impl Precedence {
    fn of(kind: &ExprKind) -> Precedence {
        match kind {
            ExprKind::Conditional { .. } => Precedence::Conditional,
            ExprKind::Binary { op, .. } => Precedence::of_operator(*op),
            ExprKind::Unary { .. } => Precedence::Unary,
            _ => Precedence::Member,
        }
    }

    fn of_operator(op: BinaryOp) -> Precedence {
        match op {
            BinaryOp::Or => Precedence::Or,
            BinaryOp::And => Precedence::And,
            BinaryOp::Add | BinaryOp::Subtract => Precedence::Sum,
            BinaryOp::Multiply => Precedence::Product,
            _ => Precedence::Relation,
        }
    }

    /// What the right operand of a left-associative operator needs.
    fn tighter(self) -> Precedence {
        match self {
            Precedence::Conditional => Precedence::Or,
            Precedence::Or => Precedence::And,
            Precedence::And => Precedence::Relation,
            Precedence::Relation => Precedence::Sum,
            Precedence::Sum => Precedence::Product,
            Precedence::Product => Precedence::Unary,
            Precedence::Unary | Precedence::Member => Precedence::Member,
        }
    }
}

/// Writes an expression, in parentheses unless it binds at least as tightly as `wanted`.
fn write(expr: &Expr, wanted: Precedence, text: &mut String) {
    if Precedence::of(&expr.kind) >= wanted {
        return write_bare(&expr.kind, text);
    }
    text.push('(');
    write_bare(&expr.kind, text);
    text.push(')');
}

fn write_bare(kind: &ExprKind, text: &mut String) {
    match kind {
        ExprKind::Null => text.push_str("null"),
        ExprKind::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        ExprKind::Number(digits) => text.push_str(digits),
        ExprKind::String(value) => write_string(value, text),
        ExprKind::Ident(name) => text.push_str(name),
        ExprKind::Select { operand, field, optional } => {
            write(operand, Precedence::Member, text);
            write_field(&field.value, *optional, text);
        }
        ExprKind::Index { operand, index, optional } => {
            write(operand, Precedence::Member, text);
            text.push_str(if *optional { "[?" } else { "[" });
            write(index, Precedence::Conditional, text);
            text.push(']');
        }
        ExprKind::Call { target, function, args } => {
            if let Some(target) = target {
                write(target, Precedence::Member, text);
                text.push('.');
            }
            text.push_str(&function.value);
            text.push('(');
            write_separated(args, text, |arg, text| write(arg, Precedence::Conditional, text));
            text.push(')');
        }
        ExprKind::List(elements) => {
            text.push('[');
            write_separated(elements, text, |element, text| write(element, Precedence::Conditional, text));
            text.push(']');
        }
        ExprKind::Map(entries) => {
            text.push('{');
            write_separated(entries, text, write_entry);
            text.push('}');
        }
        ExprKind::Unary { op, operand } => write_unary(*op, operand, text),
        ExprKind::Binary { op, left, right, .. } => write_binary(*op, left, right, text),
        ExprKind::Conditional { condition, then, otherwise } => {
            write(condition, Precedence::Or, text);
            text.push_str(" ? ");
            write(then, Precedence::Or, text);
            text.push_str(" : ");
            write(otherwise, Precedence::Conditional, text);
        }
    }
}

fn write_separated<T>(items: &[T], text: &mut String, write_item: impl Fn(&T, &mut String)) {
    for (idx, item) in items.iter().enumerate() {
        if idx > 0 {
            text.push_str(", ");
        }
        write_item(item, text);
    }
}

fn write_entry((key, value): &(Expr, Expr), text: &mut String) {
    write(key, Precedence::Conditional, text);
    text.push_str(": ");
    write(value, Precedence::Conditional, text);
}

fn write_unary(op: UnaryOp, operand: &Expr, text: &mut String) {
    text.push(match op {
        UnaryOp::Not => '!',
        UnaryOp::Negate => '-',
    });
    // CEL lets an operator stand next to itself, but not next to the other one.
    let repeated = matches!(&operand.kind, ExprKind::Unary { op: inner, .. } if *inner == op);
    write(operand, if repeated { Precedence::Unary } else { Precedence::Member }, text);
}

fn write_binary(op: BinaryOp, left: &Expr, right: &Expr, text: &mut String) {
    let precedence = Precedence::of_operator(op);
    let chained = matches!(op, BinaryOp::And | BinaryOp::Or);
    write(left, precedence, text);
    text.push(' ');
    text.push_str(op.as_str());
    text.push(' ');
    write(right, if chained { precedence } else { precedence.tighter() }, text);
}

fn write_field(name: &str, optional: bool, text: &mut String) {
    let keyword = matches!(name, "in" | "true" | "false" | "null");
    let bare = is_identifier(name) && !keyword;
    if !bare && !is_backtick_name(name) {
        // No field can have such a name; as a key it means the same.
        text.push_str(if optional { "[?" } else { "[" });
        write_string(name, text);
        return text.push(']');
    }
    text.push_str(if optional { ".?" } else { "." });
    if bare {
        text.push_str(name);
    } else {
        text.push('`');
        text.push_str(name);
        text.push('`');
    }
}

fn write_string(value: &str, text: &mut String) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if is_invisible(c) => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
}
