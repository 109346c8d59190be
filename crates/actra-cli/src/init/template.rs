//! The files that `init` writes, as they stand in `templates/`.

use crate::args::Kind;

/// One file of a new policy set.
pub(crate) struct TemplateFile {
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
    /// What it is for, in a few words.
    pub(crate) purpose: &'static str,
}

macro_rules! file {
    ($kind:literal, $path:literal, $purpose:literal) => {
        TemplateFile {
            path: $path,
            text: include_str!(concat!("../../templates/", $kind, "/", $path)),
            purpose: $purpose,
        }
    };
}

macro_rules! files {
    ($kind:literal) => {
        &[
            file!($kind, "schema.yaml", "what can be asked"),
            file!($kind, "policy.yaml", "the rules"),
            file!($kind, "tests/policy.yaml", "what the rules must say"),
            file!($kind, "requests.jsonl", "requests, one a line"),
            file!($kind, "request.json", "one of them"),
        ]
    };
}

/// The files of a kind of set.
pub(crate) fn files(kind: Kind) -> &'static [TemplateFile] {
    match kind {
        Kind::Agent => files!("agent"),
        Kind::Payments => files!("payments"),
        Kind::Deployments => files!("deployments"),
    }
}
