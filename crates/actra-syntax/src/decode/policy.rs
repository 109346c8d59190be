use actra_diagnostics::{Diagnostic, Span, codes};

use super::check_version;
use super::condition::condition;
use super::data::data;
use super::entries::Entries;
use super::scope::scope;
use super::template::template;
use super::words::{self, key_name, named_entries, text, texts};
use crate::ast::{Condition, Data, DataKind, Name, PolicyFile, Rule};
use crate::yaml::{Node, NodeKind};

const KEYS: [&str; 5] = ["version", "default", "constants", "definitions", "rules"];

const RULE_KEYS: [&str; 10] =
    ["id", "scope", "when", "unless", "effect", "description", "message", "required_actions", "tags", "mode"];

/// Reads the whole file.
pub(super) fn policy(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<PolicyFile> {
    let entries = Entries::read(node, "a policy", &KEYS, diagnostics)?;
    check_version(&entries, diagnostics);
    Some(PolicyFile {
        default: word(&entries, "default", diagnostics),
        constants: entries.get("constants").map_or_else(Vec::new, |node| constants(node, diagnostics)),
        definitions: entries.get("definitions").map_or_else(Vec::new, |node| definitions(node, diagnostics)),
        rules: rules(&entries, diagnostics),
    })
}

fn word(entries: &Entries<'_>, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    entries.get(key).and_then(|node| text(node, &format!("`{key}`"), diagnostics))
}

fn constants(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<(Name, Data)> {
    named_entries(node, "`constants`", diagnostics)
        .iter()
        .filter_map(|entry| {
            let value = data(&entry.value, diagnostics);
            Some((key_name(entry)?, value?))
        })
        .collect()
}

fn definitions(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<(Name, Condition)> {
    named_entries(node, "`definitions`", diagnostics)
        .iter()
        .filter_map(|entry| {
            let value = condition(&entry.value, diagnostics);
            Some((key_name(entry)?, value?))
        })
        .collect()
}

fn rules(entries: &Entries<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Rule> {
    let Some(entry) = entries.entry("rules") else {
        if entries.is_complete() {
            report_no_rules(entries.place(), "the policy has no `rules`", diagnostics);
        }
        return Vec::new();
    };
    match &entry.value.kind {
        NodeKind::Sequence(items) if items.is_empty() => {
            report_no_rules(entry.key.span, "`rules` is empty", diagnostics);
            Vec::new()
        }
        NodeKind::Sequence(items) => items.iter().filter_map(|item| rule(item, diagnostics)).collect(),
        _ if entry.value.is_blank() => {
            report_no_rules(entry.key.span, "`rules` is empty", diagnostics);
            Vec::new()
        }
        _ => {
            words::wrong_kind(&entry.value, "`rules`", "a list", diagnostics);
            Vec::new()
        }
    }
}

fn report_no_rules(place: Span, message: &str, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.push(
        Diagnostic::new(codes::EMPTY_RULES, place, message)
            .help("a policy without rules decides nothing; write at least one"),
    );
}

fn rule(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Rule> {
    let entries = Entries::read(node, "a rule", &RULE_KEYS, diagnostics)?;
    let id = required_word(&entries, "id", diagnostics);
    let scope = entries.require("scope", diagnostics).and_then(|node| scope(node, diagnostics));
    let when = entries.require("when", diagnostics).and_then(|node| condition(node, diagnostics));
    let unless = entries.get("unless").map(|node| condition(node, diagnostics));
    let effect = required_word(&entries, "effect", diagnostics);
    let description = word(&entries, "description", diagnostics);
    let message = entries.get("message").and_then(|node| template(node, diagnostics));
    let required_actions =
        entries.get("required_actions").map_or_else(Vec::new, |node| required_actions(node, diagnostics));
    let tags = entries.get("tags").and_then(|node| texts(node, "`tags`", "a tag", diagnostics));
    let mode = word(&entries, "mode", diagnostics);
    Some(Rule {
        span: node.span,
        id: id?,
        scope: scope?,
        when: when?,
        // Without its `unless` it would be another rule.
        unless: match unless {
            Some(condition) => Some(condition?),
            None => None,
        },
        effect: effect?,
        description,
        message,
        required_actions,
        tags: tags.unwrap_or_default(),
        mode,
    })
}

fn required_word(entries: &Entries<'_>, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    entries.require(key, diagnostics).and_then(|node| text(node, &format!("`{key}`"), diagnostics))
}

fn required_actions(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Data> {
    let Some(items) = words::list(node, "`required_actions`", diagnostics) else { return Vec::new() };
    items.iter().filter_map(|item| required_action(item, diagnostics)).collect()
}

fn required_action(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Data> {
    let read = data(node, diagnostics)?;
    let DataKind::Map(entries) = &read.value else {
        let message = format!("a required action must be a mapping, found {}", words::described(node));
        diagnostics.push(
            Diagnostic::new(codes::BAD_REQUIRED_ACTION, node.span, message)
                .help("write `{ type: human_approval }`"),
        );
        return None;
    };
    match entries.iter().find(|(name, _)| name.value == "type") {
        Some((_, Data { value: DataKind::String(_), .. })) => return Some(read),
        Some((_, other)) => {
            let message = "the `type` of a required action must be text";
            diagnostics.push(Diagnostic::new(codes::BAD_REQUIRED_ACTION, other.span, message));
        }
        None => {
            let place = entries.first().map_or(node.span, |(name, _)| name.span);
            let message = "a required action needs `type`";
            diagnostics.push(Diagnostic::new(codes::BAD_REQUIRED_ACTION, place, message));
        }
    }
    None
}
