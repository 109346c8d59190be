//! Optional reads must be guarded; look-ups should be.
//!
//! With `!` pushed inward, `has(p)` covers the other members of its `&&` chain in any order, `!has(p)` the other
//! members of its `||` chain, and the condition of `c ? a : b` covers its branches. Kleene's logic makes the
//! order irrelevant when deciding, too.

mod offer;

use actra_diagnostics::{Code, Diagnostic, codes};
use actra_ir::print::print;
use actra_ir::{Expr, ExprKind, MacroKind, operands};
use actra_model::Value;

use crate::check::Reads;
use crate::milder::Milder;
use offer::Place;
pub(crate) use offer::contradicting;

/// What this reports.
pub(crate) const CODES: [Code; 2] = [codes::UNGUARDED_OPTIONAL, codes::UNGUARDED_LOOKUP];

/// Reports every unguarded read of a condition; `milder` says which of its truths can make an outcome milder.
pub(crate) fn check(condition: &Expr, reads: &Reads, milder: Milder, diagnostics: &mut Vec<Diagnostic>) {
    if reads.optional.is_empty() && reads.lookups.is_empty() {
        return;
    }
    let place = Place::part(milder);
    Walk { reads, diagnostics, guards: Vec::new(), place }.boolean(condition, Sign::Plain);
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

struct Walk<'a, 'e> {
    reads: &'a Reads,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The printed form of every read that is known to be there.
    guards: Vec<String>,
    /// Of the part of the condition that is walked through.
    place: Place<'e>,
}

impl<'e> Walk<'_, 'e> {
    fn boolean(&mut self, expr: &'e Expr, sign: Sign) {
        match (&expr.kind, sign) {
            // `a != b` is one test to its author, who puts the guard around it.
            (ExprKind::Not(inner), _) if inner.span == expr.span => {
                self.at(self.place.within(expr), |walk| walk.value(inner));
            }
            (ExprKind::Not(inner), _) => self.at(self.place.flip(), |walk| walk.boolean(inner, sign.flip())),
            (ExprKind::And(parts), Sign::Plain) | (ExprKind::Or(parts), Sign::Negated) => {
                self.conjunction(parts, sign)
            }
            (ExprKind::And(parts), Sign::Negated) | (ExprKind::Or(parts), Sign::Plain) => {
                self.disjunction(parts, sign)
            }
            (ExprKind::Conditional { condition, then, otherwise }, _) => {
                self.at(self.place.within(expr).hidden(), |walk| walk.boolean(condition, Sign::Plain));
                self.under(established(condition, Sign::Plain), |walk| walk.boolean(then, sign));
                self.under(established(condition, Sign::Negated), |walk| walk.boolean(otherwise, sign));
            }
            (ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, range, body, .. }, _) => {
                self.at(self.place.within(expr), |walk| walk.value(range));
                self.boolean(body, Sign::Plain);
            }
            _ => {
                let written =
                    if self.reads.negated.contains(&expr.span) { self.place.flip() } else { self.place };
                self.at(written.within(expr), |walk| walk.value(expr));
            }
        }
    }

    /// Walks through a part that stands somewhere else.
    fn at(&mut self, place: Place<'e>, walk: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.place, place);
        walk(self);
        self.place = outer;
    }

    fn conjunction(&mut self, parts: &'e [Expr], sign: Sign) {
        let known = parts.iter().flat_map(|part| established(part, sign)).collect();
        self.under(known, |walk| parts.iter().for_each(|part| walk.boolean(part, sign)));
    }

    /// Each member is only reached where all the others are false.
    fn disjunction(&mut self, parts: &'e [Expr], sign: Sign) {
        let known: Vec<(usize, String)> = parts
            .iter()
            .enumerate()
            .flat_map(|(idx, part)| established(part, sign.flip()).into_iter().map(move |guard| (idx, guard)))
            .collect();
        for (idx, part) in parts.iter().enumerate() {
            let others =
                known.iter().filter(|(owner, _)| *owner != idx).map(|(_, guard)| guard.clone()).collect();
            self.under(others, |walk| walk.boolean(part, sign));
        }
    }

    fn under(&mut self, known: Vec<String>, walk: impl FnOnce(&mut Self)) {
        let outer = self.guards.len();
        self.guards.extend(known);
        walk(self);
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
                self.at(self.place.hidden(), |walk| walk.boolean(expr, Sign::Plain));
            }
            ExprKind::Macro { range, filter, body, .. } => {
                self.value(range);
                self.at(self.place.hidden(), |walk| {
                    filter.iter().for_each(|filter| walk.boolean(filter, Sign::Plain));
                    let known = filter.iter().flat_map(|filter| established(filter, Sign::Plain)).collect();
                    walk.under(known, |walk| walk.boolean(body, Sign::Plain));
                });
            }
            _ => operands(expr).into_iter().for_each(|child| self.operand(child)),
        }
    }

    /// The truth of a test that is an operand, as in `(a == b) == c`, says nothing of the truth of what it stands in.
    fn operand(&mut self, child: &'e Expr) {
        let place = if is_test(child) { self.place.hidden() } else { self.place };
        self.at(place, |walk| walk.value(child));
    }

    /// What must be there before a member can be asked for.
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
        let optional = self.reads.optional.contains(&expr.span);
        let lookup = self.reads.lookups.contains(&expr.span);
        if !optional && !lookup {
            return;
        }
        if self.guards.contains(&print(expr)) {
            return;
        }
        self.diagnostics.push(if optional {
            offer::unguarded(expr, self.place)
        } else {
            offer::unguarded_lookup(expr, self.place)
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

/// The reads that are there wherever a condition holds (`Plain`) or fails (`Negated`).
fn established(expr: &Expr, sign: Sign) -> Vec<String> {
    match (&expr.kind, sign) {
        (ExprKind::Not(inner), _) => established(inner, sign.flip()),
        (ExprKind::And(parts), Sign::Plain) | (ExprKind::Or(parts), Sign::Negated) => {
            parts.iter().flat_map(|part| established(part, sign)).collect()
        }
        (ExprKind::Has(operand), Sign::Plain) => vec![print(operand)],
        // A number in a list says nothing of an index.
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
