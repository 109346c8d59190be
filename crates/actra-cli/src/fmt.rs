//! `actra fmt PATHS`

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use actra_engine::diagnostics::{Amount, Sources};
use actra_engine::format::{Formatted, format};
use actra_engine::{Spelling, respell};

use crate::args::FmtArguments;
use crate::load::{self, shown};
use crate::output::{self, Output};
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &FmtArguments, output: &mut Output) -> Result<Status, Stop> {
    let paths = paths(arguments)?;
    let mut run = Run {
        check: arguments.check,
        amount: arguments.volume.amount(),
        status: Status::Fine,
        changed: 0,
        respelled: BTreeMap::new(),
    };
    let to = match (arguments.expressions, arguments.structured) {
        (true, _) => Some(Spelling::Expressions),
        (_, true) => Some(Spelling::Structured),
        _ => None,
    };
    for set in to.iter().flat_map(|to| paths.iter().map(|set| (set, *to))) {
        run.respell(set.0, set.1)?;
    }
    let mut files = BTreeSet::new();
    for path in &paths {
        if !is_yaml(path) && path.is_file() {
            run.wrong(&format!("`{}` is no YAML file by its name, so it is left as it is", path.display()))?;
            continue;
        }
        files.extend(actra_host::yaml_files(path).map_err(|error| Stop::Wrong(shown(error)))?);
    }
    for file in &files {
        run.file(file, output)?;
    }
    let verb = if arguments.check { "would change" } else { "changed" };
    let files = if files.len() == 1 { "1 file".to_owned() } else { format!("{} files", files.len()) };
    output.answer(format!("{files}, {} {verb}\n", run.changed))?;
    Ok(run.status)
}

/// What is named, or the working directory if that is a policy set: any other folder may hold YAML of others.
fn paths(arguments: &FmtArguments) -> Result<Vec<PathBuf>, Stop> {
    if let Some(past) = arguments.paths.iter().find(|path| actra_host::is_git(path)) {
        let past = shown(past.display());
        return Err(Stop::Wrong(format!("`{past}` is a version in a repository, which stays as it is")));
    }
    if !arguments.paths.is_empty() {
        return Ok(arguments.paths.clone());
    }
    match Path::new("schema.yaml").exists() {
        true => Ok(vec![PathBuf::from(".")]),
        false => {
            Err(Stop::Wrong("there is no `schema.yaml` here; name the files and directories".to_owned()))
        }
    }
}

/// Whether a name ends as those of YAML files do.
fn is_yaml(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["yaml", "yml"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

struct Run {
    check: bool,
    amount: Amount,
    status: Status,
    changed: usize,
    /// The texts of files whose conditions are rewritten.
    respelled: BTreeMap<PathBuf, String>,
}

impl Run {
    /// Rewrites the conditions of a set.
    fn respell(&mut self, path: &Path, to: Spelling) -> Result<(), Stop> {
        // Reports what is wrong with it.
        load::policy(path, self.amount)?;
        let set = actra_host::read_set(path).map_err(|error| Stop::Wrong(shown(error)))?;
        let respelled = respell(&set, to).unwrap_or_default();
        for (file, line, why) in respelled.left {
            let place = path.join(file);
            output::message(&shown(format!(
                "{}:{line}: this condition is left as it is: {why}",
                place.display()
            )));
        }
        self.respelled.extend(respelled.texts.into_iter().map(|(file, text)| (path.join(file), text)));
        Ok(())
    }

    fn file(&mut self, file: &Path, output: &mut Output) -> Result<(), Stop> {
        let text = match actra_host::read_text(file) {
            Ok(text) => text,
            Err(error) => return self.wrong(&format!("cannot read `{}`: {error}", file.display())),
        };
        let mut sources = Sources::new();
        let source = self.respelled.remove(file).unwrap_or_else(|| text.clone());
        let id = sources.add(file.display().to_string(), source.clone());
        let mut found = Vec::new();
        let formatted = format(id, &source, &mut found);
        if formatted.is_none() {
            load::report(&found, &sources, Path::new(""), self.amount);
        }
        match formatted {
            None => self.wrong(&format!("`{}` is left as it is", file.display())),
            Some(Formatted::Left(_)) if source != text => self.differs(file, &source, output),
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
        // All files are done even if nobody reads their names.
        output.answer(format!("{}\n", shown(file.display())))
    }

    /// Something is wrong with one file; the others are still done.
    fn wrong(&mut self, message: &str) -> Result<(), Stop> {
        output::message(&shown(message));
        self.status = self.status.max(Status::Wrong);
        Ok(())
    }
}
