//! What the requests of the tests made of each rule and of each atom of its condition.

use actra_engine::diagnostics::Span;
use actra_engine::ir::{Expr, ExprKind, Rule};
use actra_engine::model::{Request, Value};
use actra_engine::{Truth, truth};

use crate::mutate::shown;
use crate::observed::{Probe, probes};
use crate::parallel;
use crate::test_set::TestSet;

/// What tests made of a policy.
#[derive(Debug)]
pub struct Coverage {
    /// How many requests are counted: those of tests about a decision of the set itself.
    pub requests: usize,
    /// In file order.
    pub rules: Vec<RuleCoverage>,
    /// How many valid requests no rule decided.
    pub default: usize,
}

/// What tests made of a rule.
#[derive(Debug)]
pub struct RuleCoverage {
    /// Its id.
    pub rule: String,
    /// Where its id stands.
    pub span: Span,
    /// What its condition was.
    pub counts: Counts,
    /// The leaves of its condition that are no literals, from left to right.
    pub atoms: Vec<AtomCoverage>,
}

/// What tests made of a leaf of a condition.
#[derive(Debug)]
pub struct AtomCoverage {
    /// It as its author wrote it.
    pub text: String,
    /// Where it stands; in a definition that is used, there.
    pub span: Span,
    /// What it was.
    pub counts: Counts,
}

/// How often a condition was what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// It was true.
    pub held: usize,
    /// It was false.
    pub failed: usize,
    /// It was undetermined.
    pub undetermined: usize,
}

impl Counts {
    /// Whether it was seen at all.
    pub fn reached(&self) -> bool {
        *self != Self::default()
    }

    /// Whether it was seen both true and false.
    pub fn covered(&self) -> bool {
        self.held > 0 && self.failed > 0
    }

    fn add(&mut self, truth: &Truth) {
        match truth {
            Truth::True => self.held += 1,
            Truth::False => self.failed += 1,
            Truth::Undetermined(_) => self.undetermined += 1,
        }
    }
}

impl RuleCoverage {
    /// Whether it was seen both true and false; one without atoms is always the same.
    pub fn covered(&self) -> bool {
        self.counts.covered() || (self.atoms.is_empty() && self.counts.reached())
    }
}

/// What the tests made of each rule; `None` if the set does not compile.
pub fn coverage(tests: &TestSet<'_>) -> Option<Coverage> {
    let policy = tests.outcome().policy.as_ref()?;
    let probes = probes(tests, policy);
    let rules: Vec<_> = policy.rules.iter().enumerate().collect();
    let rules = parallel::map(&rules, tests.jobs(), || (), |(), (idx, rule)| of_rule(*idx, rule, &probes));
    let decided = |probe: &&Probe<'_>| {
        probe.observed.action().is_some() && probe.observed.decision.matched_rule.is_none()
    };
    Some(Coverage { requests: probes.len(), rules, default: probes.iter().filter(decided).count() })
}

fn of_rule(idx: usize, rule: &Rule, probes: &[Probe<'_>]) -> RuleCoverage {
    let mut atoms = Vec::new();
    list(&rule.condition, &mut atoms);
    let mut counts = Counts::default();
    for probe in probes {
        let action = probe.observed.action();
        if action.is_none_or(|action| rule.actions.binary_search(&action).is_err()) {
            continue;
        }
        counts.add(probe.observed.truth(idx));
        let mut counter = Counter { request: &probe.observed.request, rest: atoms.iter_mut() };
        counter.visit(&rule.condition, true);
    }
    RuleCoverage { rule: rule.id.to_string(), span: rule.origin.id, counts, atoms }
}

/// The parts of a condition that are conditions again; `None` for an atom.
fn parts(expr: &Expr) -> Option<Vec<&Expr>> {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => Some(parts.iter().collect()),
        ExprKind::Not(operand) => Some(vec![operand]),
        ExprKind::Conditional { condition, then, otherwise } => Some(vec![condition, then, otherwise]),
        ExprKind::Literal(Value::Bool(_)) => Some(Vec::new()),
        _ => None,
    }
}

fn list(expr: &Expr, atoms: &mut Vec<AtomCoverage>) {
    match parts(expr) {
        Some(parts) => parts.into_iter().for_each(|part| list(part, atoms)),
        None => atoms.push(AtomCoverage { text: shown(expr), span: expr.span, counts: Counts::default() }),
    }
}

/// Goes through a condition in the order of [`list`].
struct Counter<'a> {
    request: &'a Request,
    rest: std::slice::IterMut<'a, AtomCoverage>,
}

impl Counter<'_> {
    /// Recursion is bounded: conditions nest at most `limits::NESTING` deep.
    fn visit(&mut self, expr: &Expr, reached: bool) {
        if let ExprKind::Conditional { condition, then, otherwise } = &expr.kind {
            self.visit(condition, reached);
            let chosen = truth(condition, self.request);
            self.visit(then, reached && chosen == Truth::True);
            return self.visit(otherwise, reached && chosen == Truth::False);
        }
        if let Some(parts) = parts(expr) {
            return parts.into_iter().for_each(|part| self.visit(part, reached));
        }
        if let Some(atom) = self.rest.next().filter(|_| reached) {
            atom.counts.add(&truth(expr, self.request));
        }
    }
}
