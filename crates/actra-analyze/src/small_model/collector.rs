//! Collects the elements that a condition needs for its truth value to be preserved.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_ir::{Comparison, Expr, ExprKind, Function, MacroKind, operands};
use actra_model::{Value, ValueState};

use super::containers::{Alternative, BinderId, Containers, ElementSelection, Elements, Location, literal};
use super::needs::{Needs, Preserve};
use super::{ALL_ELEMENTS, MAX_ELEMENTS, ModelSize};
use crate::budget::{Budget, steps};

/// A variable of a macro, and what it can be.
struct MacroVariable<'e> {
    binding: BinderId,
    elements: Vec<Alternative>,
    /// The range whose elements or keys it goes through; `None` for the second of two variables.
    range: Option<&'e Expr>,
}

/// Goes through conditions and collects what they need.
pub(super) struct NeedsCollector<'a, 'e> {
    containers: &'a Containers<'a>,
    known: &'a ModelSize,
    budget: &'a Budget,
    scope: Vec<MacroVariable<'e>>,
    bindings: BinderId,
    /// Keys that conditions name, by map.
    pub(super) keys: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// How many elements at the front of each list are read by their indexes.
    pub(super) front_reads: BTreeMap<Arc<str>, usize>,
    /// Lists whose elements are added up.
    pub(super) summed: BTreeSet<Arc<str>>,
}

impl<'a, 'e> NeedsCollector<'a, 'e> {
    pub(super) fn new(containers: &'a Containers<'a>, known: &'a ModelSize, budget: &'a Budget) -> Self {
        Self {
            containers,
            known,
            budget,
            scope: Vec::new(),
            bindings: 0,
            keys: BTreeMap::new(),
            front_reads: BTreeMap::new(),
            summed: BTreeSet::new(),
        }
    }

    /// What a condition needs. Depth: the nesting of conditions, which is bounded.
    pub(super) fn condition(&mut self, expr: &'e Expr, preserve: Preserve) -> Needs {
        match &expr.kind {
            ExprKind::Not(operand) => self.condition(operand, preserve.negated()),
            ExprKind::And(parts) => self.parts(parts, preserve, Preserve::AtMost),
            ExprKind::Or(parts) => self.parts(parts, preserve, Preserve::AtLeast),
            ExprKind::Conditional { condition, then, otherwise } => {
                let needs = self.condition(condition, Preserve::Exactly);
                let then = self.condition(then, preserve);
                needs.and(then.or(self.condition(otherwise, preserve)))
            }
            ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, .. } => {
                self.quantifier(expr, preserve)
            }
            ExprKind::In { element, container } => self.membership(element, container, preserve),
            ExprKind::Call {
                function:
                    function @ (Function::SetsContains | Function::SetsIntersects | Function::SetsEquivalent),
                args,
            } => self.sets(*function, args, preserve),
            ExprKind::Compare { op, left, right } => self.comparison(*op, left, right),
            _ => self.value(expr),
        }
    }

    /// The needs of a conjunction or disjunction; `one` is the direction in which a single part decides it.
    fn parts(&mut self, parts: &'e [Expr], preserve: Preserve, one: Preserve) -> Needs {
        parts.iter().fold(Needs::default(), |needs, part| {
            let own = self.condition(part, preserve);
            if preserve == one { needs.or(own) } else { needs.and(own) }
        })
    }

    /// What a value needs to stay the same.
    fn value(&mut self, expr: &'e Expr) -> Needs {
        match &expr.kind {
            ExprKind::Not(_)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::In { .. }
            | ExprKind::Compare { .. }
            | ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, .. }
            | ExprKind::Call {
                function: Function::SetsContains | Function::SetsIntersects | Function::SetsEquivalent,
                ..
            } => self.condition(expr, Preserve::Exactly),
            ExprKind::Conditional { condition, then, otherwise } => {
                let needs = self.condition(condition, Preserve::Exactly);
                let then = self.value(then);
                needs.and(then.or(self.value(otherwise)))
            }
            ExprKind::Macro { .. } => self.collection(expr),
            ExprKind::Member { operand, name, .. } => {
                self.named(operand, name);
                self.value(operand)
            }
            ExprKind::Lookup { operand, key, .. } => self.lookup(operand, key),
            ExprKind::Call { function, args } => {
                let own = self.call(*function, args);
                args.iter().fold(own, |needs, arg| needs.and(self.value(arg)))
            }
            _ => operands(expr)
                .into_iter()
                .fold(Needs::default(), |needs, operand| needs.and(self.value(operand))),
        }
    }

    fn quantifier(&mut self, expr: &'e Expr, preserve: Preserve) -> Needs {
        let ExprKind::Macro { kind, range, body, .. } = &expr.kind else { return Needs::default() };
        let some = if *kind == MacroKind::Exists { Preserve::AtLeast } else { Preserve::AtMost };
        let alternatives = self.alternatives(range);
        let mut needs = self.value(range);
        if preserve == some || preserve == Preserve::Exactly {
            needs = needs.and(elements(&alternatives, 1));
        }
        let times = if preserve == some { 1 } else { size(&alternatives) };
        let inside = self.inside(expr, &alternatives, times, |collector| collector.condition(body, preserve));
        needs.and(inside)
    }

    /// `filter`, `map`, `exists_one`: all that is said of an element is kept for each of them.
    fn collection(&mut self, expr: &'e Expr) -> Needs {
        let ExprKind::Macro { kind, range, filter, body, .. } = &expr.kind else { return Needs::default() };
        let alternatives = self.alternatives(range);
        // One that makes all undetermined; of `exists_one`, two that do not or one and no other.
        let own = if *kind == MacroKind::ExistsOne { 3 } else { 1 };
        let needs = self.value(range).and(elements(&alternatives, own));
        let times = size(&alternatives);
        let inside = self.inside(expr, &alternatives, times, |collector| {
            let filter = filter.iter().fold(Needs::default(), |needs, filter| {
                needs.and(collector.condition(filter, Preserve::Exactly))
            });
            filter.and(collector.value(body))
        });
        needs.and(inside)
    }

    /// What the body of a macro needs, for so many positions.
    fn inside(
        &mut self,
        expr: &'e Expr,
        alternatives: &[Alternative],
        times: usize,
        needs: impl FnOnce(&mut Self) -> Needs,
    ) -> Needs {
        let ExprKind::Macro { range, variables, .. } = &expr.kind else { return Needs::default() };
        let binding = self.bind(alternatives, range, variables.first.slot, variables.second.is_some());
        let needs = needs(self);
        self.scope.truncate(variables.first.slot);
        needs.for_each(binding, times)
    }

    fn bind(
        &mut self,
        alternatives: &[Alternative],
        range: &'e Expr,
        slot: usize,
        has_second: bool,
    ) -> BinderId {
        self.bindings += 1;
        let binding = self.bindings;
        let elements: Vec<Alternative> = alternatives
            .iter()
            .flat_map(|alternative| self.elements_of(alternative, Some(binding)))
            .collect();
        let elements = self.charge(elements);
        self.scope.truncate(slot);
        self.scope.push(MacroVariable { binding, elements: elements.clone(), range: Some(range) });
        if has_second {
            self.scope.push(MacroVariable { binding, elements, range: None });
        }
        binding
    }

    fn membership(&mut self, element: &'e Expr, container: &'e Expr, preserve: Preserve) -> Needs {
        let alternatives = self.alternatives(container);
        let needs = self.value(element).and(self.value(container));
        self.written_element(element, &alternatives);
        let mut own = Needs::default();
        for alternative in &alternatives {
            let is_map =
                alternative.location.as_ref().is_some_and(|location| self.containers.is_map(&location.path));
            match (&element.kind, &alternative.location) {
                (ExprKind::Literal(Value::String(key)), Some(location)) if is_map => {
                    self.keys.entry(Arc::clone(&location.path)).or_default().insert(Arc::clone(key));
                }
                _ if preserve == Preserve::AtMost => {}
                _ => own = own.and(elements(std::slice::from_ref(alternative), 1)),
            }
        }
        needs.and(own)
    }

    fn sets(&mut self, function: Function, args: &'e [Expr], preserve: Preserve) -> Needs {
        let [left, right] = args else { return Needs::default() };
        let (whole, part) = (self.alternatives(left), self.alternatives(right));
        let needs = self.value(left).and(self.value(right));
        let covers = |whole: &[Alternative], part: &[Alternative]| {
            let each = if preserve == Preserve::AtMost { 0 } else { size(part) };
            let one = if preserve == Preserve::AtLeast { 0 } else { 1 };
            elements(whole, each).and(elements(part, one))
        };
        needs.and(match function {
            Function::SetsIntersects if preserve == Preserve::AtMost => Needs::default(),
            Function::SetsIntersects => elements(&whole, 1).and(elements(&part, 1)),
            Function::SetsContains => covers(&whole, &part),
            _ => covers(&whole, &part).and(covers(&part, &whole)),
        })
    }

    fn comparison(&mut self, op: Comparison, left: &'e Expr, right: &'e Expr) -> Needs {
        if op == Comparison::Equal {
            for (one, other) in [(left, right), (right, left)] {
                let alternatives = self.alternatives(one);
                self.written(other, &alternatives);
            }
        }
        for (one, other) in [(left, right), (right, left)] {
            let ExprKind::Call { function: Function::Size, args } = &one.kind else { continue };
            let ([list], Some(count)) = (args.as_slice(), literal_count(other)) else { continue };
            let counted = self.alternatives(list);
            if counted.iter().any(|alternative| alternative.selection != ElementSelection::All) {
                return self.value(list).and(elements(&counted, count));
            }
        }
        self.value(left).and(self.value(right))
    }

    /// A list that is compared with one that is written out is unrolled as far as that one is long.
    fn written(&mut self, expr: &'e Expr, alternatives: &[Alternative]) {
        match &expr.kind {
            ExprKind::Literal(value) => self.written_value(value, alternatives),
            ExprKind::List(parts) => self.front(alternatives, parts.len()),
            _ => {}
        }
    }

    /// If the element that is looked for is a list that is written out, the elements that are lists are unrolled as
    /// far as it is long.
    fn written_element(&mut self, expr: &'e Expr, alternatives: &[Alternative]) {
        if matches!(&expr.kind, ExprKind::Literal(Value::List(_)) | ExprKind::List(_)) {
            let inner: Vec<_> =
                alternatives.iter().flat_map(|alternative| self.elements_of(alternative, None)).collect();
            self.written(expr, &inner);
        }
    }

    fn written_value(&mut self, value: &Value, alternatives: &[Alternative]) {
        let Value::List(states) = value else { return };
        if alternatives.iter().all(|alternative| alternative.location.is_none()) {
            return;
        }
        self.front(alternatives, states.len());
        let inner = states.iter().filter_map(|state| match state {
            ValueState::Present(inner @ Value::List(_)) => Some(inner),
            _ => None,
        });
        for inner in inner {
            let elements: Vec<_> =
                alternatives.iter().flat_map(|alternative| self.elements_of(alternative, None)).collect();
            self.written_value(inner, &elements);
        }
    }

    /// So many elements at the front are read where they are. Those that are never unrolled are not looked into.
    fn front(&mut self, alternatives: &[Alternative], count: usize) {
        for location in alternatives.iter().filter_map(|alternative| alternative.location.as_ref()) {
            if count < MAX_ELEMENTS {
                let entry = self.front_reads.entry(Arc::clone(&location.path)).or_insert(0);
                *entry = count.max(*entry);
            }
        }
    }

    fn lookup(&mut self, operand: &'e Expr, key: &'e Expr) -> Needs {
        let needs = self.value(operand).and(self.value(key));
        match &key.kind {
            ExprKind::Literal(Value::String(key)) => {
                self.named(operand, key);
                needs
            }
            ExprKind::Literal(Value::Number(idx)) => {
                let alternatives = self.alternatives(operand);
                if let Some(idx) = idx.to_i64().and_then(|idx| usize::try_from(idx).ok()) {
                    self.front(&alternatives, idx.saturating_add(1));
                }
                needs
            }
            _ if self.own_key(operand, key).is_some() => needs,
            _ => needs.and(elements(&self.alternatives(operand), 1)),
        }
    }

    fn named(&mut self, operand: &'e Expr, key: &Arc<str>) {
        for alternative in self.alternatives(operand) {
            if let Some(location) =
                alternative.location.filter(|location| self.containers.is_map(&location.path))
            {
                self.keys.entry(location.path).or_default().insert(Arc::clone(key));
            }
        }
    }

    /// The variable that goes through the keys of the map in which it is looked up.
    fn own_key(&self, operand: &Expr, key: &Expr) -> Option<BinderId> {
        let ExprKind::Variable(variable) = &key.kind else { return None };
        let bound = self.scope.get(variable.slot)?;
        is_same_read(bound.range?, operand).then_some(bound.binding)
    }

    fn call(&mut self, function: Function, args: &'e [Expr]) -> Needs {
        let [list] = args else { return Needs::default() };
        match function {
            Function::Size => {
                let counted = self.alternatives(list);
                let all = if counted.iter().any(|counted| counted.selection != ElementSelection::All) {
                    ALL_ELEMENTS
                } else {
                    0
                };
                elements(&counted, all)
            }
            // One that is undetermined, or a pair; one that is undetermined, and the one that it is.
            Function::Distinct | Function::Min | Function::Max => elements(&self.alternatives(list), 2),
            Function::Sum => {
                let added = self.alternatives(list);
                self.summed.extend(
                    added
                        .iter()
                        .filter_map(|added| added.location.as_ref())
                        .map(|location| Arc::clone(&location.path)),
                );
                // One that is undetermined, and one that counts; equal ones that are not unrolled are not known.
                let is_distinct = added.iter().any(|added| added.selection == ElementSelection::Distinct);
                elements(&added, if is_distinct { ALL_ELEMENTS } else { 2 })
            }
            _ => Needs::default(),
        }
    }

    /// The lists and maps that a value can be.
    fn alternatives(&mut self, expr: &'e Expr) -> Vec<Alternative> {
        let found = self.all_alternatives(expr);
        self.charge(found)
    }

    /// Pays for alternatives with all that is in them; gives none when the budget is spent, and nothing is proved then.
    fn charge(&self, made: Vec<Alternative>) -> Vec<Alternative> {
        let weight: usize = made.iter().map(Alternative::weight).sum();
        if self.budget.spend(steps(weight) + 1) { made } else { Vec::new() }
    }

    fn all_alternatives(&mut self, expr: &'e Expr) -> Vec<Alternative> {
        match &expr.kind {
            ExprKind::Literal(value) => literal(value),
            ExprKind::List(parts) => {
                let elements = parts.iter().flat_map(|part| self.alternatives(part)).collect();
                vec![Alternative::written(parts.len(), elements)]
            }
            ExprKind::Field { record, name } => {
                vec![self.value_at(Location { path: format!("{record}.{name}").into(), binders: Vec::new() })]
            }
            ExprKind::Variable(variable) => {
                self.scope.get(variable.slot).map(|bound| bound.elements.clone()).unwrap_or_default()
            }
            ExprKind::Member { operand, name, .. } => {
                let parents = self.alternatives(operand);
                parents.into_iter().flat_map(|parent| self.member(parent, name)).collect()
            }
            ExprKind::Lookup { operand, key, .. } => {
                let own = self.own_key(operand, key);
                let parents = self.alternatives(operand);
                parents.into_iter().flat_map(|parent| self.elements_of(&parent, own)).collect()
            }
            ExprKind::OrValue { operand: left, default: right }
            | ExprKind::Arithmetic { left, right, .. }
            | ExprKind::Conditional { then: left, otherwise: right, .. } => {
                let mut both = self.alternatives(left);
                both.extend(self.alternatives(right));
                both
            }
            ExprKind::Convert { operand, .. } => self.alternatives(operand),
            ExprKind::Macro { kind: MacroKind::Filter, range, .. } => {
                let mut found = self.alternatives(range);
                found.iter_mut().for_each(|list| list.selection = list.selection.max(ElementSelection::Some));
                found
            }
            ExprKind::Macro { kind: MacroKind::Map, .. } => self.mapped(expr),
            ExprKind::Call { function: Function::Distinct, args } => {
                let mut found: Vec<_> = args.iter().flat_map(|list| self.alternatives(list)).collect();
                found.iter_mut().for_each(|list| list.selection = ElementSelection::Distinct);
                found
            }
            _ => Vec::new(),
        }
    }

    /// The lists that `map` makes of each of its range.
    fn mapped(&mut self, expr: &'e Expr) -> Vec<Alternative> {
        let ExprKind::Macro { range, variables, filter, body, .. } = &expr.kind else { return Vec::new() };
        let lists = self.alternatives(range);
        let mut found = Vec::new();
        for list in lists {
            let outer = self.scope.len();
            let slot = variables.first.slot;
            let binding = self.bind(std::slice::from_ref(&list), range, slot, false);
            let made = self.alternatives(body);
            self.scope.truncate(slot.min(outer));
            let own = if filter.is_some() { ElementSelection::Some } else { ElementSelection::All };
            let selection = list.selection.max(own);
            found.push(Alternative { elements: Elements::Derived(made, Some(binding)), selection, ..list });
        }
        found
    }

    fn member(&self, parent: Alternative, name: &str) -> Vec<Alternative> {
        match (&parent.location, &parent.elements) {
            (Some(location), Elements::Stored) => {
                let path = match self.containers.is_map(&location.path) {
                    true => format!("{}[*]", location.path),
                    false => format!("{}.{name}", location.path),
                };
                vec![self.value_at(Location { path: path.into(), binders: location.binders.clone() })]
            }
            _ => parent.made(None),
        }
    }

    /// What an element can be, where a variable stands for positions.
    fn elements_of(&self, list: &Alternative, variable: Option<BinderId>) -> Vec<Alternative> {
        match (&list.location, &list.elements) {
            (Some(location), Elements::Stored) => {
                let mut binders = location.binders.clone();
                binders.extend(variable);
                binders.sort_unstable();
                vec![self.value_at(Location { path: format!("{}[*]", location.path).into(), binders })]
            }
            _ => list.made(variable),
        }
    }

    /// The value at a place; of one that is known, nothing has to be kept.
    fn value_at(&self, location: Location) -> Alternative {
        let known = self.containers.known_size(&location.path);
        let size = known.unwrap_or_else(|| self.known.positions(&location.path));
        Alternative {
            location: Some(location),
            is_known: known.is_some(),
            size,
            elements: Elements::Stored,
            selection: ElementSelection::All,
        }
    }
}

/// The need for so many elements of each of these.
fn elements(alternatives: &[Alternative], count: usize) -> Needs {
    let mut needs = Needs::default();
    if count > 0 {
        let unknown = alternatives.iter().filter(|alternative| !alternative.is_known);
        for location in unknown.filter_map(|alternative| alternative.location.clone()) {
            needs = needs.and(Needs::of(location, count));
        }
    }
    needs
}

/// How many positions a variable can stand for: any number if its range is not known here.
fn size(alternatives: &[Alternative]) -> usize {
    match alternatives {
        [] => ALL_ELEMENTS,
        all => all.iter().fold(0, |sum: usize, one| sum.saturating_add(one.size)).clamp(1, ALL_ELEMENTS),
    }
}

/// Whether two reads, the second inside of a macro over the first, are of the same place.
fn is_same_read(left: &Expr, right: &Expr) -> bool {
    match (&left.kind, &right.kind) {
        (ExprKind::Field { record, name }, ExprKind::Field { record: other_record, name: other_name }) => {
            record == other_record && name == other_name
        }
        (ExprKind::Variable(left), ExprKind::Variable(right)) => left.slot == right.slot,
        (
            ExprKind::Member { operand, name, .. },
            ExprKind::Member { operand: other, name: other_name, .. },
        ) => name == other_name && is_same_read(operand, other),
        _ => false,
    }
}

/// How many counted elements keep the comparison of their number with this one: those above it are alike.
fn literal_count(expr: &Expr) -> Option<usize> {
    let ExprKind::Literal(Value::Number(number)) = &expr.kind else { return None };
    if *number < actra_model::Decimal::ZERO {
        return Some(0);
    }
    let whole = number.to_string();
    let whole = whole.split_once('.').map_or(whole.as_str(), |(whole, _)| whole);
    Some(whole.parse::<usize>().map_or(ALL_ELEMENTS, |whole| whole.saturating_add(1)))
}

/// Whether a condition reads no elements.
pub(super) fn is_flat(expr: &Expr) -> bool {
    let reads_elements = match &expr.kind {
        ExprKind::Macro { .. } | ExprKind::Lookup { .. } => true,
        ExprKind::In { container, .. } => !matches!(container.kind, ExprKind::Literal(_)),
        ExprKind::Compare { left, right, .. } => [left, right]
            .into_iter()
            .any(|side| matches!(side.kind, ExprKind::Literal(Value::List(_)) | ExprKind::List(_))),
        ExprKind::Call { function, .. } => matches!(
            function,
            Function::SetsContains
                | Function::SetsIntersects
                | Function::SetsEquivalent
                | Function::Sum
                | Function::Min
                | Function::Max
                | Function::Distinct
        ),
        _ => false,
    };
    !reads_elements && operands(expr).into_iter().all(is_flat)
}
