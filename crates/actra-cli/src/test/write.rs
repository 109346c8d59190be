//! `--write`: the tests that would kill the survivors, as a new test file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use actra_engine::diagnostics::Sources;
use actra_testing::MutationReport;

use crate::exit::Exit;
use crate::listing::count;
use crate::output::{self, cannot_write, printable};

/// Rejects a file that would not be run as one of the set's tests, or that exists, before any test is run.
pub(super) fn check_target(file: &Path, sets: &[PathBuf]) -> Result<(), Exit> {
    let name = printable(file.display());
    let [set] = sets else {
        return Err(Exit::Usage("`--write` works with one set at a time; name only one".to_owned()));
    };
    let tests = set.join("tests");
    let is_yaml = file.extension().is_some_and(|ending| ending == "yaml");
    if !is_yaml || !lies_below(file, &tests) {
        let tests = printable(tests.display());
        return Err(Exit::Usage(format!(
            "`{name}` would not be run: tests are `.yaml` files below `{tests}`, such as `{tests}/mutants.yaml`"
        )));
    }
    if fs::symlink_metadata(file).is_ok() {
        return Err(Exit::Usage(format!("`{name}` already exists; name a new file")));
    }
    Ok(())
}

/// Whether a path lies below a directory, links resolved; either may not exist yet.
fn lies_below(file: &Path, directory: &Path) -> bool {
    let absolute = |path: &Path| std::path::absolute(path).ok();
    let resolved = |path: &Path| {
        let path = absolute(path)?;
        let mut existing = path.as_path();
        while !existing.exists() {
            existing = existing.parent()?;
        }
        let rest = path.strip_prefix(existing).ok()?;
        let is_plain = |part| matches!(part, std::path::Component::Normal(_));
        let rest = rest.components().all(is_plain).then_some(rest)?;
        Some(fs::canonicalize(existing).ok()?.join(rest))
    };
    match (resolved(file), resolved(directory)) {
        (Some(file), Some(directory)) => file.starts_with(directory),
        _ => false,
    }
}

/// Writes the tests that would kill the survivors; nothing if there are none.
pub(super) fn write(file: &Path, mutants: &MutationReport, sources: &Sources) -> Result<(), Exit> {
    let name = printable(file.display());
    let Some((text, tests)) = mutants.test_file(sources) else {
        output::message(&format!("`{name}` is not written: tests notice every change"));
        return Ok(());
    };
    let create = || -> io::Result<()> {
        fs::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
        let mut new = fs::File::create_new(file)?;
        io::Write::write_all(&mut new, text.as_bytes())
    };
    create().map_err(|error| cannot_write(file, &error))?;
    let tests = count(tests, "test");
    output::message(&format!("wrote {tests} to `{name}`; read what they expect before you keep them"));
    Ok(())
}
