//! Conditions that an empty collection or an empty string satisfies, where that makes an outcome milder:
//! an allow, an `unless`, or a negation inside a block.

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind, Function, MacroKind, operands};
use actra_model::{Effect, Value};

use crate::check::Reads;

/// Warns about vacuous truth that an outcome rests on.
pub(crate) fn check(condition: &Expr, effect: Effect, reads: &Reads, diagnostics: &mut Vec<Diagnostic>) {
    let mild = if effect == Effect::Allow { Milder::WhenTrue } else { Milder::WhenFalse };
    Walk { reads, diagnostics, nonempty: Vec::new() }.visit(condition, mild);
}

/// Which truth of a condition makes the outcome milder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Milder {
    WhenTrue,
    WhenFalse,
}

struct Walk<'a> {
    reads: &'a Reads,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The printed form of what is known not to be empty.
    nonempty: Vec<String>,
}

impl Walk<'_> {
    fn visit(&mut self, expr: &Expr, milder: Milder) {
        match &expr.kind {
            ExprKind::Not(inner) => {
                let flipped = if milder == Milder::WhenTrue { Milder::WhenFalse } else { Milder::WhenTrue };
                self.visit(inner, flipped);
            }
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                let outer = self.nonempty.len();
                if let ExprKind::And(_) = expr.kind {
                    self.nonempty.extend(parts.iter().filter_map(nonempty));
                }
                parts.iter().for_each(|part| self.visit(part, milder));
                self.nonempty.truncate(outer);
            }
            ExprKind::Conditional { then, otherwise, .. } => {
                self.visit(then, milder);
                self.visit(otherwise, milder);
            }
            ExprKind::Macro { kind: MacroKind::All, range, .. } if milder == Milder::WhenTrue => {
                self.warn(expr, range, "an empty list satisfies `all`");
                self.nested(expr, milder);
            }
            ExprKind::Call { function: Function::SetsContains, args } if milder == Milder::WhenTrue => {
                if let Some(subset) = args.get(1) {
                    self.warn(expr, subset, "every list contains the empty list");
                }
            }
            ExprKind::Call {
                function: Function::Contains | Function::StartsWith | Function::EndsWith,
                args,
            } if milder == Milder::WhenTrue => {
                if let Some(part) = args.get(1).filter(|part| self.reads.maybe_empty.contains(&part.span)) {
                    self.warn(expr, part, "every text contains the empty text");
                }
            }
            _ => self.nested(expr, milder),
        }
    }

    /// Predicates of macros count like the macro; other operands are no conditions.
    fn nested(&mut self, expr: &Expr, milder: Milder) {
        if let ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, body, .. } = &expr.kind {
            self.visit(body, milder);
        }
    }

    fn warn(&mut self, expr: &Expr, operand: &Expr, why: &str) {
        let holds_some = match &operand.kind {
            ExprKind::Literal(Value::List(items)) => !items.is_empty(),
            ExprKind::List(items) => !items.is_empty(),
            _ => false,
        };
        let shown = print(operand);
        if holds_some || self.nonempty.contains(&shown) {
            return;
        }
        let instead = match &operand.kind {
            // Asking for its size would come to the same each time.
            ExprKind::Literal(_) => "write what is meant in its place".to_owned(),
            _ => format!("add `size({shown}) > 0 &&` before it"),
        };
        let message = format!("{why}, and the outcome is then milder");
        self.diagnostics.push(
            Diagnostic::new(codes::VACUOUS_TRUTH, expr.span, message)
                .help(format!("{instead}, or allow it: `# actra: allow(W0004) reason`")),
        );
    }
}

/// What a member of an `&&` chain says is not empty: `size(x) > 0`, `size(x) != 0`, `x != ""`.
fn nonempty(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Compare { op: Comparison::Less | Comparison::LessOrEqual, left, right } => {
            let bound = match (&left.kind, &expr.kind) {
                (ExprKind::Literal(Value::Number(bound)), _) => bound.to_i64()?,
                _ => return None,
            };
            let strict = matches!(expr.kind, ExprKind::Compare { op: Comparison::Less, .. });
            (bound >= 1 || (strict && bound == 0)).then(|| sized(right)).flatten()
        }
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::Compare { op: Comparison::Equal, left, right } => {
                equals_empty(left, right).or_else(|| equals_empty(right, left))
            }
            _ => None,
        },
        _ => None,
    }
}

/// `size(x)`: what is sized.
fn sized(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Call { function: Function::Size, .. } => {
            operands(expr).first().map(|operand| print(operand))
        }
        _ => None,
    }
}

fn equals_empty(operand: &Expr, literal: &Expr) -> Option<String> {
    match &literal.kind {
        ExprKind::Literal(Value::String(text)) if text.is_empty() => Some(print(operand)),
        ExprKind::Literal(Value::Number(number)) if number.to_i64() == Some(0) => sized(operand),
        _ => None,
    }
}
