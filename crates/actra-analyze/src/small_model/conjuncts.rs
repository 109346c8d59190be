//! The goals of a question, split into the parts that must be preserved.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_ir::{Expr, ExprKind};

use super::collector::{NeedsCollector, is_flat};
use super::needs::{Needs, Preserve};
use crate::goal::{Clause, Goal, Polarity};
use crate::request_space::Side;

/// What tells conjuncts apart: whose declarations a condition reads by, what of it is preserved, and its canonical
/// hash.
type ConjunctKey = (Side, Preserve, [u8; 32]);

/// Conditions without outer variables: those that must all be preserved, and clauses of which one goal must be.
#[derive(Debug)]
pub(super) struct Conjuncts<'e> {
    certain: BTreeMap<ConjunctKey, &'e Expr>,
    choices: Vec<Vec<BTreeMap<ConjunctKey, &'e Expr>>>,
}

impl<'e> Conjuncts<'e> {
    pub(super) fn of(clauses: &[Clause<'e>]) -> Self {
        let mut conjuncts = Self { certain: BTreeMap::new(), choices: Vec::new() };
        for clause in clauses {
            match clause.as_slice() {
                [goal] => collect_conjuncts(goal, &mut conjuncts.certain),
                goals => conjuncts.choices.push(choice(goals)),
            }
        }
        conjuncts
    }

    pub(super) fn is_empty(&self) -> bool {
        self.certain.is_empty() && self.choices.iter().flatten().all(BTreeMap::is_empty)
    }

    /// How many elements are needed of each list.
    pub(super) fn needs(&self, collector: &mut NeedsCollector<'_, 'e>) -> BTreeMap<Arc<str>, usize> {
        let mut all = Needs::default();
        for ((_, preserve, _), condition) in &self.certain {
            all = all.and(collector.condition(condition, *preserve));
        }
        for goals in &self.choices {
            let mut most = Needs::default();
            for conjuncts in goals {
                let mut own = Needs::default();
                for ((_, preserve, _), condition) in
                    conjuncts.iter().filter(|(key, _)| !self.certain.contains_key(*key))
                {
                    own = own.and(collector.condition(condition, *preserve));
                }
                most = most.or(own);
            }
            all = all.and(most);
        }
        all.by_path()
    }
}

/// The conjuncts of each goal of a clause, without goals that have the same.
fn choice<'e>(goals: &[Goal<'e>]) -> Vec<BTreeMap<ConjunctKey, &'e Expr>> {
    let mut seen = BTreeSet::new();
    let mut choice = Vec::new();
    for goal in goals {
        let mut conjuncts = BTreeMap::new();
        collect_conjuncts(goal, &mut conjuncts);
        if !conjuncts.is_empty() && seen.insert(conjuncts.keys().copied().collect::<Vec<_>>()) {
            choice.push(conjuncts);
        }
    }
    choice
}

fn collect_conjuncts<'e>(goal: &Goal<'e>, conjuncts: &mut BTreeMap<ConjunctKey, &'e Expr>) {
    let is_up = matches!(goal.polarity, Polarity::True | Polarity::NotFalse);
    let preserve = if is_up { Preserve::AtLeast } else { Preserve::AtMost };
    split(goal.condition, preserve, goal.side, conjuncts);
}

/// All parts of a conjunction that must not fall, or of a disjunction that must not rise.
fn split<'e>(
    expr: &'e Expr,
    preserve: Preserve,
    side: Side,
    conjuncts: &mut BTreeMap<ConjunctKey, &'e Expr>,
) {
    match (&expr.kind, preserve) {
        (ExprKind::Not(operand), _) => split(operand, preserve.negated(), side, conjuncts),
        (ExprKind::And(parts), Preserve::AtLeast) | (ExprKind::Or(parts), Preserve::AtMost) => {
            parts.iter().for_each(|part| split(part, preserve, side, conjuncts));
        }
        _ if is_flat(expr) => {}
        _ => {
            conjuncts.insert((side, preserve, actra_ir::hash::condition(expr)), expr);
        }
    }
}
