//! Whether a formula can hold: a SAT solver for its skeleton, theories for what its atoms mean.
//!
//! Each model of the skeleton is given to the theories; what they refute becomes a clause, and the search goes on.

use std::collections::{BTreeMap, BTreeSet};

use batsat::{Callbacks, Lit, Solver, SolverInterface, SolverOpts, clause, lbool};
use num_traits::{One, Zero};

use crate::atom::{Atom, Atoms};
use crate::budget::{Budget, steps};
use crate::formula::{AtomId, Formula, FormulaNode, Formulas};
use crate::linear::LinearForm;
use crate::predicate::{Predicate, TextPredicate};
use crate::rational::Rational;
use crate::theory::automaton::AutomatonCache;
use crate::theory::simplex::{Constraint, DeltaRational, SimplexResult};
use crate::theory::strings::{Assertion, StringsResult};
use crate::theory::{simplex, strings};
use crate::variable::{NumberVar, TextSort, TextVar, VariableTable};

/// Models of the skeleton that are given to the theories, at most.
const MAX_SKELETON_MODELS: usize = 3_000;
/// What stands in the way where there are too many.
const CASES_OBSTACLE: &str = "the number of cases";
/// Pairs of tests of one unknown that are compared beforehand.
const MAX_COMPARED_PAIRS: usize = 50_000;
/// Checks that may go into making one conflict smaller.
const MAX_MINIMIZING_CHECKS: usize = 120;

/// Counts the steps of the SAT solver.
struct BudgetCallbacks {
    budget: Budget,
    /// What a conflict takes, for the size of the formula; a decision takes less.
    each: u64,
}

impl Callbacks for BudgetCallbacks {
    fn on_new_clause(&mut self, literals: &[Lit], _: clause::Kind) {
        self.budget.spend(self.each + steps(literals.len()));
    }

    fn stop(&self) -> bool {
        !self.budget.spend(self.each / 16 + 1)
    }
}

/// Values for the unknowns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) assignment: BTreeMap<AtomId, bool>,
    pub(crate) numbers: BTreeMap<NumberVar, Rational>,
    pub(crate) texts: BTreeMap<TextVar, String>,
}

#[derive(Debug)]
pub(crate) enum SmtResult {
    Model(Model),
    Unsat,
    /// The budget is used up; what for.
    GaveUp(&'static str),
    /// No texts were found that stand in these relations to each other, though there may be some.
    Incomplete(BTreeSet<AtomId>),
}

/// What a blocking clause is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blocked {
    /// The opaque atoms; all relevant ones if none is opaque.
    OpaqueAtoms,
    /// All relevant atoms.
    Model,
}

/// A question under way; clauses can be added between models.
pub(crate) struct SmtSolver<'a> {
    formulas: &'a Formulas,
    atoms: &'a Atoms,
    variables: &'a VariableTable,
    solver: Solver<BudgetCallbacks>,
    budget: Budget,
    literals: BTreeMap<usize, Lit>,
    /// The formulas that shall all hold.
    roots: Vec<Formula>,
    /// The atoms that the question has, with their literals.
    atom_literals: Vec<(AtomId, Lit)>,
    /// Of the last model, the atoms that it holds by.
    relevant: BTreeSet<AtomId>,
    models: usize,
    /// Relations of models that were left out though they may hold.
    incomplete: BTreeSet<AtomId>,
}

impl<'a> SmtSolver<'a> {
    /// The search for a model of all these formulas.
    pub(crate) fn new(
        formulas: &'a Formulas,
        atoms: &'a Atoms,
        variables: &'a VariableTable,
        roots: &[Formula],
        budget: &Budget,
    ) -> Self {
        let callbacks = BudgetCallbacks { budget: budget.clone(), each: steps(formulas.count()) / 64 + 1 };
        let mut search = Self {
            formulas,
            atoms,
            variables,
            solver: Solver::new(SolverOpts::default(), callbacks),
            budget: budget.clone(),
            literals: BTreeMap::new(),
            roots: roots.to_vec(),
            atom_literals: Vec::new(),
            relevant: BTreeSet::new(),
            models: 0,
            incomplete: BTreeSet::new(),
        };
        for root in roots {
            let literal = search.literal(*root);
            search.solver.add_clause_reuse(&mut vec![literal]);
        }
        search.order_bounds();
        search.compare_tests();
        search
    }

    /// The literal of a formula, with the clauses that define it. Depth: that of the formula, which is bounded by
    /// the nesting of conditions.
    fn literal(&mut self, formula: Formula) -> Lit {
        let node = formula.node();
        let literal = match self.literals.get(&node) {
            Some(literal) => *literal,
            None => self.define(formula, node),
        };
        if formula.is_negated() { !literal } else { literal }
    }

    fn define(&mut self, formula: Formula, node: usize) -> Lit {
        let formulas = self.formulas;
        let kind = formulas.node(formula);
        let preferred = match kind {
            FormulaNode::Atom(atom) => self.preferred(*atom),
            _ => lbool::UNDEF,
        };
        let literal = Lit::new(self.solver.new_var(preferred, true), true);
        self.literals.insert(node, literal);
        match kind {
            FormulaNode::True => {
                self.solver.add_clause_reuse(&mut vec![literal]);
            }
            FormulaNode::Atom(atom) => self.atom_literals.push((*atom, literal)),
            FormulaNode::And(parts) => {
                let parts: Vec<Lit> = parts.iter().map(|part| self.literal(*part)).collect();
                for part in &parts {
                    self.solver.add_clause_reuse(&mut vec![!literal, *part]);
                }
                let mut all: Vec<Lit> = parts.iter().map(|part| !*part).collect();
                all.push(literal);
                self.solver.add_clause_reuse(&mut all);
            }
        }
        literal
    }

    /// What an atom is tried as first: texts and lists short, numbers small, all else false.
    fn preferred(&self, atom: AtomId) -> lbool {
        match self.atoms.get(atom) {
            Some(Atom::Bound { .. } | Atom::Predicate(_, Predicate::Text(_, TextPredicate::AtMost(_)))) => {
                lbool::TRUE
            }
            _ => lbool::UNDEF,
        }
    }

    /// Bounds on one form imply each other in order.
    fn order_bounds(&mut self) {
        let mut forms: BTreeMap<&LinearForm, Vec<(&Rational, bool, Lit)>> = BTreeMap::new();
        for (atom, literal) in &self.atom_literals {
            if let Some(Atom::Bound { form, bound, strict }) = self.atoms.get(*atom) {
                forms.entry(form).or_default().push((bound, !*strict, *literal));
            }
        }
        for bounds in forms.values_mut() {
            bounds.sort_by(|left, right| (left.0, left.1).cmp(&(right.0, right.1)));
            for pair in bounds.windows(2) {
                if let [(.., tighter), (.., wider)] = pair {
                    self.solver.add_clause_reuse(&mut vec![!*tighter, *wider]);
                }
            }
        }
    }

    /// A test that few values pass settles the other tests of the same unknown where those values agree.
    fn compare_tests(&mut self) {
        let mut tests: BTreeMap<TextVar, Vec<(&Predicate, Lit)>> = BTreeMap::new();
        for (atom, literal) in &self.atom_literals {
            if let Some(Atom::Predicate(var, test)) = self.atoms.get(*atom) {
                tests.entry(*var).or_default().push((test, *literal));
            }
        }
        let mut budget = MAX_COMPARED_PAIRS;
        for tests in tests.values() {
            for (test, literal) in tests {
                let Some(values) = test.values().filter(|values| values.len() <= 16) else { continue };
                for (other, other_literal) in tests.iter().filter(|(other, _)| other != test) {
                    let Some(left) = budget.checked_sub(1) else { return };
                    budget = left;
                    if !self.budget.spend(steps(values.len())) {
                        return;
                    }
                    let passing = values.iter().filter(|value| other.holds(value)).count();
                    if passing == values.len() {
                        self.solver.add_clause_reuse(&mut vec![!*literal, *other_literal]);
                    } else if passing == 0 {
                        self.solver.add_clause_reuse(&mut vec![!*literal, !*other_literal]);
                    }
                }
            }
        }
    }

    /// The next model, if there is one.
    pub(crate) fn next(&mut self, automata: &mut AutomatonCache) -> SmtResult {
        loop {
            self.models += 1;
            // Relevant atoms are looked for in the whole formula.
            if self.models > MAX_SKELETON_MODELS
                || !self.budget.spend(steps(self.atom_literals.len()) / 4 + 1)
            {
                return SmtResult::GaveUp(CASES_OBSTACLE);
            }
            let satisfiable = self.solver.solve_limited(&[]);
            if satisfiable != lbool::TRUE && satisfiable != lbool::FALSE {
                return SmtResult::GaveUp(CASES_OBSTACLE);
            }
            if satisfiable == lbool::FALSE {
                return if self.incomplete.is_empty() {
                    SmtResult::Unsat
                } else {
                    SmtResult::Incomplete(self.incomplete.clone())
                };
            }
            self.relevant = self.relevant_atoms();
            let assignment: Vec<AssignedAtom> = self
                .atom_literals
                .iter()
                .filter(|(atom, _)| self.relevant.contains(atom))
                .map(|(atom, literal)| AssignedAtom {
                    atom: *atom,
                    literal: *literal,
                    truth: self.is_true(*literal),
                })
                .collect();
            match self.check_theories(&assignment, automata) {
                Ok(model) => return SmtResult::Model(model),
                Err(TheoryFailure::Conflict(conflict)) => self.add_conflict(&assignment, &conflict),
                Err(TheoryFailure::Incomplete(untried)) => self.skip_incomplete(&assignment, &untried),
                Err(TheoryFailure::GaveUp(what)) => return SmtResult::GaveUp(what),
            }
        }
    }

    /// A model, if both theories have values for an assignment.
    fn check_theories(
        &self,
        assignment: &[AssignedAtom],
        automata: &mut AutomatonCache,
    ) -> Result<Model, TheoryFailure> {
        let numbers = self.check_numbers(assignment)?;
        let texts = self.check_texts(assignment, automata)?;
        let truths = self.atom_literals.iter();
        let truths = truths.map(|(atom, literal)| (*atom, self.truth(*atom, *literal, &numbers)));
        Ok(Model { assignment: truths.collect(), numbers, texts })
    }

    fn is_true(&self, literal: Lit) -> bool {
        self.solver.value_lit(literal) == lbool::TRUE
    }

    /// The atoms that make the roots true in the last model of the skeleton: whatever the others are, the roots hold,
    /// so the theories are asked about these alone (relevancy, after de Moura and Bjørner, MSR-TR-2007-140).
    fn relevant_atoms(&self) -> BTreeSet<AtomId> {
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        let mut relevant = BTreeSet::new();
        let mut open = self.roots.clone();
        while let Some(formula) = open.pop() {
            if !seen.insert(formula.node()) {
                continue;
            }
            match self.formulas.node(formula) {
                FormulaNode::True => {}
                FormulaNode::Atom(atom) => {
                    relevant.insert(*atom);
                }
                FormulaNode::And(parts) if self.holds(formula) != formula.is_negated() => {
                    open.extend(parts.iter())
                }
                FormulaNode::And(parts) => {
                    let failing = parts.iter().filter(|part| !self.holds(**part));
                    open.extend(failing.min_by_key(|part| (!seen.contains(&part.node()), self.cost(**part))));
                }
            }
        }
        relevant
    }

    /// Whether a formula that has a literal is true in the last model of the skeleton.
    fn holds(&self, formula: Formula) -> bool {
        let literal = self.literals.get(&formula.node());
        literal.is_some_and(|literal| self.is_true(*literal)) != formula.is_negated()
    }

    /// How costly it is for the theories to decide a formula.
    fn cost(&self, formula: Formula) -> u8 {
        match self.formulas.node(formula) {
            FormulaNode::True => 0,
            FormulaNode::And(_) => 3,
            FormulaNode::Atom(atom) => match self.atoms.get(*atom) {
                Some(Atom::Bound { .. }) => 2,
                Some(Atom::Predicate(..)) => 4,
                Some(Atom::Equal(..)) => 5,
                Some(Atom::Related(..)) => 6,
                _ => 1,
            },
        }
    }

    /// The truth of an atom in the last model; that of an irrelevant bound follows from the numbers.
    fn truth(&self, atom: AtomId, literal: Lit, numbers: &BTreeMap<NumberVar, Rational>) -> bool {
        match self.atoms.get(atom) {
            Some(Atom::Bound { form, bound, strict }) if !self.relevant.contains(&atom) => {
                let bound = bound.clone();
                let at =
                    if *strict { DeltaRational::just_below(bound) } else { DeltaRational::exactly(bound) };
                holds(&Constraint { form, at, upper: true }, numbers)
            }
            _ => self.is_true(literal),
        }
    }

    /// Adds the clause that these atoms are not all as in the last model.
    fn add_conflict(&mut self, assignment: &[AssignedAtom], conflict: &BTreeSet<usize>) {
        let chosen = conflict.iter().filter_map(|idx| assignment.get(*idx));
        let mut clause = chosen
            .map(|assigned| if assigned.truth { !assigned.literal } else { assigned.literal })
            .collect();
        self.solver.add_clause_reuse(&mut clause);
    }

    /// Goes on without an assignment that may hold: from now on there is no proof.
    fn skip_incomplete(&mut self, assignment: &[AssignedAtom], untried: &BTreeSet<usize>) {
        let atoms = untried.iter().filter_map(|idx| assignment.get(*idx)).map(|assigned| assigned.atom);
        self.incomplete.extend(atoms.filter(|atom| matches!(self.atoms.get(*atom), Some(Atom::Related(..)))));
        self.add_conflict(assignment, untried);
    }

    /// Excludes the last model, and with it all others that assign the same to the blocked ones of its relevant atoms.
    pub(crate) fn block_model(&mut self, blocked: Blocked) {
        let relevant = self.atom_literals.iter().filter(|(atom, _)| self.relevant.contains(atom));
        let (opaque, other): (Vec<_>, Vec<_>) =
            relevant.partition(|(atom, _)| matches!(self.atoms.get(*atom), Some(Atom::Opaque(..))));
        let chosen = match blocked {
            Blocked::OpaqueAtoms if !opaque.is_empty() => opaque,
            Blocked::OpaqueAtoms | Blocked::Model => [opaque, other].concat(),
        };
        let mut clause: Vec<Lit> = chosen
            .iter()
            .map(|(_, literal)| if self.is_true(*literal) { !*literal } else { *literal })
            .collect();
        self.solver.add_clause_reuse(&mut clause);
    }

    fn check_numbers(
        &self,
        assignment: &[AssignedAtom],
    ) -> Result<BTreeMap<NumberVar, Rational>, TheoryFailure> {
        // Of all bounds on a form only the tightest count.
        let mut tightest: BTreeMap<(&LinearForm, bool), (DeltaRational, usize)> = BTreeMap::new();
        for (idx, AssignedAtom { atom, truth, .. }) in assignment.iter().enumerate() {
            let Some(Atom::Bound { form, bound, strict }) = self.atoms.get(*atom) else { continue };
            let at = match (*truth, *strict) {
                (true, true) => DeltaRational::just_below(bound.clone()),
                // More than an integer is at least the next one.
                (false, _) if self.is_integral(form) => DeltaRational::exactly(bound + Rational::one()),
                // What is not at most the bound is above it; what is not below the bound may be the bound.
                (false, false) => DeltaRational::just_above(bound.clone()),
                (true, false) | (false, true) => DeltaRational::exactly(bound.clone()),
            };
            let known = tightest.entry((form.as_ref(), *truth)).or_insert_with(|| (at.clone(), idx));
            let is_tighter = if *truth { at < known.0 } else { at > known.0 };
            if is_tighter {
                *known = (at, idx);
            }
        }
        let sources: Vec<usize> = tightest.values().map(|(_, idx)| *idx).collect();
        let constraints: Vec<Constraint<'_>> =
            tightest.into_iter().map(|((form, upper), (at, _))| Constraint { form, at, upper }).collect();
        let is_integer = |var: NumberVar| self.variables.is_integer(var);
        match simplex::solve(&constraints, is_integer, &self.budget) {
            SimplexResult::Feasible(values) => {
                concrete(&values, &constraints).ok_or(TheoryFailure::GaveUp("the precision of numbers"))
            }
            SimplexResult::Infeasible(conflict) => {
                let conflict = conflict.iter().filter_map(|idx| sources.get(*idx).copied());
                Err(TheoryFailure::Conflict(conflict.collect()))
            }
            SimplexResult::GaveUp => Err(TheoryFailure::GaveUp("linear arithmetic over integers")),
        }
    }

    /// Whether a sum is an integer whatever its unknowns are; bounds on it are integers then, and not strict.
    fn is_integral(&self, form: &LinearForm) -> bool {
        form.iter().all(|(var, coefficient)| coefficient.is_integer() && self.variables.is_integer(*var))
    }

    fn check_texts(
        &self,
        assignment: &[AssignedAtom],
        automata: &mut AutomatonCache,
    ) -> Result<BTreeMap<TextVar, String>, TheoryFailure> {
        let assertions: Vec<(usize, Assertion<'_>)> = assignment
            .iter()
            .enumerate()
            .filter_map(|(idx, AssignedAtom { atom, truth, .. })| match self.atoms.get(*atom)? {
                Atom::Predicate(var, test) => Some((idx, Assertion::Predicate(*var, test, *truth))),
                Atom::Equal(left, right) => Some((idx, Assertion::Equal(*left, *right, *truth))),
                Atom::Related(relation, left, right) => {
                    Some((idx, Assertion::Related(relation, *left, *right, *truth)))
                }
                _ => None,
            })
            .collect();
        match self.check(&assertions, automata) {
            StringsResult::Model(values) => Ok(values),
            StringsResult::GaveUp => Err(TheoryFailure::GaveUp("the size of automata")),
            StringsResult::Incomplete(untried) => {
                let untried = untried.iter().filter_map(|idx| assertions.get(*idx));
                Err(TheoryFailure::Incomplete(untried.map(|(idx, _)| *idx).collect()))
            }
            StringsResult::Conflict(conflict) => {
                let conflict = conflict.iter().filter_map(|idx| assertions.get(*idx).copied()).collect();
                let smaller = self.minimize(conflict, automata);
                Err(TheoryFailure::Conflict(smaller.into_iter().map(|(idx, _)| idx).collect()))
            }
        }
    }

    fn check(
        &self,
        assertions: &[(usize, Assertion<'_>)],
        automata: &mut AutomatonCache,
    ) -> StringsResult<BTreeMap<TextVar, String>> {
        let assertions: Vec<_> = assertions.iter().map(|(_, assertion)| *assertion).collect();
        let kind_of =
            |var: TextVar| self.variables.texts.get(var as usize).copied().unwrap_or(TextSort::Text);
        strings::solve(&assertions, kind_of, automata, &self.budget)
    }

    /// A smaller set of assertions that exclude each other: ever smaller parts are left out where the rest still does.
    fn minimize<'c>(
        &self,
        mut conflict: Vec<(usize, Assertion<'c>)>,
        automata: &mut AutomatonCache,
    ) -> Vec<(usize, Assertion<'c>)> {
        let mut size = conflict.len() / 2;
        let mut budget = MAX_MINIMIZING_CHECKS;
        while size >= 1 {
            let mut start = 0;
            while start < conflict.len() && budget > 0 {
                budget -= 1;
                let end = (start + size).min(conflict.len());
                let rest: Vec<_> = conflict
                    .iter()
                    .enumerate()
                    .filter(|(idx, _)| !(start..end).contains(idx))
                    .map(|(_, assertion)| *assertion)
                    .collect();
                match self.check(&rest, automata) {
                    StringsResult::Conflict(kept) => {
                        conflict = kept.iter().filter_map(|idx| rest.get(*idx).copied()).collect();
                        start = 0;
                        size = size.min(conflict.len() / 2).max(1);
                        if conflict.len() <= 1 {
                            return conflict;
                        }
                    }
                    _ => start = end,
                }
            }
            size /= 2;
        }
        conflict
    }
}

/// A relevant atom of the last model of the skeleton.
struct AssignedAtom {
    atom: AtomId,
    literal: Lit,
    truth: bool,
}

/// Why the theories have no values for an assignment; atoms are meant by their index in it.
enum TheoryFailure {
    /// These exclude each other.
    Conflict(BTreeSet<usize>),
    /// No values were found for these, though there may be some.
    Incomplete(BTreeSet<usize>),
    /// The budget is used up; what for.
    GaveUp(&'static str),
}

/// Numbers for the infinitesimal parts, as plain as the constraints allow.
fn concrete(
    values: &BTreeMap<NumberVar, DeltaRational>,
    constraints: &[Constraint<'_>],
) -> Option<BTreeMap<NumberVar, Rational>> {
    let mut step = Rational::one();
    for _ in 0..40 {
        let numbers: BTreeMap<NumberVar, Rational> =
            values.iter().map(|(var, value)| (*var, &value.real + &value.delta * &step)).collect();
        if constraints.iter().all(|constraint| holds(constraint, &numbers)) {
            return Some(numbers);
        }
        step /= Rational::from_integer(10.into());
    }
    None
}

fn holds(constraint: &Constraint<'_>, numbers: &BTreeMap<NumberVar, Rational>) -> bool {
    let mut sum = Rational::zero();
    for (var, coefficient) in constraint.form {
        if let Some(value) = numbers.get(var) {
            sum += value * coefficient;
        }
    }
    let distance = &sum - &constraint.at.real;
    match (constraint.upper, constraint.at.delta.is_zero()) {
        (true, true) => !distance.is_positive(),
        (true, false) => distance.is_negative(),
        (false, true) => !distance.is_negative(),
        (false, false) => distance.is_positive(),
    }
}
