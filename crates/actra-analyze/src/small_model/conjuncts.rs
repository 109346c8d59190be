//! What shall hold, taken apart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_ir::{Expr, ExprKind};

use super::needs::{Direction, Needs, Walk, is_flat};
use crate::goal::{Clause, Goal, Polarity};
use crate::space::Side;

/// A condition without outer variables that is to be kept: whose declarations it reads by, which way, and what it is.
type Fact = (bool, Direction, [u8; 32]);

/// Facts that must all hold, and choices between facts.
#[derive(Debug)]
pub(super) struct Conjuncts<'e> {
    facts: BTreeMap<Fact, &'e Expr>,
    choices: Vec<Vec<BTreeMap<Fact, &'e Expr>>>,
}

impl<'e> Conjuncts<'e> {
    pub(super) fn of(clauses: &[Clause<'e>]) -> Self {
        let mut conjuncts = Self { facts: BTreeMap::new(), choices: Vec::new() };
        for clause in clauses {
            match clause.as_slice() {
                [goal] => collect(goal, &mut conjuncts.facts),
                goals => conjuncts.choices.push(choice(goals)),
            }
        }
        conjuncts
    }

    pub(super) fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.choices.iter().flatten().all(BTreeMap::is_empty)
    }

    /// How many elements are needed of each list.
    pub(super) fn needs(&self, walk: &mut Walk<'_, 'e>) -> BTreeMap<Arc<str>, usize> {
        let mut all = Needs::default();
        for ((_, direction, _), condition) in &self.facts {
            all = all.and(walk.condition(condition, *direction));
        }
        for goals in &self.choices {
            let mut most = Needs::default();
            for facts in goals {
                let mut own = Needs::default();
                for ((_, direction, _), condition) in
                    facts.iter().filter(|(fact, _)| !self.facts.contains_key(*fact))
                {
                    own = own.and(walk.condition(condition, *direction));
                }
                most = most.or(own);
            }
            all = all.and(most);
        }
        all.by_path()
    }
}

/// The wishes of a clause, without those that say the same.
fn choice<'e>(goals: &[Goal<'e>]) -> Vec<BTreeMap<Fact, &'e Expr>> {
    let mut seen = BTreeSet::new();
    let mut choice = Vec::new();
    for goal in goals {
        let mut facts = BTreeMap::new();
        collect(goal, &mut facts);
        if !facts.is_empty() && seen.insert(facts.keys().copied().collect::<Vec<_>>()) {
            choice.push(facts);
        }
    }
    choice
}

fn collect<'e>(goal: &Goal<'e>, facts: &mut BTreeMap<Fact, &'e Expr>) {
    let is_up = matches!(goal.polarity, Polarity::True | Polarity::NotFalse);
    let direction = if is_up { Direction::Up } else { Direction::Down };
    split(goal.condition, direction, goal.side == Side::Own, facts);
}

/// All parts of a conjunction that must not fall, or of a disjunction that must not rise.
fn split<'e>(expr: &'e Expr, direction: Direction, own: bool, facts: &mut BTreeMap<Fact, &'e Expr>) {
    match (&expr.kind, direction) {
        (ExprKind::Not(operand), _) => split(operand, direction.turned(), own, facts),
        (ExprKind::And(parts), Direction::Up) | (ExprKind::Or(parts), Direction::Down) => {
            parts.iter().for_each(|part| split(part, direction, own, facts));
        }
        _ if is_flat(expr) => {}
        _ => {
            facts.insert((own, direction, actra_ir::hash::condition(expr)), expr);
        }
    }
}
