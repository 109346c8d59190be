//! Relations between texts of which both are unknown.

use std::sync::Arc;

use actra_ir::hash::condition;
use actra_ir::{ArithmeticOp, Expr, ExprKind, Function};
use actra_model::Value;

use super::{Encoded, Encoder, Opaque};
use crate::atom::Atom;
use crate::formula::Formula;
use crate::predicate::{CaseMapping, Predicate, TextPredicate};
use crate::relation::{Relation, RelationKind, View};
use crate::term::{ScalarTerm, SymbolicTruth, SymbolicValue, TextTerm};
use crate::variable::TextVar;

/// An unknown text, and how its letters are changed.
type Cased<'a> = (TextVar, &'a Arc<[CaseMapping]>);

impl Encoder<'_> {
    /// `startsWith`, `endsWith`, `contains`
    pub(super) fn text_predicate(
        &mut self,
        function: Function,
        left: &Expr,
        right: &Expr,
    ) -> Encoded<SymbolicTruth> {
        let kind = match function {
            Function::StartsWith => RelationKind::Starts,
            Function::EndsWith => RelationKind::Ends,
            _ => RelationKind::Contains,
        };
        let (view, right) = match but_last(right) {
            Some(whole) => (View::ButLast, whole),
            None => (View::Whole, right),
        };
        let (left, mut right) = (self.read(left)?, self.read(right)?);
        if view == View::ButLast {
            self.nonempty(&mut right)?;
        }
        self.pairs(&left, &right, |this, left, right| this.related(kind, view, left, right))
    }

    fn related(
        &mut self,
        kind: RelationKind,
        view: View,
        left: &ScalarTerm,
        right: &ScalarTerm,
    ) -> Encoded<SymbolicTruth> {
        let (ScalarTerm::Text(left_text, left_cases), ScalarTerm::Text(right_text, right_cases)) =
            (left, right)
        else {
            return Err(Opaque);
        };
        let relation = Relation { kind, left: Arc::clone(left_cases), right: Arc::clone(right_cases), view };
        match (left_text, right_text) {
            (_, TextTerm::Constant(part)) => match relation.test_of_left(part) {
                Predicate::Text(_, test) => self.text_test(left, test),
                Predicate::Ip(_) => Err(Opaque),
            },
            (TextTerm::Constant(whole), _) => match relation.test_of_right(whole) {
                Some(Predicate::Text(_, test)) => self.text_test(right, test),
                _ => Err(Opaque),
            },
            (TextTerm::Variable(left), TextTerm::Variable(right)) => {
                Ok(SymbolicTruth::certain(self.relation(relation, *left, *right)))
            }
            (TextTerm::Segment(..), _) | (_, TextTerm::Segment(..)) => Err(Opaque),
        }
    }

    fn relation(&mut self, relation: Relation, left: TextVar, right: TextVar) -> Formula {
        if left == right && relation.is_reflexive() {
            return Formula::TRUE;
        }
        self.symbolic_request.atom(Atom::Related(Arc::new(relation), left, right))
    }

    /// Equality of texts of which at least one has its letters changed.
    pub(super) fn same_but_letters(&mut self, one: Cased<'_>, other: Cased<'_>) -> SymbolicTruth {
        // Equality is the same either way around; the text that is looked at as it is comes right, to be chosen first.
        let swapped = (other.1.len(), other.0) > (one.1.len(), one.0);
        let (left, right) = if swapped { (other, one) } else { (one, other) };
        let relation = Relation {
            kind: RelationKind::Equals,
            left: Arc::clone(left.1),
            right: Arc::clone(right.1),
            view: View::Whole,
        };
        SymbolicTruth::certain(self.relation(relation, left.0, right.0))
    }

    /// Whether one unknown path lies below another, or is it.
    pub(super) fn path_below(&mut self, path: TextVar, base: TextVar) -> SymbolicTruth {
        let plain: Arc<[CaseMapping]> = Arc::from([]);
        let relation = Relation {
            kind: RelationKind::Starts,
            left: Arc::clone(&plain),
            right: plain,
            view: View::Below,
        };
        let below = self.relation(relation, path, base);
        let same = self.same(path, base);
        let either = self.or([same, below]);
        self.if_comparable(path, base, either)
    }

    /// A text that is empty has no last character to leave out.
    fn nonempty(&mut self, read: &mut SymbolicValue) -> Encoded<()> {
        for (when, term) in &mut read.cases {
            let Some(scalar @ ScalarTerm::Text(..)) = term.scalar() else { return Err(Opaque) };
            let empty = self.text_test(&scalar, TextPredicate::AtMost(0))?.is_true;
            *when = self.and([*when, !empty]);
        }
        Ok(())
    }
}

/// The text in `x.substring(0, size(x) - 1)`.
fn but_last(expr: &Expr) -> Option<&Expr> {
    let ExprKind::Call { function: Function::Substring, args } = &expr.kind else { return None };
    let [text, start, end] = args.as_slice() else { return None };
    let ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left, right } = &end.kind else { return None };
    let ExprKind::Call { function: Function::Size, args } = &left.kind else { return None };
    let [measured] = args.as_slice() else { return None };
    let is = |expr: &Expr, known: i64| matches!(&expr.kind, ExprKind::Literal(Value::Number(number)) if number.to_i64() == Some(known));
    let same = condition(text) == condition(measured);
    (is(start, 0) && is(right, 1) && same).then_some(text)
}
