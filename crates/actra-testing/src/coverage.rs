//! Coverage: how often each rule, and each atom of its condition, was true, false or undetermined in the tests.

use actra_engine::diagnostics::Span;
use actra_engine::ir::{Expr, ExprKind, Rule};
use actra_engine::model::{Request, Value};
use actra_engine::{Truth, evaluate_condition};

use crate::decision_test::{DecisionTest, decision_tests};
use crate::mutant::source_text;
use crate::parallel;
use crate::set_tests::SetTests;

/// The coverage of a policy.
#[derive(Debug)]
pub struct Coverage {
    /// How many requests are counted: those of tests about a decision of the set itself.
    pub requests: usize,
    /// What was seen of each rule, in file order.
    pub rules: Vec<RuleCoverage>,
    /// How many valid requests no rule decided.
    pub default: usize,
}

/// The coverage of a rule.
#[derive(Debug)]
pub struct RuleCoverage {
    /// The id of the rule.
    pub rule: String,
    /// The place of its id.
    pub span: Span,
    /// What its condition came to.
    pub counts: Counts,
    /// The atoms of its condition that are no literals, from left to right.
    pub atoms: Vec<AtomCoverage>,
}

/// The coverage of an atom: a part of a condition that is not put together from other conditions.
#[derive(Debug)]
pub struct AtomCoverage {
    /// The atom as its author wrote it.
    pub text: String,
    /// Where it stands, which may be in a definition that the rule uses.
    pub span: Span,
    /// What it came to.
    pub counts: Counts,
}

/// How often a condition came to each truth value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// How often it was true.
    pub times_true: usize,
    /// How often it was false.
    pub times_false: usize,
    /// How often it was undetermined.
    pub times_undetermined: usize,
}

impl Counts {
    /// Whether it was evaluated at all.
    pub fn reached(&self) -> bool {
        *self != Self::default()
    }

    /// Whether it was true as well as false.
    pub fn covered(&self) -> bool {
        self.times_true > 0 && self.times_false > 0
    }

    fn add(&mut self, truth: &Truth) {
        match truth {
            Truth::True => self.times_true += 1,
            Truth::False => self.times_false += 1,
            Truth::Undetermined(_) => self.times_undetermined += 1,
        }
    }
}

impl RuleCoverage {
    /// Whether it was true as well as false; a rule without atoms is always the same, so it need only be reached.
    pub fn covered(&self) -> bool {
        self.counts.covered() || (self.atoms.is_empty() && self.counts.reached())
    }
}

/// The coverage of a set by its tests; `None` if the set does not compile.
pub fn coverage(tests: &SetTests<'_>) -> Option<Coverage> {
    let policy = tests.outcome().policy.as_ref()?;
    let decision_tests = decision_tests(tests, policy);
    let rules: Vec<_> = policy.rules.iter().enumerate().collect();
    let rules =
        parallel::map(&rules, tests.jobs(), || (), |(), (idx, rule)| cover(*idx, rule, &decision_tests));
    let is_by_default = |test: &&DecisionTest<'_>| {
        test.evaluated.action().is_some() && test.evaluated.decision.matched_rule.is_none()
    };
    let default = decision_tests.iter().filter(is_by_default).count();
    Some(Coverage { requests: decision_tests.len(), rules, default })
}

fn cover(idx: usize, rule: &Rule, tests: &[DecisionTest<'_>]) -> RuleCoverage {
    let mut atoms = Vec::new();
    list_atoms(&rule.condition, &mut atoms);
    let mut counts = Counts::default();
    for test in tests {
        let action = test.evaluated.action();
        if action.is_none_or(|action| !rule.covers(action)) {
            continue;
        }
        counts.add(test.evaluated.truth(idx));
        let mut counter = AtomCounter { request: &test.evaluated.request, atoms: atoms.iter_mut() };
        counter.visit(&rule.condition, true);
    }
    RuleCoverage { rule: rule.id.to_string(), span: rule.metadata.id, counts, atoms }
}

/// The conditions that a condition is put together from; `None` for an atom.
fn parts(expr: &Expr) -> Option<Vec<&Expr>> {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => Some(parts.iter().collect()),
        ExprKind::Not(operand) => Some(vec![operand]),
        ExprKind::Conditional { condition, then, otherwise } => Some(vec![condition, then, otherwise]),
        ExprKind::Literal(Value::Bool(_)) => Some(Vec::new()),
        _ => None,
    }
}

fn list_atoms(expr: &Expr, atoms: &mut Vec<AtomCoverage>) {
    match parts(expr) {
        Some(parts) => parts.into_iter().for_each(|part| list_atoms(part, atoms)),
        None => {
            atoms.push(AtomCoverage { text: source_text(expr), span: expr.span, counts: Counts::default() })
        }
    }
}

/// Counts the atoms of a condition for one request, in the order of [`list_atoms`].
struct AtomCounter<'a> {
    request: &'a Request,
    /// Those that are still to be visited.
    atoms: std::slice::IterMut<'a, AtomCoverage>,
}

impl AtomCounter<'_> {
    /// Recursion is bounded: conditions nest at most `limits::NESTING` deep.
    fn visit(&mut self, expr: &Expr, reached: bool) {
        if let ExprKind::Conditional { condition, then, otherwise } = &expr.kind {
            self.visit(condition, reached);
            let chosen = evaluate_condition(condition, self.request);
            self.visit(then, reached && chosen == Truth::True);
            return self.visit(otherwise, reached && chosen == Truth::False);
        }
        if let Some(parts) = parts(expr) {
            return parts.into_iter().for_each(|part| self.visit(part, reached));
        }
        if let Some(atom) = self.atoms.next().filter(|_| reached) {
            atom.counts.add(&evaluate_condition(expr, self.request));
        }
    }
}
