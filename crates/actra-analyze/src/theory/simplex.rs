//! Linear constraints over exact numbers, by the general simplex method with bounds.
//!
//! The method is that of Dutertre and de Moura, "A Fast Linear-Arithmetic Solver for DPLL(T)" (CAV 2006): a tableau
//! of sums, bounds on unknowns and sums, strictness by an infinitesimal part, and Bland's rule so that it ends.
//! Integers by branching.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, Zero};

use crate::budget::{Budget, steps};
use crate::linear::LinearForm;
use crate::rational::Rational;
use crate::variable::NumberVar;

/// `real + delta * infinitesimal`: a number of the field that strict bounds need.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DeltaRational {
    pub(crate) real: Rational,
    pub(crate) delta: Rational,
}

impl DeltaRational {
    fn zero() -> Self {
        Self { real: Rational::zero(), delta: Rational::zero() }
    }

    fn plus(&self, other: &DeltaRational, factor: &Rational) -> DeltaRational {
        DeltaRational { real: &self.real + &other.real * factor, delta: &self.delta + &other.delta * factor }
    }

    fn over(&self, divisor: &Rational) -> DeltaRational {
        DeltaRational { real: &self.real / divisor, delta: &self.delta / divisor }
    }

    /// The number itself, which what is bounded may reach.
    pub(crate) fn exactly(real: Rational) -> Self {
        Self { real, delta: Rational::zero() }
    }

    /// The most that is less than the number.
    pub(crate) fn just_below(real: Rational) -> Self {
        Self { real, delta: -Rational::one() }
    }

    /// The least that is more than the number.
    pub(crate) fn just_above(real: Rational) -> Self {
        Self { real, delta: Rational::one() }
    }
}

/// The constraint that a bound comes from; `None` for a branch.
type BoundReason = Option<usize>;

/// A bound on a linear form.
#[derive(Debug, Clone)]
pub(crate) struct Constraint<'a> {
    pub(crate) form: &'a LinearForm,
    pub(crate) at: DeltaRational,
    pub(crate) upper: bool,
}

#[derive(Debug)]
pub(crate) enum SimplexResult {
    /// Values for all variables.
    Feasible(BTreeMap<NumberVar, DeltaRational>),
    /// These constraints, by index, exclude each other.
    Infeasible(BTreeSet<usize>),
    /// The budget of branches or pivots is used up.
    GaveUp,
}

type Var = usize;

#[derive(Debug, Clone, Default)]
struct Tableau {
    /// Basic variables as sums of the others.
    rows: BTreeMap<Var, BTreeMap<Var, Rational>>,
    lower: BTreeMap<Var, (DeltaRational, BoundReason)>,
    upper: BTreeMap<Var, (DeltaRational, BoundReason)>,
    value: BTreeMap<Var, DeltaRational>,
}

const PIVOTS: usize = 2_000;
/// Entries of a tableau that are changed in a step.
const ENTRIES: u64 = 4;
const BRANCHES: usize = 200;

/// Whether the constraints have a common solution, where some variables are integers.
pub(crate) fn solve(
    constraints: &[Constraint<'_>],
    is_integer: impl Fn(NumberVar) -> bool,
    steps: &Budget,
) -> SimplexResult {
    let mut unknowns: BTreeMap<NumberVar, Var> = BTreeMap::new();
    let mut forms: BTreeMap<&LinearForm, Var> = BTreeMap::new();
    let mut tableau = Tableau::default();
    for constraint in constraints {
        for unknown in constraint.form.keys() {
            let next = unknowns.len();
            unknowns.entry(*unknown).or_insert(next);
        }
    }
    for var in unknowns.values() {
        tableau.value.insert(*var, DeltaRational::zero());
    }
    for constraint in constraints {
        let next = unknowns.len() + forms.len();
        if !forms.contains_key(constraint.form) {
            let var = tableau.add_form(constraint.form, &unknowns, next);
            forms.insert(constraint.form, var);
        }
    }
    for (idx, constraint) in constraints.iter().enumerate() {
        let Some(var) = forms.get(constraint.form) else { return SimplexResult::GaveUp };
        if let Err(conflict) = tableau.assert(*var, &constraint.at, constraint.upper, Some(idx)) {
            return SimplexResult::Infeasible(conflict);
        }
    }
    let integers: Vec<Var> =
        unknowns.iter().filter(|(unknown, _)| is_integer(**unknown)).map(|(_, var)| *var).collect();
    let mut budget = BRANCHES;
    match tableau.search(&integers, &mut budget, steps) {
        BranchResult::Feasible(values) => SimplexResult::Feasible(
            unknowns
                .iter()
                .map(|(unknown, var)| {
                    (*unknown, values.get(var).cloned().unwrap_or_else(DeltaRational::zero))
                })
                .collect(),
        ),
        BranchResult::Infeasible(conflict) => SimplexResult::Infeasible(conflict),
        BranchResult::GaveUp => SimplexResult::GaveUp,
    }
}

enum BranchResult {
    Feasible(BTreeMap<Var, DeltaRational>),
    Infeasible(BTreeSet<usize>),
    GaveUp,
}

enum CheckResult {
    Feasible,
    Infeasible(BTreeSet<usize>),
    GaveUp,
}

impl Tableau {
    /// The variable that stands for a form: the unknown itself, or a new one with a row.
    fn add_form(&mut self, form: &LinearForm, unknowns: &BTreeMap<NumberVar, Var>, next: Var) -> Var {
        let row: BTreeMap<Var, Rational> = form
            .iter()
            .filter_map(|(unknown, coefficient)| Some((*unknowns.get(unknown)?, coefficient.clone())))
            .collect();
        if let (1, Some((var, coefficient))) = (row.len(), row.iter().next())
            && coefficient.is_one()
        {
            return *var;
        }
        self.value.insert(next, DeltaRational::zero());
        self.rows.insert(next, row);
        next
    }

    /// Adds a bound; an error names the bounds that exclude each other.
    fn assert(
        &mut self,
        var: Var,
        at: &DeltaRational,
        upper: bool,
        source: BoundReason,
    ) -> Result<(), BTreeSet<usize>> {
        let (own, other) =
            if upper { (&mut self.upper, &self.lower) } else { (&mut self.lower, &self.upper) };
        if let Some((known, _)) = own.get(&var)
            && (if upper { known <= at } else { known >= at })
        {
            return Ok(());
        }
        if let Some((opposite, opposite_source)) = other.get(&var)
            && (if upper { opposite > at } else { opposite < at })
        {
            return Err([source, *opposite_source].into_iter().flatten().collect());
        }
        own.insert(var, (at.clone(), source));
        let beyond = self.value.get(&var).is_some_and(|value| if upper { value > at } else { value < at });
        if !self.rows.contains_key(&var) && beyond {
            self.update(var, at.clone());
        }
        Ok(())
    }

    /// Moves a variable that is not basic, and all that depend on it.
    fn update(&mut self, var: Var, to: DeltaRational) {
        let Some(from) = self.value.insert(var, to.clone()) else { return };
        let change = to.plus(&from, &-Rational::one());
        for (basic, row) in &self.rows {
            if let (Some(coefficient), Some(value)) = (row.get(&var), self.value.get_mut(basic)) {
                *value = value.plus(&change, coefficient);
            }
        }
    }

    fn check(&mut self, budget: &Budget) -> CheckResult {
        for _ in 0..PIVOTS {
            // What is looked at before a pivot.
            if !budget.spend(steps(self.rows.len()) / 8 + 1) {
                return CheckResult::GaveUp;
            }
            let Some((basic, to, below)) = self.violated() else { return CheckResult::Feasible };
            let Some(row) = self.rows.get(&basic) else { return CheckResult::GaveUp };
            let free = row.iter().find(|(var, coefficient)| {
                let grows = coefficient.is_positive() == below;
                let bound = if grows { self.upper.get(*var) } else { self.lower.get(*var) };
                match (bound, self.value.get(*var)) {
                    (Some((bound, _)), Some(value)) => {
                        if grows {
                            value < bound
                        } else {
                            value > bound
                        }
                    }
                    _ => true,
                }
            });
            match free.map(|(var, _)| *var) {
                Some(var) => {
                    let work = self.pivot(basic, var, to);
                    if !budget.spend(work / ENTRIES) {
                        return CheckResult::GaveUp;
                    }
                }
                None => return CheckResult::Infeasible(self.explanation(basic, below)),
            }
        }
        CheckResult::GaveUp
    }

    /// The first basic variable beyond a bound: the bound, and whether the variable lies below it.
    fn violated(&self) -> Option<(Var, DeltaRational, bool)> {
        self.rows.keys().find_map(|basic| {
            let value = self.value.get(basic)?;
            if let Some((bound, _)) = self.lower.get(basic)
                && value < bound
            {
                return Some((*basic, bound.clone(), true));
            }
            let (bound, _) = self.upper.get(basic)?;
            (value > bound).then(|| (*basic, bound.clone(), false))
        })
    }

    fn explanation(&self, basic: Var, below: bool) -> BTreeSet<usize> {
        let own = if below { self.lower.get(&basic) } else { self.upper.get(&basic) };
        let others = self.rows.get(&basic).into_iter().flatten().map(|(var, coefficient)| {
            if coefficient.is_positive() == below { self.upper.get(var) } else { self.lower.get(var) }
        });
        others.chain([own]).flatten().filter_map(|(_, source)| *source).collect()
    }

    /// Lets `var` become basic instead of `basic`, which moves to `to`; gives the entries that it went through, by
    /// their weight.
    fn pivot(&mut self, basic: Var, var: Var, to: DeltaRational) -> u64 {
        let Some(mut row) = self.rows.remove(&basic) else { return 0 };
        let Some(coefficient) = row.remove(&var) else { return 0 };
        let (Some(from), Some(current)) = (self.value.get(&basic), self.value.get(&var)) else { return 0 };
        let change = to.plus(from, &-Rational::one()).over(&coefficient);
        let moved = current.plus(&change, &Rational::one());
        // basic = sum + coefficient * var, so var = basic / coefficient - sum / coefficient
        let mut solved: BTreeMap<Var, Rational> =
            row.iter().map(|(other, factor)| (*other, -factor / &coefficient)).collect();
        solved.insert(basic, Rational::one() / &coefficient);
        let mut work = 0;
        for (dependent, other) in &mut self.rows {
            let Some(factor) = other.remove(&var) else { continue };
            for (inner, share) in &solved {
                let entry = other.entry(*inner).or_insert_with(Rational::zero);
                *entry += share * &factor;
                work += entry.weight();
                if entry.is_zero() {
                    other.remove(inner);
                }
            }
            if let Some(value) = self.value.get_mut(dependent) {
                *value = value.plus(&change, &factor);
            }
        }
        self.value.insert(basic, to);
        self.value.insert(var, moved);
        self.rows.insert(var, solved);
        work
    }

    /// A solution in which these are integers.
    fn search(mut self, integers: &[Var], budget: &mut usize, steps: &Budget) -> BranchResult {
        match self.check(steps) {
            CheckResult::Feasible => {}
            CheckResult::Infeasible(conflict) => return BranchResult::Infeasible(conflict),
            CheckResult::GaveUp => return BranchResult::GaveUp,
        }
        let broken = integers.iter().find_map(|var| {
            let value = self.value.get(var)?;
            (!value.real.is_integer() || !value.delta.is_zero()).then(|| (*var, value.clone()))
        });
        let Some((var, value)) = broken else { return BranchResult::Feasible(self.value) };
        if *budget == 0 {
            return BranchResult::GaveUp;
        }
        *budget -= 1;
        // The greatest integer that is not above the value; one with a negative part lies below its number.
        let below = if value.real.is_integer() && value.delta.is_negative() {
            &value.real - Rational::one()
        } else {
            value.real.floor()
        };
        let mut conflict = BTreeSet::new();
        let above = &below + Rational::one();
        for (at, upper) in [(below, true), (above, false)] {
            let mut branch = self.clone();
            let outcome = match branch.assert(var, &DeltaRational::exactly(at), upper, None) {
                Ok(()) => branch.search(integers, budget, steps),
                Err(conflict) => BranchResult::Infeasible(conflict),
            };
            match outcome {
                BranchResult::Infeasible(part) => conflict.extend(part),
                decided => return decided,
            }
        }
        BranchResult::Infeasible(conflict)
    }
}
