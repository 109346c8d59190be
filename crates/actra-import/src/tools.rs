//! Tools as servers of MCP and requests to models list them.
//!
//! What is no list of tools is refused, and so is a tool that would become an action without its arguments: a
//! schema without them would look complete.

mod shape;

use std::collections::BTreeSet;

use actra_model::{Description, RawMap, RawValue};

use crate::convert::{Hints, Importer, first_text, is_action_name};
use crate::{ImportError, LossEffect, SourceFormat};
pub(crate) use shape::is_list;
use shape::{Tool, list, tool};

/// An action for each tool of a document, of one format or of any.
pub(crate) fn import<'d>(
    importer: &mut Importer<'d>,
    document: &'d RawValue,
    format: Option<SourceFormat>,
    without: &[String],
) -> Result<(), ImportError> {
    let (tools, at) = list(document)?;
    report_rest(importer, document, &at);
    let (mut refused, mut names) = (Vec::new(), BTreeSet::new());
    for (idx, value) in tools.iter().enumerate() {
        let at = match document {
            RawValue::Map(_) if at.is_empty() => String::new(),
            _ => format!("{at}/{idx}"),
        };
        if let Some(kind) = provided(value) {
            let message = format!(
                "a tool of the kind `{}` has no schema here and is left out; calls of it are blocked as undeclared",
                kind.escape_debug()
            );
            importer.report_loss(&at, LossEffect::Narrower, &message);
            continue;
        }
        match tool(value, format) {
            Ok(tool) if without.iter().any(|name| name == tool.name) => {
                names.insert(tool.name);
                let message = format!("`{}` is left out, as `--without` says; it is not declared", tool.name);
                importer.report_loss(&at, LossEffect::Narrower, &message);
            }
            Ok(tool) => {
                if let Err(why) = import_tool(importer, &tool, &mut names, &at) {
                    refused.push(why);
                }
            }
            Err(why) => refused.push(format!("{}: {why}", place(&at))),
        }
    }
    for name in without.iter().filter(|name| !names.contains(name.as_str())) {
        refused.push(format!("there is no tool `{name}` to leave out"));
    }
    match refused.is_empty() {
        true => Ok(()),
        false => Err(ImportError::Refused(refused)),
    }
}

fn place(at: &str) -> &str {
    if at.is_empty() { "the document" } else { at }
}

/// The kind of a tool whose schema the provider of a model knows, such as `web_search`.
fn provided(tool: &RawValue) -> Option<&str> {
    let RawValue::Map(members) = tool else { return None };
    match members.get("type") {
        Some(RawValue::String(kind)) if !matches!(kind.as_str(), "function" | "custom") => {
            (!shape::has_arguments(members)).then_some(kind)
        }
        _ => None,
    }
}

/// Says what stands beside the list and matters.
fn report_rest(importer: &mut Importer<'_>, document: &RawValue, at: &str) {
    let holder = match document {
        RawValue::Map(members) if at.starts_with("/result") => members.get("result"),
        other => Some(other),
    };
    let Some(RawValue::Map(members)) = holder else { return };
    if matches!(members.get("nextCursor"), Some(RawValue::String(_))) {
        let at = format!("{}/nextCursor", at.strip_suffix("/tools").unwrap_or_default());
        let message = "the list goes on at this cursor; tools of its other pages are not declared";
        importer.report_loss(&at, LossEffect::Narrower, message);
    }
}

/// Declares a tool's action; or says why not, and what to do.
fn import_tool<'d>(
    importer: &mut Importer<'d>,
    tool: &Tool<'d>,
    names: &mut BTreeSet<&'d str>,
    at: &str,
) -> Result<(), String> {
    let (name, place) = (tool.name, place(at));
    let shown = name.escape_debug();
    if !is_action_name(name) {
        return Err(format!(
            "{place}: no action can be called `{shown}`: names have ASCII letters, digits and `_ . : / -`, at most 256; \
             rename the tool where it is served, or leave it out by `--without '{shown}'`"
        ));
    }
    if !names.insert(name) {
        return Err(format!(
            "{place}: there is another tool `{shown}` before it; a call could mean either, so rename one of them"
        ));
    }
    for key in &tool.unknown {
        let message = "this is not a known key of a tool, and is not read";
        importer.report_loss(&format!("{at}{key}"), LossEffect::Note, message);
    }
    let description =
        first_text(tool.members, &["description", "title"]).map(Description::from).unwrap_or_default();
    let hints = hints(importer, tool.members, at);
    importer.enter_tool(description.text());
    let fields = match &tool.arguments {
        Some((key, schema)) => importer.arguments(schema, &format!("{at}{key}")).map_err(|why| {
            format!(
                "{at}{key}: the arguments of `{shown}` cannot be declared: {why}; \
                 mend the schema, or leave the tool out by `--without '{shown}'`"
            )
        })?,
        None => {
            importer.report_loss(at, LossEffect::Note, "a function without `parameters` has no fields");
            Vec::new()
        }
    };
    importer.action(name, description, fields, at);
    importer.hint(hints);
    Ok(())
}

/// What a server of MCP claims of its own tool.
fn hints(importer: &mut Importer<'_>, members: &RawMap, at: &str) -> Hints {
    let mut hints = Hints::default();
    let Some(RawValue::Map(claims)) = members.get("annotations") else { return hints };
    let mut flag = |key: &str| match claims.get(key) {
        Some(RawValue::Bool(truth)) => Some(*truth),
        None | Some(RawValue::Null) => None,
        Some(_) => {
            let message = "this hint is neither true nor false, and is not read";
            importer.report_loss(&format!("{at}/annotations/{key}"), LossEffect::Note, message);
            None
        }
    };
    let (read_only, destructive) = (flag("readOnlyHint"), flag("destructiveHint"));
    hints.idempotent = flag("idempotentHint") == Some(true);
    hints.open_world = flag("openWorldHint") == Some(true);
    // A tool that writes and does not say how is destructive to MCP.
    hints.destructive = destructive == Some(true) || (read_only == Some(false) && destructive.is_none());
    hints.read_only = read_only == Some(true) && !hints.destructive;
    if read_only == Some(true) && hints.destructive {
        let message = "it is said to be read-only and destructive; it counts as destructive";
        importer.report_loss(&format!("{at}/annotations"), LossEffect::Note, message);
    }
    hints
}
