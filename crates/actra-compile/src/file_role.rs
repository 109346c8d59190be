//! What a file is to a policy set, by its path alone.

pub(crate) mod misplaced;

use actra_diagnostics::{Diagnostic, Span, codes};

/// What a file is to a set, by its path alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileRole {
    Schema,
    Policy,
    Policies,
    Governance,
    Misnamed,
    /// Named like a file of the set, with something added: misnamed unless that file is there as well.
    Variant,
    Ignored,
}

impl FileRole {
    /// The role of a part of a set by its name without an ending.
    pub(crate) fn of(name: &str) -> FileRole {
        match name {
            "schema" => FileRole::Schema,
            "policy" => FileRole::Policy,
            _ => FileRole::Governance,
        }
    }
}

/// Whether a path is, or could be meant as, one of the set's own files or directories.
pub(crate) fn belongs(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or(path);
    role(path) != FileRole::Ignored || first.eq_ignore_ascii_case("policies")
}

/// The file that holds the rules about the policy.
pub(crate) const GOVERNANCE: &str = "governance.yaml";

const PARTS: [&str; 3] = ["schema", "policy", "governance"];

/// What a file at this path, relative to its directory, is to a set.
pub(crate) fn role(path: &str) -> FileRole {
    match path {
        "schema.yaml" => return FileRole::Schema,
        "policy.yaml" => return FileRole::Policy,
        GOVERNANCE => return FileRole::Governance,
        _ => {}
    }
    let yaml_like = yaml_like(path);
    if let Some((directory, _)) = path.split_once('/') {
        return match directory {
            "policies" if path.ends_with(".yaml") => FileRole::Policies,
            "policies" if yaml_like => FileRole::Misnamed,
            _ if directory.eq_ignore_ascii_case("policies") && yaml_like => FileRole::Misnamed,
            _ if misplaced::directory(path).is_some() => FileRole::Misnamed,
            _ => FileRole::Ignored,
        };
    }
    let stem = path.split('.').next().unwrap_or(path).to_ascii_lowercase();
    let near_name = PARTS.contains(&stem.as_str()) || stem == "policies";
    if yaml_like || (near_name && path.to_ascii_lowercase().ends_with(".json")) {
        FileRole::Misnamed
    } else if misplaced::variant(path).is_some() {
        FileRole::Variant
    } else {
        FileRole::Ignored
    }
}

fn yaml_like(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.ends_with(".yaml") || lower.ends_with(".yml")
}

/// Reports a file at `place` whose name no set uses.
pub(crate) fn misnamed(path: &str, place: Span) -> Diagnostic {
    let stem = path.split('.').next().unwrap_or(path).to_ascii_lowercase();
    let help = if path.to_ascii_lowercase().starts_with("policies/") {
        "files in `policies/` end in `.yaml`, in lower case".to_owned()
    } else if let Some(help) = misplaced::directory(path) {
        help.to_owned()
    } else if PARTS.contains(&stem.as_str()) {
        format!("rename it to `{stem}.yaml`")
    } else {
        "a set holds `schema.yaml`, `policy.yaml` or `policies/**/*.yaml`, `governance.yaml` and `tests/`"
            .to_owned()
    };
    let message = format!("`{path}` is not a file name that policy sets use");
    Diagnostic::new(codes::MISNAMED_FILE, place, message).help(help)
}
