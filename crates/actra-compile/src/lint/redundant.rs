//! Tests that are redundant beside others in the same `&&` or `||`, and tests that exclude each other.

use std::collections::BTreeMap;

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind};
use actra_model::{Decimal, RawValue, Value, ValueState};

use super::{LintInput, visit_nodes};

/// Warns about each test that others beside it make redundant, and about tests that exclude each other.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for rule in set.rules {
        visit_nodes(&rule.condition, &mut |expr| match &expr.kind {
            ExprKind::And(parts) => check_connective(parts, Connective::And, diagnostics),
            ExprKind::Or(parts) => check_connective(parts, Connective::Or, diagnostics),
            ExprKind::Literal(Value::List(items)) => check_repeated(items, expr.span, diagnostics),
            _ => {}
        });
    }
}

/// How the parts of a condition are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Connective {
    And,
    Or,
}

fn check_connective(parts: &[Expr], kind: Connective, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    let mut negated: BTreeMap<String, Span> = BTreeMap::new();
    let mut bounds: BTreeMap<(String, BoundSide), (NumberBound, Span)> = BTreeMap::new();
    let mut equal: BTreeMap<String, (&Value, Span)> = BTreeMap::new();
    for part in parts {
        let printed = print(part);
        if let Some(first) = seen.get(&printed) {
            diagnostics.push(report_redundant(part.span, *first, "this appears here twice"));
            continue;
        }
        let opposite = match &part.kind {
            ExprKind::Not(inner) => {
                let inner = print(inner);
                let opposite = seen.get(&inner);
                negated.insert(inner, part.span);
                opposite
            }
            _ => negated.get(&printed),
        };
        // Bounds are compared below.
        if let Some(first) = opposite.filter(|_| bound(part).is_none()) {
            diagnostics.push(match kind {
                Connective::And => report_excluded(part.span, *first),
                Connective::Or => report_exhaustive(part.span, *first),
            });
        }
        seen.insert(printed, part.span);
        if let Some((operand, side, bound)) = bound(part) {
            compare_bounds(&mut bounds, (operand, side), bound, part.span, kind, diagnostics);
        }
        if kind == Connective::And
            && let Some((operand, value)) = equality(part)
            && let Some((_, first)) = equal.insert(operand, (value, part.span))
        {
            diagnostics.push(report_excluded(part.span, first));
        }
    }
    check_opposite_bounds(&bounds, kind, diagnostics);
    if kind == Connective::And {
        parts.iter().for_each(|part| diagnostics.extend(excluded_by_equality(part, &equal)));
    }
}

/// Reports a bound or list that excludes the value that another part requires.
fn excluded_by_equality(part: &Expr, equal: &BTreeMap<String, (&Value, Span)>) -> Option<Diagnostic> {
    let (fits, first) = match &part.kind {
        ExprKind::In { element, container } => {
            let ExprKind::Literal(Value::List(items)) = &container.kind else { return None };
            let (value, first) = equal.get(&print(element))?;
            (items.iter().any(|item| matches!(item, ValueState::Present(item) if item == *value)), first)
        }
        _ => {
            let (operand, side, bound) = bound(part)?;
            let (value, first) = equal.get(&operand)?;
            (bound.admits(value, side), first)
        }
    };
    (!fits).then(|| report_excluded(part.span, *first))
}

/// A side on which a number is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum BoundSide {
    Low,
    High,
}

/// A bound, and whether it excludes its own value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NumberBound {
    value: Decimal,
    strict: bool,
}

impl NumberBound {
    /// Whether the bound allows a value; one that is not a number counts as allowed.
    fn admits(self, value: &Value, side: BoundSide) -> bool {
        let Value::Number(value) = value else { return true };
        match side {
            BoundSide::Low => *value > self.value || (*value == self.value && !self.strict),
            BoundSide::High => *value < self.value || (*value == self.value && !self.strict),
        }
    }

    /// Whether every value that this bound allows is allowed by the other one, on the same side.
    fn implies(self, other: NumberBound, side: BoundSide) -> bool {
        let further = match side {
            BoundSide::Low => self.value > other.value,
            BoundSide::High => self.value < other.value,
        };
        further || (self.value == other.value && (self.strict || !other.strict))
    }
}

/// The parts of a test such as `x < 5`: the operand in print, the side and the bound.
fn bound(expr: &Expr) -> Option<(String, BoundSide, NumberBound)> {
    let (expr, negated) = match &expr.kind {
        ExprKind::Not(inner) => (inner.as_ref(), true),
        _ => (expr, false),
    };
    let ExprKind::Compare { op: op @ (Comparison::Less | Comparison::LessOrEqual), left, right } = &expr.kind
    else {
        return None;
    };
    let strict = (*op == Comparison::Less) != negated;
    let (operand, side, value) = match (&left.kind, &right.kind) {
        (ExprKind::Literal(Value::Number(_)), ExprKind::Literal(_)) => return None,
        (ExprKind::Literal(Value::Number(value)), _) => (right, BoundSide::Low, value),
        (_, ExprKind::Literal(Value::Number(value))) => (left, BoundSide::High, value),
        _ => return None,
    };
    let side = match (side, negated) {
        (BoundSide::Low, false) | (BoundSide::High, true) => BoundSide::Low,
        _ => BoundSide::High,
    };
    Some((print(operand), side, NumberBound { value: *value, strict }))
}

fn compare_bounds(
    bounds: &mut BTreeMap<(String, BoundSide), (NumberBound, Span)>,
    key: (String, BoundSide),
    bound: NumberBound,
    span: Span,
    kind: Connective,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let side = key.1;
    let Some((known, first)) = bounds.get_mut(&key) else {
        bounds.insert(key, (bound, span));
        return;
    };
    let says_more = "another test next to it already implies this one";
    let says_less = "another test next to it covers this one";
    let (weaker_message, new_is_weaker) = match kind {
        Connective::And => (says_more, known.implies(bound, side)),
        Connective::Or => (says_less, bound.implies(*known, side)),
    };
    let (weaker, other) = if new_is_weaker { (span, *first) } else { (*first, span) };
    diagnostics.push(report_redundant(weaker, other, weaker_message));
    if !new_is_weaker {
        (*known, *first) = (bound, span);
    }
}

/// Reports lower and upper bounds of an operand that together allow no number, or all of them.
fn check_opposite_bounds(
    bounds: &BTreeMap<(String, BoundSide), (NumberBound, Span)>,
    kind: Connective,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for ((operand, side), (low, first)) in bounds {
        let Some((high, span)) =
            bounds.get(&(operand.clone(), BoundSide::High)).filter(|_| *side == BoundSide::Low)
        else {
            continue;
        };
        let (here, other) = (*first.max(span), *first.min(span));
        let meet = low.value == high.value;
        match kind {
            Connective::And if low.value > high.value || (meet && (low.strict || high.strict)) => {
                diagnostics.push(report_excluded(here, other));
            }
            Connective::Or if low.value < high.value || (meet && !(low.strict && high.strict)) => {
                diagnostics.push(report_exhaustive(here, other));
            }
            _ => {}
        }
    }
}

/// The operand in print and the literal of a test such as `x == "a"`.
fn equality(expr: &Expr) -> Option<(String, &Value)> {
    let ExprKind::Compare { op: Comparison::Equal, left, right } = &expr.kind else { return None };
    match (&left.kind, &right.kind) {
        (ExprKind::Literal(_), ExprKind::Literal(_)) => None,
        (ExprKind::Literal(value), _) => Some((print(right), value)),
        (_, ExprKind::Literal(value)) => Some((print(left), value)),
        _ => None,
    }
}

fn check_repeated(items: &[ValueState], span: Span, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = std::collections::BTreeSet::new();
    for item in items {
        let printed = match item {
            ValueState::Present(Value::String(text)) => RawValue::from(&**text).to_json(),
            ValueState::Present(Value::Number(number)) => number.to_string(),
            _ => continue,
        };
        if let Some(twice) = seen.replace(printed) {
            let message = format!("{} appears twice in this list", actra_diagnostics::terminal_safe(&twice));
            diagnostics
                .push(Diagnostic::new(codes::REDUNDANT_TEST, span, message).help("remove one of them"));
        }
    }
}

fn report_redundant(span: Span, other: Span, message: &str) -> Diagnostic {
    Diagnostic::new(codes::REDUNDANT_TEST, span, message)
        .also(other, "this one")
        .help("remove one of them, or correct the one that is wrong")
}

pub(super) fn report_excluded(span: Span, other: Span) -> Diagnostic {
    let message = "this test and another one next to it are never true together";
    Diagnostic::new(codes::CONSTANT_PART, span, message)
        .also(other, "the other one")
        .help("join them with `||` if either is meant, or correct the value of one")
}

pub(super) fn report_exhaustive(span: Span, other: Span) -> Diagnostic {
    let message = "this test or another one next to it is true for every request where both can be read";
    Diagnostic::new(codes::CONSTANT_PART, span, message)
        .also(other, "the other one")
        .help("correct one of them: for every request one of the two is true, so they only matter when a value that they read is missing or invalid")
}
