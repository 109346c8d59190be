//! `actra schema` and `actra schema import FILE`

use std::io::Read;
use std::path::Path;

use actra_engine::model::{limits, write_json_string};
use actra_import::{Imported, Kind, import};
use actra_wire::{FileKind, file_schema};

use crate::args::{FileKindArgument, Format, ImportArguments, ImportKind, SchemaArguments, SchemaCommand};
use crate::load::{self, shown};
use crate::output::{self, Output};
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &SchemaArguments, output: &mut Output) -> Result<Status, Stop> {
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
        Some(set) => Some(load::policy(set, arguments.volume.amount())?.0),
        None => None,
    };
    output.line(file_schema(kind, set.as_ref().map(|policy| &policy.schema)))?;
    Ok(Status::Fine)
}

fn run_import(arguments: &ImportArguments, output: &mut Output) -> Result<Status, Stop> {
    let text = read(&arguments.file)?;
    let kind = arguments.kind.map(|kind| match kind {
        ImportKind::JsonSchema => Kind::JsonSchema,
        ImportKind::Mcp => Kind::Mcp,
        ImportKind::OpenApi => Kind::OpenApi,
    });
    let name = match arguments.file.file_stem() {
        Some(name) if arguments.file.as_os_str() != "-" => name.to_string_lossy().into_owned(),
        _ => "action".to_owned(),
    };
    let imported = import(&text, &name, kind).map_err(|error| {
        Stop::Wrong(shown(format!("cannot import `{}`: {error}", arguments.file.display())))
    })?;
    match arguments.format {
        Format::Human => {
            output.bytes(imported.yaml.as_bytes())?;
            report(&imported);
        }
        Format::Json => output.line(json(&imported))?,
    }
    Ok(Status::Fine)
}

fn read(file: &Path) -> Result<String, Stop> {
    let wrong =
        |error: std::io::Error| Stop::Wrong(shown(format!("cannot read `{}`: {error}", file.display())));
    if file.as_os_str() != "-" {
        return actra_host::read_text(file).map_err(wrong);
    }
    let mut text = String::new();
    // One byte more than a file may have shows that it is too much.
    let most = limits::SET_BYTES as u64 + 1;
    std::io::stdin().lock().take(most).read_to_string(&mut text).map_err(wrong)?;
    Ok(text)
}

fn report(imported: &Imported) {
    for loss in &imported.losses {
        let place = if loss.pointer.is_empty() { "everywhere" } else { loss.pointer.as_str() };
        output::text(&shown(format!("{}: {place}: {}", loss.effect.as_str(), loss.message)));
        output::text("\n");
    }
    let count = imported.losses.len();
    if count > 0 {
        let remarks = if count == 1 { "1 remark".to_owned() } else { format!("{count} remarks") };
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
