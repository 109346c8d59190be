//! Optional reads must be guarded; look-ups should be.
//!
//! With `!` pushed inward, `has(p)` covers the other members of its `&&` chain in any order, `!has(p)` the other
//! members of its `||` chain, and the condition of `c ? a : b` covers its branches. Kleene's logic makes the
//! order irrelevant when deciding, too.

mod advice;

use actra_diagnostics::{Code, Diagnostic, codes};
use actra_ir::print::print;
use actra_ir::{Expr, ExprKind, MacroKind, operands};
use actra_model::Value;

use crate::check::ConditionNotes;
use crate::permissive::PermissiveWhen;
use advice::ReadContext;
pub(crate) use advice::contradicting_guards;

/// The codes that this check reports.
pub(crate) const CODES: [Code; 2] = [codes::UNGUARDED_OPTIONAL, codes::UNGUARDED_LOOKUP];

/// Reports every unguarded read of a condition; `permissive` says which of its truths can make an outcome more
/// permissive.
pub(crate) fn check(
    condition: &Expr,
    notes: &ConditionNotes,
    permissive: PermissiveWhen,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if notes.optional.is_empty() && notes.lookups.is_empty() {
        return;
    }
    let context = ReadContext::top(permissive);
    GuardVisitor { notes, diagnostics, guards: Vec::new(), context }.boolean(condition, Sign::Plain);
}

/// Whether a condition stands under an odd number of `!`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Plain,
    Negated,
}

impl Sign {
    fn flip(self) -> Sign {
        match self {
            Sign::Plain => Sign::Negated,
            Sign::Negated => Sign::Plain,
        }
    }
}

struct GuardVisitor<'a, 'e> {
    notes: &'a ConditionNotes,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The printed form of every read that is known to be there.
    guards: Vec<String>,
    /// The context of the part that is visited.
    context: ReadContext<'e>,
}

impl<'e> GuardVisitor<'_, 'e> {
    fn boolean(&mut self, expr: &'e Expr, sign: Sign) {
        match (&expr.kind, sign) {
            // To its author `a != b` is one test, and the guard goes around all of it.
            (ExprKind::Not(inner), _) if inner.span == expr.span => {
                self.in_context(self.context.within(expr), |visitor| visitor.value(inner));
            }
            (ExprKind::Not(inner), _) => {
                self.in_context(self.context.flip(), |visitor| visitor.boolean(inner, sign.flip()))
            }
            (ExprKind::And(parts), Sign::Plain) | (ExprKind::Or(parts), Sign::Negated) => {
                self.conjunction(parts, sign)
            }
            (ExprKind::And(parts), Sign::Negated) | (ExprKind::Or(parts), Sign::Plain) => {
                self.disjunction(parts, sign)
            }
            (ExprKind::Conditional { condition, then, otherwise }, _) => {
                self.in_context(self.context.within(expr).hidden(), |visitor| {
                    visitor.boolean(condition, Sign::Plain)
                });
                self.with_guards(established(condition, Sign::Plain), |visitor| visitor.boolean(then, sign));
                self.with_guards(established(condition, Sign::Negated), |visitor| {
                    visitor.boolean(otherwise, sign)
                });
            }
            (ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, range, body, .. }, _) => {
                self.in_context(self.context.within(expr), |visitor| visitor.value(range));
                self.boolean(body, Sign::Plain);
            }
            _ => {
                let written =
                    if self.notes.negated.contains(&expr.span) { self.context.flip() } else { self.context };
                self.in_context(written.within(expr), |visitor| visitor.value(expr));
            }
        }
    }

    /// Visits a part in another context.
    fn in_context(&mut self, context: ReadContext<'e>, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.context, context);
        visit(self);
        self.context = outer;
    }

    fn conjunction(&mut self, parts: &'e [Expr], sign: Sign) {
        let known = parts.iter().flat_map(|part| established(part, sign)).collect();
        self.with_guards(known, |visitor| parts.iter().for_each(|part| visitor.boolean(part, sign)));
    }

    /// A member of `||` matters only where all others are false.
    fn disjunction(&mut self, parts: &'e [Expr], sign: Sign) {
        let known: Vec<(usize, String)> = parts
            .iter()
            .enumerate()
            .flat_map(|(idx, part)| established(part, sign.flip()).into_iter().map(move |guard| (idx, guard)))
            .collect();
        for (idx, part) in parts.iter().enumerate() {
            let others =
                known.iter().filter(|(owner, _)| *owner != idx).map(|(_, guard)| guard.clone()).collect();
            self.with_guards(others, |visitor| visitor.boolean(part, sign));
        }
    }

    fn with_guards(&mut self, known: Vec<String>, visit: impl FnOnce(&mut Self)) {
        let outer = self.guards.len();
        self.guards.extend(known);
        visit(self);
        self.guards.truncate(outer);
    }

    fn value(&mut self, expr: &'e Expr) {
        match &expr.kind {
            ExprKind::Has(operand) => self.parents(operand),
            ExprKind::OrValue { operand, default } => {
                self.optional_chain(operand);
                self.value(default);
            }
            ExprKind::Field { .. } | ExprKind::Member { .. } | ExprKind::Lookup { .. } => {
                self.read(expr);
                self.parents(expr);
            }
            ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Conditional { .. } => {
                self.in_context(self.context.hidden(), |visitor| visitor.boolean(expr, Sign::Plain));
            }
            ExprKind::Macro { range, filter, body, .. } => {
                self.value(range);
                self.in_context(self.context.hidden(), |visitor| {
                    filter.iter().for_each(|filter| visitor.boolean(filter, Sign::Plain));
                    let known = filter.iter().flat_map(|filter| established(filter, Sign::Plain)).collect();
                    visitor.with_guards(known, |visitor| visitor.boolean(body, Sign::Plain));
                });
            }
            _ => operands(expr).into_iter().for_each(|child| self.operand(child)),
        }
    }

    /// The truth of a test that is an operand, as in `(a == b) == c`, does not determine the truth of the outer test.
    fn operand(&mut self, child: &'e Expr) {
        let context = if is_test(child) { self.context.hidden() } else { self.context };
        self.in_context(context, |visitor| visitor.value(child));
    }

    /// Visits the operand of a read, which must be there for its members to be read.
    fn parents(&mut self, expr: &'e Expr) {
        match &expr.kind {
            ExprKind::Member { operand, .. } => self.value(operand),
            ExprKind::Lookup { operand, key, .. } => {
                self.value(operand);
                self.value(key);
            }
            _ => {}
        }
    }

    /// Steps behind the first `.?` may be absent; those before it may not.
    fn optional_chain(&mut self, expr: &'e Expr) {
        match &expr.kind {
            ExprKind::Member { operand, chained: true, .. } => self.optional_chain(operand),
            ExprKind::Lookup { operand, key, chained: true } => {
                self.optional_chain(operand);
                self.value(key);
            }
            _ => self.parents(expr),
        }
    }

    fn read(&mut self, expr: &Expr) {
        let optional = self.notes.optional.contains(&expr.span);
        let lookup = self.notes.lookups.contains(&expr.span);
        if !optional && !lookup {
            return;
        }
        if self.guards.contains(&print(expr)) {
            return;
        }
        self.diagnostics.push(if optional {
            advice::unguarded(expr, self.context)
        } else {
            advice::unguarded_lookup(expr, self.context)
        });
    }
}

/// Whether this is a test of other values.
fn is_test(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Compare { .. }
        | ExprKind::IsNull(_)
        | ExprKind::In { .. }
        | ExprKind::Within { .. }
        | ExprKind::InCidr { .. }
        | ExprKind::Matches { .. } => true,
        ExprKind::Call { function, .. } => function.is_predicate(),
        _ => false,
    }
}

/// The reads whose values are known to be there where a condition is true (`Plain`) or false (`Negated`).
fn established(expr: &Expr, sign: Sign) -> Vec<String> {
    match (&expr.kind, sign) {
        (ExprKind::Not(inner), _) => established(inner, sign.flip()),
        (ExprKind::And(parts), Sign::Plain) | (ExprKind::Or(parts), Sign::Negated) => {
            parts.iter().flat_map(|part| established(part, sign)).collect()
        }
        (ExprKind::Has(operand), Sign::Plain) => vec![print(operand)],
        // That a list holds a number does not mean that it has such an index.
        (ExprKind::In { element, .. }, _) if matches!(element.kind, ExprKind::Literal(Value::Number(_))) => {
            Vec::new()
        }
        (ExprKind::In { element, container }, Sign::Plain) => {
            let lookup =
                ExprKind::Lookup { operand: container.clone(), key: element.clone(), chained: false };
            vec![print(&Expr { kind: lookup, span: expr.span })]
        }
        _ => Vec::new(),
    }
}
