//! Files that look by name alone as if they were part of a set, and that no set reads.

use actra_syntax::suggest::closest;

/// Folders that others keep rules in, and what a set has instead.
const FOLDERS: [(&str, &str); 4] = [
    ("rules", "rules stand in `policy.yaml` or in files below `policies/`"),
    ("rule", "rules stand in `policy.yaml` or in files below `policies/`"),
    ("policy", "rules stand in `policy.yaml` or in files below `policies/`"),
    ("governance", "governance stands in `governance.yaml`"),
];

/// What is said of `polices/` and its like.
const MISSPELT: &str = "did you mean `policies/`?";

/// Where the content of a YAML file belongs that lies directly in such a folder.
pub(super) fn folder(path: &str) -> Option<&'static str> {
    let (folder, file) = path.split_once('/')?;
    let lower = file.to_ascii_lowercase();
    let is_yaml = lower.ends_with(".yaml") || lower.ends_with(".yml");
    let known = FOLDERS.iter().find(|(name, _)| folder.eq_ignore_ascii_case(name)).map(|(_, help)| *help);
    let misspelt = || closest(&folder.to_ascii_lowercase(), ["policies"]).map(|_| MISSPELT);
    known.or_else(misspelt).filter(|_| is_yaml && !file.contains('/'))
}

/// Which file of a set a name is a variant of, such as `governance.yaml.bak` or `governance` alone. Beside the file
/// itself it is a copy; without it, somebody may believe that it counts.
pub(super) fn variant(path: &str) -> Option<&'static str> {
    let lower = path.to_ascii_lowercase();
    let is_variant = |name: &&str| {
        lower.strip_prefix(name).is_some_and(|rest| {
            rest.is_empty()
                || [".yaml", ".yml"].iter().any(|end| rest.len() > end.len() && rest.starts_with(end))
        })
    };
    super::PARTS.iter().copied().find(is_variant)
}
