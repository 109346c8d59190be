use std::fmt;
use std::path::{Path, PathBuf};

use super::GitError;
use super::program::git;

/// A folder as a revision had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GitPlace {
    revision: String,
    /// As written; relative to the working directory, or to the repository if it starts with `/`.
    path: String,
}

impl GitPlace {
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

    /// A place that is named from this one.
    pub(crate) fn join(&self, path: &str) -> Self {
        let base = if self.path.is_empty() { "." } else { &self.path };
        Self { revision: self.revision.clone(), path: format!("{base}/{path}") }
    }

    /// The folder that `git` runs in: the deepest one on the way that is there now.
    pub(super) fn folder(&self) -> PathBuf {
        self.split().0
    }

    /// `REV:PATH` with the path from the top of the repository.
    pub(crate) fn object(&self) -> Result<String, GitError> {
        let (_, rest) = self.split();
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

    pub(super) fn refused(&self, said: &[u8]) -> GitError {
        GitError::Refused {
            revision: self.revision.clone(),
            path: self.path.clone(),
            said: String::from_utf8_lossy(said).lines().next().unwrap_or("").to_owned(),
        }
    }

    /// Where the folder that `git` runs in lies below the top of its repository.
    fn prefix(&self) -> Result<String, GitError> {
        let answer = git(self, &["rev-parse", "--show-prefix"], b"")?;
        if !answer.status.success() {
            return Err(self.refused(&answer.stderr));
        }
        Ok(String::from_utf8_lossy(&answer.stdout).trim_end_matches('\n').to_owned())
    }

    /// The folders of the path that are there, and what is behind them.
    fn split(&self) -> (PathBuf, String) {
        if self.path.starts_with('/') {
            return (PathBuf::from("."), self.path.clone());
        }
        let parts: Vec<&str> = self.path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let there = |count: &usize| {
            let folder: PathBuf = parts.iter().take(*count).collect();
            folder.is_dir()
        };
        let count = (1..=parts.len()).rev().find(there).unwrap_or(0);
        let folder: PathBuf = std::iter::once(".").chain(parts.iter().take(count).copied()).collect();
        let rest = parts.into_iter().skip(count).collect::<Vec<_>>().join("/");
        (folder, rest)
    }
}

impl fmt::Display for GitPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "git:{}:{}", self.revision, self.path)
    }
}
