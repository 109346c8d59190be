//! `schema.yaml`: actions, records, groups and types as written.

use actra_diagnostics::{Diagnostic, codes};

use super::check_version;
use super::data::data;
use super::entries::Entries;
use super::expect::{self, boolean, key_name, named_entries, text, texts};
use crate::ast::{ActionDecl, FieldDecl, Name, Schema, Spanned, TypeDecl};
use crate::yaml::{Entry, Node, NodeKind};

const KEYS: [&str; 7] =
    ["version", "actions", "actor", "snapshot", "groups", "extra_fields", "invalid_fields"];

const TYPE_KEYS: [&str; 13] = [
    "type",
    "of",
    "fields",
    "optional",
    "sensitive",
    "argument",
    "description",
    "one_of",
    "min",
    "max",
    "max_length",
    "max_items",
    "pattern",
];

/// Reads the whole file.
pub(super) fn schema(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Schema> {
    let entries = Entries::read(node, "a schema", &KEYS, diagnostics)?;
    check_version(&entries, diagnostics);
    let actions_node = entries.require("actions", diagnostics);
    let faults = diagnostics.len();
    let actions = actions_node.map_or_else(Vec::new, |node| actions(node, diagnostics));
    // If all actions are missing because of faults, their absence is not worth another report.
    let lost = actions.is_empty() && diagnostics.len() > faults;
    Some(Schema {
        actions_span: actions_node.filter(|_| !lost).map(|node| node.span),
        actions,
        groups: entries.get("groups").map_or_else(Vec::new, |node| groups(node, diagnostics)),
        actor: record(&entries, "actor", "`actor`", diagnostics),
        snapshot: record(&entries, "snapshot", "`snapshot`", diagnostics),
        extra_fields: word(&entries, "extra_fields", diagnostics),
        invalid_fields: word(&entries, "invalid_fields", diagnostics),
    })
}

fn word(entries: &Entries<'_>, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    entries.get(key).and_then(|node| text(node, &format!("`{key}`"), diagnostics))
}

fn actions(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<ActionDecl> {
    named_entries(node, "`actions`", diagnostics)
        .iter()
        .filter_map(|entry| action(entry, diagnostics))
        .collect()
}

/// An action with a blank value has no fields.
fn action(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<ActionDecl> {
    let node = Some(&entry.value).filter(|node| !node.is_blank());
    let entries =
        node.and_then(|node| Entries::read(node, "an action", &["fields", "description"], diagnostics));
    let fields = entries.as_ref().map_or_else(Vec::new, |entries| fields_in(entries, diagnostics));
    let description = entries.and_then(|entries| word(&entries, "description", diagnostics));
    Some(ActionDecl { name: key_name(entry)?, fields, description })
}

/// A group whose members are faulty stays, so that scopes that name it raise no further errors.
fn groups(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<(Name, Vec<Name>)> {
    named_entries(node, "`groups`", diagnostics)
        .iter()
        .filter_map(|entry| {
            if matches!(&entry.value.kind, NodeKind::Sequence(items) if items.is_empty()) {
                report_empty_group(entry, diagnostics);
            }
            let members = texts(&entry.value, "a group", "the name of an action", diagnostics);
            Some((key_name(entry)?, members.unwrap_or_default()))
        })
        .collect()
}

fn report_empty_group(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.push(
        Diagnostic::new(codes::BAD_GROUP, entry.value.span, "the group is empty")
            .help("name at least one action"),
    );
}

fn record(
    entries: &Entries<'_>,
    key: &str,
    what: &'static str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<FieldDecl> {
    entries.get(key).map_or_else(Vec::new, |node| fields_of(node, what, diagnostics))
}

/// The fields of `{ fields: ... }`; a blank value has none.
fn fields_of(node: &Node, what: &'static str, diagnostics: &mut Vec<Diagnostic>) -> Vec<FieldDecl> {
    if node.is_blank() {
        return Vec::new();
    }
    let entries = Entries::read(node, what, &["fields"], diagnostics);
    entries.map_or_else(Vec::new, |entries| fields_in(&entries, diagnostics))
}

fn fields_in(entries: &Entries<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<FieldDecl> {
    entries.get("fields").map_or_else(Vec::new, |node| fields(node, diagnostics))
}

fn fields(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<FieldDecl> {
    named_entries(node, "`fields`", diagnostics)
        .iter()
        .filter_map(|entry| field(entry, diagnostics))
        .collect()
}

fn field(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<FieldDecl> {
    let ty = type_decl(&entry.value, diagnostics);
    Some(FieldDecl { name: key_name(entry)?, ty: ty? })
}

/// Reads a type in its short or long form. Recursion is bounded: trees are at most 64 deep.
fn type_decl(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<TypeDecl> {
    match &node.kind {
        NodeKind::Mapping(_) => long_type(node, diagnostics),
        NodeKind::Scalar(_) => Some(TypeDecl::word(node.span, text(node, "a type", diagnostics)?)),
        _ => {
            expect::report_wrong_kind(node, "a type", "a name or a mapping with `type`", diagnostics);
            None
        }
    }
}

fn long_type(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<TypeDecl> {
    let entries = Entries::read(node, "a type", &TYPE_KEYS, diagnostics)?;
    let name = entries.require("type", diagnostics).and_then(|node| text(node, "`type`", diagnostics));
    let flag = |key: &str, diagnostics: &mut Vec<Diagnostic>| {
        entries.get(key).and_then(|node| boolean(node, &format!("`{key}`"), diagnostics))
    };
    let bound = |key: &str, diagnostics: &mut Vec<Diagnostic>| {
        entries.get(key).and_then(|node| data(node, diagnostics))
    };
    let decl = TypeDecl {
        of: entries.get("of").and_then(|node| type_decl(node, diagnostics)).map(Box::new),
        fields: entries.entry("fields").map(|entry| Spanned {
            value: fields(&entry.value, diagnostics),
            span: entry.key.span.to(entry.value.span),
        }),
        optional: flag("optional", diagnostics),
        sensitive: flag("sensitive", diagnostics),
        argument: word(&entries, "argument", diagnostics),
        description: word(&entries, "description", diagnostics),
        one_of: entries.get("one_of").and_then(|node| one_of(node, diagnostics)),
        min: bound("min", diagnostics),
        max: bound("max", diagnostics),
        max_length: bound("max_length", diagnostics),
        max_items: bound("max_items", diagnostics),
        pattern: word(&entries, "pattern", diagnostics),
        ..TypeDecl::word(node.span, Name { value: String::new(), span: node.span })
    };
    Some(TypeDecl { name: name?, ..decl })
}

fn one_of(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Spanned<Vec<crate::ast::Data>>> {
    expect::list(node, "`one_of`", diagnostics)?;
    let list = data(node, diagnostics)?;
    match list.value {
        crate::ast::DataKind::List(value) => Some(Spanned { value, span: list.span }),
        _ => None,
    }
}
