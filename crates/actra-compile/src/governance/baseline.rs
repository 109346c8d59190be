//! The baseline: a policy in another directory that this one must not be weaker than.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_diagnostics::{Diagnostic, FileId, codes};
use actra_ir::Policy;
use actra_ir::governance::Baseline;
use actra_model::{Schema, limits};
use actra_syntax::ast::governance as decl;
use actra_syntax::{decode_governance, yaml};

use crate::file_role;
use crate::policy_set::PolicySet;
use crate::scope::no_such_action;

/// The path of the baseline that `governance.yaml` of a set names, relative to the set; `None` without one, and for a
/// path that compiling refuses.
///
/// A host reads what is there and adds it to the files of the set, the path before each name; what cannot be read
/// stands under the path itself, with the reason. A compiled policy is decoded into [`PolicySet::baseline`].
pub fn baseline_path(set: &PolicySet) -> Option<String> {
    let file = set.files.iter().find(|file| file.path == file_role::GOVERNANCE)?;
    let text = std::str::from_utf8(file.content.as_ref().ok()?).ok()?;
    // Most have no baseline, and need not be parsed twice.
    if !text.contains("baseline") {
        return None;
    }
    let mut unheard = Vec::new();
    let node = yaml::parse(FileId(0), text, &mut limits::ALIAS_NODES.clone(), &mut unheard)?;
    path_of(&decode_governance(&node, &mut unheard))
}

/// The path of the baseline that a governance names; `None` without one, and for a path that compiling refuses.
pub(crate) fn path_of(governance: &decl::Governance) -> Option<String> {
    normal(&governance.baseline.as_ref()?.no_weaker_than.as_ref()?.value).ok()
}

/// The normal form of a path, which the paths of its files start with.
fn normal(path: &str) -> Result<String, &'static str> {
    if path.starts_with('/') || path.contains('\\') || path.contains(':') {
        return Err("it is not a relative path with `/`");
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let path = parts.join("/");
    if path.is_empty() {
        return Err("it is the set itself");
    }
    if file_role::belongs(&path) {
        return Err("it is a part of the set itself");
    }
    Ok(path)
}

/// Checks what the file says about its baseline; `None` after reporting an error.
pub(super) fn resolve(
    schema: &Schema,
    decl: &decl::Baseline,
    policy: Option<Result<Policy, String>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Baseline> {
    let path = decl.no_weaker_than.as_ref()?;
    let policy = match (normal(&path.value), policy) {
        (Ok(_), Some(policy)) => policy,
        (Ok(_), None) => Err("there is nothing at this path".to_owned()),
        (Err(reason), _) => Err(reason.to_owned()),
    };
    let policy = policy.map_err(|reason| {
        let message = format!("the baseline `{}` cannot be read: {reason}", path.value);
        diagnostics.push(
            Diagnostic::new(codes::BASELINE_UNREADABLE, path.span, message)
                .help("it is a policy directory or a compiled policy, relative to `governance.yaml`"),
        );
    });
    let new_actions = new_actions(schema, decl, policy.as_ref().ok(), diagnostics);
    Some(Baseline {
        path: path.value.as_str().into(),
        place: path.span,
        policy: Arc::new(policy.ok()?),
        new_actions: new_actions.into_iter().collect(),
    })
}

fn new_actions(
    schema: &Schema,
    decl: &decl::Baseline,
    old: Option<&Policy>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeSet<Arc<str>> {
    let mut accepted = BTreeSet::new();
    for name in &decl.new_actions {
        if schema.action_id(&name.value).is_none() {
            diagnostics.push(no_such_action(schema, name, codes::UNKNOWN_ACTION, diagnostics.len()));
        } else if old.is_some_and(|old| old.schema.action_id(&name.value).is_some()) {
            let message = format!("the baseline already has `{}`", name.value);
            diagnostics.push(
                Diagnostic::new(codes::USELESS_DEMAND, name.span, message).help("remove it from the list"),
            );
        }
        accepted.insert(Arc::from(name.value.as_str()));
    }
    accepted
}
