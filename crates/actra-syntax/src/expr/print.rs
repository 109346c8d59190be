//! A tree to text: one canonical spelling, with parentheses only where they are needed.

use super::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use super::lexer::{is_backtick_name, is_invisible, is_name};

/// The expression as text that parses to the same tree, on one line.
///
/// Chains of `&&` and of `||` stand without parentheses, whichever way the tree groups them.
pub fn print(expr: &Expr) -> String {
    let mut text = String::new();
    write(expr, Binding::Conditional, &mut text);
    text
}

/// How tightly a form holds its operands together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Conditional,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Unary,
    Member,
}

impl Binding {
    fn of(kind: &ExprKind) -> Binding {
        match kind {
            ExprKind::Conditional { .. } => Binding::Conditional,
            ExprKind::Binary { op, .. } => Binding::of_operator(*op),
            ExprKind::Unary { .. } => Binding::Unary,
            _ => Binding::Member,
        }
    }

    fn of_operator(op: BinaryOp) -> Binding {
        match op {
            BinaryOp::Or => Binding::Or,
            BinaryOp::And => Binding::And,
            BinaryOp::Add | BinaryOp::Subtract => Binding::Sum,
            BinaryOp::Multiply => Binding::Product,
            _ => Binding::Relation,
        }
    }

    /// What the right operand of a left-associative operator needs.
    fn tighter(self) -> Binding {
        match self {
            Binding::Conditional => Binding::Or,
            Binding::Or => Binding::And,
            Binding::And => Binding::Relation,
            Binding::Relation => Binding::Sum,
            Binding::Sum => Binding::Product,
            Binding::Product => Binding::Unary,
            Binding::Unary | Binding::Member => Binding::Member,
        }
    }
}

/// Writes an expression where something that binds at least as tightly as `wanted` must stand.
fn write(expr: &Expr, wanted: Binding, text: &mut String) {
    if Binding::of(&expr.kind) >= wanted {
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
            write(operand, Binding::Member, text);
            write_field(&field.value, *optional, text);
        }
        ExprKind::Index { operand, index, optional } => {
            write(operand, Binding::Member, text);
            text.push_str(if *optional { "[?" } else { "[" });
            write(index, Binding::Conditional, text);
            text.push(']');
        }
        ExprKind::Call { target, function, args } => {
            if let Some(target) = target {
                write(target, Binding::Member, text);
                text.push('.');
            }
            text.push_str(&function.value);
            text.push('(');
            write_separated(args, text, |arg, text| write(arg, Binding::Conditional, text));
            text.push(')');
        }
        ExprKind::List(elements) => {
            text.push('[');
            write_separated(elements, text, |element, text| write(element, Binding::Conditional, text));
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
            write(condition, Binding::Or, text);
            text.push_str(" ? ");
            write(then, Binding::Or, text);
            text.push_str(" : ");
            write(otherwise, Binding::Conditional, text);
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
    write(key, Binding::Conditional, text);
    text.push_str(": ");
    write(value, Binding::Conditional, text);
}

fn write_unary(op: UnaryOp, operand: &Expr, text: &mut String) {
    text.push(match op {
        UnaryOp::Not => '!',
        UnaryOp::Negate => '-',
    });
    // CEL lets an operator stand next to itself, but not next to the other one.
    let repeated = matches!(&operand.kind, ExprKind::Unary { op: inner, .. } if *inner == op);
    write(operand, if repeated { Binding::Unary } else { Binding::Member }, text);
}

fn write_binary(op: BinaryOp, left: &Expr, right: &Expr, text: &mut String) {
    let binding = Binding::of_operator(op);
    let chained = matches!(op, BinaryOp::And | BinaryOp::Or);
    write(left, binding, text);
    text.push(' ');
    text.push_str(op.as_str());
    text.push(' ');
    write(right, if chained { binding } else { binding.tighter() }, text);
}

fn write_field(name: &str, optional: bool, text: &mut String) {
    let keyword = matches!(name, "in" | "true" | "false" | "null");
    let bare = is_name(name) && !keyword;
    if !bare && !is_backtick_name(name) {
        // No field can be spelled so; as a key it means the same.
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
