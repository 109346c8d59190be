//! The lock of a server: what its tools were when somebody looked at them.
//!
//! A server can say something else about its tools tomorrow, and a model believes what it reads. A tool that is not as
//! it was locked is neither listed nor called.

use std::collections::BTreeMap;

use actra_engine::model::{RawMap, RawValue};
use actra_wire::json_reader::parse_value_of;
use actra_wire::write_value;
use sha2::{Digest as _, Sha256};

use crate::frame::FRAME_BYTES;
use crate::names::look_alike;

/// What tools were when they were locked, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    tools: BTreeMap<String, RawValue>,
}

/// Why tools cannot be locked, or a lock cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// The file is not one of ours.
    #[error("this is no lock of `actra mcp lock`: {0}")]
    Unreadable(String),
    /// A tool without a name, or with one that another has.
    #[error(
        "the server has a tool without a name, one whose members differ from known ones in case alone, or two with the name `{0}`"
    )]
    Name(String),
    /// A definition holds a number that not every reader reads exactly.
    #[error("the definition of the tool `{0}` holds a number that cannot be read exactly")]
    Number(String),
}

/// How a tool stands to its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is what was locked, with this hash.
    Locked(String),
    /// It is another one; what differs, in words for people.
    Changed(String),
    /// It was not there when the others were locked.
    New,
}

/// What of a definition counts: all that a model or a client acts by.
pub(crate) const COUNTED: [&str; 6] =
    ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];

const SCHEMA: &str = "actra/mcp-lock/v1";

impl Lock {
    /// Locks tools as a server lists them.
    pub fn of_tools(tools: &[RawValue]) -> Result<Self, LockError> {
        let mut locked = BTreeMap::new();
        for tool in tools {
            let (name, definition) = definition(tool).ok_or_else(|| LockError::Name(String::new()))?;
            if holds_unreadable(&definition) {
                return Err(LockError::Number(name));
            }
            if locked.insert(name.clone(), definition).is_some() {
                return Err(LockError::Name(name));
            }
        }
        Ok(Self { tools: locked })
    }

    /// Reads what [`Self::to_json`] writes.
    pub fn parse(text: &[u8]) -> Result<Self, LockError> {
        let unreadable = |reason: &str| LockError::Unreadable(reason.to_owned());
        let value = parse_value_of(text, FRAME_BYTES).map_err(|error| unreadable(&error.to_string()))?;
        let RawValue::Map(mut members) = value else { return Err(unreadable("it is not an object")) };
        if members.remove("schema") != Some(RawValue::from(SCHEMA)) {
            return Err(unreadable("`schema` is not `actra/mcp-lock/v1`"));
        }
        let Some(RawValue::List(entries)) = members.remove("tools") else {
            return Err(unreadable("it has no list `tools`"));
        };
        if let Some(name) = members.keys().next() {
            return Err(unreadable(&format!("it has an unknown member `{name}`")));
        }
        let mut definitions = Vec::new();
        for entry in entries {
            let RawValue::Map(mut entry) = entry else { return Err(unreadable("a tool is not an object")) };
            let (definition, hash) = (entry.remove("definition"), entry.remove("sha256"));
            let definition = definition.ok_or_else(|| unreadable("a tool has no `definition`"))?;
            if hash != Some(RawValue::String(sha256(&definition))) {
                return Err(unreadable(
                    "a definition is not the one of its `sha256`: it was changed by hand",
                ));
            }
            definitions.push(definition);
        }
        Self::of_tools(&definitions)
    }

    /// The lock as a file, one tool a line, so that a change of it can be reviewed.
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\"schema\":\"{SCHEMA}\",\"tools\":[").into_bytes();
        for (number, definition) in self.tools.values().enumerate() {
            out.extend_from_slice(if number > 0 { b",\n" } else { b"\n" });
            let entry = [
                ("definition".to_owned(), definition.clone()),
                ("sha256".to_owned(), RawValue::String(sha256(definition))),
            ];
            write_value(&RawValue::Map(entry.into_iter().collect()), &mut out);
        }
        out.extend_from_slice(b"\n]}\n");
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The names of what is locked.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tools.keys().map(String::as_str)
    }

    /// Whether a tool of this name is locked.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.tools.contains_key(name)
    }

    /// The definitions that are locked, in the order of their names.
    pub fn definitions(&self) -> impl Iterator<Item = &RawValue> {
        self.tools.values()
    }

    /// What differs from another lock, a line each, in words for people.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let gone = self.names().filter(|name| !now.tools.contains_key(*name));
        let mut lines: Vec<String> = gone.map(|name| format!("the tool `{name}` is gone")).collect();
        for (name, definition) in &now.tools {
            match self.tools.get(name) {
                None => lines.push(format!("the tool `{name}` is new")),
                Some(before) if before != definition => lines.push(changed(name, before, definition)),
                Some(_) => {}
            }
        }
        lines
    }

    pub(crate) fn standing(&self, name: &str, tool: &RawValue) -> Standing {
        let Some(before) = self.tools.get(name) else { return Standing::New };
        match definition(tool) {
            Some((_, now)) if now == *before => Standing::Locked(sha256(before)),
            Some((_, now)) => Standing::Changed(changed(name, before, &now)),
            None => Standing::Changed(format!("the tool `{name}` cannot be read")),
        }
    }
}

/// The name of a tool, and what of it counts.
fn definition(tool: &RawValue) -> Option<(String, RawValue)> {
    let RawValue::Map(members) = tool else { return None };
    let Some(RawValue::String(name)) = members.get("name") else { return None };
    if look_alike(members.keys().map(String::as_str), &COUNTED).is_some() {
        return None;
    }
    let counted = members.iter().filter(|(member, _)| COUNTED.contains(&member.as_str()));
    let counted: RawMap = counted.map(|(member, value)| (member.clone(), value.clone())).collect();
    Some((name.clone(), RawValue::Map(counted)))
}

fn holds_unreadable(value: &RawValue) -> bool {
    match value {
        RawValue::Unreadable(_) => true,
        RawValue::List(elements) => elements.iter().any(holds_unreadable),
        RawValue::Map(members) => members.iter().any(|(_, value)| holds_unreadable(value)),
        RawValue::Null | RawValue::Bool(_) | RawValue::Number(_) | RawValue::String(_) => false,
    }
}

/// The hash of a definition, over its canonical JSON.
fn sha256(definition: &RawValue) -> String {
    Sha256::digest(json(definition)).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn json(value: &RawValue) -> Vec<u8> {
    let mut json = Vec::new();
    write_value(value, &mut json);
    json
}

/// What of a tool has changed: the members that differ, with what they were and are.
fn changed(name: &str, before: &RawValue, now: &RawValue) -> String {
    let mut differing = Vec::new();
    collect_differences("", before, now, &mut differing);
    format!("the tool `{name}` has changed: {}", differing.join("; "))
}

/// The longest value that a difference shows, in characters.
const MAX_SHOWN: usize = 200;

/// Both values where two definitions differ, by path.
fn collect_differences(path: &str, before: &RawValue, now: &RawValue, out: &mut Vec<String>) {
    if before == now {
        return;
    }
    if let (RawValue::Map(before), RawValue::Map(now)) = (before, now) {
        let names = before.keys().chain(now.keys().filter(|name| !before.contains_key(name)));
        for name in names {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match (before.get(name), now.get(name)) {
                (Some(before), Some(now)) => collect_differences(&path, before, now, out),
                (Some(before), None) => out.push(format!("`{path}` was {} and is gone", shown(before))),
                (None, Some(now)) => out.push(format!("`{path}` is new: {}", shown(now))),
                (None, None) => {}
            }
        }
        return;
    }
    out.push(format!("`{path}` was {} and is {}", shown(before), shown(now)));
}

fn shown(value: &RawValue) -> String {
    let text = String::from_utf8_lossy(&json(value)).into_owned();
    let text = actra_engine::diagnostics::terminal_safe(&text).into_owned();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(text: &str) -> Vec<RawValue> {
        match parse_value_of(text.as_bytes(), FRAME_BYTES).unwrap() {
            RawValue::List(tools) => tools,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let lock =
            Lock::of_tools(&tools(r#"[{"name":"b","_meta":{"x":1}},{"name":"a","description":"A."}]"#))
                .unwrap();
        assert_eq!(Lock::parse(lock.to_json().as_bytes()), Ok(lock.clone()));
        assert_eq!(lock.names().collect::<Vec<_>>(), ["a", "b"]);
        let forged = lock.to_json().replace("A.", "B.");
        assert!(Lock::parse(forged.as_bytes()).unwrap_err().to_string().contains("changed by hand"));
        for broken in [
            "",
            "[]",
            "{}",
            r#"{"schema":"actra/mcp-lock/v1"}"#,
            r#"{"schema":"actra/mcp-lock/v1","tools":[],"more":1}"#,
        ] {
            assert!(Lock::parse(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn what_differs_is_said_by_path() {
        let before = Lock::of_tools(&tools(
            r#"[{"name":"a","inputSchema":{"properties":{"x":{"type":"string"}}}},{"name":"gone"}]"#,
        ));
        let after = Lock::of_tools(&tools(
            r#"[{"name":"a","description":"Now.","inputSchema":{"properties":{"x":{"type":"number"}}}},{"name":"new"}]"#,
        ));
        assert_eq!(
            before.unwrap().differences(&after.unwrap()),
            [
                "the tool `gone` is gone",
                r#"the tool `a` has changed: `inputSchema.properties.x.type` was "string" and is "number"; `description` is new: "Now.""#,
                "the tool `new` is new",
            ]
        );
    }

    #[test]
    fn two_tools_of_one_name_and_numbers_that_nobody_reads_are_not_locked() {
        assert!(Lock::of_tools(&tools(r#"[{"name":"a"},{"name":"a"}]"#)).is_err());
        assert!(Lock::of_tools(&tools(r#"[{"name":"a","inputSchema":{"maximum":1e400}}]"#)).is_err());
        assert!(Lock::of_tools(&tools("[{}]")).is_err());
    }
}
