//! Which files belong to a policy set, by their paths alone; so it is the same in a directory and in a repository.
//!
//! Names that were probably meant otherwise belong, too: compiling reports what is wrong with them.

use actra_engine::suggest;

/// Whether a directory has a name that somebody may have meant as `policies`.
pub(super) fn looks_like_policies(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["rules", "rule", "policy", "governance"].contains(&name.as_str())
        || suggest::closest(&name, ["policies"]).is_some()
}

/// Whether a top-level file could be meant as part of the set: it looks like YAML, or like one of its files.
pub(super) fn is_top_level_file(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.split('.').next().unwrap_or("");
    // `governance.yaml.bak`, or `governance` alone.
    let is_variant = |name: &str| {
        let rest = lower.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(".yaml") || rest.starts_with(".yml"))
    };
    is_yaml_name(name)
        || ["schema", "policy", "governance"].into_iter().any(is_variant)
        || (lower.ends_with(".json") && ["schema", "policy", "policies", "governance"].contains(&stem))
}

/// Whether a file with this path, relative to a directory, is read as part of the set there.
pub(crate) fn is_policy_file(path: &str) -> bool {
    match path.split_once('/') {
        Some((directory, rest)) => {
            let is_in_directory = directory.eq_ignore_ascii_case("policies")
                || (looks_like_policies(directory) && !rest.contains('/'));
            is_in_directory && is_yaml_name(rest) && !is_in_hidden_directory(rest)
        }
        None => is_top_level_file(path),
    }
}

/// Whether a file with this path, relative to a directory, holds tests of the set there.
pub(crate) fn is_test_file(path: &str) -> bool {
    path.split_once('/').is_some_and(|(directory, rest)| {
        directory.eq_ignore_ascii_case("tests") && is_yaml_name(rest) && !is_in_hidden_directory(rest)
    })
}

/// Whether a path leads through a directory such as `..data`, by which Kubernetes mounts files a second time.
fn is_in_hidden_directory(path: &str) -> bool {
    path.split('/').rev().skip(1).any(|directory| directory.starts_with(".."))
}

pub(super) fn is_yaml_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with(".yaml") || lower.ends_with(".yml")
}
