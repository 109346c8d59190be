//! The canonical tree as text, with as few parentheses as parsing it back allows.

use std::fmt::Write as _;

use actra_model::{RawValue, Value, ValueState};

use crate::{ArithmeticOp, Comparison, Expr, ExprKind, Function, MacroKind, Variable};

/// How tightly a form binds, from loose to tight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precedence {
    Conditional,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Unary,
    Postfix,
}

/// Whether a selection is written with a question mark: `x.y` or `x.?y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SelectForm {
    Plain,
    Optional,
}

/// The canonical tree as an expression in the language's own syntax.
///
/// Paths, URLs, addresses and dates appear as the strings they are written as; a conversion of an `any` appears as
/// its operand.
pub fn print(expr: &Expr) -> String {
    let mut out = String::new();
    write(&mut out, expr, Precedence::Conditional);
    out
}

/// Writes an expression where something that binds at least as tightly as `least` must stand.
fn write(out: &mut String, expr: &Expr, least: Precedence) {
    if precedence(expr) < least {
        out.push('(');
        write_bare(out, expr);
        out.push(')');
    } else {
        write_bare(out, expr);
    }
}

fn precedence(expr: &Expr) -> Precedence {
    match &expr.kind {
        ExprKind::Conditional { .. } => Precedence::Conditional,
        ExprKind::Or(_) => Precedence::Or,
        ExprKind::And(_) => Precedence::And,
        ExprKind::Compare { .. } | ExprKind::In { .. } | ExprKind::IsNull(_) => Precedence::Relation,
        ExprKind::Not(operand) => match operand.kind {
            ExprKind::Compare { op: Comparison::Equal, .. } | ExprKind::IsNull(_) => Precedence::Relation,
            _ => Precedence::Unary,
        },
        ExprKind::Arithmetic { op: ArithmeticOp::Multiply, .. } => Precedence::Product,
        ExprKind::Arithmetic { .. } => Precedence::Sum,
        ExprKind::Negate(_) | ExprKind::Literal(Value::Number(_)) => Precedence::Unary,
        ExprKind::Convert { operand, .. } => precedence(operand),
        _ => Precedence::Postfix,
    }
}

fn write_bare(out: &mut String, expr: &Expr) {
    match &expr.kind {
        ExprKind::Literal(value) => literal(out, value),
        ExprKind::Field { .. } | ExprKind::Member { .. } | ExprKind::Lookup { .. } => {
            read(out, expr, SelectForm::Plain);
        }
        ExprKind::Variable(variable) => out.push_str(&variable.name),
        ExprKind::Has(operand) => {
            out.push_str("has(");
            read(out, operand, SelectForm::Plain);
            out.push(')');
        }
        ExprKind::OrValue { operand, default } => {
            read(out, operand, SelectForm::Optional);
            out.push_str(".orValue(");
            write_bare(out, default);
            out.push(')');
        }
        ExprKind::Not(operand) => not(out, operand),
        ExprKind::And(operands) => joined(out, operands, " && ", Precedence::Relation),
        ExprKind::Or(operands) => joined(out, operands, " || ", Precedence::And),
        ExprKind::Compare { op, left, right } => relation(out, left, op.as_str(), right),
        ExprKind::IsNull(operand) => {
            write(out, operand, Precedence::Sum);
            out.push_str(" == null");
        }
        ExprKind::In { element, container } => relation(out, element, "in", container),
        ExprKind::Arithmetic { op, left, right } => arithmetic(out, *op, left, right),
        ExprKind::Negate(operand) => negate(out, operand),
        ExprKind::Conditional { condition, then, otherwise } => {
            write(out, condition, Precedence::Or);
            out.push_str(" ? ");
            write(out, then, Precedence::Or);
            out.push_str(" : ");
            write(out, otherwise, Precedence::Conditional);
        }
        ExprKind::List(elements) => listed(out, '[', elements, ']'),
        ExprKind::Map(entries) => map(out, entries),
        ExprKind::Convert { operand, .. } => write_bare(out, operand),
        ExprKind::Within { .. }
        | ExprKind::InCidr { .. }
        | ExprKind::Matches { .. }
        | ExprKind::Call { .. }
        | ExprKind::TimePart { .. }
        | ExprKind::Macro { .. } => call(out, expr),
    }
}

/// The forms that are written as calls.
fn call(out: &mut String, expr: &Expr) {
    match &expr.kind {
        ExprKind::Within { operand, base } => method(out, operand, "within", [base.as_ref()]),
        ExprKind::InCidr { operand, cidr } => {
            let _ = write!(out, "cidr(\"{cidr}\").containsIP(");
            write_bare(out, operand);
            out.push(')');
        }
        ExprKind::Matches { operand, pattern } => {
            write(out, operand, Precedence::Postfix);
            out.push_str(".matches(");
            quoted(out, pattern.source());
            out.push(')');
        }
        ExprKind::Call { function, args } => function_call(out, *function, args),
        ExprKind::TimePart { part, operand, zone } => {
            method(out, operand, part.as_str(), []);
            if zone.name() != "UTC" {
                out.pop();
                quoted(out, zone.name());
                out.push(')');
            }
        }
        ExprKind::Macro { kind, range, variables, filter, body } => {
            let variables = [Some(&variables.first), variables.second.as_ref()];
            macro_call(out, *kind, range, variables, filter.iter().chain([body]).map(AsRef::as_ref));
        }
        // `write_bare` sends nothing else here.
        _ => {}
    }
}

fn relation(out: &mut String, left: &Expr, op: &str, right: &Expr) {
    write(out, left, Precedence::Sum);
    let _ = write!(out, " {op} ");
    write(out, right, Precedence::Sum);
}

fn not(out: &mut String, operand: &Expr) {
    match &operand.kind {
        ExprKind::Compare { op: Comparison::Equal, left, right } => relation(out, left, "!=", right),
        ExprKind::IsNull(operand) => {
            write(out, operand, Precedence::Sum);
            out.push_str(" != null");
        }
        _ => {
            out.push('!');
            write(out, operand, Precedence::Unary);
        }
    }
}

fn arithmetic(out: &mut String, op: ArithmeticOp, left: &Expr, right: &Expr) {
    let (own, tighter) = match op {
        ArithmeticOp::Multiply => (Precedence::Product, Precedence::Unary),
        _ => (Precedence::Sum, Precedence::Product),
    };
    write(out, left, own);
    let _ = write!(out, " {} ", op.as_str());
    write(out, right, tighter);
}

/// `-5` would be read back as a literal, so the negation of a literal keeps its parentheses.
fn negate(out: &mut String, operand: &Expr) {
    out.push('-');
    write(out, operand, Precedence::Postfix);
}

fn joined(out: &mut String, operands: &[Expr], separator: &str, least: Precedence) {
    for (idx, operand) in operands.iter().enumerate() {
        if idx > 0 {
            out.push_str(separator);
        }
        write(out, operand, least);
    }
}

fn listed<'a>(out: &mut String, open: char, elements: impl IntoIterator<Item = &'a Expr>, close: char) {
    out.push(open);
    for (idx, element) in elements.into_iter().enumerate() {
        if idx > 0 {
            out.push_str(", ");
        }
        write_bare(out, element);
    }
    out.push(close);
}

fn map(out: &mut String, entries: &[(std::sync::Arc<str>, Expr)]) {
    out.push('{');
    for (idx, (key, entry)) in entries.iter().enumerate() {
        if idx > 0 {
            out.push_str(", ");
        }
        quoted(out, key);
        out.push_str(": ");
        write_bare(out, entry);
    }
    out.push('}');
}

fn method<'a>(out: &mut String, receiver: &Expr, name: &str, args: impl IntoIterator<Item = &'a Expr>) {
    write(out, receiver, Precedence::Postfix);
    let _ = write!(out, ".{name}");
    listed(out, '(', args, ')');
}

fn function_call(out: &mut String, function: Function, args: &[Expr]) {
    let free = matches!(
        function,
        Function::Size
            | Function::ToInt
            | Function::ToDouble
            | Function::ToString
            | Function::SetsContains
            | Function::SetsIntersects
            | Function::SetsEquivalent
    );
    match args.split_first() {
        Some((receiver, rest)) if !free => method(out, receiver, function.as_str(), rest),
        _ => {
            out.push_str(function.as_str());
            listed(out, '(', args, ')');
        }
    }
}

fn macro_call<'a>(
    out: &mut String,
    kind: MacroKind,
    range: &Expr,
    variables: [Option<&Variable>; 2],
    bodies: impl Iterator<Item = &'a Expr>,
) {
    write(out, range, Precedence::Postfix);
    let _ = write!(out, ".{}(", kind.as_str());
    for variable in variables.into_iter().flatten() {
        let _ = write!(out, "{}, ", variable.name);
    }
    for (idx, body) in bodies.enumerate() {
        if idx > 0 {
            out.push_str(", ");
        }
        write_bare(out, body);
    }
    out.push(')');
}

/// A read; in front of `.orValue` and behind `.?` its selections carry the question mark.
fn read(out: &mut String, expr: &Expr, selection: SelectForm) {
    let mark = if selection == SelectForm::Optional { "?" } else { "" };
    let of_operand = |chained: &bool| if *chained { SelectForm::Optional } else { SelectForm::Plain };
    match &expr.kind {
        ExprKind::Field { record: record_name, name } => {
            let _ = write!(out, "{record_name}.{mark}");
            identifier(out, name);
        }
        ExprKind::Member { operand, name, chained } => {
            receiver(out, operand, of_operand(chained));
            let _ = write!(out, ".{mark}");
            identifier(out, name);
        }
        ExprKind::Lookup { operand, key, chained } => {
            receiver(out, operand, of_operand(chained));
            let _ = write!(out, "[{mark}");
            write_bare(out, key);
            out.push(']');
        }
        ExprKind::Convert { operand, .. } => read(out, operand, selection),
        _ => write(out, expr, Precedence::Postfix),
    }
}

fn receiver(out: &mut String, operand: &Expr, selection: SelectForm) {
    match operand.kind {
        ExprKind::Field { .. }
        | ExprKind::Member { .. }
        | ExprKind::Lookup { .. }
        | ExprKind::Convert { .. } => {
            read(out, operand, selection);
        }
        _ => write(out, operand, Precedence::Postfix),
    }
}

/// A name that is no identifier of CEL goes between backticks.
fn identifier(out: &mut String, name: &str) {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if starts && chars.all(|other| other.is_ascii_alphanumeric() || other == '_') && !is_keyword(name) {
        out.push_str(name);
    } else {
        let _ = write!(out, "`{name}`");
    }
}

fn is_keyword(name: &str) -> bool {
    matches!(name, "true" | "false" | "null" | "in")
}

fn literal(out: &mut String, value: &Value) {
    match value {
        Value::Bool(flag) => {
            let _ = write!(out, "{flag}");
        }
        Value::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Value::String(text) => quoted(out, text),
        Value::Timestamp(time) => constructor(out, "timestamp", &time.to_string()),
        Value::Duration(duration) => constructor(out, "duration", &duration.to_string()),
        Value::Quantity(quantity) => constructor(out, "quantity", &quantity.to_string()),
        Value::Date(date) => quoted(out, &date.to_string()),
        Value::Ip(address) => quoted(out, &address.to_string()),
        Value::Path(path) => quoted(out, &path.to_string()),
        Value::Url(url) => quoted(out, url.as_str()),
        Value::List(elements) => literal_list(out, elements, state),
        Value::Map(entries) => {
            literal_map(out, entries.iter().map(|(key, entry)| (key.as_ref(), entry)), state)
        }
        Value::Object(record) => {
            literal_map(out, record.fields.iter().map(|(name, member)| (name.as_ref(), member)), state);
        }
        Value::Any(json) => raw(out, json),
    }
}

fn constructor(out: &mut String, name: &str, text: &str) {
    out.push_str(name);
    out.push('(');
    quoted(out, text);
    out.push(')');
}

fn state(out: &mut String, state: &ValueState) {
    match state {
        ValueState::Present(value) => literal(out, value),
        ValueState::Absent | ValueState::Invalid(_) => out.push_str("null"),
    }
}

fn raw(out: &mut String, json: &RawValue) {
    match json {
        RawValue::Null | RawValue::Unreadable(_) => out.push_str("null"),
        RawValue::Bool(flag) => {
            let _ = write!(out, "{flag}");
        }
        RawValue::Number(number) => {
            let _ = write!(out, "{number}");
        }
        RawValue::String(text) => quoted(out, text),
        RawValue::List(elements) => literal_list(out, elements, raw),
        RawValue::Map(entries) => {
            literal_map(out, entries.iter().map(|(key, entry)| (key.as_str(), entry)), raw);
        }
    }
}

fn literal_list<T>(out: &mut String, elements: &[T], element: fn(&mut String, &T)) {
    out.push('[');
    for (idx, item) in elements.iter().enumerate() {
        if idx > 0 {
            out.push_str(", ");
        }
        element(out, item);
    }
    out.push(']');
}

fn literal_map<'a, T: 'a>(
    out: &mut String,
    entries: impl Iterator<Item = (&'a str, &'a T)>,
    entry: fn(&mut String, &T),
) {
    out.push('{');
    for (idx, (key, item)) in entries.enumerate() {
        if idx > 0 {
            out.push_str(", ");
        }
        quoted(out, key);
        out.push_str(": ");
        entry(out, item);
    }
    out.push('}');
}

/// A string literal of CEL.
fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
