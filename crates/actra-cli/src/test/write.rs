use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use actra_engine::diagnostics::Sources;
use actra_testing::MutationReport;

use crate::load::shown;
use crate::output;
use crate::status::Stop;

/// Refuses a file that would not be run as one of the set's tests, or that is there, before anything is measured.
pub(super) fn refuse(file: &Path, sets: &[PathBuf]) -> Result<(), Stop> {
    let name = shown(file.display());
    let [set] = sets else {
        return Err(Stop::Wrong("`--write` takes one set".to_owned()));
    };
    let tests = set.join("tests");
    let is_yaml = file.extension().is_some_and(|ending| ending == "yaml");
    if !is_yaml || !lies_below(file, &tests) {
        let tests = shown(tests.display());
        return Err(Stop::Wrong(format!(
            "`{name}` would not be run: tests are `.yaml` files below `{tests}`, such as `{tests}/mutants.yaml`"
        )));
    }
    if fs::symlink_metadata(file).is_ok() {
        return Err(Stop::Wrong(format!("`{name}` is there already; name a new file")));
    }
    Ok(())
}

/// Whether a file that is not there yet lies below a folder, links resolved.
fn lies_below(file: &Path, folder: &Path) -> bool {
    let absolute = |path: &Path| std::path::absolute(path).ok();
    let resolved = |path: &Path| {
        let path = absolute(path)?;
        let mut there = path.as_path();
        while !there.exists() {
            there = there.parent()?;
        }
        let rest = path.strip_prefix(there).ok()?;
        let is_plain = |part| matches!(part, std::path::Component::Normal(_));
        let rest = rest.components().all(is_plain).then_some(rest)?;
        Some(fs::canonicalize(there).ok()?.join(rest))
    };
    match (resolved(file), resolved(folder)) {
        (Some(file), Some(folder)) => file.starts_with(folder),
        _ => false,
    }
}

/// Writes the tests that would notice what no test noticed; nothing if there is no such change.
pub(super) fn write(file: &Path, mutants: &MutationReport, sources: &Sources) -> Result<(), Stop> {
    let name = shown(file.display());
    let Some((text, count)) = mutants.test_file(sources) else {
        output::message(&format!("`{name}` is not written: tests notice every change"));
        return Ok(());
    };
    let written = || -> io::Result<()> {
        fs::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
        let mut new = fs::File::create_new(file)?;
        io::Write::write_all(&mut new, text.as_bytes())
    };
    written().map_err(|error| Stop::Wrong(format!("cannot write `{name}`: {error}")))?;
    let tests = super::human::count(count, "test");
    output::message(&format!("wrote {tests} to `{name}`; read what they expect before you keep them"));
    Ok(())
}
