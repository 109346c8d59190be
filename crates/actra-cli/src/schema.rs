//! `actra schema` and `actra schema import FILE`

use std::path::Path;

use actra_engine::model::write_json_string;
use actra_import::{ImportError, ImportOptions, Imported, LossEffect, SourceFormat, Texts, import};
use actra_wire::{FileKind, file_schema};

use crate::args::{FileKindArgument, Format, ImportArguments, ImportKind, SchemaArguments, SchemaCommand};
use crate::exit::{Exit, ExitStatus};
use crate::input::{is_stdin, read_text};
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
    match arguments.format {
        Format::Human => {
            output.bytes(imported.yaml.as_bytes())?;
            report(&imported);
        }
        Format::Json => output.line(json(&imported))?,
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

/// Lists on standard error what has no counterpart in our schema.
fn report(imported: &Imported) {
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

fn json(imported: &Imported) -> String {
    let mut out = r#"{"schema":"actra/import/v1","yaml":"#.to_owned();
    write_json_string(&mut out, &imported.yaml);
    out.push_str(r#","losses":["#);
    for (idx, loss) in imported.losses.iter().enumerate() {
        out.push_str(if idx > 0 { "," } else { "" });
        out.push_str(r#"{"pointer":"#);
        write_json_string(&mut out, &loss.pointer);
        out.push_str(&format!(r#","effect":"{}","message":"#, loss.effect.as_str()));
        write_json_string(&mut out, &loss.message);
        out.push('}');
    }
    out.push(']');
    out.push('}');
    out
}
