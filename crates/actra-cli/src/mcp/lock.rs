//! `actra mcp lock`: what the tools of a server are, written down.

use std::path::Path;

use actra_engine::model::{RawMap, RawValue};
use actra_gateway::{Lock, list_tools, remarks};
use actra_import::{Gone, ImportOptions, Imported, SourceFormat, import, merge};
use actra_wire::write_value;

use super::command;
use crate::args::LockArguments;
use crate::exit::{Exit, ExitStatus};
use crate::output::{self, printable};
use crate::schema::{report_changes, report_losses};

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
        write_schema(&arguments.set, before.as_ref(), &now)?;
    }
    write(&path, &now.to_json())?;
    output::message(&format!("{} tools are locked in `{}`", now.names().count(), printable(path.display())));
    Ok(ExitStatus::Success)
}

/// Writes the schema of a policy directory that has none; one that is there gets the tools and arguments that are new
/// since the lock before, and keeps what people wrote.
fn write_schema(set: &Path, before: Option<&Lock>, now: &Lock) -> Result<(), Exit> {
    let path = set.join("schema.yaml");
    let shown = printable(path.display());
    let imported = import_tools(now)?;
    if !path.exists() {
        std::fs::create_dir_all(set)
            .map_err(|error| Exit::Usage(format!("`{}`: {error}", printable(set.display()))))?;
        report_losses(&imported);
        write(&path, &imported.yaml)?;
        output::message(&format!("`{shown}` is written"));
        return Ok(());
    }
    let Some(before) = before.filter(|before| *before != now) else { return Ok(()) };
    let schema = actra_host::read_text(&path).map_err(|error| Exit::Usage(format!("`{shown}`: {error}")))?;
    let merged = merge(&schema, &imported, Some(&import_tools(before)?), Gone::Mark)
        .map_err(|error| Exit::Usage(format!("`{shown}`: {}", printable(error))))?;
    report_changes(&merged);
    match merged.yaml == schema {
        true => Ok(()),
        false => write(&path, &merged.yaml),
    }
}

/// The schema of the tools of a lock.
fn import_tools(lock: &Lock) -> Result<Imported, Exit> {
    let mut json = Vec::new();
    let list = [("tools".to_owned(), RawValue::List(lock.definitions().cloned().collect()))];
    write_value(&RawValue::Map(list.into_iter().collect::<RawMap>()), &mut json);
    let options = ImportOptions { format: Some(SourceFormat::Mcp), ..ImportOptions::default() };
    import(&String::from_utf8_lossy(&json), &options).map_err(|error| Exit::Usage(printable(error)))
}

fn write(path: &Path, text: &str) -> Result<(), Exit> {
    let wrong = |error| Exit::Usage(format!("`{}`: {error}", printable(path.display())));
    actra_host::write_file(path, text.as_bytes()).map_err(wrong)
}
