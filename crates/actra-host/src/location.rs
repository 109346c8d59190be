//! Where a policy set lies: in a directory, or in a git repository.
//!
//! Commands and test files name both kinds by one text; everything that tells them apart stands here.

use std::fs;
use std::path::{Path, PathBuf};

use actra_engine::{PolicySet, SetFile};

use crate::git::{GitError, GitPath, is_git, read_set_at, read_tests_at};
use crate::policy_directory::{ReadPolicySetError, read_policy_set, read_tests};

/// Where a policy set lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetLocation {
    /// A directory of the file system, with a policy set.
    Directory(PathBuf),
    /// A directory as a revision of a git repository has it, written `git:REV:PATH`.
    Git(GitPath),
}

/// Why a set or its tests cannot be read from a location.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// The directory cannot be read.
    #[error(transparent)]
    Directory(#[from] ReadPolicySetError),
    /// The repository cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl SetLocation {
    /// The location that a text means: `git:REV:PATH`, or else a directory.
    pub fn parse(text: &Path) -> Result<Self, GitError> {
        match is_git(text) {
            true => Ok(Self::Git(GitPath::parse(text)?)),
            false => Ok(Self::Directory(text.to_owned())),
        }
    }

    /// The set at this location.
    pub fn read_policy_set(&self) -> Result<PolicySet, LocationError> {
        match self {
            Self::Directory(path) => Ok(read_policy_set(path)?),
            Self::Git(path) => Ok(read_set_at(path)?),
        }
    }

    /// The test files of the set at this location, by path; none if it has no directory of tests.
    pub fn read_tests(&self) -> Result<Vec<SetFile>, LocationError> {
        match self {
            Self::Directory(path) => Ok(read_tests(path)?),
            Self::Git(path) => Ok(read_tests_at(path)?),
        }
    }

    /// The location that a path means when it is written in a file of the set at this one.
    pub(crate) fn join(&self, path: &Path) -> Self {
        match self {
            Self::Directory(set) => Self::Directory(set.join(path)),
            Self::Git(set) => Self::Git(set.join(&path.to_string_lossy())),
        }
    }

    /// What two locations share exactly if they lead to one set, however they are written; `None` if there is nothing
    /// at this location.
    pub(crate) fn identity(&self) -> Option<PathBuf> {
        match self {
            Self::Directory(path) => fs::canonicalize(path).ok(),
            Self::Git(path) => path.object().ok().map(|object| format!("git:{object}").into()),
        }
    }
}
