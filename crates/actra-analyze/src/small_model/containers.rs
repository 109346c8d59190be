//! The lists and maps that a value can be, and where their elements lie.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_model::{Fields, Type, TypeKind, Value, ValueState};

use crate::known_fields::KnownFields;
use crate::request_space::RequestSpace;

/// The kind of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContainerKind {
    List,
    Map,
}

/// The lists and maps that a request has, by static path.
#[derive(Debug)]
pub(crate) struct Containers<'a> {
    declared: BTreeMap<String, (ContainerKind, usize)>,
    /// Fields whose values are known, and the greatest size of each list and map in them.
    known_fields: Option<&'a KnownFields>,
    sizes: BTreeMap<String, usize>,
}

impl<'a> Containers<'a> {
    pub(crate) fn of(space: RequestSpace<'_>, known_fields: Option<&'a KnownFields>) -> Self {
        let mut containers = Self {
            declared: BTreeMap::new(),
            known_fields,
            sizes: known_fields.map(KnownFields::sizes).unwrap_or_default(),
        };
        let name = space.schema.action(space.action).map(|action| &action.name);
        for schema in [Some(space.schema), space.earlier.map(|earlier| earlier.schema)].into_iter().flatten()
        {
            let own = name.and_then(|name| schema.action(schema.action_id(name)?));
            containers.fields("action", own.map(|action| &action.fields));
            containers.fields("actor", Some(&schema.actor));
            containers.fields("snapshot", Some(&schema.snapshot));
        }
        containers
    }

    /// How many elements the type at a path allows; `None` if it is no list or map of a request.
    pub(crate) fn most(&self, path: &str) -> Option<usize> {
        self.declared.get(path).map(|(_, most)| *most)
    }

    pub(crate) fn is_map(&self, path: &str) -> bool {
        self.declared.get(path).is_some_and(|(kind, _)| *kind == ContainerKind::Map)
    }

    /// The size of a container whose field is known, at most; `None` if it is not known.
    pub(crate) fn known_size(&self, path: &str) -> Option<usize> {
        let known_fields = self.known_fields?;
        let is_within = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        let known = known_fields.states.keys().any(|(record_name, name)| {
            path.strip_prefix(record_name.as_str())
                .and_then(|rest| rest.strip_prefix('.'))
                .and_then(|rest| rest.strip_prefix(name.as_ref()))
                .is_some_and(is_within)
        });
        known.then(|| self.sizes.get(path).copied().unwrap_or(0))
    }

    fn fields(&mut self, record: &str, fields: Option<&Fields>) {
        for (name, field) in fields.into_iter().flatten() {
            self.declare(format!("{record}.{name}"), &field.ty);
        }
    }

    /// A list that both schemas read is as long as either of them allows.
    fn allow(&mut self, path: String, kind: ContainerKind, most: usize) {
        let (_, known) = self.declared.entry(path).or_insert((kind, most));
        *known = most.max(*known);
    }

    /// Depth: that of types.
    fn declare(&mut self, path: String, ty: &Type) {
        let most = ty.constraints.max_items.unwrap_or(usize::MAX);
        match &ty.kind {
            TypeKind::List(element) => {
                self.declare(format!("{path}[*]"), element);
                self.allow(path, ContainerKind::List, most);
            }
            TypeKind::Map(value) => {
                self.declare(format!("{path}[*]"), value);
                self.allow(path, ContainerKind::Map, most);
            }
            TypeKind::Object(fields) => self.fields(&path, Some(fields)),
            _ => {}
        }
    }
}

/// The number of the binding of a macro's variables.
pub(super) type BinderId = usize;

/// One list or map that a value can be.
#[derive(Debug, Clone)]
pub(super) struct Alternative {
    /// Where its elements are kept, if they are those of the request.
    pub(super) location: Option<Location>,
    /// Whether all of its elements are known.
    pub(super) is_known: bool,
    /// How many positions it has at most.
    pub(super) size: usize,
    pub(super) elements: Elements,
    pub(super) selection: ElementSelection,
}

/// Which elements of the lists that it is made of a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ElementSelection {
    All,
    /// Some may be left out.
    Some,
    /// Those that are equal to an earlier one are left out.
    Distinct,
}

/// A place of a request, by static path, and the variables that determine which one it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Location {
    pub(super) path: Arc<str>,
    /// The variables that stand for its elements, ascending.
    pub(super) binders: Vec<BinderId>,
}

#[derive(Debug, Clone)]
pub(super) enum Elements {
    /// Those at the location.
    Stored,
    /// What each of them can be, where the variable of a binding, if any, stands for the position.
    Derived(Vec<Alternative>, Option<BinderId>),
}

impl Alternative {
    /// A list or map that is written out.
    pub(super) fn written(size: usize, elements: Vec<Alternative>) -> Self {
        Self {
            location: None,
            is_known: true,
            size,
            elements: Elements::Derived(elements, None),
            selection: ElementSelection::All,
        }
    }

    /// How many containers it is made of, itself included.
    pub(super) fn weight(&self) -> usize {
        match &self.elements {
            Elements::Stored => 1,
            Elements::Derived(elements, _) => {
                elements.iter().map(Alternative::weight).fold(1, usize::saturating_add)
            }
        }
    }

    /// This one with another variable for a position.
    fn renamed(mut self, from: BinderId, to: BinderId) -> Self {
        if let Some(location) = &mut self.location
            && location.binders.contains(&from)
        {
            location.binders.retain(|root| *root != from);
            location.binders.push(to);
            location.binders.sort_unstable();
        }
        if let Elements::Derived(elements, _) = &mut self.elements {
            *elements =
                std::mem::take(elements).into_iter().map(|element| element.renamed(from, to)).collect();
        }
        self
    }

    /// Its derived elements, where a variable, if any, stands for its positions.
    pub(super) fn made(&self, variable: Option<BinderId>) -> Vec<Alternative> {
        let Elements::Derived(elements, inner) = &self.elements else { return Vec::new() };
        match (inner, variable) {
            (Some(from), Some(to)) => {
                elements.iter().cloned().map(|element| element.renamed(*from, to)).collect()
            }
            _ => elements.clone(),
        }
    }
}

/// The lists in a value that is known.
pub(super) fn literal(value: &Value) -> Vec<Alternative> {
    let of_states = |states: &mut dyn Iterator<Item = &ValueState>| {
        states
            .filter_map(|state| match state {
                ValueState::Present(value) => Some(literal(value)),
                _ => None,
            })
            .flatten()
            .collect()
    };
    match value {
        Value::List(states) => vec![Alternative::written(states.len(), of_states(&mut states.iter()))],
        Value::Map(entries) => vec![Alternative::written(entries.len(), of_states(&mut entries.values()))],
        _ => Vec::new(),
    }
}
