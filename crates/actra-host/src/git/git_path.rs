//! `git:REV:PATH`: its parts, and the object of the repository that it means.

use std::fmt;
use std::path::{Path, PathBuf};

use super::GitError;
use super::command::git;

/// A path at a revision of a git repository.
///
/// The path is relative to the working directory, or to the top of the repository if it starts with `/`. The working
/// directory may be any directory, and the path may lead into another repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitPath {
    revision: String,
    /// The path in the repository, as written.
    path: String,
}

impl GitPath {
    /// Reads `git:REV:PATH`.
    pub(crate) fn parse(name: &Path) -> Result<Self, GitError> {
        let form = || GitError::Form(name.to_string_lossy().into_owned());
        let rest = name.to_str().and_then(|name| name.strip_prefix("git:"));
        let (revision, path) = rest.and_then(|rest| rest.split_once(':')).ok_or_else(form)?;
        // What starts with a hyphen would be an option.
        if revision.is_empty() || revision.starts_with('-') || path.contains('\0') || revision.contains('\0')
        {
            return Err(form());
        }
        Ok(Self { revision: revision.to_owned(), path: path.to_owned() })
    }

    /// A path below this one, in the same revision.
    pub(crate) fn join(&self, path: &str) -> Self {
        let base = if self.path.is_empty() { "." } else { &self.path };
        Self { revision: self.revision.clone(), path: format!("{base}/{path}") }
    }

    /// The directory that `git` runs in: the deepest one on the path that exists in the working tree.
    pub(super) fn directory(&self) -> PathBuf {
        self.split_existing().0
    }

    /// `REV:PATH` with the path from the top of the repository.
    pub(crate) fn object(&self) -> Result<String, GitError> {
        let (_, rest) = self.split_existing();
        let top = match self.path.starts_with('/') {
            true => String::new(),
            false => self.prefix()?,
        };
        let mut parts: Vec<&str> = Vec::new();
        for part in top.split('/').chain(rest.split('/')) {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop().ok_or_else(|| GitError::Outside(self.to_string()))?),
                part => parts.push(part),
            }
        }
        Ok(format!("{}:{}", self.revision, parts.join("/")))
    }

    /// The error for what `git` printed.
    pub(super) fn refused(&self, printed: &[u8]) -> GitError {
        GitError::Refused {
            revision: self.revision.clone(),
            path: self.path.clone(),
            message: String::from_utf8_lossy(printed).lines().next().unwrap_or("").to_owned(),
        }
    }

    /// The path of [`Self::directory`] from the top of its repository.
    fn prefix(&self) -> Result<String, GitError> {
        let output = git(&self.directory(), &["rev-parse", "--show-prefix"], b"")?;
        if !output.status.success() {
            return Err(self.refused(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
    }

    /// The longest prefix of the path that is a directory now, and the rest.
    fn split_existing(&self) -> (PathBuf, String) {
        if self.path.starts_with('/') {
            return (PathBuf::from("."), self.path.clone());
        }
        let parts: Vec<&str> = self.path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let exists = |count: &usize| {
            let directory: PathBuf = parts.iter().take(*count).collect();
            directory.is_dir()
        };
        let count = (1..=parts.len()).rev().find(exists).unwrap_or(0);
        let directory: PathBuf = std::iter::once(".").chain(parts.iter().take(count).copied()).collect();
        let rest = parts.into_iter().skip(count).collect::<Vec<_>>().join("/");
        (directory, rest)
    }
}

impl fmt::Display for GitPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "git:{}:{}", self.revision, self.path)
    }
}
