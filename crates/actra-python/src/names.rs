//! The names that a policy declares, as Python strings that are made once.

use actra_engine::Policy;
use actra_engine::model::TypeKind;
use hashbrown::{HashMap, HashSet};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// What the types of a field declare within it; `None` where everything can be read.
pub(crate) type DeclaredMembers = HashSet<String>;

/// The names of fields as Python strings.
#[derive(Debug, Default)]
pub(crate) struct FieldNames {
    pub(crate) names: HashMap<String, Py<PyString>>,
    /// Where those and the types of actions lie, sorted: what is written in a program as such a name is the same
    /// object.
    places: Vec<usize>,
    /// For each field, what its types declare within it, if not everything can be read.
    members: HashMap<String, Option<DeclaredMembers>>,
    /// Nothing.
    nothing: DeclaredMembers,
    /// Bytes of the longest of them.
    pub(crate) longest: usize,
    /// INVARIANT (alive): holds what `places` names besides `names`, so that no other text can lie there.
    _types: Vec<Py<PyString>>,
}

impl FieldNames {
    /// The names that a policy declares.
    pub(crate) fn of(py: Python<'_>, policy: &Policy) -> Self {
        let schema = &policy.schema;
        let actions = schema.actions.iter().flat_map(|action| action.fields.keys());
        let all = actions.chain(schema.actor.keys()).chain(schema.snapshot.keys());
        let mut names = HashMap::new();
        for name in all.map(AsRef::as_ref).chain(["type", "action", "actor", "snapshot", "unknown"]) {
            names.entry(name.to_owned()).or_insert_with(|| PyString::intern(py, name).unbind());
        }
        let all = names.keys().map(String::len).chain(schema.actions.iter().map(|action| action.name.len()));
        let longest = all.max().unwrap_or_default();
        let types = schema.actions.iter().map(|action| PyString::intern(py, action.name.as_ref()).unbind());
        let types: Vec<Py<PyString>> = types.collect();
        let mut places: Vec<usize> =
            names.values().chain(&types).map(|name| name.as_ptr() as usize).collect();
        places.sort_unstable();
        places.dedup();
        let mut members = HashMap::new();
        let fields = schema.actions.iter().flat_map(|action| &action.fields);
        for (name, field) in fields.chain(&schema.actor).chain(&schema.snapshot) {
            let known = members.entry(name.to_string()).or_insert_with(|| Some(DeclaredMembers::new()));
            if !known.as_mut().is_some_and(|known| declared(&field.ty.kind, known)) {
                *known = None;
            }
        }
        Self { names, places, members, nothing: DeclaredMembers::new(), longest, _types: types }
    }

    /// Whether a text is one of those that are known: it can be looked at without its characters.
    #[inline]
    pub(crate) fn knows(&self, text: &Bound<'_, PyString>) -> bool {
        self.places.binary_search(&(text.as_ptr() as usize)).is_ok()
    }

    /// Whether a name is one that the policy declares somewhere.
    pub(crate) fn declares(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// What the types of a field declare within it; `None` where everything can be read.
    pub(crate) fn members(&self, field: &str) -> Option<&DeclaredMembers> {
        self.members.get(field).map_or(Some(&self.nothing), Option::as_ref)
    }

    pub(crate) fn item<'py>(
        &self,
        dict: &Bound<'py, PyDict>,
        name: &str,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.names.get(name) {
            Some(known) => dict.get_item(known.bind(dict.py())),
            None => dict.get_item(name),
        }
    }
}

/// Adds what a type declares within its values; whether nothing else of them can be read.
fn declared(kind: &TypeKind, members: &mut DeclaredMembers) -> bool {
    match kind {
        TypeKind::List(of) => declared(&of.kind, members),
        TypeKind::Object(fields) => fields.iter().all(|(name, field)| {
            members.insert(name.to_string());
            declared(&field.ty.kind, members)
        }),
        TypeKind::Map(_) | TypeKind::Any => false,
        _ => true,
    }
}
