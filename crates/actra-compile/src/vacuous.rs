//! Conditions that an empty collection or an empty string satisfies, where that makes an outcome milder:
//! an allow, an `unless`, or a negation inside a block.

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind, Function, MacroKind, operands};
use actra_model::{Slot, Value};

use crate::check::Reads;
use crate::milder::Milder;

/// Warns about vacuous truth that an outcome rests on.
pub(crate) fn check(condition: &Expr, milder: Milder, reads: &Reads, diagnostics: &mut Vec<Diagnostic>) {
    Walk { reads, diagnostics, nonempty: Vec::new(), written: Vec::new(), asked: 0 }.visit(condition, milder);
}

struct Walk<'a> {
    reads: &'a Reads,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The printed form of what is known not to be empty.
    nonempty: Vec<String>,
    /// Slots of variables that go through texts that are written out, none of them empty.
    written: Vec<usize>,
    /// In how many conditions of `c ? a : b` the walk is.
    asked: u32,
}

/// Conditions of conditions of `c ? a : b` that are looked into: each is walked through once for either truth.
const MOST_ASKED: u32 = 3;

impl Walk<'_> {
    fn visit(&mut self, expr: &Expr, milder: Milder) {
        if milder == Milder::Either {
            self.visit(expr, Milder::WhenTrue);
            return self.visit(expr, Milder::WhenFalse);
        }
        match &expr.kind {
            ExprKind::Not(inner) => self.visit(inner, milder.flip()),
            ExprKind::And(parts) | ExprKind::Or(parts) => self.junction(expr, parts, milder),
            ExprKind::Conditional { condition, then, otherwise } => {
                self.asked += 1;
                if self.asked <= MOST_ASKED {
                    self.visit(condition, Milder::Either);
                }
                self.asked -= 1;
                self.under(nonempty(condition, true), |walk| walk.visit(then, milder));
                self.under(nonempty(condition, false), |walk| walk.visit(otherwise, milder));
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
                if let Some(part) = args.get(1).filter(|part| self.may_be_empty(part)) {
                    self.warn(expr, part, "every text contains the empty text");
                }
            }
            _ => self.nested(expr, milder),
        }
    }

    /// A part decides `&&` only where all others are true, and `||` only where all others are false: there they say
    /// what is not empty. A guard that decides the other way would let the empty list through.
    fn junction(&mut self, expr: &Expr, parts: &[Expr], milder: Milder) {
        let others = matches!(expr.kind, ExprKind::And(_));
        let decided = (milder == Milder::WhenTrue) == others;
        let known =
            if decided { parts.iter().flat_map(|part| nonempty(part, others)).collect() } else { Vec::new() };
        self.under(known, |walk| parts.iter().for_each(|part| walk.visit(part, milder)));
    }

    fn under(&mut self, known: Vec<String>, walk: impl FnOnce(&mut Self)) {
        let outer = self.nonempty.len();
        self.nonempty.extend(known);
        walk(self);
        self.nonempty.truncate(outer);
    }

    fn may_be_empty(&self, part: &Expr) -> bool {
        let written =
            matches!(&part.kind, ExprKind::Variable(variable) if self.written.contains(&variable.slot));
        !written && self.reads.maybe_empty.contains(&part.span)
    }

    /// Predicates of macros count like the macro; other operands are no conditions.
    fn nested(&mut self, expr: &Expr, milder: Milder) {
        if let ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, range, variables, body, .. } =
            &expr.kind
        {
            let outer = self.written.len();
            self.written.extend(holds_texts(range).then_some(variables.first.slot));
            self.visit(body, milder);
            self.written.truncate(outer);
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
            _ => format!("write `(size({shown}) > 0 && ...)` around this test, inside of a `!` before it"),
        };
        let message = format!("{why}, and the outcome is then milder");
        self.diagnostics.push(
            Diagnostic::new(codes::VACUOUS_TRUTH, expr.span, message)
                .help(format!("{instead}, or allow it: `# actra: allow(W0004) reason`")),
        );
    }
}

fn holds_texts(range: &Expr) -> bool {
    let is_text = |item: &Slot| matches!(item, Slot::Present(Value::String(text)) if !text.is_empty());
    matches!(&range.kind, ExprKind::Literal(Value::List(items)) if items.iter().all(is_text))
}

/// What is not empty where a condition is true, or where it is false: `size(x) > 0`, `x != ""`, `x.exists(...)`.
fn nonempty(expr: &Expr, truth: bool) -> Vec<String> {
    match &expr.kind {
        ExprKind::Not(inner) => nonempty(inner, !truth),
        ExprKind::And(parts) if truth => parts.iter().flat_map(|part| nonempty(part, truth)).collect(),
        ExprKind::Or(parts) if !truth => parts.iter().flat_map(|part| nonempty(part, truth)).collect(),
        ExprKind::Compare { op, left, right } => compared(*op, left, right, truth).into_iter().collect(),
        ExprKind::Macro { kind: MacroKind::Exists | MacroKind::ExistsOne, range, .. } if truth => {
            vec![print(range)]
        }
        ExprKind::In { container, .. } if truth => vec![print(container)],
        ExprKind::Call { function: Function::SetsIntersects, args } if truth => {
            args.iter().map(print).collect()
        }
        _ => Vec::new(),
    }
}

fn compared(op: Comparison, left: &Expr, right: &Expr, truth: bool) -> Option<String> {
    if op == Comparison::Equal {
        return equals(left, right, truth).or_else(|| equals(right, left, truth));
    }
    // The least that the size can be: `n < size(x)`, or `!(size(x) < n)`.
    let (size, bound, above) = if truth {
        (right, left, op == Comparison::Less)
    } else {
        (left, right, op == Comparison::LessOrEqual)
    };
    let bound = whole(bound)?;
    (bound >= 1 || (above && bound == 0)).then(|| sized(size)).flatten()
}

fn whole(literal: &Expr) -> Option<i64> {
    match &literal.kind {
        ExprKind::Literal(Value::Number(number)) => number.to_i64(),
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

/// What is not empty if a value is, or is not, a literal.
fn equals(operand: &Expr, literal: &Expr, truth: bool) -> Option<String> {
    match &literal.kind {
        ExprKind::Literal(Value::String(text)) => (text.is_empty() != truth).then(|| print(operand)),
        ExprKind::Literal(Value::Number(_)) => {
            let size = whole(literal)?;
            ((size == 0) != truth && size >= 0).then(|| sized(operand)).flatten()
        }
        _ => None,
    }
}
