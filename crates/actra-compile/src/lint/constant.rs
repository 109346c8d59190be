//! Conditions, or parts of them, that come to the same whatever is asked.

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind, Function, MacroKind, Rule};
use actra_model::{Schema, Slot, Value};
use actra_syntax::ast::{Condition, ConditionKind};

use super::{Checked, range};

/// Warns about each.
pub(super) fn check(set: &Checked<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (written, rule) in set.rules() {
        let whole = |part: &Expr| match &part.kind {
            // `when: true` says out loud that a rule has no condition.
            ExprKind::Literal(Value::Bool(true)) => says_always(&written.when, part.span),
            _ => false,
        };
        let parts = match &rule.condition.kind {
            ExprKind::And(parts) => parts.as_slice(),
            _ => std::slice::from_ref(&rule.condition),
        };
        let mut walk = Walk { rule, schema: set.schema, diagnostics };
        parts.iter().filter(|part| !whole(part)).for_each(|part| walk.visit(part, Where::Whole));
    }
}

/// Whether a condition is `true`, quoted or not, and stands there.
fn says_always(when: &Condition, place: Span) -> bool {
    match &when.kind {
        ConditionKind::Expression(expr) => {
            expr.span == place && matches!(expr.kind, actra_syntax::ast::ExprKind::Bool(true))
        }
        _ => false,
    }
}

/// What a part is to its rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    /// The rule holds only if the part does.
    Whole,
    Within,
}

struct Walk<'a> {
    rule: &'a Rule,
    schema: &'a Schema,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn visit(&mut self, expr: &Expr, place: Where) {
        if let Some(truth) = self.constant(expr) {
            return self.diagnostics.push(found(expr.span, truth, place));
        }
        match &expr.kind {
            ExprKind::And(parts) => parts.iter().for_each(|part| self.visit(part, place)),
            ExprKind::Or(parts) => parts.iter().for_each(|part| self.visit(part, Where::Within)),
            ExprKind::Not(inner) => self.visit(inner, Where::Within),
            ExprKind::Conditional { condition, .. } => self.visit(condition, Where::Within),
            ExprKind::Macro {
                kind: MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne, body, ..
            } => {
                self.visit(body, Where::Within);
            }
            _ => {}
        }
    }

    /// What a test always comes to where it can be decided; junctions are judged by their parts.
    fn constant(&self, expr: &Expr) -> Option<bool> {
        match &expr.kind {
            ExprKind::Literal(Value::Bool(truth)) => Some(*truth),
            ExprKind::Not(inner) => self.constant(inner).map(|truth| !truth),
            ExprKind::Compare { op, left, right } => self.compared(*op, left, right),
            ExprKind::In { element, container } => among(element, container),
            ExprKind::Call { function, args } => self.called(*function, args),
            _ => None,
        }
    }

    fn compared(&self, op: Comparison, left: &Expr, right: &Expr) -> Option<bool> {
        if let (ExprKind::Literal(left), ExprKind::Literal(right)) = (&left.kind, &right.kind)
            && let Some(truth) = literals(op, left, right)
        {
            return Some(truth);
        }
        let of = |operand| range::of(operand, self.rule, self.schema);
        if let Some(truth) = of(left).zip(of(right)).and_then(|(l, r)| range::Range::compared(op, l, r)) {
            return Some(truth);
        }
        if op == Comparison::Equal && (never_equals(left, right) || never_equals(right, left)) {
            return Some(false);
        }
        (print(left) == print(right)).then_some(op != Comparison::Less)
    }

    /// Text that is longer than the text that it should be a part of.
    fn called(&self, function: Function, args: &[Expr]) -> Option<bool> {
        let (Function::Contains | Function::StartsWith | Function::EndsWith, [text, part]) = (function, args)
        else {
            return None;
        };
        let (ExprKind::Field { domain, name }, ExprKind::Literal(Value::String(part))) =
            (&text.kind, &part.kind)
        else {
            return None;
        };
        let length = part.chars().count();
        let mut types = range::types(*domain, name, self.rule, self.schema).peekable();
        types.peek()?;
        let too_long = types.all(|ty| ty.narrowing.max_length.is_some_and(|most| most < length));
        too_long.then_some(false)
    }
}

fn literals(op: Comparison, left: &Value, right: &Value) -> Option<bool> {
    let order = match (left, right) {
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => left.cmp(right),
        _ => return None,
    };
    Some(match op {
        Comparison::Equal => order.is_eq(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
    })
}

/// A literal among literals.
fn among(element: &Expr, container: &Expr) -> Option<bool> {
    let (ExprKind::Literal(element), ExprKind::Literal(Value::List(items))) =
        (&element.kind, &container.kind)
    else {
        return None;
    };
    Some(items.iter().any(|item| matches!(item, Slot::Present(value) if value == element)))
}

/// Whether a text in one letter case is compared with a literal in the other.
fn never_equals(text: &Expr, literal: &Expr) -> bool {
    let ExprKind::Literal(Value::String(literal)) = &literal.kind else { return false };
    match &text.kind {
        ExprKind::Call { function: Function::LowerAscii, .. } => {
            literal.chars().any(|c| c.is_ascii_uppercase())
        }
        ExprKind::Call { function: Function::UpperAscii, .. } => {
            literal.chars().any(|c| c.is_ascii_lowercase())
        }
        _ => false,
    }
}

fn found(span: Span, truth: bool, place: Where) -> Diagnostic {
    let message = match (truth, place) {
        (true, _) => "this is true for every request, so it decides nothing",
        (false, Where::Within) => "this is true for no request",
        (false, Where::Whole) => "this is true for no request, so the rule never applies",
    };
    Diagnostic::new(codes::CONSTANT_PART, span, message)
        .help("take it away, or correct the value or the field that it compares")
}
