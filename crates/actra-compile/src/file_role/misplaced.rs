//! Files whose names suggest that they belong to a set although no set reads them.

use actra_syntax::suggest::closest;

/// Folders that others keep rules in, and what a set has instead.
const FOLDERS: [(&str, &str); 4] = [
    ("rules", "rules are written in `policy.yaml` or in files below `policies/`"),
    ("rule", "rules are written in `policy.yaml` or in files below `policies/`"),
    ("policy", "rules are written in `policy.yaml` or in files below `policies/`"),
    ("governance", "governance is written in `governance.yaml`"),
];

/// The help for a misspelt `policies/`.
const MISSPELT: &str = "did you mean `policies/`?";

/// Where the content of a YAML file that lies directly in such a directory belongs.
pub(super) fn directory(path: &str) -> Option<&'static str> {
    let (directory, file) = path.split_once('/')?;
    let lower = file.to_ascii_lowercase();
    let is_yaml = lower.ends_with(".yaml") || lower.ends_with(".yml");
    let known = FOLDERS.iter().find(|(name, _)| directory.eq_ignore_ascii_case(name)).map(|(_, help)| *help);
    let misspelt = || closest(&directory.to_ascii_lowercase(), ["policies"]).map(|_| MISSPELT);
    known.or_else(misspelt).filter(|_| is_yaml && !file.contains('/'))
}

/// The file of a set that a name is a variant of, such as `governance.yaml.bak` or `governance` alone. If that file is
/// there, the variant is a copy; if not, somebody may believe that the variant counts.
pub(crate) fn variant(path: &str) -> Option<&'static str> {
    let lower = path.to_ascii_lowercase();
    let is_variant = |name: &&str| {
        lower.strip_prefix(name).is_some_and(|rest| {
            rest.is_empty()
                || [".yaml", ".yml"].iter().any(|end| rest.len() > end.len() && rest.starts_with(end))
        })
    };
    super::PARTS.iter().copied().find(is_variant)
}
