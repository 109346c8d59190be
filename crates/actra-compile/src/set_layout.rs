//! How a set is laid out: which of its files are its schema and its rules, and which are missing, misnamed or too large.

use actra_diagnostics::{Code, Diagnostic, FileId, Sources, Span, codes};
use actra_model::limits;

use crate::file_role::{self, FileRole, GOVERNANCE, misplaced};
use crate::policy_set::{PolicySet, SetFile};

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
    let has = |role| files.iter().any(|file| file_role::role(file.path_in(directory)) == role);
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
        let role = file_role::role(file.path_in(directory));
        match role {
            FileRole::Variant => {
                if misplaced::variant(file.path_in(directory)).is_some_and(|name| !has(FileRole::of(name))) {
                    diagnostics.push(file_role::misnamed(&file.path, top(file.path.clone(), sources)));
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
                diagnostics.push(file_role::misnamed(&file.path, top(file.path.clone(), sources)));
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
pub(crate) fn add_governance(
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
