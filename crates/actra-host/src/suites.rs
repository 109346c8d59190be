use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use actra_engine::{PolicySet, SetFile};
use actra_testing::{Problem, Suite};

use crate::git::{GitPlace, read_git_tests};
use crate::{GitError, ReadSetError, is_git, read_git_set, read_set, read_tests};

/// Why the test files of a set cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadSuitesError {
    /// The directory cannot be read.
    #[error(transparent)]
    Set(#[from] ReadSetError),
    /// The repository cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// The test files of a set, or all that is wrong with them.
pub type Suites = Result<Vec<(String, Suite)>, Vec<(String, Vec<Problem>)>>;

/// Reads the test files of a set, which is the set in the same directory, or at the same place of a repository
/// (`git:REV:PATH`).
pub fn read_suites(path: &Path, set: &PolicySet) -> Result<Suites, ReadSuitesError> {
    let files = match is_git(path) {
        true => read_git_tests(&GitPlace::parse(path)?)?,
        false => read_tests(path)?,
    };
    let mut sets = Sets { own: resolved(path), set, others: BTreeMap::new() };
    let (mut suites, mut wrong) = (Vec::new(), Vec::new());
    for file in &files {
        match suite(path, file, &mut sets) {
            Ok(suite) => suites.push((file.path.clone(), suite)),
            Err(problems) => wrong.push((file.path.clone(), problems)),
        }
    }
    Ok(if wrong.is_empty() { Ok(suites) } else { Err(wrong) })
}

fn suite(path: &Path, file: &SetFile, sets: &mut Sets<'_>) -> Result<Suite, Vec<Problem>> {
    let problem = |message: String| vec![Problem { line: 1, column: 1, message }];
    let bytes = file.content.as_ref().map_err(|reason| problem(format!("cannot be read: {reason}")))?;
    if !file.path.ends_with(".yaml") {
        return Err(problem("the names of test files end in `.yaml`".to_owned()));
    }
    let text = str::from_utf8(bytes).map_err(|_| problem("the file is not UTF-8".to_owned()))?;
    let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    let suite = Suite::read_for(sets.set, &file.path, text, &mut |named| {
        sets.load(&below(path, &folder.join(named)))
    })?;
    // Cases that were taken out for a moment must not pass for tested.
    if suite.cases.is_empty() { Err(problem("the file holds no cases".to_owned())) } else { Ok(suite) }
}

/// A path that is named from a set.
fn below(set: &Path, path: &Path) -> PathBuf {
    match (is_git(set), GitPlace::parse(set)) {
        (true, Ok(place)) => PathBuf::from(place.join(&path.to_string_lossy()).to_string()),
        _ => set.join(path),
    }
}

/// What tells one set from another, however they are named; `None` if there is nothing.
fn resolved(path: &Path) -> Option<PathBuf> {
    match is_git(path) {
        true => GitPlace::parse(path).ok()?.object().ok().map(|object| format!("git:{object}").into()),
        false => fs::canonicalize(path).ok(),
    }
}

/// The sets that test files name.
struct Sets<'s> {
    /// The tested set, links resolved.
    own: Option<PathBuf>,
    set: &'s PolicySet,
    others: BTreeMap<PathBuf, PolicySet>,
}

impl Sets<'_> {
    fn load(&mut self, path: &Path) -> Result<PolicySet, String> {
        let resolved = resolved(path).unwrap_or_else(|| path.to_owned());
        if self.own.as_ref() == Some(&resolved) {
            return Ok(self.set.clone());
        }
        if let Some(set) = self.others.get(&resolved) {
            return Ok(set.clone());
        }
        let set = match is_git(path) {
            true => read_git_set(path).map_err(|error| error.to_string())?,
            false => read_set(path).map_err(|error| error.to_string())?,
        };
        self.others.insert(resolved, set.clone());
        Ok(set)
    }
}
