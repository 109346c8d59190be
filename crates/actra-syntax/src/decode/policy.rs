//! Policy files: constants, definitions and rules, and what can be read of rules with faults.

use actra_diagnostics::{Diagnostic, Span, codes};

use super::check_version;
use super::condition::condition;
use super::data::data;
use super::entries::Entries;
use super::expect::{self, key_name, named_entries, text_at, texts};
use super::scope::scope;
use super::template::template;
use crate::ast::{Data, DataKind, Name, PolicyFile, Rule, RuleFragment};
use crate::yaml::{Node, NodeKind};

const KEYS: [&str; 5] = ["version", "default", "constants", "definitions", "rules"];

const RULE_KEYS: [&str; 10] =
    ["id", "scope", "when", "unless", "effect", "description", "message", "required_actions", "tags", "mode"];

/// Reads the whole file.
pub(super) fn policy(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<PolicyFile> {
    let entries = Entries::read(node, "a policy", &KEYS, diagnostics)?;
    check_version(&entries, diagnostics);
    let (mut unread, mut fragments) = (Vec::new(), Vec::new());
    let constants =
        entries.get("constants").map(|node| named(node, "`constants`", data, &mut unread, diagnostics));
    let definitions = entries
        .get("definitions")
        .map(|node| named(node, "`definitions`", condition, &mut unread, diagnostics));
    Some(PolicyFile {
        default: word(&entries, "default", diagnostics),
        constants: constants.unwrap_or_default(),
        definitions: definitions.unwrap_or_default(),
        unread,
        rules: rules(&entries, &mut fragments, diagnostics),
        fragments,
    })
}

/// The entries of a mapping that can be read; the names of the others go to `unread`.
fn named<T>(
    node: &Node,
    what: &str,
    read: impl Fn(&Node, &mut Vec<Diagnostic>) -> Option<T>,
    unread: &mut Vec<Name>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(Name, T)> {
    let mut values = Vec::new();
    for entry in named_entries(node, what, diagnostics) {
        let value = read(&entry.value, diagnostics);
        match (key_name(entry), value) {
            (Some(name), Some(value)) => values.push((name, value)),
            (name, _) => unread.extend(name),
        }
    }
    values
}

fn word(entries: &Entries<'_>, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    entries.get(key).and_then(|node| text_at(node, key, diagnostics))
}

fn rules(
    entries: &Entries<'_>,
    fragments: &mut Vec<RuleFragment>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Rule> {
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
        NodeKind::Sequence(items) => {
            let mut rules = Vec::with_capacity(items.len());
            rules.extend(items.iter().filter_map(|item| rule(item, fragments, diagnostics)));
            rules
        }
        _ if entry.value.is_blank() => {
            report_no_rules(entry.key.span, "`rules` is empty", diagnostics);
            Vec::new()
        }
        _ => {
            expect::report_wrong_kind(&entry.value, "`rules`", "a list", diagnostics);
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

pub(super) fn rule(
    node: &Node,
    fragments: &mut Vec<RuleFragment>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Rule> {
    let entries = Entries::read(node, "a rule", &RULE_KEYS, diagnostics)?;
    let id = required_word(&entries, "id", diagnostics);
    let scope = entries.require("scope", diagnostics).and_then(|node| scope(node, diagnostics));
    let when = entries.require("when", diagnostics).and_then(|node| condition(node, diagnostics));
    let unless = entries.get("unless").map(|node| condition(node, diagnostics));
    let effect = required_word(&entries, "effect", diagnostics);
    let description = word(&entries, "description", diagnostics);
    let message = entries.get("message").and_then(|node| template(node, diagnostics));
    let required_actions = entries
        .get("required_actions")
        .map_or_else(Vec::new, |node| required_actions(node, "`required_actions`", diagnostics));
    let tags = entries.get("tags").and_then(|node| texts(node, "`tags`", "a tag", diagnostics));
    let mode = word(&entries, "mode", diagnostics);
    match (id, scope, when, unless, effect) {
        // Without its `unless` it would be another rule.
        (Some(id), Some(scope), Some(when), unless @ (None | Some(Some(_))), Some(effect)) => Some(Rule {
            span: node.span,
            id,
            scope,
            when,
            unless: unless.flatten(),
            effect,
            description,
            message,
            required_actions,
            tags: tags.unwrap_or_default(),
            mode,
        }),
        (id, scope, when, unless, effect) => {
            let conditions = when.into_iter().chain(unless.flatten()).collect();
            fragments.push(RuleFragment { id, scope, conditions, effect, message, mode });
            None
        }
    }
}

fn required_word(entries: &Entries<'_>, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    entries.require(key, diagnostics).and_then(|node| text_at(node, key, diagnostics))
}

/// A list of mappings, each with a `type`.
pub(super) fn required_actions(node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<Data> {
    let Some(items) = expect::list(node, what, diagnostics) else { return Vec::new() };
    items.iter().filter_map(|item| required_action(item, diagnostics)).collect()
}

fn required_action(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Data> {
    let read = data(node, diagnostics)?;
    let DataKind::Map(entries) = &read.value else {
        let message = format!("a required action must be a mapping, found {}", expect::described(node));
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
