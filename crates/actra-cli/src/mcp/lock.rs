//! `actra mcp lock`: what the tools of a server are, written down.

use std::path::Path;

use actra_engine::model::{RawMap, RawValue};
use actra_gateway::{Lock, list_tools, remarks};
use actra_import::{SourceFormat, import};
use actra_wire::write_value;

use super::command;
use crate::args::LockArguments;
use crate::exit::{Exit, ExitStatus};
use crate::output::{self, printable};

/// The name of a lock in a policy directory.
const NAME: &str = "mcp.lock";

/// The largest lock.
const LIMIT: usize = 16 << 20;

/// The lock that is named, or that of a policy directory if it is there.
pub(super) fn read(set: &Path, named: Option<&Path>) -> Result<Option<Lock>, Exit> {
    let path = match named {
        Some(path) => path.to_owned(),
        None if set.join(NAME).exists() => set.join(NAME),
        None => return Ok(None),
    };
    let wrong =
        |reason: String| Exit::Usage(format!("`{}`: {}", printable(path.display()), printable(reason)));
    let text = actra_host::read_bytes(&path, LIMIT).map_err(|error| wrong(error.to_string()))?;
    Lock::parse(&text).map(Some).map_err(|error| wrong(error.to_string()))
}

pub(super) fn run(arguments: &LockArguments) -> Result<ExitStatus, Exit> {
    let server = command(&arguments.server)?;
    let program = printable(server.get_program().display());
    let tools = list_tools(server)
        .map_err(|error| Exit::Failure(format!("the server `{program}`: {}", printable(error))))?;
    let now = Lock::of_tools(&tools).map_err(|error| Exit::Usage(printable(error)))?;
    let path = arguments.lock.clone().unwrap_or_else(|| arguments.set.join(NAME));
    let before = match path.exists() {
        true => read(&arguments.set, Some(&path))?,
        false => None,
    };
    let differences = before.as_ref().map(|before| before.differences(&now)).unwrap_or_default();
    for line in &differences {
        output::message(&printable(line));
    }
    for line in remarks(&tools) {
        output::message(&printable(line));
    }
    if arguments.check {
        return match before {
            None => Err(Exit::Usage(format!("there is no lock `{}`", printable(path.display())))),
            Some(_) if differences.is_empty() => Ok(ExitStatus::Success),
            Some(_) => Ok(ExitStatus::Negative),
        };
    }
    if arguments.lock.is_none() {
        write_schema(&arguments.set, &tools)?;
    }
    write(&path, &now.to_json())?;
    output::message(&format!("{} tools are locked in `{}`", now.names().count(), printable(path.display())));
    Ok(ExitStatus::Success)
}

/// Writes the schema of a policy directory that has none.
fn write_schema(set: &Path, tools: &[RawValue]) -> Result<(), Exit> {
    let path = set.join("schema.yaml");
    if path.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(set)
        .map_err(|error| Exit::Usage(format!("`{}`: {error}", printable(set.display()))))?;
    let mut json = Vec::new();
    let list = [("tools".to_owned(), RawValue::List(tools.to_vec()))];
    write_value(&RawValue::Map(list.into_iter().collect::<RawMap>()), &mut json);
    let json = String::from_utf8_lossy(&json);
    let imported = import(&json, "tools/list", Some(SourceFormat::Mcp))
        .map_err(|error| Exit::Usage(printable(error)))?;
    for loss in &imported.losses {
        output::message(&printable(format!("{}: {}: {}", loss.effect.as_str(), loss.pointer, loss.message)));
    }
    write(&path, &imported.yaml)?;
    output::message(&format!("`{}` is written", printable(path.display())));
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Exit> {
    let wrong = |error| Exit::Usage(format!("`{}`: {error}", printable(path.display())));
    actra_host::write_file(path, text.as_bytes()).map_err(wrong)
}
