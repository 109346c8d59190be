//! Edits of a text of YAML by its spans: what is added or taken out, and nothing else.
//!
//! INVARIANT (what is meant): after each edit the text is read again and must say what it said, and the edit; so an
//! edit in a form of YAML that nobody thought of is refused and never a loss.

use std::ops::Range;

use actra_diagnostics::FileId;
use actra_model::RawValue;
use actra_syntax::yaml::{self, Entry, Node, NodeKind};

use super::MergeError;
use super::declared::{entries, member, name};
use crate::document::value;
use crate::write::CLAIMS;

/// Begins a comment about something that the server does not have any more.
const MARK: &str = "# gone from the server: ";

/// A schema and its text.
pub(super) struct Document {
    text: String,
    root: Node,
    value: RawValue,
    line_end: &'static str,
}

impl Document {
    /// Reads a schema; marks of an earlier merge are left out of its text.
    pub(super) fn read(text: &str) -> Result<Document, MergeError> {
        let (root, value) = read(text).map_err(MergeError::Unreadable)?;
        if member(&root, "actions").is_none_or(|actions| entries(actions).is_empty()) {
            let message = "it declares no `actions`, so it is not a schema to import into";
            return Err(MergeError::Unreadable(message.to_owned()));
        }
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let document = Document { text: text.to_owned(), root, value, line_end };
        let is_mark = |line: &&str| line.trim_start_matches(' ').starts_with(MARK);
        let bare: String = text.split_inclusive('\n').filter(|line| !is_mark(line)).collect();
        match read(&bare) {
            Ok((root, value)) if value == document.value => Ok(Document { text: bare, root, ..document }),
            _ => Ok(document),
        }
    }

    pub(super) fn value(&self) -> &RawValue {
        &self.value
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn has_action(&self, action: &str) -> bool {
        self.entry(&["actions", action]).is_some()
    }

    fn entry(&self, path: &[&str]) -> Option<&Entry> {
        let (last, above) = path.split_last()?;
        let mut node = &self.root;
        for key in above {
            node = member(node, key)?;
        }
        entries(node).iter().find(|entry| name(&entry.key) == Some(last))
    }

    /// Adds entries such as `a: string`, or elements of a list, behind those that are at a path.
    pub(super) fn add(&mut self, path: &[&str], added: &[String], part: &str) -> Result<(), MergeError> {
        if added.is_empty() {
            return Ok(());
        }
        let uneditable = || MergeError::Uneditable { part: part.to_owned() };
        let is_list = matches!(path, ["groups", _]);
        let brackets = |inner: String| if is_list { format!("[{inner}]") } else { format!("{{ {inner} }}") };
        let text = match self.entry(path) {
            Some(entry) if entry.value.is_blank() => self.filled(entry, &brackets(added.join(", "))),
            Some(entry) => {
                self.container(&entry.value).and_then(|container| self.extended(&container, added))
            }
            None => {
                let (last, above) = path.split_last().ok_or_else(uneditable)?;
                let entry = format!("{last}: {}", brackets(added.join(", ")));
                return self.add(above, &[entry], part);
            }
        };
        let mut expected = self.value.clone();
        let edited = if is_list {
            read(&format!("[{}]", added.join(", ")))
        } else {
            read(&format!("{{ {} }}", added.join(", ")))
        };
        let (_, edited) = edited.map_err(|_| uneditable())?;
        extend(&mut expected, path, edited).ok_or_else(uneditable)?;
        self.replace(text.ok_or_else(uneditable)?, expected).ok_or_else(uneditable)
    }

    /// Adds groups, with a comment above them if they are written over lines.
    pub(super) fn add_groups(&mut self, groups: &[String], comment: &str) -> Result<(), MergeError> {
        if self.entry(&["groups"]).is_some() {
            return self.add(&["groups"], groups, "`groups`");
        }
        let uneditable = || MergeError::Uneditable { part: "the schema".to_owned() };
        let root = self.container(&self.root).ok_or_else(uneditable)?;
        let inner = groups.join(", ");
        let entry = match root.is_flow {
            true => format!("groups: {{ {inner} }}"),
            false => {
                let end = self.line_end;
                let lines: Vec<String> = groups.iter().map(|group| format!("  {group}")).collect();
                format!("groups:{end}  {comment}{end}{}", lines.join(end))
            }
        };
        let text = self.extended(&root, &[entry]).ok_or_else(uneditable)?;
        let mut expected = self.value.clone();
        let (_, edited) = read(&format!("{{ groups: {{ {inner} }} }}")).map_err(|_| uneditable())?;
        extend(&mut expected, &[], edited).ok_or_else(uneditable)?;
        self.replace(text, expected).ok_or_else(uneditable)
    }

    /// Takes an entry out of a mapping.
    pub(super) fn remove(&mut self, path: &[&str], key: &str, part: &str) -> Result<(), MergeError> {
        let uneditable = || MergeError::Uneditable { part: part.to_owned() };
        let holder = match path {
            [] => Some(&self.root),
            _ => self.entry(path).map(|entry| &entry.value),
        };
        let holder = holder.ok_or_else(uneditable)?;
        let at =
            entries(holder).iter().position(|entry| name(&entry.key) == Some(key)).ok_or_else(uneditable)?;
        let container = self.container(holder).ok_or_else(uneditable)?;
        let text = self.without(&container, at).ok_or_else(uneditable)?;
        let mut expected = self.value.clone();
        match at_path(&mut expected, path) {
            Some(RawValue::Map(members)) => members.remove(key),
            _ => return Err(uneditable()),
        };
        self.replace(text, expected).ok_or_else(uneditable)
    }

    /// Takes an action out of a group, and the group with its last one.
    pub(super) fn remove_from_group(&mut self, group: &str, action: &str) -> Result<(), MergeError> {
        let part = format!("the group `{group}`");
        let uneditable = || MergeError::Uneditable { part: part.clone() };
        let groups = self.entry(&["groups"]).map_or(0, |entry| entries(&entry.value).len());
        let holder = &self.entry(&["groups", group]).ok_or_else(uneditable)?.value;
        let NodeKind::Sequence(items) = &holder.kind else { return Err(uneditable()) };
        let at = items.iter().position(|item| name(item) == Some(action)).ok_or_else(uneditable)?;
        if items.len() == 1 {
            return match groups {
                1 => self.remove(&[], "groups", &part),
                _ => self.remove(&["groups"], group, &part),
            };
        }
        let container = self.container(holder).ok_or_else(uneditable)?;
        let text = self.without(&container, at).ok_or_else(uneditable)?;
        let mut expected = self.value.clone();
        match at_path(&mut expected, &["groups", group]) {
            Some(RawValue::List(members)) => members.remove(at),
            _ => return Err(uneditable()),
        };
        self.replace(text, expected).ok_or_else(uneditable)
    }

    /// Writes a comment above each action of which something is gone.
    pub(super) fn mark(&mut self, marks: &[(String, String)]) -> Result<(), MergeError> {
        let is_flow =
            self.entry(&["actions"]).and_then(|entry| self.container(&entry.value)).is_none_or(|c| c.is_flow);
        if is_flow {
            return Ok(());
        }
        let mut lines: Vec<(usize, String)> = Vec::new();
        for (action, gone) in marks {
            let Some(entry) = self.entry(&["actions", action]) else { continue };
            let start = self.line_start(entry.key.span.start as usize);
            let indent = entry.key.span.start as usize - start;
            lines.push((start, format!("{}{MARK}{gone}{}", " ".repeat(indent), self.line_end)));
        }
        // From the end, so that the places of the others stay; of one place the last line goes in first.
        lines.reverse();
        lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let mut text = self.text.clone();
        for (at, line) in lines {
            text.insert_str(at, &line);
        }
        let expected = self.value.clone();
        let part = "`actions`".to_owned();
        self.replace(text, expected).ok_or(MergeError::Uneditable { part })
    }

    /// Takes a text that says what is expected.
    fn replace(&mut self, text: String, expected: RawValue) -> Option<()> {
        let (root, value) = read(&text).ok()?;
        (value == expected).then(|| {
            (self.text, self.root, self.value) = (text, root, value);
        })
    }

    /// Where the parts of a collection stand; `None` if it is an alias or has an anchor.
    fn container(&self, node: &Node) -> Option<Container> {
        let end = |key: &Node, value: &Node| match value.is_blank() {
            true => key.span.end as usize,
            false => value.span.end as usize,
        };
        let items: Vec<Range<usize>> = match &node.kind {
            NodeKind::Mapping(entries) => entries
                .iter()
                .map(|entry| entry.key.span.start as usize..end(&entry.key, &entry.value))
                .collect(),
            NodeKind::Sequence(items) => {
                items.iter().map(|item| item.span.start as usize..item.span.end as usize).collect()
            }
            _ => return None,
        };
        let span = node.span.start as usize..node.span.end as usize;
        let is_flow = match self.text.as_bytes().get(span.start)? {
            b'{' | b'[' => true,
            b'*' | b'&' => return None,
            _ => false,
        };
        Some(Container { is_flow, span, items })
    }

    /// The text with parts behind those of a collection.
    fn extended(&self, container: &Container, added: &[String]) -> Option<String> {
        let mut text = self.text.clone();
        match (container.is_flow, container.items.last()) {
            (true, Some(last)) => text.insert_str(last.end, &format!(", {}", added.join(", "))),
            (true, None) => {
                let written = self.text.get(container.span.clone())?;
                let inner = added.join(", ");
                let filled =
                    if written.starts_with('[') { format!("[{inner}]") } else { format!("{{ {inner} }}") };
                (!written.contains('#')).then(|| text.replace_range(container.span.clone(), &filled))?;
            }
            (false, Some(last)) => {
                let start = self.line_start(last.start);
                let before = self.text.get(start..last.start)?;
                let (indent, dash) = match before.trim_end_matches(' ').strip_suffix('-') {
                    Some(indent) => (indent, "- "),
                    None => (before, ""),
                };
                let is_indent = indent.chars().all(|c| c == ' ');
                let mut lines = String::new();
                for part in added {
                    for (idx, line) in part.split(self.line_end).enumerate() {
                        let dash = if idx == 0 { dash } else { "" };
                        lines.push_str(&format!("{}{indent}{dash}{line}", self.line_end));
                    }
                }
                is_indent.then(|| text.insert_str(self.end_of_line(last.end), &lines))?;
            }
            (false, None) => return None,
        }
        Some(text)
    }

    /// The text without one part of a collection, and without the comments that stand right above it.
    fn without(&self, container: &Container, at: usize) -> Option<String> {
        let part = container.items.get(at)?.clone();
        let range = if !container.is_flow {
            let mut start = self.line_start(part.start);
            while let Some(above) = self.text.get(..start).and_then(|text| text.strip_suffix('\n')) {
                let above_start = self.line_start(above.len());
                let above = above.get(above_start..)?.trim_matches([' ', '\r']);
                if !above.starts_with('#') || above == CLAIMS {
                    break;
                }
                start = above_start;
            }
            let end = self.end_of_line(part.end);
            start..(end + self.text.get(end..)?.find('\n').map_or(0, |at| at + 1))
        } else if let Some(next) = container.items.get(at + 1) {
            part.start..next.start
        } else {
            match at.checked_sub(1).and_then(|at| container.items.get(at)) {
                Some(before) if !self.text.get(before.end..part.start)?.contains('#') => before.end..part.end,
                _ => part,
            }
        };
        let mut text = self.text.clone();
        text.replace_range(range, "");
        Some(text)
    }

    /// The text with a value for a key that has none.
    fn filled(&self, entry: &Entry, value: &str) -> Option<String> {
        let key_end = entry.key.span.end as usize;
        let colon = key_end + self.text.get(key_end..)?.find(':')?;
        let mut text = self.text.clone();
        text.insert_str(colon + 1, &format!(" {value}"));
        Some(text)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text.get(..at).and_then(|text| text.rfind('\n')).map_or(0, |end| end + 1)
    }

    /// The end of the line that something ends in, before its line break.
    fn end_of_line(&self, at: usize) -> usize {
        let at = match self.text.get(..at) {
            Some(before) => before.trim_end_matches(['\n', '\r']).len(),
            None => at,
        };
        let rest = self.text.get(at..).unwrap_or_default();
        at + rest
            .find('\n')
            .map_or(rest.len(), |end| rest.get(..end).map_or(end, |line| line.trim_end_matches('\r').len()))
    }
}

/// Where the parts of a collection stand.
struct Container {
    /// In brackets.
    is_flow: bool,
    span: Range<usize>,
    items: Vec<Range<usize>>,
}

fn read(text: &str) -> Result<(Node, RawValue), String> {
    let (mut budget, mut found) = (usize::MAX, Vec::new());
    let root = yaml::parse(FileId(0), text, &mut budget, &mut found);
    if let Some(fault) = found.iter().find(|found| found.is_error()) {
        let at = fault.span.map_or(0, |span| span.start as usize);
        let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        return Err(format!("this is not readable YAML, at line {line}: {}", fault.message));
    }
    let read = root.and_then(|root| value(&root).map(|value| (root, value)));
    read.ok_or_else(|| "this is not YAML with plain decimal numbers".to_owned())
}

fn at_path<'v>(value: &'v mut RawValue, path: &[&str]) -> Option<&'v mut RawValue> {
    let mut value = value;
    for key in path {
        let RawValue::Map(members) = value else { return None };
        value = members.get_mut(key)?;
    }
    Some(value)
}

/// Adds the parts of one collection to the one at a path.
fn extend(value: &mut RawValue, path: &[&str], added: RawValue) -> Option<()> {
    match (at_path(value, path)?, added) {
        (RawValue::Map(members), RawValue::Map(added)) => members.extend(added),
        (RawValue::List(items), RawValue::List(added)) => items.extend(added),
        (blank @ RawValue::Null, added) => *blank = added,
        _ => return None,
    }
    Some(())
}
