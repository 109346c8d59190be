//! `actra fmt PATHS`

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use actra_engine::diagnostics::{Sources, Verbosity};
use actra_engine::format::{Formatted, format};
use actra_engine::{Spelling, convert_spelling};

use crate::args::FmtArguments;
use crate::exit::{Exit, ExitStatus};
use crate::listing::count;
use crate::output::{self, Output, printable};
use crate::policy_set;

pub(crate) fn run(arguments: &FmtArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let paths = paths(arguments)?;
    let mut formatter = Formatter {
        check: arguments.check,
        verbosity: arguments.verbosity.level(),
        status: ExitStatus::Success,
        changed: 0,
        converted: BTreeMap::new(),
    };
    if let Some(spelling) = spelling(arguments) {
        paths.iter().try_for_each(|set| formatter.convert_spelling(set, spelling))?;
    }
    let mut files = BTreeSet::new();
    for path in &paths {
        if !has_yaml_extension(path) && path.is_file() {
            formatter.skip(&format!(
                "`{}` does not have the name of a YAML file, so it is left unchanged",
                path.display()
            ))?;
            continue;
        }
        files.extend(actra_host::yaml_files(path).map_err(|error| Exit::Usage(printable(error)))?);
    }
    for file in &files {
        formatter.format_file(file, output)?;
    }
    let verb = if arguments.check { "would change" } else { "changed" };
    let files = count(files.len(), "file");
    output.answer(format!("{files}, {} {verb}\n", formatter.changed))?;
    Ok(formatter.status)
}

/// How conditions are to be written, if they are to be rewritten.
fn spelling(arguments: &FmtArguments) -> Option<Spelling> {
    if arguments.expressions {
        Some(Spelling::Expressions)
    } else if arguments.structured {
        Some(Spelling::Structured)
    } else {
        None
    }
}

/// The paths that were named, or the working directory if it is a policy set: any other directory may hold other YAML.
fn paths(arguments: &FmtArguments) -> Result<Vec<PathBuf>, Exit> {
    if let Some(revision) = arguments.paths.iter().find(|path| actra_host::is_git(path)) {
        let revision = printable(revision.display());
        return Err(Exit::Usage(format!(
            "`{revision}` is a version in a repository and cannot be changed; name a directory instead"
        )));
    }
    if !arguments.paths.is_empty() {
        return Ok(arguments.paths.clone());
    }
    match Path::new("schema.yaml").exists() {
        true => Ok(vec![PathBuf::from(".")]),
        false => Err(Exit::Usage(
            "there is no `schema.yaml` here; name the files or directories to format".to_owned(),
        )),
    }
}

/// Whether a file is a YAML file by its name.
fn has_yaml_extension(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["yaml", "yml"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Formats one file after another, and counts those that change.
struct Formatter {
    check: bool,
    verbosity: Verbosity,
    status: ExitStatus,
    changed: usize,
    /// The texts of files whose conditions are rewritten.
    converted: BTreeMap<PathBuf, String>,
}

impl Formatter {
    /// Rewrites the conditions of a set; the texts are kept until their files are formatted.
    fn convert_spelling(&mut self, path: &Path, spelling: Spelling) -> Result<(), Exit> {
        // For its report of what is wrong with the set.
        policy_set::open(path, self.verbosity)?;
        let set = actra_host::read_policy_set(path).map_err(|error| Exit::Usage(printable(error)))?;
        let converted = convert_spelling(&set, spelling).unwrap_or_default();
        for (file, line, why) in converted.skipped {
            let file = path.join(file);
            output::message(&printable(format!(
                "{}:{line}: this condition is left unchanged: {why}",
                file.display()
            )));
        }
        self.converted.extend(converted.texts.into_iter().map(|(file, text)| (path.join(file), text)));
        Ok(())
    }

    fn format_file(&mut self, file: &Path, output: &mut Output) -> Result<(), Exit> {
        let text = match actra_host::read_text(file) {
            Ok(text) => text,
            Err(error) => return self.skip(&format!("cannot read `{}`: {error}", file.display())),
        };
        let mut sources = Sources::new();
        let source = self.converted.remove(file).unwrap_or_else(|| text.clone());
        let id = sources.add(file.display().to_string(), source.clone());
        let mut diagnostics = Vec::new();
        let formatted = format(id, &source, &mut diagnostics);
        if formatted.is_none() {
            policy_set::report(&diagnostics, &sources, Path::new(""), self.verbosity);
        }
        match formatted {
            None => self.skip(&format!("`{}` is left unchanged", file.display())),
            Some(Formatted::Skipped(_)) if source != text => self.replace(file, &source, output),
            Some(Formatted::Skipped(reason)) => {
                output::message(&printable(format!("`{}` is left unchanged: {reason}", file.display())));
                Ok(())
            }
            Some(Formatted::MeaningChanged) => Err(Exit::Failure(printable(format!(
                "`{}` is left unchanged, since formatting would change its meaning: this is a bug in actra, please report it",
                file.display()
            )))),
            Some(Formatted::Text(new)) if new == text => Ok(()),
            Some(Formatted::Text(new)) => self.replace(file, &new, output),
        }
    }

    fn replace(&mut self, file: &Path, new: &str, output: &mut Output) -> Result<(), Exit> {
        self.changed += 1;
        if self.check {
            self.status = self.status.max(ExitStatus::Negative);
        } else if let Err(error) = actra_host::replace_file(file, new) {
            return Err(Exit::Failure(printable(format!("cannot write `{}`: {error}", file.display()))));
        }
        // All files are formatted even if nobody reads their names.
        output.answer(format!("{}\n", printable(file.display())))
    }

    /// Reports what is wrong with one file; the others are still formatted.
    fn skip(&mut self, message: &str) -> Result<(), Exit> {
        output::message(&printable(message));
        self.status = self.status.max(ExitStatus::Usage);
        Ok(())
    }
}
