//! `actra fmt PATHS`

use std::collections::BTreeSet;
use std::path::Path;

use actra_engine::diagnostics::Sources;
use actra_engine::format::{Formatted, format};

use crate::args::FmtArguments;
use crate::load::{self, shown};
use crate::output::{self, Output};
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &FmtArguments, output: &mut Output) -> Result<Status, Stop> {
    let mut files = BTreeSet::new();
    for path in &arguments.paths {
        files.extend(actra_host::yaml_files(path).map_err(|error| Stop::Wrong(shown(error)))?);
    }
    let mut run = Run { check: arguments.check, status: Status::Fine, changed: 0 };
    for file in &files {
        run.file(file, output)?;
    }
    let verb = if arguments.check { "would change" } else { "changed" };
    let files = if files.len() == 1 { "1 file".to_owned() } else { format!("{} files", files.len()) };
    output.line(format!("{files}, {} {verb}", run.changed))?;
    Ok(run.status)
}

struct Run {
    check: bool,
    status: Status,
    changed: usize,
}

impl Run {
    fn file(&mut self, file: &Path, output: &mut Output) -> Result<(), Stop> {
        let text = match actra_host::read_text(file) {
            Ok(text) => text,
            Err(error) => return self.wrong(&format!("cannot read `{}`: {error}", file.display())),
        };
        let mut sources = Sources::new();
        let id = sources.add(file.display().to_string(), text.clone());
        let mut found = Vec::new();
        let formatted = format(id, &text, &mut found);
        if formatted.is_none() {
            load::report(&found, &sources, Path::new(""));
        }
        match formatted {
            None => self.wrong(&format!("`{}` is left as it is", file.display())),
            Some(Formatted::Left(reason)) => {
                output::message(&shown(format!("`{}` is left as it is: {reason}", file.display())));
                Ok(())
            }
            Some(Formatted::Changed) => Err(Stop::Failed(shown(format!(
                "formatting `{}` would change what it says; it is left as it is, please report this file",
                file.display()
            )))),
            Some(Formatted::Text(new)) if new == text => Ok(()),
            Some(Formatted::Text(new)) => self.differs(file, &new, output),
        }
    }

    fn differs(&mut self, file: &Path, new: &str, output: &mut Output) -> Result<(), Stop> {
        self.changed += 1;
        if self.check {
            self.status = self.status.max(Status::No);
        } else if let Err(error) = actra_host::replace_file(file, new) {
            return Err(Stop::Failed(shown(format!("cannot write `{}`: {error}", file.display()))));
        }
        output.line(shown(file.display()))
    }

    /// Something is wrong with one file; the others are still done.
    fn wrong(&mut self, message: &str) -> Result<(), Stop> {
        output::message(&shown(message));
        self.status = self.status.max(Status::Wrong);
        Ok(())
    }
}
