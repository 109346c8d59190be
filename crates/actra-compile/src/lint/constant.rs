//! Conditions, or parts of them, that come to the same whatever is asked.

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind, MacroKind, Rule, operands};
use actra_model::{Domain, Schema, Slot, Value};
use actra_syntax::ast::{Condition, ConditionKind};

use super::{Checked, range, texts, values};
use crate::milder::Milder;

/// Warns about each.
pub(super) fn check(set: &Checked<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (written, rule) in set.rules() {
        let says_true = |part: &Expr| match &part.kind {
            // `when: true` says out loud that a rule has no condition.
            ExprKind::Literal(Value::Bool(true)) => says_always(&written.when, part.span),
            _ => false,
        };
        let milder = set.beside.milder(rule.effect, &rule.actions);
        let unless = written.unless.as_ref().map(|unless| unless.span);
        let (parts, place) = match &rule.condition.kind {
            ExprKind::And(parts) => (parts.as_slice(), Place { whole: true, beside: Some(true), milder }),
            _ => (std::slice::from_ref(&rule.condition), Place { whole: true, beside: None, milder }),
        };
        let mut walk = Walk { rule, schema: set.schema, unless, diagnostics };
        parts.iter().filter(|part| !says_true(part)).for_each(|part| walk.visit(part, place));
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
#[derive(Clone, Copy)]
struct Place {
    /// Whether the rule holds only if the part does.
    whole: bool,
    /// The truth that decides nothing there: `true` in `&&`, `false` in `||`.
    beside: Option<bool>,
    /// Which truth of the part can make an outcome milder.
    milder: Milder,
}

struct Walk<'a> {
    rule: &'a Rule,
    schema: &'a Schema,
    /// What is shown of `unless` says the opposite of its part of the condition.
    unless: Option<Span>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn visit(&mut self, expr: &Expr, place: Place) {
        if let Some(truth) = self.constant(expr) {
            let shown = truth != (self.unless == Some(expr.span));
            return self.diagnostics.push(found(expr, truth, shown, place));
        }
        match &expr.kind {
            ExprKind::And(parts) => self.each(parts, Place { beside: Some(true), ..place }),
            ExprKind::Or(parts) => {
                self.each(parts, Place { whole: false, beside: Some(false), ..place });
            }
            ExprKind::Not(inner) => {
                self.visit(inner, Place { whole: false, beside: None, milder: place.milder.flip() });
            }
            ExprKind::Conditional { condition, .. } => {
                self.visit(condition, Place { whole: false, beside: None, milder: Milder::Either });
            }
            ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, body, .. } => {
                self.visit(body, Place { whole: false, beside: None, ..place });
            }
            ExprKind::Macro { kind: MacroKind::ExistsOne, body, .. } => {
                self.visit(body, Place { whole: false, beside: None, milder: Milder::Either });
            }
            _ => {}
        }
    }

    fn each(&mut self, parts: &[Expr], place: Place) {
        parts.iter().for_each(|part| self.visit(part, place));
    }

    /// What a test always comes to where it can be decided; junctions are judged by their parts.
    fn constant(&self, expr: &Expr) -> Option<bool> {
        match &expr.kind {
            ExprKind::Literal(Value::Bool(truth)) => Some(*truth),
            ExprKind::Not(inner) => self.constant(inner).map(|truth| !truth),
            ExprKind::Compare { op, left, right } => {
                self.compared(*op, left, right).or_else(|| self.texts(expr))
            }
            ExprKind::In { element, container } => among(element, container)
                .or_else(|| values::lists_all(expr, self.rule, self.schema).then_some(true))
                .or_else(|| self.texts(expr)),
            ExprKind::Call { .. } | ExprKind::Matches { .. } => self.texts(expr),
            ExprKind::Within { base, .. } => is_root(base).then_some(true),
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
        (print(left) == print(right)).then_some(op != Comparison::Less)
    }

    fn texts(&self, test: &Expr) -> Option<bool> {
        texts::constant(test, self.rule, self.schema)
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

/// Whether every absolute path lies within a path; a relative one is not comparable with it.
fn is_root(base: &Expr) -> bool {
    matches!(&base.kind, ExprKind::Literal(Value::Path(path)) if path.is_absolute() && path.segments() == 0 && !path.escapes())
}

/// `truth` is what the part comes to, and `shown` what its text does.
fn found(part: &Expr, truth: bool, shown: bool, place: Place) -> Diagnostic {
    let reads = reads(part);
    let requests = match (shown, reads) {
        (true, true) => "this is true for every request where it can be read",
        (true, false) => "this is true for every request",
        (false, _) => "this is true for no request",
    };
    let so = match (truth, place.beside) {
        (false, _) if place.whole => ", so the rule never applies",
        (truth, Some(neutral)) if truth == neutral && !reads => ", so it decides nothing",
        _ => "",
    };
    Diagnostic::new(codes::CONSTANT_PART, part.span, format!("{requests}{so}"))
        .help("correct the value or the field that it compares")
        .maybe_help(without(truth, reads, place))
}

/// What comes of taking a part away that decides nothing beside others.
fn without(truth: bool, reads: bool, place: Place) -> Option<String> {
    place.beside.filter(|neutral| *neutral == truth)?;
    let then = if truth { Milder::WhenTrue } else { Milder::WhenFalse };
    Some(if reads && (place.milder == then || place.milder == Milder::Either) {
        "do not just take it away: where what it reads is missing or invalid, it keeps the outcome strict"
            .to_owned()
    } else {
        "or take it away, which makes no outcome milder".to_owned()
    })
}

/// Whether a part can be undetermined, for what it reads is missing or invalid.
fn reads(expr: &Expr) -> bool {
    // A rule is asked about actions that it covers.
    let is_type = |domain: Domain, name: &str| domain == Domain::Action && name == "type";
    matches!(&expr.kind, ExprKind::Field { domain, name } if !is_type(*domain, name))
        || matches!(expr.kind, ExprKind::Variable(_))
        || operands(expr).into_iter().any(reads)
}
