//! Conditions, and parts of them, that have the same truth for every request.

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind, MacroKind, Rule, operands};
use actra_model::{RecordName, Schema, Value, ValueState};
use actra_syntax::ast::{Condition, ConditionKind};

use super::{LintInput, number_range, text_domain, value_coverage};
use crate::permissive::PermissiveWhen;

/// Warns about each condition, or part of one, that has the same truth for every request.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (written, rule) in set.rules() {
        let says_true = |part: &Expr| match &part.kind {
            // `when: true` states that a rule has no condition.
            ExprKind::Literal(Value::Bool(true)) => is_literal_true(&written.when, part.span),
            _ => false,
        };
        let permissive = set.effects.permissive_when(rule.effect, &rule.actions);
        let unless = written.unless.as_ref().map(|unless| unless.span);
        let (parts, context) = match &rule.condition.kind {
            ExprKind::And(parts) => {
                (parts.as_slice(), PartContext { required: true, neutral: Some(true), permissive })
            }
            _ => (
                std::slice::from_ref(&rule.condition),
                PartContext { required: true, neutral: None, permissive },
            ),
        };
        let mut visitor = ConstantVisitor { rule, schema: set.schema, unless, diagnostics };
        parts.iter().filter(|part| !says_true(part)).for_each(|part| visitor.visit(part, context));
    }
}

/// Whether a condition is `true`, quoted or not, and has this span.
fn is_literal_true(when: &Condition, span: Span) -> bool {
    match &when.kind {
        ConditionKind::Expression(expr) => {
            expr.span == span && matches!(expr.kind, actra_syntax::ast::ExprKind::Bool(true))
        }
        _ => false,
    }
}

/// How the truth of a part affects that of its rule.
#[derive(Clone, Copy)]
struct PartContext {
    /// Whether the rule is true only if the part is.
    required: bool,
    /// The truth that decides nothing there: `true` in `&&`, `false` in `||`.
    neutral: Option<bool>,
    /// Which truth of the part can make an outcome more permissive.
    permissive: PermissiveWhen,
}

struct ConstantVisitor<'a> {
    rule: &'a Rule,
    schema: &'a Schema,
    /// The span of `unless`, whose text is the negation of its part of the condition.
    unless: Option<Span>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl ConstantVisitor<'_> {
    fn visit(&mut self, expr: &Expr, context: PartContext) {
        if let Some(truth) = self.constant(expr) {
            let shown = truth != (self.unless == Some(expr.span));
            return self.diagnostics.push(report(expr, truth, shown, context));
        }
        match &expr.kind {
            ExprKind::And(parts) => self.each(parts, PartContext { neutral: Some(true), ..context }),
            ExprKind::Or(parts) => {
                self.each(parts, PartContext { required: false, neutral: Some(false), ..context });
            }
            ExprKind::Not(inner) => {
                self.visit(
                    inner,
                    PartContext { required: false, neutral: None, permissive: context.permissive.flip() },
                );
            }
            ExprKind::Conditional { condition, .. } => {
                self.visit(
                    condition,
                    PartContext { required: false, neutral: None, permissive: PermissiveWhen::Either },
                );
            }
            ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, body, .. } => {
                self.visit(body, PartContext { required: false, neutral: None, ..context });
            }
            ExprKind::Macro { kind: MacroKind::ExistsOne, body, .. } => {
                self.visit(
                    body,
                    PartContext { required: false, neutral: None, permissive: PermissiveWhen::Either },
                );
            }
            _ => {}
        }
    }

    fn each(&mut self, parts: &[Expr], context: PartContext) {
        parts.iter().for_each(|part| self.visit(part, context));
    }

    /// The truth of a test, if it is the same for every request; `&&` and `||` are judged by their parts.
    fn constant(&self, expr: &Expr) -> Option<bool> {
        match &expr.kind {
            ExprKind::Literal(Value::Bool(truth)) => Some(*truth),
            ExprKind::Not(inner) => self.constant(inner).map(|truth| !truth),
            ExprKind::Compare { op, left, right } => {
                self.compared(*op, left, right).or_else(|| self.texts(expr))
            }
            ExprKind::In { element, container } => literal_among(element, container)
                .or_else(|| value_coverage::lists_all(expr, self.rule, self.schema).then_some(true))
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
        let of = |operand| number_range::of(operand, self.rule, self.schema);
        if let Some(truth) =
            of(left).zip(of(right)).and_then(|(l, r)| number_range::NumberRange::compared(op, l, r))
        {
            return Some(truth);
        }
        (print(left) == print(right)).then_some(op != Comparison::Less)
    }

    fn texts(&self, test: &Expr) -> Option<bool> {
        text_domain::constant(test, self.rule, self.schema)
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

/// Whether a literal is among literals.
fn literal_among(element: &Expr, container: &Expr) -> Option<bool> {
    let (ExprKind::Literal(element), ExprKind::Literal(Value::List(items))) =
        (&element.kind, &container.kind)
    else {
        return None;
    };
    Some(items.iter().any(|item| matches!(item, ValueState::Present(value) if value == element)))
}

/// Whether a path is the root, which every absolute path lies within; a relative path is not comparable with it.
fn is_root(base: &Expr) -> bool {
    matches!(&base.kind, ExprKind::Literal(Value::Path(path)) if path.is_absolute() && path.segments() == 0 && !path.escapes())
}

/// Reports a part: `truth` is that of the part, and `shown` that of its text.
fn report(part: &Expr, truth: bool, shown: bool, context: PartContext) -> Diagnostic {
    let reads = reads(part);
    let requests = match (shown, reads) {
        (true, true) => "this is true for every request where it can be read",
        (true, false) => "this is true for every request",
        (false, _) => "this is true for no request",
    };
    let so = match (truth, context.neutral) {
        (false, _) if context.required => ", so the rule never applies",
        (truth, Some(neutral)) if truth == neutral && !reads => ", so it decides nothing",
        _ => "",
    };
    Diagnostic::new(codes::CONSTANT_PART, part.span, format!("{requests}{so}"))
        .help("correct the value or the field that it compares")
        .maybe_help(removal_help(truth, reads, context))
}

/// What removing a part that decides nothing beside others would change.
fn removal_help(truth: bool, reads: bool, context: PartContext) -> Option<String> {
    context.neutral.filter(|neutral| *neutral == truth)?;
    let then = if truth { PermissiveWhen::True } else { PermissiveWhen::False };
    Some(if reads && (context.permissive == then || context.permissive == PermissiveWhen::Either) {
        "do not just remove it: it keeps the outcome strict when what it reads is missing or invalid"
            .to_owned()
    } else {
        "or remove it, which makes no outcome more permissive".to_owned()
    })
}

/// Whether a part can be undetermined because a value that it reads is missing or invalid.
fn reads(expr: &Expr) -> bool {
    // `action.type` is always there.
    let is_type = |record: RecordName, name: &str| record == RecordName::Action && name == "type";
    matches!(&expr.kind, ExprKind::Field { record, name } if !is_type(*record, name))
        || matches!(expr.kind, ExprKind::Variable(_))
        || operands(expr).into_iter().any(reads)
}
