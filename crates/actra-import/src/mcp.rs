//! The tools of an MCP server.

use actra_model::{Description, RawValue};

use crate::convert::{Importer, first_text};
use crate::{ImportError, LossEffect};

/// What a tool may have besides its arguments, and what no request depends on.
const IGNORED: [&str; 8] =
    ["name", "title", "description", "annotations", "icons", "outputSchema", "execution", "_meta"];

/// A bare list, `{tools: [...]}`, or a response that holds one as its result.
pub(crate) fn import<'d>(importer: &mut Importer<'d>, document: &'d RawValue) -> Result<(), ImportError> {
    let (tools, at) = match document {
        RawValue::List(tools) => (tools, String::new()),
        RawValue::Map(members) => {
            let (holder, at) = match members.get("result") {
                Some(RawValue::Map(result)) => (result, "/result/tools"),
                _ => (members, "/tools"),
            };
            match holder.get("tools") {
                Some(RawValue::List(tools)) => (tools, at.to_owned()),
                _ => return Err(ImportError::WrongKind("there is no list `tools` in it".to_owned())),
            }
        }
        _ => return Err(ImportError::WrongKind("there is no list `tools` in it".to_owned())),
    };
    for (idx, tool) in tools.iter().enumerate() {
        import_tool(importer, tool, &format!("{at}/{idx}"));
    }
    Ok(())
}

fn import_tool<'d>(importer: &mut Importer<'d>, tool: &'d RawValue, at: &str) {
    let (RawValue::Map(members), Some(name)) = (tool, name(tool)) else {
        importer.report_loss(at, LossEffect::Narrower, "a tool without a name is left out");
        return;
    };
    for key in members.keys().filter(|key| !IGNORED.contains(&key.as_str()) && *key != "inputSchema") {
        importer.report_loss(
            &format!("{at}/{key}"),
            LossEffect::Note,
            "this is not a known key of a tool, and is not read",
        );
    }
    let fields = match members.get("inputSchema") {
        Some(schema) => importer.arguments(schema, &format!("{at}/inputSchema")),
        None => {
            importer.report_loss(at, LossEffect::Note, "a tool without `inputSchema` has no fields");
            Vec::new()
        }
    };
    let description =
        first_text(members, &["description", "title"]).map(Description::from).unwrap_or_default();
    importer.action(name, description, fields, at);
}

fn name(tool: &RawValue) -> Option<&str> {
    let RawValue::Map(members) = tool else { return None };
    match members.get("name") {
        Some(RawValue::String(name)) if !name.is_empty() => Some(name),
        _ => None,
    }
}
