//! The files of a policy set: which role each plays, and which are missing, misnamed or too large.

mod misplaced;

use std::sync::Arc;

use actra_diagnostics::{Code, Diagnostic, FileId, Sources, Span, codes};
use actra_ir::Policy;
use actra_model::limits;

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
    fn path_in(&self, directory: &str) -> &str {
        self.path.strip_prefix(directory).map_or(&self.path, |rest| rest.strip_prefix('/').unwrap_or(rest))
    }
}

/// Which file of a set is its schema, and which are its policy files.
#[derive(Debug, Default)]
pub(crate) struct SetLayout {
    pub(crate) schema: Option<FileId>,
    /// The policy files, in the order in which their rules stand in the policy.
    pub(crate) policies: Vec<FileId>,
}

/// Where a set has its rules.
#[derive(Clone, Copy)]
enum RulesPlace {
    /// In `policy.yaml`, or in files below `policies/`.
    One,
    Nowhere,
    Both,
}

/// What a file is to a set, by its path alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FileRole {
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
    fn of(name: &str) -> FileRole {
        match name {
            "schema" => FileRole::Schema,
            "policy" => FileRole::Policy,
            _ => FileRole::Governance,
        }
    }
}

/// Sorts the files of a directory by path, takes each into `sources`, and reports files that are missing, unreadable,
/// misnamed, too many or too large.
pub(crate) fn arrange(
    files: &[&SetFile],
    directory: &str,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> SetLayout {
    let mut files: Vec<&SetFile> = files.to_vec();
    files.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let has = |role| files.iter().any(|file| self::role(file.path_in(directory)) == role);
    let path =
        |name: &str| if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
    if !has(FileRole::Schema) {
        let place = top(path("schema.yaml"), sources);
        let help = "it declares the actions and the fields that rules read";
        diagnostics.push(Diagnostic::new(codes::MISSING_FILE, place, "`schema.yaml` is missing").help(help));
    }
    let rules = match (has(FileRole::Policy), has(FileRole::Policies)) {
        (false, false) => RulesPlace::Nowhere,
        (true, true) => RulesPlace::Both,
        (true, false) | (false, true) => RulesPlace::One,
    };
    report_rules_place(rules, || top(path("policy.yaml"), sources), diagnostics);
    let mut layout = SetLayout::default();
    let mut bytes = 0usize;
    for file in &files {
        let role = self::role(file.path_in(directory));
        match role {
            FileRole::Variant => {
                if misplaced::variant(file.path_in(directory)).is_some_and(|name| !has(FileRole::of(name))) {
                    diagnostics.push(misnamed(&file.path, sources));
                }
                continue;
            }
            FileRole::Ignored => {
                // A host passes on what it found in the place of a directory, such as `policies` leading nowhere.
                if file.content.is_err() {
                    text(file, sources, diagnostics);
                }
                continue;
            }
            FileRole::Misnamed => {
                diagnostics.push(misnamed(&file.path, sources));
                continue;
            }
            FileRole::Schema | FileRole::Governance | FileRole::Policy | FileRole::Policies => {}
        }
        // That of the set was taken before, and a baseline has none.
        let is_taken = role == FileRole::Governance && directory.is_empty();
        bytes = bytes.saturating_add(file.content.as_ref().map_or(0, Vec::len));
        if bytes > limits::SET_BYTES {
            let message = format!("the set holds more than {} MiB of YAML", limits::SET_BYTES >> 20);
            let place = top(file.path.clone(), sources);
            diagnostics.push(
                Diagnostic::new(codes::SET_TOO_LARGE, place, message).help("split it into several sets"),
            );
            return layout;
        }
        let text = if is_taken { None } else { text(file, sources, diagnostics) };
        let Some(text) = text.filter(|_| role != FileRole::Governance) else { continue };
        let id = sources.add(file.path.clone(), text);
        match role {
            FileRole::Schema => layout.schema = Some(id),
            _ => layout.policies.push(id),
        }
    }
    layout
}

/// Takes `governance.yaml` into `sources`; reports one that cannot be read.
///
/// It says which files are those of the baseline, and no part of the set has a path before its own: so it comes first.
pub(crate) fn governance(
    set: &PolicySet,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<FileId> {
    let file = set.files.iter().find(|file| file.path == GOVERNANCE)?;
    // That it is too large is reported with the rest of the set.
    let is_large = file.content.as_ref().is_ok_and(|bytes| bytes.len() > limits::SET_BYTES);
    let text = if is_large { None } else { text(file, sources, diagnostics) };
    text.map(|text| sources.add(file.path.clone(), text))
}

/// The first line of a file that is not there or whose text does not matter.
fn top(path: String, sources: &mut Sources) -> Span {
    Span { file: sources.add(path, ""), start: 0, end: 0 }
}

fn text(file: &SetFile, sources: &mut Sources, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let mut unreadable = |reason: String| {
        let message = format!("`{}` cannot be read: {reason}", file.path);
        let place = top(file.path.clone(), sources);
        diagnostics.push(Diagnostic::new(codes::UNREADABLE_FILE, place, message));
    };
    match &file.content {
        Err(reason) => unreadable(reason.clone()),
        Ok(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => return Some(text.to_owned()),
            Err(error) => unreadable(format!("byte {} is not UTF-8", error.valid_up_to())),
        },
    }
    None
}

/// Reports a set that has its rules nowhere, or in two places; `policy.yaml` is where they could be.
fn report_rules_place(rules: RulesPlace, place: impl FnOnce() -> Span, diagnostics: &mut Vec<Diagnostic>) {
    let (code, message, help): (Code, &str, &str) = match rules {
        RulesPlace::Nowhere => (
            codes::MISSING_FILE,
            "there is neither `policy.yaml` nor a file in `policies/`",
            "write the rules into one of them",
        ),
        RulesPlace::Both => (
            codes::TWO_POLICY_PLACES,
            "`policy.yaml` and `policies/` are both there",
            "move the rules from one to the other",
        ),
        RulesPlace::One => return,
    };
    diagnostics.push(Diagnostic::new(code, place(), message).help(help));
}

/// Whether a path is, or could be meant as, one of the set's own files or directories.
pub(crate) fn belongs(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or(path);
    role(path) != FileRole::Ignored || first.eq_ignore_ascii_case("policies")
}

/// The file that holds the rules about the policy.
pub(crate) const GOVERNANCE: &str = "governance.yaml";

const PARTS: [&str; 3] = ["schema", "policy", "governance"];

fn role(path: &str) -> FileRole {
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

fn misnamed(path: &str, sources: &mut Sources) -> Diagnostic {
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
    Diagnostic::new(codes::MISNAMED_FILE, top(path.to_owned(), sources), message).help(help)
}
