//! Conditions that an empty collection or an empty string satisfies, where that makes an outcome more permissive:
//! an allow, an `unless`, or a negation inside a block.

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind, Function, MacroKind, operands};
use actra_model::{Value, ValueState};

use crate::check::ConditionNotes;
use crate::permissive::PermissiveWhen;

/// Warns about vacuous truth that makes an outcome more permissive.
pub(crate) fn check(
    condition: &Expr,
    permissive: PermissiveWhen,
    notes: &ConditionNotes,
    diagnostics: &mut Vec<Diagnostic>,
) {
    VacuityVisitor {
        notes,
        diagnostics,
        nonempty: Vec::new(),
        literal_variables: Vec::new(),
        conditional_depth: 0,
    }
    .visit(condition, permissive);
}

struct VacuityVisitor<'a> {
    notes: &'a ConditionNotes,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The printed form of what is known not to be empty.
    nonempty: Vec<String>,
    /// Slots of macro variables that range over literal texts, none of which is empty.
    literal_variables: Vec<usize>,
    /// How many conditions of `c ? a : b` enclose the node that is visited.
    conditional_depth: u32,
}

/// How deep conditions of `c ? a : b` are visited inside of each other: each level is visited twice, once for either
/// truth.
const MAX_CONDITIONAL_DEPTH: u32 = 3;

impl VacuityVisitor<'_> {
    fn visit(&mut self, expr: &Expr, permissive: PermissiveWhen) {
        if permissive == PermissiveWhen::Either {
            self.visit(expr, PermissiveWhen::True);
            return self.visit(expr, PermissiveWhen::False);
        }
        match &expr.kind {
            ExprKind::Not(inner) => self.visit(inner, permissive.flip()),
            ExprKind::And(parts) | ExprKind::Or(parts) => self.junction(expr, parts, permissive),
            ExprKind::Conditional { condition, then, otherwise } => {
                self.conditional_depth += 1;
                if self.conditional_depth <= MAX_CONDITIONAL_DEPTH {
                    self.visit(condition, PermissiveWhen::Either);
                }
                self.conditional_depth -= 1;
                self.with_nonempty(nonempty(condition, true), |visitor| visitor.visit(then, permissive));
                self.with_nonempty(nonempty(condition, false), |visitor| {
                    visitor.visit(otherwise, permissive)
                });
            }
            ExprKind::Macro { kind: MacroKind::All, range, .. } if permissive == PermissiveWhen::True => {
                self.warn(expr, range, "an empty list satisfies `all`");
                self.nested(expr, permissive);
            }
            ExprKind::Call { function: Function::SetsContains, args }
                if permissive == PermissiveWhen::True =>
            {
                if let Some(subset) = args.get(1) {
                    self.warn(expr, subset, "every list contains the empty list");
                }
            }
            ExprKind::Call {
                function: Function::Contains | Function::StartsWith | Function::EndsWith,
                args,
            } if permissive == PermissiveWhen::True => {
                if let Some(part) = args.get(1).filter(|part| self.may_be_empty(part)) {
                    self.warn(expr, part, "every text contains the empty text");
                }
            }
            _ => self.nested(expr, permissive),
        }
    }

    /// A part decides `&&` only where all others are true, and `||` only where all others are false, so the others tell
    /// what
    /// is not empty there. Where a junction is decided the other way, a guard would let the empty list through.
    fn junction(&mut self, expr: &Expr, parts: &[Expr], permissive: PermissiveWhen) {
        let others = matches!(expr.kind, ExprKind::And(_));
        let decided = (permissive == PermissiveWhen::True) == others;
        let known =
            if decided { parts.iter().flat_map(|part| nonempty(part, others)).collect() } else { Vec::new() };
        self.with_nonempty(known, |visitor| parts.iter().for_each(|part| visitor.visit(part, permissive)));
    }

    fn with_nonempty(&mut self, known: Vec<String>, visit: impl FnOnce(&mut Self)) {
        let outer = self.nonempty.len();
        self.nonempty.extend(known);
        visit(self);
        self.nonempty.truncate(outer);
    }

    fn may_be_empty(&self, part: &Expr) -> bool {
        let literal_variables = matches!(&part.kind, ExprKind::Variable(variable) if self.literal_variables.contains(&variable.slot));
        !literal_variables && self.notes.maybe_empty.contains(&part.span)
    }

    /// The predicate of a macro counts like the macro; other operands are not conditions.
    fn nested(&mut self, expr: &Expr, permissive: PermissiveWhen) {
        if let ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, range, variables, body, .. } =
            &expr.kind
        {
            let outer = self.literal_variables.len();
            self.literal_variables.extend(holds_texts(range).then_some(variables.first.slot));
            self.visit(body, permissive);
            self.literal_variables.truncate(outer);
        }
    }

    fn warn(&mut self, expr: &Expr, operand: &Expr, why: &str) {
        let holds_some = match &operand.kind {
            ExprKind::Literal(Value::List(items)) => !items.is_empty(),
            ExprKind::List(items) => !items.is_empty(),
            _ => false,
        };
        let printed = print(operand);
        if holds_some || self.nonempty.contains(&printed) {
            return;
        }
        let instead = match &operand.kind {
            // The size of a literal is always the same, so there is nothing to ask.
            ExprKind::Literal(_) => "write what is meant instead".to_owned(),
            _ => format!(
                "put `(size({printed}) > 0 && ...)` around this test; if a `!` comes before the test, put it inside the `!`"
            ),
        };
        let message = format!("{why}, and the outcome is then more permissive");
        self.diagnostics.push(
            Diagnostic::new(codes::VACUOUS_TRUTH, expr.span, message)
                .help(format!("{instead}, or allow it: `# actra: allow(W0004) reason`")),
        );
    }
}

fn holds_texts(range: &Expr) -> bool {
    let is_text =
        |item: &ValueState| matches!(item, ValueState::Present(Value::String(text)) if !text.is_empty());
    matches!(&range.kind, ExprKind::Literal(Value::List(items)) if items.iter().all(is_text))
}

/// What cannot be empty where a condition has this truth, by tests such as `size(x) > 0`, `x != ""` and
/// `x.exists(...)`.
fn nonempty(expr: &Expr, truth: bool) -> Vec<String> {
    match &expr.kind {
        ExprKind::Not(inner) => nonempty(inner, !truth),
        ExprKind::And(parts) if truth => parts.iter().flat_map(|part| nonempty(part, truth)).collect(),
        ExprKind::Or(parts) if !truth => parts.iter().flat_map(|part| nonempty(part, truth)).collect(),
        ExprKind::Compare { op, left, right } => {
            nonempty_by_comparison(*op, left, right, truth).into_iter().collect()
        }
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

fn nonempty_by_comparison(op: Comparison, left: &Expr, right: &Expr, truth: bool) -> Option<String> {
    if op == Comparison::Equal {
        return nonempty_by_equality(left, right, truth).or_else(|| nonempty_by_equality(right, left, truth));
    }
    // A lower bound of the size: `n < size(x)`, or `!(size(x) < n)`.
    let (size, bound, above) = if truth {
        (right, left, op == Comparison::Less)
    } else {
        (left, right, op == Comparison::LessOrEqual)
    };
    let bound = integer_of(bound)?;
    (bound >= 1 || (above && bound == 0)).then(|| operand_of_size(size)).flatten()
}

fn integer_of(literal: &Expr) -> Option<i64> {
    match &literal.kind {
        ExprKind::Literal(Value::Number(number)) => number.to_i64(),
        _ => None,
    }
}

/// `size(x)`: what is sized.
fn operand_of_size(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Call { function: Function::Size, .. } => {
            operands(expr).first().map(|operand| print(operand))
        }
        _ => None,
    }
}

/// What cannot be empty where a value equals a literal (`truth`), or where it does not.
fn nonempty_by_equality(operand: &Expr, literal: &Expr, truth: bool) -> Option<String> {
    match &literal.kind {
        ExprKind::Literal(Value::String(text)) => (text.is_empty() != truth).then(|| print(operand)),
        ExprKind::Literal(Value::Number(_)) => {
            let size = integer_of(literal)?;
            ((size == 0) != truth && size >= 0).then(|| operand_of_size(operand)).flatten()
        }
        _ => None,
    }
}
