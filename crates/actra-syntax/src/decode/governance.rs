//! `governance.yaml` as written.

use actra_diagnostics::{Diagnostic, Span, codes};

use super::check_version;
use super::condition::condition;
use super::entries::Entries;
use super::expect::{self, boolean, key_name, text_at, texts};
use super::policy::required_actions;
use super::scope::scope;
use crate::ast::governance::{
    AcceptedEffects, AppliesTo, Baseline, EffectBound, Governance, Group, Invariant, Requires, StructuralRule,
};
use crate::ast::{Data, Name, Spanned};
use crate::yaml::{Node, NodeKind};

mod must;
mod select;

const PARTS: [&str; 5] = ["rules", "invariants", "baseline", "groups", "requires"];

/// The parts that demand something of a policy.
const DEMANDS: [&str; 4] = ["rules", "invariants", "baseline", "requires"];

const RULE_KEYS: [&str; 6] = ["id", "applies_to", "description", "select", "must", "error"];

const INVARIANT_KEYS: [&str; 9] =
    ["id", "description", "for", "when", "effect", "with", "error", "may_be_empty", "unproven"];

/// Reads the whole file.
pub(super) fn governance(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Governance> {
    let entries = Entries::read(node, "governance", &["version", "governance"], diagnostics)?;
    check_version(&entries, diagnostics);
    let inner = entries.require("governance", diagnostics)?;
    let inner_entries = Entries::read(inner, "`governance`", &PARTS, diagnostics)?;
    if DEMANDS.iter().all(|part| inner_entries.entry(part).is_none()) {
        report_nothing(inner, diagnostics);
    }
    let mut empty = Vec::new();
    let rules = items(&inner_entries, "rules", &mut empty, diagnostics);
    let invariants = items(&inner_entries, "invariants", &mut empty, diagnostics);
    Some(Governance {
        rules: rules.iter().filter_map(|node| rule(node, diagnostics)).collect(),
        invariants: invariants.iter().filter_map(|node| invariant(node, diagnostics)).collect(),
        baseline: inner_entries.get("baseline").and_then(|node| baseline(node, diagnostics)),
        groups: inner_entries.get("groups").map_or_else(Vec::new, |node| groups(node, diagnostics)),
        requires: inner_entries.get("requires").and_then(|node| requires(node, diagnostics)),
        empty,
    })
}

/// Unknown keys have been reported.
fn report_nothing(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let is_known =
        |entry: &crate::yaml::Entry| key_name(entry).is_some_and(|key| PARTS.contains(&&*key.value));
    if matches!(&node.kind, NodeKind::Mapping(entries) if entries.iter().all(is_known)) {
        let message = "`governance` demands nothing";
        diagnostics.push(
            Diagnostic::new(codes::MISSING_KEY, node.span, message)
                .help("write `rules`, `invariants`, `baseline` or `requires` below it"),
        );
    }
}

/// A list of names, or `{ actions: [...], if_declared: true }`, by name.
fn groups(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Group> {
    let entries = expect::named_entries(node, "`groups`", diagnostics);
    entries
        .iter()
        .filter_map(|entry| {
            let members = match &entry.value.kind {
                NodeKind::Mapping(_) => applies_to(&entry.value, "a group", diagnostics)?,
                _ => {
                    let value = texts(&entry.value, "a group", "the name of an action", diagnostics)?;
                    let actions = Spanned { value, span: entry.value.span };
                    AppliesTo { actions, if_declared: false }
                }
            };
            Some(Group { name: key_name(entry)?, members })
        })
        .collect()
}

fn requires(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Requires> {
    let entries = Entries::read(node, "`requires`", &["default"], diagnostics)?;
    let default = entries.require("default", diagnostics);
    Some(Requires {
        span: node.span,
        default: default.and_then(|node| text_at(node, "default", diagnostics)),
    })
}

fn items<'n>(
    entries: &Entries<'n>,
    key: &'static str,
    empty: &mut Vec<Name>,
    diagnostics: &mut Vec<Diagnostic>,
) -> &'n [Node] {
    let Some(node) = entries.get(key) else { return &[] };
    let items = expect::list(node, &format!("`{key}`"), diagnostics);
    if items.is_some_and(<[Node]>::is_empty) {
        empty.extend(entries.entry(key).and_then(key_name));
    }
    items.unwrap_or_default()
}

fn rule(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<StructuralRule> {
    let entries = Entries::read(node, "a rule of governance", &RULE_KEYS, diagnostics)?;
    let select = entries.require("select", diagnostics);
    let must = entries.require("must", diagnostics);
    Some(StructuralRule {
        span: node.span,
        id: required(&entries, "id", diagnostics),
        applies_to: entries.get("applies_to").and_then(|node| applies_to(node, "`applies_to`", diagnostics)),
        narrowed: entries.entry("applies_to").is_some(),
        description: entries.get("description").and_then(|node| text_at(node, "description", diagnostics)),
        select: select.and_then(|node| select::select(node, diagnostics)),
        must: must.and_then(|node| must::must(node, diagnostics)),
        error: error(&entries, diagnostics),
    })
}

fn required(entries: &Entries<'_>, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    entries.require(key, diagnostics).and_then(|node| text_at(node, key, diagnostics))
}

/// The message of a violation.
fn error(entries: &Entries<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    let error = required(entries, "error", diagnostics)?;
    if error.value.trim().is_empty() {
        let message = "`error` must be text that says what is wrong, found none";
        diagnostics.push(Diagnostic::new(codes::WRONG_KIND, error.span, message));
        return None;
    }
    Some(error)
}

fn applies_to(node: &Node, what: &'static str, diagnostics: &mut Vec<Diagnostic>) -> Option<AppliesTo> {
    let entries = Entries::read(node, what, &["actions", "if_declared"], diagnostics)?;
    let actions = entries.require("actions", diagnostics);
    let if_declared = flag(&entries, "if_declared", diagnostics);
    let actions = actions?;
    let value = texts(actions, "`actions`", "the name of an action", diagnostics)?;
    Some(AppliesTo {
        actions: Spanned { value, span: actions.span },
        if_declared: if_declared.unwrap_or(false),
    })
}

fn flag(entries: &Entries<'_>, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<bool> {
    let node = entries.get(key)?;
    boolean(node, &format!("`{key}`"), diagnostics).map(|flag| flag.value)
}

fn invariant(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Invariant> {
    let entries = Entries::read(node, "an invariant", &INVARIANT_KEYS, diagnostics)?;
    let scope = entries.require("for", diagnostics).and_then(|node| scope(node, diagnostics));
    Some(Invariant {
        span: node.span,
        id: required(&entries, "id", diagnostics),
        description: entries.get("description").and_then(|node| text_at(node, "description", diagnostics)),
        scope,
        when: entries.get("when").and_then(|node| condition(node, diagnostics)),
        conditional: entries.entry("when").is_some(),
        demand: entries.require("effect", diagnostics).and_then(|node| demand(node, diagnostics)),
        with: entries.get("with").and_then(|node| with(node, diagnostics)),
        error: error(&entries, diagnostics),
        may_be_empty: flag(&entries, "may_be_empty", diagnostics).unwrap_or(false),
        unproven: entries.get("unproven").and_then(|node| text_at(node, "unproven", diagnostics)),
    })
}

/// `None` after reporting an item that is not a required action.
fn with(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Spanned<Vec<Data>>> {
    let faults = diagnostics.len();
    let value = required_actions(node, "`with`", diagnostics);
    let sound = !diagnostics.iter().skip(faults).any(Diagnostic::is_error);
    sound.then_some(Spanned { value, span: node.span })
}

/// `block`, `{ at_least: E }` or `{ at_most: E }`
fn demand(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<AcceptedEffects> {
    if !matches!(node.kind, NodeKind::Mapping(_)) {
        let effect = text_at(node, "effect", diagnostics)?;
        return Some(AcceptedEffects { bound: EffectBound::Exactly, effect });
    }
    let entries = Entries::read(node, "`effect`", &["at_least", "at_most"], diagnostics)?;
    let (bound, key) = match (entries.entry("at_least"), entries.entry("at_most")) {
        (Some(first), Some(second)) => {
            report_two(first.key.span, second.key.span, diagnostics);
            return None;
        }
        (None, None) => {
            if matches!(&node.kind, NodeKind::Mapping(entries) if entries.is_empty()) {
                let message = "`effect` is empty";
                diagnostics.push(
                    Diagnostic::new(codes::MISSING_KEY, node.span, message)
                        .help("write an effect, `{ at_least: EFFECT }` or `{ at_most: EFFECT }`"),
                );
            }
            return None;
        }
        (Some(_), None) => (EffectBound::AtLeast, "at_least"),
        (None, Some(_)) => (EffectBound::AtMost, "at_most"),
    };
    Some(AcceptedEffects { bound, effect: text_at(entries.get(key)?, key, diagnostics)? })
}

fn report_two(first: Span, second: Span, diagnostics: &mut Vec<Diagnostic>) {
    let message = "an `effect` has either `at_least` or `at_most`, not both";
    diagnostics.push(
        Diagnostic::new(codes::TWO_FORMS, second, message)
            .also(first, "the other bound is here")
            .help("write two invariants, or the one effect that both allow"),
    );
}

fn baseline(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Baseline> {
    let entries = Entries::read(node, "`baseline`", &["no_weaker_than", "new_actions"], diagnostics)?;
    let new_actions = entries.get("new_actions");
    Some(Baseline {
        no_weaker_than: required(&entries, "no_weaker_than", diagnostics),
        new_actions: new_actions
            .and_then(|node| texts(node, "`new_actions`", "the name of an action", diagnostics))
            .unwrap_or_default(),
    })
}
