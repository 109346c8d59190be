//! A later list of tools into a schema that people have edited since.
//!
//! What is new is added; nothing that is there is written anew, so types that were narrowed, `sensitive`, comments and
//! the order of things stay. Where the server and the schema differ, both are reported and the schema counts.

mod declared;
mod edit;

use std::collections::{BTreeMap, BTreeSet};

use actra_model::RawValue;

use crate::Imported;
use crate::convert::field_name_for;
use crate::write::{CLAIMS, HINTS, key};
use declared::{Declared, DeclaredAction, DeclaredField};
use edit::Document;

/// What happens to tools and arguments that the list does not have any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// They stay, with a comment that says so: a call of them is decided as before.
    Mark,
    /// They are taken out.
    Prune,
}

/// A schema after an import into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// `schema.yaml`; the same text if nothing is new.
    pub yaml: String,
    /// In the order of the list, with what is gone behind it.
    pub changes: Vec<Change>,
}

/// Something that differs between a schema and a list of tools, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What became of it.
    pub kind: ChangeKind,
    /// A tool, `TOOL.ARGUMENT`, either with ` description` behind it, or `groups.GROUP.TOOL`.
    pub path: String,
    /// What was declared before: in the earlier list if there is one, else in the schema.
    pub old: Option<String>,
    /// What the list says.
    pub new: Option<String>,
}

/// The kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is in the list only, and was added.
    Added,
    /// It is in the schema only, and is marked there.
    Gone,
    /// It was in the schema only, and was taken out.
    Pruned,
    /// The server says something else than in the earlier list; the schema is as it was.
    Changed,
    /// The schema says something else than the list, by an edit or since the server changed; it is as it was.
    Kept,
}

impl ChangeKind {
    /// `added`, `gone`, `pruned`, `changed` or `kept`.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Gone => "gone",
            ChangeKind::Pruned => "pruned",
            ChangeKind::Changed => "changed",
            ChangeKind::Kept => "kept",
        }
    }
}

/// Why nothing was merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// The schema cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// A part of the schema is written in a way in which nothing can be added or taken out.
    #[error(
        "{part} is written in a way that cannot be edited here; write it without anchors and aliases, \
         run `actra fmt` on the file, and try again"
    )]
    Uneditable {
        /// The part, such as the fields of an action.
        part: String,
    },
}

/// Merges an import into the text of a schema. `earlier` is the import of the list that the schema came from: with it,
/// what the server changed is told from what people edited, and what people took out stays out.
///
/// The text that comes back has what the old one had, in its order, with its comments; that is checked.
pub fn merge(
    schema: &str,
    imported: &Imported,
    earlier: Option<&Imported>,
    gone: Gone,
) -> Result<Merged, MergeError> {
    let was_formatted = crate::formatted(schema.to_owned()) == schema;
    let document = Document::read(schema)?;
    let list = Declared::read(&imported.flow).unwrap_or_default();
    let earlier = earlier.map(|earlier| Declared::read(&earlier.flow).unwrap_or_default());
    let own = Declared::of(document.value());
    let mut merge = Merge { document, own, list, earlier, gone, changes: Vec::new(), marks: Vec::new() };
    merge.tools()?;
    merge.groups()?;
    merge.gone()?;
    merge.document.mark(&merge.marks)?;
    let yaml = merge.document.into_text();
    let yaml = if was_formatted { crate::formatted(yaml) } else { yaml };
    Ok(Merged { yaml, changes: merge.changes })
}

struct Merge {
    document: Document,
    /// The schema before the merge.
    own: Declared,
    list: Declared,
    earlier: Option<Declared>,
    gone: Gone,
    changes: Vec<Change>,
    /// Tools, and what of them is gone.
    marks: Vec<(String, String)>,
}

impl Merge {
    fn report(&mut self, kind: ChangeKind, path: String, old: Option<String>, new: Option<String>) {
        self.changes.push(Change { kind, path, old, new });
    }

    /// Adds tools and arguments that are new, and reports what differs of the others.
    fn tools(&mut self) -> Result<(), MergeError> {
        let mut added = Vec::new();
        let list = std::mem::take(&mut self.list.actions);
        for action in &list {
            let name = &action.name;
            let earlier = self.earlier.as_ref().map(|earlier| earlier.action(name).cloned());
            match self.own.action(name).cloned() {
                Some(own) => self.tool(&own, action, earlier.as_ref().map(Option::as_ref))?,
                None if matches!(earlier, Some(Some(_))) => {
                    self.report(ChangeKind::Kept, name.clone(), None, Some("a tool".to_owned()));
                }
                None => {
                    self.report(ChangeKind::Added, name.clone(), None, None);
                    added.push(action.entry.clone());
                }
            }
        }
        self.list.actions = list;
        self.document.add(&["actions"], &added, "`actions`")
    }

    fn tool(
        &mut self,
        own: &DeclaredAction,
        new: &DeclaredAction,
        earlier: Option<Option<&DeclaredAction>>,
    ) -> Result<(), MergeError> {
        let before = earlier.map(|earlier| earlier.and_then(|action| action.description.as_deref()));
        self.texts(&own.name, own.description.as_deref(), new.description.as_deref(), before);
        let mut added = Vec::new();
        let mut taken: BTreeSet<String> = own.fields.iter().map(|field| field.name.clone()).collect();
        for field in &new.fields {
            let path = format!("{}.{}", own.name, field.argument);
            let earlier = earlier.map(|earlier| earlier.and_then(|action| action.field(&field.argument)));
            match own.field(&field.argument) {
                Some(known) => self.field(&path, known, field, earlier),
                None if matches!(earlier, Some(Some(_))) => {
                    self.report(ChangeKind::Kept, path, None, Some(field.ty.clone()));
                }
                None => {
                    self.report(ChangeKind::Added, path, None, Some(field.ty.clone()));
                    added.push(renamed(field, &taken));
                    taken.insert(field.name.clone());
                }
            }
        }
        self.document.add(&["actions", &own.name, "fields"], &added, &format!("the fields of `{}`", own.name))
    }

    fn field(
        &mut self,
        path: &str,
        own: &DeclaredField,
        new: &DeclaredField,
        earlier: Option<Option<&DeclaredField>>,
    ) {
        let before = earlier.map(|earlier| earlier.and_then(|field| field.description.as_deref()));
        self.texts(path, own.description.as_deref(), new.description.as_deref(), before);
        let (kind, old) = match earlier {
            Some(Some(earlier)) => (ChangeKind::Changed, &earlier.ty),
            _ => (ChangeKind::Kept, &own.ty),
        };
        if *old != new.ty {
            self.report(kind, path.to_owned(), Some(old.clone()), Some(new.ty.clone()));
        }
    }

    /// Reports a description that the server changed. An earlier list, if there is one, says what it was.
    fn texts(&mut self, path: &str, own: Option<&str>, new: Option<&str>, earlier: Option<Option<&str>>) {
        let (kind, old) = match earlier {
            Some(earlier) => (ChangeKind::Changed, earlier),
            None => (ChangeKind::Kept, own),
        };
        if old != new {
            let path = format!("{path} description");
            self.report(kind, path, old.map(str::to_owned), new.map(str::to_owned));
        }
    }

    /// Adds new tools to the groups of hints. A tool that was there stays in its groups: a server that calls it
    /// read-only from now on would make the outcome of its calls milder.
    fn groups(&mut self) -> Result<(), MergeError> {
        let mut created = Vec::new();
        for (group, _) in HINTS {
            let listed = self.list.group(group);
            let Some(own) = self.own.groups.get(group).cloned() else {
                if !listed.is_empty() {
                    let names: Vec<String> = listed.iter().map(|name| key(name)).collect();
                    created.push(format!("{group}: [{}]", names.join(", ")));
                }
                continue;
            };
            let earlier = self.earlier.as_ref().map(|earlier| earlier.group(group));
            let mut added = Vec::new();
            for action in self.list.actions.clone() {
                let (is_own, is_listed) = (own.contains(&action.name), listed.contains(&action.name));
                if self.own.action(&action.name).is_none() {
                    if is_listed && !is_own && self.document.has_action(&action.name) {
                        added.push(key(&action.name));
                    }
                    continue;
                }
                let (kind, before) = match &earlier {
                    Some(earlier) => (ChangeKind::Changed, earlier.contains(&action.name)),
                    None => (ChangeKind::Kept, is_own),
                };
                if before != is_listed {
                    let said = |truth: bool| Some((if truth { "in it" } else { "not in it" }).to_owned());
                    let path = format!("groups.{group}.{}", action.name);
                    self.report(kind, path, said(before), said(is_listed));
                }
            }
            self.document.add(&["groups", group], &added, &format!("the group `{group}`"))?;
        }
        if !created.is_empty() {
            self.document.add_groups(&created, CLAIMS)?;
        }
        Ok(())
    }

    /// Marks or takes out what the list does not have.
    fn gone(&mut self) -> Result<(), MergeError> {
        for own in self.own.actions.clone() {
            let was_there = |field: Option<&str>| match &self.earlier {
                None => true,
                Some(earlier) => earlier
                    .action(&own.name)
                    .is_some_and(|action| field.is_none_or(|argument| action.field(argument).is_some())),
            };
            let Some(listed) = self.list.action(&own.name).cloned() else {
                if was_there(None) {
                    self.tool_is_gone(&own)?;
                }
                continue;
            };
            let gone: Vec<&DeclaredField> = own
                .fields
                .iter()
                .filter(|field| listed.field(&field.argument).is_none() && was_there(Some(&field.argument)))
                .collect();
            for field in gone {
                let path = format!("{}.{}", own.name, field.argument);
                let old = Some(field.ty.clone());
                if self.gone == Gone::Prune {
                    self.document.remove(
                        &["actions", &own.name, "fields"],
                        &field.name,
                        &format!("the fields of `{}`", own.name),
                    )?;
                    self.report(ChangeKind::Pruned, path, old, None);
                } else {
                    let mark = format!("the argument `{}`", field.argument.escape_debug());
                    self.marks.push((own.name.clone(), mark));
                    self.report(ChangeKind::Gone, path, old, None);
                }
            }
        }
        Ok(())
    }

    fn tool_is_gone(&mut self, own: &DeclaredAction) -> Result<(), MergeError> {
        if self.gone == Gone::Mark {
            self.marks.push((own.name.clone(), "the tool".to_owned()));
            self.report(ChangeKind::Gone, own.name.clone(), None, None);
            return Ok(());
        }
        self.document.remove(&["actions"], &own.name, "`actions`")?;
        let groups: BTreeMap<String, Vec<String>> = self.own.groups.clone();
        for (group, _) in groups.iter().filter(|(_, names)| names.contains(&own.name)) {
            self.document.remove_from_group(group, &own.name)?;
        }
        self.report(ChangeKind::Pruned, own.name.clone(), None, None);
        Ok(())
    }
}

/// The entry of a field, under another name if the schema has that one for another argument.
fn renamed(field: &DeclaredField, taken: &BTreeSet<String>) -> String {
    if !taken.contains(&field.name) {
        return field.entry.clone();
    }
    let name = field_name_for(&field.name, |name| taken.contains(name));
    let mut argument = String::new();
    actra_model::write_json_string(&mut argument, &field.argument);
    let long = match &field.value {
        RawValue::String(short) => long_form(short),
        _ => field.entry.split_once('{').map_or_else(String::new, |(_, rest)| rest.trim().to_owned()),
    };
    let argument =
        if field.argument == field.name { format!("argument: {argument}, ") } else { String::new() };
    format!("{}: {{ {argument}{long}", key(&name))
}

/// The members of a type in its long form, with the brace behind them.
fn long_form(short: &str) -> String {
    let (ty, optional) = match short.strip_suffix('?') {
        Some(ty) => (ty, ", optional: true"),
        None => (short, ""),
    };
    let of = |word: &str| ty.strip_prefix(word)?.strip_prefix('<')?.strip_suffix('>').map(str::to_owned);
    match (of("list"), of("map")) {
        (Some(of), _) => format!("type: list, of: {of}{optional} }}"),
        (_, Some(of)) => format!("type: map, of: {of}{optional} }}"),
        _ => format!("type: {ty}{optional} }}"),
    }
}
