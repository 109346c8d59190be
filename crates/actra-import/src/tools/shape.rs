//! Which formats of tools there are, and which one a document has.

use actra_model::{RawMap, RawValue};

use crate::described::{cut, described};
use crate::{ImportError, SourceFormat};

/// What is expected, in the words of every refusal.
const EXPECTED: &str = "a list of tools is one of MCP (`{\"tools\": [{\"name\", \"inputSchema\"}]}`, or an answer that holds it as \
                        `result`), of OpenAI (`{\"type\": \"function\", \"name\", \"parameters\"}`, also below `function`) or of \
                        Anthropic (`{\"name\", \"input_schema\"}`)";

/// Where the schema of the arguments stands, one key for each format.
const ARGUMENTS: [&str; 3] = ["inputSchema", "input_schema", "parameters"];

/// What a tool may have besides, and what no request depends on.
const MCP: [&str; 8] =
    ["name", "title", "description", "annotations", "icons", "outputSchema", "execution", "_meta"];
const OPENAI: [&str; 4] = ["type", "name", "description", "strict"];
const ANTHROPIC: [&str; 5] = ["type", "name", "description", "cache_control", "strict"];

/// A tool as one of the formats has it.
pub(super) struct Tool<'d> {
    pub(super) name: &'d str,
    /// Where its description stands.
    pub(super) members: &'d RawMap,
    /// The schema of its arguments and the pointer to it, from the tool.
    pub(super) arguments: Option<(String, &'d RawValue)>,
    /// Pointers to keys that are not known, from the tool.
    pub(super) unknown: Vec<String>,
}

/// Whether a document says that it is about tools.
pub(crate) fn is_list(document: &RawValue) -> bool {
    match document {
        RawValue::List(_) => true,
        RawValue::Map(members) => {
            let answers = members.contains_key("jsonrpc") || members.contains_key("result");
            answers || ["tools", "functions"].iter().any(|key| members.contains_key(key)) || is_tool(members)
        }
        _ => false,
    }
}

fn is_tool(members: &RawMap) -> bool {
    let is_function = members.get("type") == Some(&RawValue::from("function"));
    is_function || (members.contains_key("name") && has_arguments(members))
}

pub(super) fn has_arguments(members: &RawMap) -> bool {
    ARGUMENTS.iter().any(|key| members.contains_key(key))
}

/// The tools of a document and the pointer to their list, which is empty for a single tool as well.
pub(super) fn list(document: &RawValue) -> Result<(&[RawValue], String), ImportError> {
    let refused = |found: String| Err(ImportError::WrongKind(format!("{found}; {EXPECTED}")));
    let (tools, at) = match document {
        RawValue::List(tools) => (tools, ""),
        RawValue::Map(members) if is_tool(members) => {
            return Ok((std::slice::from_ref(document), String::new()));
        }
        RawValue::Map(members) => {
            let (holder, at) = match members.get("result") {
                Some(RawValue::Map(result)) => (result, "/result"),
                Some(other) => return refused(format!("its `result` is {}", described(other))),
                None => (members, ""),
            };
            match (holder.get("tools"), holder.get("functions")) {
                (Some(RawValue::List(tools)), _) if at.is_empty() => (tools, "/tools"),
                (Some(RawValue::List(tools)), _) => (tools, "/result/tools"),
                (None, Some(RawValue::List(tools))) if at.is_empty() => (tools, "/functions"),
                (Some(other), _) => return refused(format!("its `tools` are {}", described(other))),
                _ => return refused(format!("this is {}", described(document))),
            }
        }
        other => return refused(format!("this is {}", described(other))),
    };
    if tools.is_empty() {
        return refused("the list of tools is empty".to_owned());
    }
    Ok((tools, at.to_owned()))
}

/// Reads a tool of one format or of any; or says what it is instead.
pub(super) fn tool(value: &RawValue, format: Option<SourceFormat>) -> Result<Tool<'_>, String> {
    let no_tool =
        |what: &str| Err(format!("this is no tool: it is {}, {what}; {EXPECTED}", described(value)));
    let RawValue::Map(outer) = value else { return no_tool("not an object") };
    let is_function = outer.get("type") == Some(&RawValue::from("function"));
    let (members, prefix) = match outer.get("function") {
        Some(RawValue::Map(inner)) if is_function || !has_arguments(outer) => (inner, "/function"),
        _ => (outer, ""),
    };
    let name = match members.get("name") {
        Some(RawValue::String(name)) if !name.is_empty() => name.as_str(),
        _ => return no_tool("without a `name`"),
    };
    let mut keys = ARGUMENTS.into_iter().filter(|key| members.contains_key(key));
    let (key, second) = (keys.next(), keys.next());
    if second.is_some() {
        return no_tool("with the schemas of two formats");
    }
    let found = match key {
        Some("inputSchema") => SourceFormat::Mcp,
        Some("input_schema") => SourceFormat::Anthropic,
        Some(_) => SourceFormat::OpenAi,
        None if is_function => SourceFormat::OpenAi,
        None => return no_tool("without a schema of its arguments"),
    };
    if format.is_some_and(|format| format != found) {
        return Err(format!(
            "the tool `{}` has the format of {}, which `--kind` excludes",
            cut(name),
            found.owner()
        ));
    }
    let known: &[&str] = match found {
        SourceFormat::Mcp => &MCP,
        SourceFormat::Anthropic => &ANTHROPIC,
        _ => &OPENAI,
    };
    let unknown =
        members.keys().filter(|other| Some(other.as_str()) != key && !known.contains(&other.as_str()));
    let unknown = unknown.map(|key| format!("{prefix}/{}", crate::convert::pointer_token(key))).collect();
    let arguments = key.and_then(|key| Some((format!("{prefix}/{key}"), members.get(key)?)));
    Ok(Tool { name, members, arguments, unknown })
}
