//! Checks the bound of [`crate::small_model`] in another way, before anything is said to be proved.
//!
//! `small_model` computes a bound from the text of conditions, by multiplication. Here no bound is computed: every
//! variable is put to every position of every list that the encoding has, and each element that would be needed there
//! is written down for the one list that it is needed of. Then what was written down is compared with how far lists
//! are unrolled. The two share nothing but the language; where this one finds that more is needed, the answer is that
//! nothing was decided.

mod denotation;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use actra_ir::{Expr, ExprKind, Function, MacroKind, operands};
use actra_model::{Value, ValueState};

use crate::budget::{Budget, steps};
use crate::goal::{Clause, Polarity};
use crate::known_fields::KnownFields;
use crate::request_space::Side;
use crate::symbolic_request::Unrolled;
use denotation::{Denotation, DerivedList, ElementPosition, KeptElements, pattern};

/// More than any list has.
const EVERY_POSITION: usize = 1_000_000;

#[cfg(test)]
thread_local! {
    /// So many elements that are not written down, to see who notices.
    pub(crate) static SHORTFALL: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The lists that are not unrolled far enough, by static path; `None` if it takes too long to say.
pub(crate) fn too_small(
    clauses: &[Clause<'_>],
    unrolled: &BTreeMap<String, Unrolled>,
    known_fields: Option<&KnownFields>,
    budget: &Budget,
) -> Option<BTreeSet<String>> {
    let mut check = SizeCheck {
        unrolled,
        known_fields,
        sizes: known_fields.map(KnownFields::sizes).unwrap_or_default(),
        budget,
        scope: Vec::new(),
    };
    let mut all = Requirements::default();
    let mut known = BTreeSet::new();
    // What must hold in any case comes first: it is not needed again for one of several goals.
    let (certain, choices): (Vec<_>, Vec<_>) = clauses.iter().partition(|clause| clause.len() == 1);
    for clause in certain.into_iter().chain(choices) {
        let mut most = Requirements::default();
        for goal in clause {
            let allowed = match goal.polarity {
                Polarity::True | Polarity::NotFalse => AllowedChange::Rise,
                Polarity::False | Polarity::NotTrue => AllowedChange::Fall,
            };
            let mut own = Requirements::default();
            check.conjunct(goal.condition, allowed, goal.side, clause.len() == 1, &mut known, &mut own)?;
            most.or(own);
        }
        all.and(most);
    }
    let lacking = all.0.into_iter().filter(|(list, required)| {
        #[cfg(test)]
        let required = Requirement { count: required.count.saturating_sub(SHORTFALL.get()), ..*required };
        let list = unrolled.get(&pattern(list));
        // One more stands for the rest, which may be unlike all that is kept, and may be what a schema rejects.
        list.is_some_and(|list| list.is_open && required.front + required.count >= list.elements)
    });
    Some(lacking.map(|(list, _)| pattern(&list)).collect())
}

/// How a value may change where elements are left out, in the order false < undetermined < true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum AllowedChange {
    Fall,
    Rise,
    None,
}

impl AllowedChange {
    fn falls(self) -> bool {
        self == AllowedChange::Fall
    }

    fn rises(self) -> bool {
        self == AllowedChange::Rise
    }

    /// How the operand of a negation may change.
    fn negated(self) -> Self {
        match self {
            AllowedChange::Fall => AllowedChange::Rise,
            AllowedChange::Rise => AllowedChange::Fall,
            AllowedChange::None => AllowedChange::None,
        }
    }
}

/// At which positions of a range something must be preserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Positions {
    Each,
    /// At one of them, whichever it is.
    Any,
}

#[derive(Debug, Clone, Copy, Default)]
struct Requirement {
    count: usize,
    /// Elements that are read in their places.
    front: usize,
}

/// What is needed of each single list, by its place in the request.
#[derive(Debug, Clone, Default)]
struct Requirements(BTreeMap<Rc<str>, Requirement>);

impl Requirements {
    fn and(&mut self, other: Requirements) {
        for (list, required) in other.0 {
            let own = self.0.entry(list).or_default();
            own.count = (own.count + required.count).min(EVERY_POSITION);
            own.front = own.front.max(required.front);
        }
    }

    fn or(&mut self, other: Requirements) {
        for (list, required) in other.0 {
            let own = self.0.entry(list).or_default();
            own.count = own.count.max(required.count);
            own.front = own.front.max(required.front);
        }
    }
}

struct SizeCheck<'a> {
    unrolled: &'a BTreeMap<String, Unrolled>,
    known_fields: Option<&'a KnownFields>,
    sizes: BTreeMap<String, usize>,
    budget: &'a Budget,
    scope: Vec<ElementPosition>,
}

impl SizeCheck<'_> {
    /// What a goal needs, in conjuncts that must all be preserved; those of other goals are not needed twice.
    fn conjunct(
        &mut self,
        expr: &Expr,
        allowed: AllowedChange,
        side: Side,
        is_certain: bool,
        known: &mut BTreeSet<(Side, AllowedChange, [u8; 32])>,
        out: &mut Requirements,
    ) -> Option<()> {
        match &expr.kind {
            ExprKind::Not(inner) => {
                return self.conjunct(inner, allowed.negated(), side, is_certain, known, out);
            }
            ExprKind::And(parts) if allowed.rises() => {
                return parts
                    .iter()
                    .try_for_each(|part| self.conjunct(part, allowed, side, is_certain, known, out));
            }
            ExprKind::Or(parts) if allowed.falls() => {
                return parts
                    .iter()
                    .try_for_each(|part| self.conjunct(part, allowed, side, is_certain, known, out));
            }
            _ => {}
        }
        if !goes_through(expr) {
            return Some(());
        }
        let name = (side, allowed, actra_ir::hash::condition(expr));
        let is_new = if is_certain { known.insert(name) } else { !known.contains(&name) };
        if is_new {
            self.scope.clear();
            out.and(self.truth(expr, allowed)?);
        }
        Some(())
    }

    fn step(&mut self) -> Option<()> {
        self.budget.spend(1).then_some(())
    }

    fn sum<'e>(
        &mut self,
        parts: impl IntoIterator<Item = &'e Expr>,
        mut of: impl FnMut(&mut Self, &'e Expr) -> Option<Requirements>,
    ) -> Option<Requirements> {
        let mut all = Requirements::default();
        for part in parts {
            all.and(of(self, part)?);
        }
        Some(all)
    }

    fn greatest<'e>(
        &mut self,
        parts: impl IntoIterator<Item = &'e Expr>,
        mut of: impl FnMut(&mut Self, &'e Expr) -> Option<Requirements>,
    ) -> Option<Requirements> {
        let mut most = Requirements::default();
        for part in parts {
            most.or(of(self, part)?);
        }
        Some(most)
    }

    fn truth(&mut self, expr: &Expr, allowed: AllowedChange) -> Option<Requirements> {
        self.step()?;
        match &expr.kind {
            ExprKind::Not(inner) => self.truth(inner, allowed.negated()),
            ExprKind::And(parts) if allowed.falls() => {
                self.greatest(parts, |check, part| check.truth(part, allowed))
            }
            ExprKind::Or(parts) if allowed.rises() => {
                self.greatest(parts, |check, part| check.truth(part, allowed))
            }
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                self.sum(parts, |check, part| check.truth(part, allowed))
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                let mut all = self.truth(condition, AllowedChange::None)?;
                let branches = [then.as_ref(), otherwise.as_ref()];
                all.and(self.greatest(branches, |check, branch| check.truth(branch, allowed))?);
                Some(all)
            }
            ExprKind::Macro {
                kind: kind @ (MacroKind::All | MacroKind::Exists),
                range,
                variables,
                body,
                ..
            } => {
                // `all` is the negation of `exists`.
                let witness = if *kind == MacroKind::Exists { allowed } else { allowed.negated() };
                let mut all = self.data(range)?;
                let denotations = self.denotations(range)?;
                if !witness.falls() {
                    all.and(self.requirements(&denotations, 1));
                }
                if !goes_through(body) {
                    return Some(all);
                }
                let positions = if witness.rises() { Positions::Any } else { Positions::Each };
                let slots =
                    variables.first.slot..variables.first.slot + 1 + usize::from(variables.second.is_some());
                all.and(self.inside(&denotations, slots, positions, |check| check.truth(body, allowed))?);
                Some(all)
            }
            ExprKind::In { element, container } => {
                let mut all = self.data(element)?;
                all.and(self.data(container)?);
                let inner = self.denotations(container)?;
                let inner = self.positions(&inner).into_iter().flat_map(|position| position.denotations);
                all.and(self.in_places(element, &inner.collect::<Vec<_>>()));
                if !allowed.falls() {
                    let denotations = self.denotations(container)?;
                    let literal = matches!(&element.kind, ExprKind::Literal(Value::String(_)));
                    let unnamed: Vec<_> = denotations
                        .into_iter()
                        .filter(|denotation| !(literal && self.is_map(denotation)))
                        .collect();
                    all.and(self.requirements(&unnamed, 1));
                }
                Some(all)
            }
            ExprKind::Call {
                function:
                    function @ (Function::SetsContains | Function::SetsIntersects | Function::SetsEquivalent),
                args,
            } => self.sets(*function, args, allowed),
            ExprKind::Compare { left, right, .. } => self.compared(left, right),
            _ => self.data(expr),
        }
    }

    /// All that an expression reads must stay exactly what it is.
    fn data(&mut self, expr: &Expr) -> Option<Requirements> {
        self.step()?;
        match &expr.kind {
            ExprKind::Conditional { condition, then, otherwise } => {
                let mut all = self.truth(condition, AllowedChange::None)?;
                let branches = [then.as_ref(), otherwise.as_ref()];
                all.and(self.greatest(branches, |check, branch| check.data(branch))?);
                Some(all)
            }
            ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, .. }
            | ExprKind::Not(_)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::In { .. }
            | ExprKind::Compare { .. } => self.truth(expr, AllowedChange::None),
            ExprKind::Macro { kind, range, variables, filter, body } => {
                let mut all = self.data(range)?;
                let denotations = self.denotations(range)?;
                all.and(self.requirements(&denotations, if *kind == MacroKind::ExistsOne { 3 } else { 1 }));
                let parts: Vec<&Expr> = filter.iter().chain([body]).map(AsRef::as_ref).collect();
                if !parts.iter().any(|part| goes_through(part)) {
                    return Some(all);
                }
                let slots = variables.first.slot..variables.first.slot + 1;
                all.and(self.inside(&denotations, slots, Positions::Each, |check| {
                    check.sum(parts.iter().copied(), |check, part| check.data(part))
                })?);
                Some(all)
            }
            ExprKind::Call { function, args } => {
                if matches!(
                    function,
                    Function::SetsContains | Function::SetsIntersects | Function::SetsEquivalent
                ) {
                    return self.sets(*function, args, AllowedChange::None);
                }
                let mut all = self.sum(args, |check, arg| check.data(arg))?;
                let [list] = args.as_slice() else { return Some(all) };
                let denotations = match function {
                    Function::Size | Function::Sum | Function::Distinct | Function::Min | Function::Max => {
                        self.denotations(list)?
                    }
                    _ => return Some(all),
                };
                let of = |is: fn(&DerivedList) -> bool| {
                    denotations
                        .iter()
                        .any(|denotation| matches!(denotation, Denotation::Derived(list) if is(list)))
                };
                let count = match function {
                    Function::Size if of(|list| list.kept != KeptElements::All) => EVERY_POSITION,
                    Function::Size => 0,
                    Function::Sum if of(|list| list.kept == KeptElements::Distinct) => EVERY_POSITION,
                    _ => 2,
                };
                all.and(self.requirements(&denotations, count));
                Some(all)
            }
            ExprKind::Lookup { operand, key, .. } => {
                let mut all = self.data(operand)?;
                all.and(self.data(key)?);
                match &key.kind {
                    ExprKind::Literal(Value::Number(idx)) => {
                        let idx = idx.to_i64().and_then(|idx| usize::try_from(idx).ok());
                        for denotation in self.denotations(operand)? {
                            if let (Denotation::Place(list), Some(idx)) = (denotation, idx) {
                                all.and(self.front(&list, idx.saturating_add(1)));
                            }
                        }
                    }
                    ExprKind::Literal(_) => {}
                    _ => {
                        let denotations = self.denotations(operand)?;
                        let unknown: Vec<_> = denotations
                            .into_iter()
                            .filter(|denotation| self.entry(denotation, key).is_none())
                            .collect();
                        all.and(self.requirements(&unknown, 1));
                    }
                }
                Some(all)
            }
            _ => self.sum(operands(expr), |check, operand| check.data(operand)),
        }
    }

    fn sets(&mut self, function: Function, args: &[Expr], allowed: AllowedChange) -> Option<Requirements> {
        let [left, right] = args else { return Some(Requirements::default()) };
        let mut all = self.data(left)?;
        all.and(self.data(right)?);
        let (left, right) = (self.denotations(left)?, self.denotations(right)?);
        let lengths = [self.length(&left), self.length(&right)];
        if function == Function::SetsIntersects {
            if !allowed.falls() {
                all.and(self.requirements(&left, 1));
                all.and(self.requirements(&right, 1));
            }
            return Some(all);
        }
        let mut covers = |whole: &[Denotation], part: &[Denotation], elements: usize| {
            // Each element of the part has to be found; one that is not found shows the contrary.
            if !allowed.falls() {
                all.and(self.requirements(whole, elements));
            }
            if !allowed.rises() {
                all.and(self.requirements(part, 1));
            }
        };
        covers(&left, &right, lengths[1]);
        if function == Function::SetsEquivalent {
            covers(&right, &left, lengths[0]);
        }
        Some(all)
    }

    fn compared(&mut self, left: &Expr, right: &Expr) -> Option<Requirements> {
        for (counted, number) in [(left, right), (right, left)] {
            let (ExprKind::Call { function: Function::Size, args }, ExprKind::Literal(Value::Number(number))) =
                (&counted.kind, &number.kind)
            else {
                continue;
            };
            let [list] = args.as_slice() else { continue };
            let denotations = self.denotations(list)?;
            if denotations
                .iter()
                .any(|denotation| matches!(denotation, Denotation::Derived(list) if list.kept != KeptElements::All))
            {
                // One more than the number.
                let below = number.to_string().split('.').next().map_or(Ok(0), str::parse::<i64>);
                let count = below.map_or(EVERY_POSITION, |below| usize::try_from(below + 1).unwrap_or(0));
                let mut all = self.data(list)?;
                all.and(self.requirements(&denotations, count));
                return Some(all);
            }
        }
        let mut all = self.data(left)?;
        all.and(self.data(right)?);
        for (written, other) in [(left, right), (right, left)] {
            if matches!(&written.kind, ExprKind::Literal(Value::List(_)) | ExprKind::List(_)) {
                let denotations = self.denotations(other)?;
                all.and(self.in_places(written, &denotations));
            }
        }
        Some(all)
    }

    /// The elements of lists that are compared, each in its place, with one that is written out.
    fn in_places(&self, written: &Expr, denotations: &[Denotation]) -> Requirements {
        let mut all = Requirements::default();
        for denotation in denotations {
            let Denotation::Place(list) = denotation else { continue };
            match &written.kind {
                ExprKind::Literal(value) => all.and(self.value_in_places(value, list)),
                ExprKind::List(parts) => {
                    all.and(self.front(list, parts.len()));
                    for (idx, part) in parts.iter().enumerate() {
                        all.and(self.in_places(part, &[Denotation::Place(format!("{list}[{idx}]").into())]));
                    }
                }
                _ => {}
            }
        }
        all
    }

    /// Depth: the nesting of literals, which is bounded.
    fn value_in_places(&self, value: &Value, list: &Rc<str>) -> Requirements {
        let Value::List(states) = value else { return Requirements::default() };
        let mut all = self.front(list, states.len());
        for (idx, state) in states.iter().enumerate() {
            if let ValueState::Present(inner) = state {
                all.and(self.value_in_places(inner, &format!("{list}[{idx}]").into()));
            }
        }
        all
    }

    /// What is needed inside of a macro, whose variables have these slots.
    fn inside(
        &mut self,
        denotations: &[Denotation],
        slots: Range<usize>,
        needed_at: Positions,
        mut of: impl FnMut(&mut Self) -> Option<Requirements>,
    ) -> Option<Requirements> {
        let mut all = Requirements::default();
        let mut positions = self.positions(denotations);
        self.budget.spend(steps(positions.len()));
        let is_unknown = denotations.is_empty();
        if is_unknown {
            positions.push(ElementPosition { denotations: Vec::new(), key: None });
        }
        for position in positions {
            self.scope.truncate(slots.start);
            self.scope.push(position.clone());
            if slots.len() > 1 {
                self.scope.push(ElementPosition { key: None, ..position });
            }
            let own = of(self)?;
            match needed_at {
                Positions::Each => all.and(own),
                Positions::Any => all.or(own),
            }
        }
        self.scope.truncate(slots.start);
        if is_unknown {
            // There may be any number of elements.
            all.0
                .values_mut()
                .filter(|required| required.count > 0)
                .for_each(|required| required.count = EVERY_POSITION);
        }
        Some(all)
    }

    /// Some elements of each list that something is made of.
    fn requirements(&self, denotations: &[Denotation], count: usize) -> Requirements {
        let mut all = Requirements::default();
        if count == 0 {
            return all;
        }
        for denotation in denotations {
            let homes = match denotation {
                Denotation::Place(list) => std::slice::from_ref(list),
                Denotation::Derived(list) => list.homes.as_slice(),
            };
            for home in homes.iter().filter(|home| !self.is_known(home)) {
                all.and(Requirements(BTreeMap::from([(Rc::clone(home), Requirement { count, front: 0 })])));
            }
        }
        all
    }

    /// Elements that are not unrolled are not looked into.
    fn front(&self, list: &Rc<str>, front: usize) -> Requirements {
        let derived = self.unrolled.get(&pattern(list)).filter(|derived| derived.elements >= front);
        Requirements(
            derived.map(|_| (Rc::clone(list), Requirement { count: 0, front })).into_iter().collect(),
        )
    }
}

/// Whether an expression goes through elements of a container.
fn goes_through(expr: &Expr) -> bool {
    let own = matches!(
        &expr.kind,
        ExprKind::Macro { .. }
            | ExprKind::Lookup { .. }
            | ExprKind::Call {
                function: Function::Sum
                    | Function::Min
                    | Function::Max
                    | Function::Distinct
                    | Function::Size
                    | Function::SetsContains
                    | Function::SetsIntersects
                    | Function::SetsEquivalent,
                ..
            }
    ) || matches!(&expr.kind, ExprKind::In { container, .. } if !matches!(container.kind, ExprKind::Literal(_)));
    own || operands(expr).into_iter().any(goes_through)
}
