//! The files of a policy set, as a host found them.

use std::sync::Arc;

use actra_ir::Policy;

/// One file of a set as a host found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetFile {
    /// Path relative to the set, with `/`.
    pub path: String,
    /// The bytes, or why they could not be read.
    pub content: Result<Vec<u8>, String>,
}

/// The files of a policy directory, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicySet {
    /// The files, by their paths relative to the directory.
    pub files: Vec<SetFile>,
    /// The baseline, if it is a compiled policy. That of a directory is compiled from files that are among those of the
    /// set.
    pub baseline: Option<CompiledBaseline>,
}

/// A baseline that is a compiled policy, decoded by a host, or why it cannot be used.
#[derive(Debug, Clone)]
pub struct CompiledBaseline(pub Result<Arc<Policy>, String>);

/// Equal where their policies have one hash.
impl PartialEq for CompiledBaseline {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Ok(own), Ok(other)) => own.hash == other.hash,
            (Err(own), Err(other)) => own == other,
            _ => false,
        }
    }
}

impl Eq for CompiledBaseline {}

impl PolicySet {
    /// A set from texts: `(path, text)`.
    pub fn from_texts<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let file = |(path, text): (&str, &str)| SetFile {
            path: path.to_owned(),
            content: Ok(text.as_bytes().to_vec()),
        };
        Self { files: files.into_iter().map(file).collect(), baseline: None }
    }
}

impl SetFile {
    /// Whether this is a file in a directory, or what a host found in the place of the directory.
    pub(crate) fn is_below(&self, directory: &str) -> bool {
        self.path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The path relative to the directory of the file; an empty `directory` is the set itself.
    pub(crate) fn path_in(&self, directory: &str) -> &str {
        self.path.strip_prefix(directory).map_or(&self.path, |rest| rest.strip_prefix('/').unwrap_or(rest))
    }
}
