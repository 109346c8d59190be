//! Scopes of rules, and of selectors that look for rules.

use actra_diagnostics::{Diagnostic, Span, codes};

use super::entries::Entries;
use super::expect::{boolean, described, text, texts};
use crate::ast::{Name, Scope, Spanned};
use crate::in_backticks;
use crate::yaml::{Node, NodeKind, quoted};

const KEYS: [&str; 4] = ["action", "group", "actor", "global"];

/// Reads a scope; `None` if anything in it is faulty.
pub(super) fn scope(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Scope> {
    let (entries, faults) = entries(node, diagnostics)?;
    let scope = keys(node, &entries, diagnostics);
    check_global(&scope, &entries, diagnostics);
    (diagnostics.len() == faults && has_any_key(&scope) && entries.is_complete()).then_some(scope)
}

/// Reads the scope of a selector, whose keys are independent of each other.
pub(super) fn selector_scope(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Scope> {
    let (entries, faults) = entries(node, diagnostics)?;
    let scope = keys(node, &entries, diagnostics);
    (diagnostics.len() == faults && has_any_key(&scope) && entries.is_complete()).then_some(scope)
}

/// The entries of a scope, and how many diagnostics there were before its values were read.
fn entries<'n>(node: &'n Node, diagnostics: &mut Vec<Diagnostic>) -> Option<(Entries<'n>, usize)> {
    if let NodeKind::Scalar(_) = &node.kind {
        report_scalar(node, diagnostics);
        return None;
    }
    let entries = Entries::read(node, "a scope", &KEYS, diagnostics)?;
    if let NodeKind::Mapping(found) = &node.kind
        && found.is_empty()
    {
        report(node.span, "the scope is empty", diagnostics);
        return None;
    }
    Some((entries, diagnostics.len()))
}

fn keys(node: &Node, entries: &Entries<'_>, diagnostics: &mut Vec<Diagnostic>) -> Scope {
    Scope {
        span: node.span,
        action: names(entries, "action", "the name of an action", diagnostics),
        group: entries.get("group").and_then(|node| text(node, "`group`", diagnostics)),
        actor: names(entries, "actor", "a type of actor", diagnostics),
        global: entries.get("global").and_then(|node| boolean(node, "`global`", diagnostics)),
    }
}

/// Unknown keys have been reported.
fn has_any_key(scope: &Scope) -> bool {
    scope.action.is_some() || scope.group.is_some() || scope.actor.is_some() || scope.global.is_some()
}

fn report(place: Span, message: &str, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.push(
        Diagnostic::new(codes::BAD_SCOPE, place, message)
            .help("write `{ action: NAME }`, `{ group: NAME }`, `{ actor: NAME }` or `{ global: true }`"),
    );
}

fn report_scalar(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let NodeKind::Scalar(scalar) = &node.kind else { return };
    if node.is_blank() {
        return report(node.span, "the scope is empty", diagnostics);
    }
    let message = format!("a scope must be a mapping, found {}", described(node));
    let report = Diagnostic::new(codes::WRONG_KIND, node.span, message);
    if EVERYTHING.contains(&scalar.text.as_str()) {
        let meant = "{ global: true }";
        let report = report.help(format!("write `{meant}`"));
        return diagnostics.push(report.fix("write a mapping", node.span, meant));
    }
    // Only the schema could tell whether it names an action, a group or a type of actor, so there is no fix.
    let meant = match scalar.text.as_str() {
        name if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')) => {
            format!("{{ action: {name} }}")
        }
        name => format!("{{ action: {} }}", quoted(name)),
    };
    let help = format!("write {}, or `group:` or `actor:` instead of `action:`", in_backticks(&meant));
    diagnostics.push(report.help(help));
}

/// Words that mean every action.
const EVERYTHING: [&str; 8] = ["global", "all", "any", "every", "everything", "always", "*", "**"];

/// A name, or a list of at least one.
fn names(
    entries: &Entries<'_>,
    key: &str,
    item: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Spanned<Vec<Name>>> {
    let node = entries.get(key)?;
    let what = format!("`{key}`");
    let value = match &node.kind {
        NodeKind::Sequence(items) if items.is_empty() => {
            report(node.span, &format!("`{key}` is empty"), diagnostics);
            return None;
        }
        NodeKind::Sequence(_) => texts(node, &what, item, diagnostics)?,
        _ => vec![text(node, &what, diagnostics)?],
    };
    Some(Spanned { value, span: node.span })
}

fn check_global(scope: &Scope, entries: &Entries<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(global) = &scope.global else { return };
    if !global.value {
        let message = "`global: false` means nothing";
        diagnostics.push(
            Diagnostic::new(codes::BAD_SCOPE, global.span, message)
                .help("leave it out and name what the rule covers"),
        );
        return;
    }
    let other = KEYS.iter().filter(|key| **key != "global").find_map(|key| entries.key_span(key));
    if let (Some(other), Some(place)) = (other, entries.key_span("global")) {
        diagnostics.push(
            Diagnostic::new(codes::TWO_FORMS, place, "`global: true` must stand alone")
                .also(other, "but this narrows the scope")
                .help("leave out one of them"),
        );
    }
}
