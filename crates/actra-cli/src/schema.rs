//! `actra schema` and `actra schema import FILE`

use std::path::Path;

use actra_engine::model::write_json_string;
use actra_import::{
    Change, ChangeKind, Gone, ImportError, ImportOptions, Imported, Loss, LossEffect, Merged, SourceFormat,
    Texts, import, merge,
};
use actra_wire::{FileKind, file_schema};

use crate::args::{FileKindArgument, Format, ImportArguments, ImportKind, SchemaArguments, SchemaCommand};
use crate::exit::{Exit, ExitStatus};
use crate::input::{cannot_read, is_stdin, read_text};
use crate::listing::count;
use crate::output::{self, Output, printable};
use crate::policy_set;

pub(crate) fn run(arguments: &SchemaArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    if let Some(SchemaCommand::Import(arguments)) = &arguments.command {
        return run_import(arguments, output);
    }
    let kind = match arguments.kind {
        FileKindArgument::Schema => FileKind::Schema,
        FileKindArgument::Policy => FileKind::Policy,
        FileKindArgument::Governance => FileKind::Governance,
        FileKindArgument::Test => FileKind::Test,
    };
    let set = match &arguments.set {
        Some(set) => Some(policy_set::open(set, arguments.verbosity.level())?.0),
        None => None,
    };
    output.line(file_schema(kind, set.as_ref().map(|policy| &policy.schema)))?;
    Ok(ExitStatus::Success)
}

fn run_import(arguments: &ImportArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let imported = import_file(&arguments.file, &arguments.without, arguments)?;
    if let Some(into) = &arguments.into {
        return run_merge(&imported, into, arguments, output);
    }
    match arguments.format {
        Format::Human => {
            output.bytes(imported.yaml.as_bytes())?;
            report_losses(&imported);
        }
        Format::Json => output.line(json(&imported.yaml, &imported.losses, None))?,
    }
    Ok(ExitStatus::Success)
}

fn import_file(file: &Path, without: &[String], arguments: &ImportArguments) -> Result<Imported, Exit> {
    let text = read_text(file)?;
    let format = arguments.kind.map(|kind| match kind {
        ImportKind::JsonSchema => SourceFormat::JsonSchema,
        ImportKind::Mcp => SourceFormat::Mcp,
        ImportKind::OpenAi => SourceFormat::OpenAi,
        ImportKind::Anthropic => SourceFormat::Anthropic,
        ImportKind::OpenApi => SourceFormat::OpenApi,
    });
    let name = match file.file_stem() {
        Some(name) if !is_stdin(file) => name.to_string_lossy().into_owned(),
        _ => "action".to_owned(),
    };
    let texts = if arguments.plain_strings { Texts::Plain } else { Texts::Proposed };
    let without = without.to_vec();
    let cannot = |why: &str| Exit::Usage(printable(format!("cannot import `{}`: {why}", file.display())));
    match import(&text, &ImportOptions { name, format, texts, without }) {
        Ok(imported) => Ok(imported),
        Err(ImportError::Refused(refused)) if refused.len() > 1 => {
            for why in &refused {
                output::message(&printable(why));
            }
            Err(cannot(&format!("{} stand in the way; nothing was written", count(refused.len(), "problem"))))
        }
        Err(error) => Err(cannot(&error.to_string())),
    }
}

/// Imports into a schema that is there already.
fn run_merge(
    imported: &Imported,
    into: &Path,
    arguments: &ImportArguments,
    output: &mut Output,
) -> Result<ExitStatus, Exit> {
    if is_stdin(into) {
        return Err(Exit::Usage("`--into` names a file, which is written anew".to_owned()));
    }
    let schema = actra_host::read_text(into).map_err(|error| cannot_read(into, &error))?;
    // What is left out now need not have been there earlier.
    let earlier = arguments.earlier.as_ref().map(|file| import_file(file, &[], arguments)).transpose()?;
    let gone = if arguments.prune { Gone::Prune } else { Gone::Mark };
    let merged = merge(&schema, imported, earlier.as_ref(), gone).map_err(|error| {
        Exit::Usage(printable(format!("cannot import into `{}`: {error}", into.display())))
    })?;
    let is_new = merged.yaml != schema;
    if is_new && !arguments.check {
        actra_host::replace_file(into, &merged.yaml).map_err(|error| {
            Exit::Failure(printable(format!("cannot write `{}`: {error}", into.display())))
        })?;
    }
    match arguments.format {
        Format::Human => {
            if is_new {
                output.answer(format!("{}\n", printable(into.display())))?;
            }
            report_changes(&merged);
            let added = merged.changes.iter().any(|change| change.kind == ChangeKind::Added);
            if added && !imported.losses.is_empty() {
                let remarks = count(imported.losses.len(), "remark");
                output::message(&printable(format!(
                    "{remarks} on what the list says and a schema cannot; `actra schema import {}` shows them",
                    arguments.file.display()
                )));
            }
        }
        Format::Json => output.line(json(&merged.yaml, &imported.losses, Some(&merged.changes)))?,
    }
    let differs = is_new || !merged.changes.is_empty();
    Ok(if arguments.check && differs { ExitStatus::Negative } else { ExitStatus::Success })
}

/// Lists on standard error what differs between a schema and a list of tools.
pub(crate) fn report_changes(merged: &Merged) {
    for change in &merged.changes {
        let kind = change.kind;
        let (old, new) =
            (change.old.as_deref().unwrap_or("nothing"), change.new.as_deref().unwrap_or("nothing"));
        let told = match kind {
            ChangeKind::Added => change.new.as_ref().map_or_else(String::new, |new| format!(": {new}")),
            ChangeKind::Gone | ChangeKind::Pruned => String::new(),
            ChangeKind::Changed => format!(": the server said: {old}; it says now: {new}"),
            ChangeKind::Kept => format!(": the schema says: {old}; the server says: {new}"),
        };
        output::text(&printable(format!("{}: {}{told}", kind.as_str(), change.path)));
        output::text("\n");
    }
    let gone = merged.changes.iter().any(|change| change.kind == ChangeKind::Gone);
    let differing =
        merged.changes.iter().any(|change| matches!(change.kind, ChangeKind::Changed | ChangeKind::Kept));
    if gone {
        output::message(
            "what is gone is marked in the schema, and is decided as before; `--prune` takes it out",
        );
    }
    if differing {
        output::message(
            "where the server and the schema differ, the schema is as it was; edit it if the server is right",
        );
    }
}

/// Lists on standard error what has no counterpart in our schema.
pub(crate) fn report_losses(imported: &Imported) {
    for loss in &imported.losses {
        let pointer = if loss.pointer.is_empty() { "everywhere" } else { loss.pointer.as_str() };
        output::text(&printable(format!("{}: {pointer}: {}", loss.effect.as_str(), loss.message)));
        output::text("\n");
    }
    if imported.losses.is_empty() {
        return;
    }
    let remarks = count(imported.losses.len(), "remark");
    output::message(&format!(
        "{remarks}: `wider` means that the schema accepts more than the source, `narrower` less"
    ));
    if imported.losses.iter().any(|loss| loss.effect == LossEffect::Proposed) {
        output::message(
            "`proposed` is a stricter type than the source's, by names and descriptions; `--plain-strings` keeps `string`",
        );
    }
}

fn json(yaml: &str, losses: &[Loss], changes: Option<&[Change]>) -> String {
    let mut out = r#"{"schema":"actra/import/v1","yaml":"#.to_owned();
    write_json_string(&mut out, yaml);
    out.push_str(r#","losses":["#);
    for (idx, loss) in losses.iter().enumerate() {
        out.push_str(if idx > 0 { "," } else { "" });
        out.push_str(r#"{"pointer":"#);
        write_json_string(&mut out, &loss.pointer);
        out.push_str(&format!(r#","effect":"{}","message":"#, loss.effect.as_str()));
        write_json_string(&mut out, &loss.message);
        out.push('}');
    }
    out.push(']');
    if let Some(changes) = changes {
        out.push_str(r#","changes":["#);
        for (idx, change) in changes.iter().enumerate() {
            out.push_str(if idx > 0 { "," } else { "" });
            out.push_str(&format!(r#"{{"kind":"{}","path":"#, change.kind.as_str()));
            write_json_string(&mut out, &change.path);
            for (key, value) in [("old", &change.old), ("new", &change.new)] {
                out.push_str(&format!(r#","{key}":"#));
                match value {
                    Some(value) => write_json_string(&mut out, value),
                    None => out.push_str("null"),
                }
            }
            out.push('}');
        }
        out.push(']');
    }
    out.push('}');
    out
}
