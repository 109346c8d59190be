//! What a schema declares, in one form for every way of writing it.

use std::collections::BTreeMap;

use actra_diagnostics::FileId;
use actra_model::{RawMap, RawValue};
use actra_syntax::yaml::{self, Node, NodeKind};

use crate::document::value;

/// Keys of a type that say no more about which values it has.
const BESIDE: [&str; 5] = ["description", "argument", "optional", "sensitive", "source"];

#[derive(Debug, Clone, Default)]
pub(super) struct Declared {
    pub(super) actions: Vec<DeclaredAction>,
    pub(super) groups: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone)]
pub(super) struct DeclaredAction {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) fields: Vec<DeclaredField>,
    /// As it is written, if it was read from a text.
    pub(super) entry: String,
}

#[derive(Debug, Clone)]
pub(super) struct DeclaredField {
    pub(super) name: String,
    /// The argument that fills it.
    pub(super) argument: String,
    pub(super) ty: String,
    pub(super) description: Option<String>,
    pub(super) value: RawValue,
    /// As it is written, if it was read from a text.
    pub(super) entry: String,
}

impl Declared {
    /// Reads a schema that this crate has written: one action a line.
    pub(super) fn read(text: &str) -> Option<Declared> {
        let (mut budget, mut found) = (usize::MAX, Vec::new());
        let root = yaml::parse(FileId(0), text, &mut budget, &mut found)?;
        let mut declared = Declared::of(&value(&root)?);
        let entry = |entry: &yaml::Entry| {
            let range = entry.key.span.start as usize..entry.value.span.end as usize;
            text.get(range).unwrap_or_default().to_owned()
        };
        // A map has its members in another order than the text, which is that of the list.
        let actions = member(&root, "actions").map(entries).unwrap_or_default();
        let mut ordered = Vec::with_capacity(actions.len());
        let mut by_name: BTreeMap<String, DeclaredAction> =
            declared.actions.into_iter().map(|action| (action.name.clone(), action)).collect();
        for written in actions {
            let Some(mut action) = name(&written.key).and_then(|name| by_name.remove(name)) else { continue };
            action.entry = entry(written);
            for written in member(&written.value, "fields").map(entries).unwrap_or_default() {
                let named = |field: &&mut DeclaredField| Some(field.name.as_str()) == name(&written.key);
                if let Some(field) = action.fields.iter_mut().find(named) {
                    field.entry = entry(written);
                }
            }
            ordered.push(action);
        }
        declared.actions = ordered;
        Some(declared)
    }

    /// What a schema declares, by its data.
    pub(super) fn of(schema: &RawValue) -> Declared {
        let actions = map(schema, "actions").into_iter().flatten();
        let actions = actions.map(|(name, action)| DeclaredAction {
            name: name.clone(),
            description: text(action, "description"),
            fields: map(action, "fields").into_iter().flatten().map(field).collect(),
            entry: String::new(),
        });
        let groups = map(schema, "groups").into_iter().flatten();
        let groups = groups.map(|(name, members)| (name.clone(), texts(members)));
        Declared { actions: actions.collect(), groups: groups.collect() }
    }

    pub(super) fn action(&self, name: &str) -> Option<&DeclaredAction> {
        self.actions.iter().find(|action| action.name == name)
    }

    /// The members of a group; none if there is no such group.
    pub(super) fn group(&self, name: &str) -> Vec<String> {
        self.groups.get(name).cloned().unwrap_or_default()
    }
}

impl DeclaredAction {
    /// The field that an argument fills.
    pub(super) fn field(&self, argument: &str) -> Option<&DeclaredField> {
        self.fields.iter().find(|field| field.argument == argument)
    }
}

fn field((name, value): (&String, &RawValue)) -> DeclaredField {
    DeclaredField {
        name: name.clone(),
        argument: text(value, "argument").unwrap_or_else(|| name.clone()),
        ty: shown(value),
        description: text(value, "description"),
        value: value.clone(),
        entry: String::new(),
    }
}

/// A type in one form for each meaning: in short if that is possible.
fn shown(value: &RawValue) -> String {
    let members = match value {
        RawValue::String(short) => return short.split_whitespace().collect(),
        RawValue::Map(members) => members,
        other => return other.to_json(),
    };
    let word = text(value, "type").unwrap_or_default();
    let optional = members.get("optional") == Some(&RawValue::Bool(true));
    let of = members.get("of").map(shown);
    let rest: Vec<(&String, &RawValue)> = members
        .iter()
        .filter(|(key, _)| {
            !BESIDE.contains(&key.as_str()) && !matches!(key.as_str(), "type" | "of" | "fields")
        })
        .collect();
    if let (Some(of), true) = (&of, rest.is_empty())
        && !of.starts_with('{')
    {
        return format!("{word}<{of}>{}", if optional { "?" } else { "" });
    }
    if of.is_none() && rest.is_empty() && !members.contains_key("fields") {
        return format!("{word}{}", if optional { "?" } else { "" });
    }
    let mut parts = vec![format!("type: {word}")];
    parts.extend(of.map(|of| format!("of: {of}")));
    if members.contains_key("fields") {
        let fields = map(value, "fields").into_iter().flatten();
        let fields: Vec<String> = fields.map(|(name, field)| format!("{name}: {}", shown(field))).collect();
        parts.push(format!("fields: {{ {} }}", fields.join(", ")));
    }
    parts.extend(rest.iter().map(|(key, value)| format!("{key}: {}", value.to_json())));
    parts.extend(optional.then(|| "optional: true".to_owned()));
    format!("{{ {} }}", parts.join(", "))
}

fn map<'v>(value: &'v RawValue, key: &str) -> Option<&'v RawMap> {
    match value {
        RawValue::Map(members) => match members.get(key) {
            Some(RawValue::Map(inner)) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

fn text(value: &RawValue, key: &str) -> Option<String> {
    match value {
        RawValue::Map(members) => match members.get(key) {
            Some(RawValue::String(text)) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn texts(value: &RawValue) -> Vec<String> {
    let RawValue::List(items) = value else { return Vec::new() };
    let text = |item: &RawValue| match item {
        RawValue::String(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().filter_map(text).collect()
}

pub(super) fn name(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Scalar(scalar) => Some(&scalar.text),
        _ => None,
    }
}

pub(super) fn entries(node: &Node) -> &[yaml::Entry] {
    match &node.kind {
        NodeKind::Mapping(entries) => entries,
        _ => &[],
    }
}

pub(super) fn member<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    entries(node).iter().find(|entry| name(&entry.key) == Some(key)).map(|entry| &entry.value)
}
