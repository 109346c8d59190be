//! What expressions can denote: places of a request, and lists that are derived from them.

use std::rc::Rc;

use actra_ir::{Expr, ExprKind, Function, MacroKind};
use actra_model::{Value, ValueState};

use super::{EVERY_POSITION, SizeCheck};

use crate::small_model::containers::ContainerKind;

/// What an expression can denote: a place of the request, or a derived list.
#[derive(Debug, Clone)]
pub(super) enum Denotation {
    /// Also one whose value is known, of which nothing is needed.
    Place(Rc<str>),
    Derived(Rc<DerivedList>),
}

#[derive(Debug)]
pub(super) struct DerivedList {
    pub(super) items: Vec<Vec<Denotation>>,
    /// The lists of the request that it is derived from.
    pub(super) homes: Vec<Rc<str>>,
    pub(super) kept: KeptElements,
}

/// Which of the elements that it is made of a list keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeptElements {
    All,
    /// Those that pass a filter.
    Filtered,
    /// The first of those that are equal.
    Distinct,
}

/// A position of a range: what stands there, and which key it has, if it is a map's.
#[derive(Debug, Clone)]
pub(super) struct ElementPosition {
    pub(super) denotations: Vec<Denotation>,
    /// The place of the map, and the entry.
    pub(super) key: Option<(Rc<str>, Rc<str>)>,
}

impl SizeCheck<'_> {
    pub(super) fn denotations(&mut self, expr: &Expr) -> Option<Vec<Denotation>> {
        self.step()?;
        Some(match &expr.kind {
            ExprKind::Literal(value) => known(value),
            ExprKind::List(parts) => {
                let items = parts.iter().map(|part| self.denotations(part)).collect::<Option<_>>()?;
                vec![derived(items, Vec::new(), KeptElements::All)]
            }
            ExprKind::Field { record: record_name, name } => {
                vec![Denotation::Place(format!("{record_name}.{name}").into())]
            }
            ExprKind::Variable(variable) => {
                self.scope.get(variable.slot).map(|position| position.denotations.clone()).unwrap_or_default()
            }
            ExprKind::Member { operand, name, .. } => {
                let parents = self.denotations(operand)?;
                let of = |denotation: Denotation| match denotation {
                    Denotation::Place(place) if self.is_map(&Denotation::Place(Rc::clone(&place))) => {
                        vec![Denotation::Place(format!("{place}[{name}]").into())]
                    }
                    Denotation::Place(place) => vec![Denotation::Place(format!("{place}.{name}").into())],
                    Denotation::Derived(list) => list.items.concat(),
                };
                parents.into_iter().flat_map(of).collect()
            }
            ExprKind::Lookup { operand, key, .. } => {
                let mut found = Vec::new();
                for denotation in self.denotations(operand)? {
                    match (&denotation, self.entry(&denotation, key)) {
                        (_, Some(entry)) => found.push(Denotation::Place(entry)),
                        // Whichever it is.
                        (_, None) => {
                            let positions = self.positions(std::slice::from_ref(&denotation));
                            found.extend(positions.into_iter().flat_map(|position| position.denotations));
                        }
                    }
                }
                found
            }
            ExprKind::OrValue { operand: one, default: other }
            | ExprKind::Conditional { then: one, otherwise: other, .. }
            | ExprKind::Arithmetic { left: one, right: other, .. } => {
                [self.denotations(one)?, self.denotations(other)?].concat()
            }
            ExprKind::Convert { operand, .. } => self.denotations(operand)?,
            ExprKind::Macro { kind: MacroKind::Filter, range, .. } => {
                let denotations = self.denotations(range)?;
                denotations
                    .iter()
                    .map(|denotation| self.changed(denotation, KeptElements::Filtered, None))
                    .collect()
            }
            ExprKind::Macro { kind: MacroKind::Map, range, variables, filter, body } => {
                let mut found = Vec::new();
                for denotation in self.denotations(range)? {
                    let mut items = Vec::new();
                    for position in self.positions(std::slice::from_ref(&denotation)) {
                        self.scope.truncate(variables.first.slot);
                        self.scope.push(position);
                        items.push(self.denotations(body)?);
                    }
                    self.scope.truncate(variables.first.slot);
                    let kept = if filter.is_some() { KeptElements::Filtered } else { KeptElements::All };
                    found.push(self.changed(&denotation, kept, Some(items)));
                }
                found
            }
            ExprKind::Call { function: Function::Distinct, args } => {
                let mut found = Vec::new();
                for arg in args {
                    let denotations = self.denotations(arg)?;
                    found.extend(
                        denotations
                            .iter()
                            .map(|denotation| self.changed(denotation, KeptElements::Distinct, None)),
                    );
                }
                found
            }
            _ => Vec::new(),
        })
    }

    /// A list of the same positions, or of those that are kept, with other elements if they are given.
    fn changed(
        &self,
        denotation: &Denotation,
        kept: KeptElements,
        items: Option<Vec<Vec<Denotation>>>,
    ) -> Denotation {
        let own = || {
            self.positions(std::slice::from_ref(denotation)).into_iter().map(|position| position.denotations)
        };
        let items = items.unwrap_or_else(|| own().collect());
        match denotation {
            Denotation::Place(list) => derived(items, vec![Rc::clone(list)], kept),
            Denotation::Derived(list) => derived(items, list.homes.clone(), kept.max(list.kept)),
        }
    }

    pub(super) fn positions(&self, denotations: &[Denotation]) -> Vec<ElementPosition> {
        let mut found = Vec::new();
        for denotation in denotations {
            match denotation {
                Denotation::Place(place) => {
                    let is_map = self.is_map(denotation);
                    for idx in 0..self.length(std::slice::from_ref(denotation)) {
                        let entry: Rc<str> = format!("{place}[{idx}]").into();
                        let key = is_map.then(|| (Rc::clone(place), Rc::clone(&entry)));
                        found.push(ElementPosition { denotations: vec![Denotation::Place(entry)], key });
                    }
                }
                Denotation::Derived(list) => {
                    found.extend(
                        list.items
                            .iter()
                            .map(|item| ElementPosition { denotations: item.clone(), key: None }),
                    );
                }
            }
        }
        found
    }

    /// How many positions these have, all together.
    pub(super) fn length(&self, denotations: &[Denotation]) -> usize {
        if denotations.is_empty() {
            return EVERY_POSITION;
        }
        let of = |denotation: &Denotation| match denotation {
            Denotation::Place(place) if self.is_known(place) => {
                self.sizes.get(&pattern(place)).copied().unwrap_or(0)
            }
            Denotation::Place(place) => {
                self.unrolled.get(&pattern(place)).map_or(0, |derived| derived.elements + derived.named)
            }
            Denotation::Derived(list) => list.items.len(),
        };
        denotations.iter().map(of).sum()
    }

    /// The entry of a map that a variable stands at, looked up by its key.
    pub(super) fn entry(&self, map: &Denotation, key: &Expr) -> Option<Rc<str>> {
        let (Denotation::Place(map), ExprKind::Variable(variable)) = (map, &key.kind) else { return None };
        let (home, entry) = self.scope.get(variable.slot)?.key.as_ref()?;
        (home == map).then(|| Rc::clone(entry))
    }

    pub(super) fn is_map(&self, denotation: &Denotation) -> bool {
        let Denotation::Place(place) = denotation else { return false };
        self.unrolled.get(&pattern(place)).is_some_and(|derived| derived.kind == ContainerKind::Map)
    }

    pub(super) fn is_known(&self, place: &str) -> bool {
        let field = place.split(['[', '.']).take(2);
        let field: Vec<&str> = field.collect();
        let [record, name] = field.as_slice() else { return false };
        self.known_fields.is_some_and(|known_fields| {
            known_fields
                .states
                .keys()
                .any(|(record_name, known)| record_name.as_str() == *record && known.as_ref() == *name)
        })
    }
}

fn derived(items: Vec<Vec<Denotation>>, homes: Vec<Rc<str>>, kept: KeptElements) -> Denotation {
    Denotation::Derived(Rc::new(DerivedList { items, homes, kept }))
}

/// The lists in a value that is known.
fn known(value: &Value) -> Vec<Denotation> {
    let of = |state: &ValueState| match state {
        ValueState::Present(value) => known(value),
        _ => Vec::new(),
    };
    match value {
        Value::List(states) => vec![derived(states.iter().map(of).collect(), Vec::new(), KeptElements::All)],
        Value::Map(entries) => {
            vec![derived(entries.values().map(of).collect(), Vec::new(), KeptElements::All)]
        }
        _ => Vec::new(),
    }
}

/// The static path of a place.
pub(super) fn pattern(place: &str) -> String {
    let mut found = String::with_capacity(place.len());
    let mut depth = 0_usize;
    for letter in place.chars() {
        match letter {
            '[' => {
                depth += 1;
                if depth == 1 {
                    found.push_str("[*]");
                }
            }
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => found.push(letter),
            _ => {}
        }
    }
    found
}
