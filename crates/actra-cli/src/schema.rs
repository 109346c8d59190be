//! `actra schema` and `actra schema import FILE`

use actra_engine::model::write_json_string;
use actra_import::{Imported, SourceFormat, import};
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
    let text = read_text(&arguments.file)?;
    let kind = arguments.kind.map(|kind| match kind {
        ImportKind::JsonSchema => SourceFormat::JsonSchema,
        ImportKind::Mcp => SourceFormat::Mcp,
        ImportKind::OpenApi => SourceFormat::OpenApi,
    });
    let name = match arguments.file.file_stem() {
        Some(name) if !is_stdin(&arguments.file) => name.to_string_lossy().into_owned(),
        _ => "action".to_owned(),
    };
    let imported = import(&text, &name, kind).map_err(|error| {
        Exit::Usage(printable(format!("cannot import `{}`: {error}", arguments.file.display())))
    })?;
    match arguments.format {
        Format::Human => {
            output.bytes(imported.yaml.as_bytes())?;
            report(&imported);
        }
        Format::Json => output.line(json(&imported))?,
    }
    Ok(ExitStatus::Success)
}

/// Lists on standard error what has no counterpart in our schema.
fn report(imported: &Imported) {
    for loss in &imported.losses {
        let pointer = if loss.pointer.is_empty() { "everywhere" } else { loss.pointer.as_str() };
        output::text(&printable(format!("{}: {pointer}: {}", loss.effect.as_str(), loss.message)));
        output::text("\n");
    }
    if !imported.losses.is_empty() {
        let remarks = count(imported.losses.len(), "remark");
        output::message(&format!(
            "{remarks}: `wider` means that the schema accepts more than the source, `narrower` less"
        ));
    }
}

fn json(imported: &Imported) -> String {
    let mut out = r#"{"schema":"actra/import/v1","yaml":"#.to_owned();
    write_json_string(&mut out, &imported.yaml);
    out.push_str(r#","losses":["#);
    for (idx, loss) in imported.losses.iter().enumerate() {
        if idx > 0 {
            out.push(',');
        }
        out.push_str(r#"{"pointer":"#);
        write_json_string(&mut out, &loss.pointer);
        out.push_str(&format!(r#","effect":"{}","message":"#, loss.effect.as_str()));
        write_json_string(&mut out, &loss.message);
        out.push('}');
    }
    out.push_str("]}");
    out
}
