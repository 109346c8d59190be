//! Scopes: which actions and actors a rule covers.

use actra_diagnostics::{Code, Diagnostic, codes};
use actra_model::{ActionId, Schema};
use actra_syntax::ast::{self, Name};
use actra_syntax::suggest;

use crate::schema::shown;

/// The declared actions that a name or glob (`*` is any run of characters) matches.
pub(crate) fn matching(schema: &Schema, pattern: &str) -> Vec<ActionId> {
    if !pattern.contains('*') {
        return schema.action_id(pattern).into_iter().collect();
    }
    let numbered = (0u32..).zip(&schema.actions);
    numbered.filter(|(_, action)| glob(pattern, &action.name)).map(|(idx, _)| ActionId(idx)).collect()
}

/// Matches by the parts between stars: the first at the start, the last at the end, the others in order.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let (Some(first), Some(last)) = (parts.next(), parts.next_back()) else { return pattern == text };
    let Some(rest) = text.strip_prefix(first) else { return false };
    let Some(mut rest) = rest.strip_suffix(last) else { return false };
    parts.all(|part| match rest.find(part) {
        Some(at) => {
            rest = rest.get(at + part.len()..).unwrap_or("");
            true
        }
        None => false,
    })
}

/// The diagnostic for a name or glob that matches nothing.
pub(crate) fn no_such_action(schema: &Schema, name: &Name, code: Code) -> Diagnostic {
    let declared = || schema.actions.iter().map(|action| action.name.as_ref());
    let message = if name.value.contains('*') {
        format!("`{}` matches no declared action", shown(&name.value))
    } else {
        format!("there is no action `{}`", shown(&name.value))
    };
    let close = suggest::closest(&name.value, declared()).map(|close| format!("did you mean `{close}`?"));
    let help = close.unwrap_or_else(|| {
        let some: Vec<&str> = declared().take(10).collect();
        if some.is_empty() {
            "the schema declares no action".to_owned()
        } else {
            format!("declared are `{}`", some.join("`, `"))
        }
    });
    Diagnostic::new(code, name.span, message).help(help)
}

/// The actions that a scope covers, ascending; `None` after reporting.
pub(crate) fn actions(
    schema: &Schema,
    scope: &ast::Scope,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<ActionId>> {
    let mut covered: Vec<ActionId> = (0u32..).zip(&schema.actions).map(|(idx, _)| ActionId(idx)).collect();
    let mut sound = true;
    if let Some(names) = &scope.action {
        let mut found = Vec::new();
        for name in &names.value {
            let matches = matching(schema, &name.value);
            if matches.is_empty() {
                diagnostics.push(no_such_action(schema, name, codes::UNKNOWN_ACTION));
                sound = false;
            }
            found.extend(matches);
        }
        found.sort_unstable();
        covered.retain(|action| found.binary_search(action).is_ok());
    }
    if let Some(name) = &scope.group {
        match schema.groups.get(name.value.as_str()) {
            // What is wrong with the group was reported.
            Some(group) if group.actions.is_empty() => sound = false,
            Some(group) => covered.retain(|action| group.actions.binary_search(action).is_ok()),
            None => {
                diagnostics.push(no_such_group(schema, name));
                sound = false;
            }
        }
    }
    if sound && covered.is_empty() && !schema.actions.is_empty() {
        let message = "no action is in both `action` and `group`";
        diagnostics.push(
            Diagnostic::new(codes::BAD_SCOPE, scope.span, message)
                .help("keys of a scope combine by AND; drop one of them"),
        );
    }
    (sound && !covered.is_empty()).then_some(covered)
}

fn no_such_group(schema: &Schema, name: &Name) -> Diagnostic {
    let declared = schema.groups.keys().map(AsRef::as_ref);
    let close = suggest::closest(&name.value, declared).map(|close| format!("did you mean `{close}`?"));
    Diagnostic::new(codes::UNKNOWN_GROUP, name.span, format!("there is no group `{}`", shown(&name.value)))
        .maybe_help(close)
        .help("groups are declared in `schema.yaml` under `groups:`")
}
