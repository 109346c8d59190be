use crate::args::Kind;

/// One file of a new policy set.
pub(crate) struct File {
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
    /// What it is for, in a few words.
    pub(crate) purpose: &'static str,
}

macro_rules! file {
    ($kind:literal, $path:literal, $purpose:literal) => {
        File {
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

/// The files of a kind, as they stand in `templates/`.
pub(crate) fn files(kind: Kind) -> &'static [File] {
    match kind {
        Kind::Agent => files!("agent"),
        Kind::Payments => files!("payments"),
        Kind::Deployments => files!("deployments"),
    }
}
