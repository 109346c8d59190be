//! Nodes of a test file as mappings, lists, texts and values; anything else is reported where it stands.

use actra_diagnostics::Span;
use actra_engine::model::RawValue;
use actra_syntax::yaml::{Entry, Node, NodeKind, ScalarValue};
use actra_syntax::{foreign_words, suggest};
use actra_wire::json_reader;

use super::{CASE_KEYS, CaseFileReader, FILE_KEYS, scalar};
use crate::yaml_value::YamlValue;

/// The members of a mapping with known keys.
pub(super) struct Mapping<'n> {
    pub(super) entries: Vec<(&'n str, &'n Node)>,
    pub(super) span: Span,
}

impl<'n> Mapping<'n> {
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(name, _)| *name == key).map(|(_, node)| *node)
    }
}

impl CaseFileReader<'_> {
    /// A mapping; keys that are not known are reported and left out.
    pub(super) fn mapping<'n>(&mut self, node: &'n Node, known: &[&str]) -> Mapping<'n> {
        let mut entries = Vec::new();
        for entry in self.entries(node) {
            let Some(key) = scalar(&entry.key) else { continue };
            if known.contains(&key.text.as_str()) {
                entries.push((key.text.as_str(), &entry.value));
            } else {
                let help = unknown_key_help(&key.text, known);
                let message = format!("unknown key `{}`; {help}", key.text);
                self.problem(Some(entry.key.span), message);
            }
        }
        Mapping { entries, span: node.span }
    }

    pub(super) fn entries<'n>(&mut self, node: &'n Node) -> &'n [Entry] {
        match &node.kind {
            NodeKind::Mapping(entries) => entries,
            NodeKind::Error => &[],
            _ => {
                self.problem(Some(node.span), "a mapping is expected here");
                &[]
            }
        }
    }

    pub(super) fn items<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.kind {
            NodeKind::Sequence(items) => items,
            NodeKind::Error => &[],
            _ => {
                self.problem(Some(node.span), "a list is expected here");
                &[]
            }
        }
    }

    pub(super) fn text(&mut self, node: &Node) -> String {
        if let YamlValue::Text(text) = self.value(node) {
            return text;
        }
        self.problem(Some(node.span), "text is expected here");
        String::new()
    }

    /// A value as the wire gives it.
    pub(super) fn raw(&mut self, node: &Node) -> RawValue {
        let text = self.value(node).to_json();
        json_reader::parse_value(text.as_bytes()).unwrap_or_else(|error| {
            self.problem(Some(node.span), error.to_string());
            RawValue::Null
        })
    }

    pub(super) fn value(&mut self, node: &Node) -> YamlValue {
        match &node.kind {
            NodeKind::Scalar(scalar) => match scalar.value() {
                ScalarValue::Null => {
                    if node.is_blank() {
                        self.problem(Some(node.span), "a value is left empty; write `null` if that is meant");
                    }
                    YamlValue::Null
                }
                ScalarValue::Bool(value) => YamlValue::Bool(value),
                ScalarValue::Number => YamlValue::Number(scalar.text.clone()),
                ScalarValue::Text => YamlValue::Text(scalar.text.clone()),
                ScalarValue::BadNumber(help) => {
                    self.problem(Some(node.span), help);
                    YamlValue::Null
                }
            },
            NodeKind::Sequence(items) => YamlValue::List(items.iter().map(|item| self.value(item)).collect()),
            NodeKind::Mapping(entries) => YamlValue::Object(
                entries
                    .iter()
                    .filter_map(|entry| Some((scalar(&entry.key)?.text.clone(), self.value(&entry.value))))
                    .collect(),
            ),
            NodeKind::Error => YamlValue::Null,
        }
    }
}

/// What to write instead of an unknown key: a known mistake, a key that is spelled alike, or else all known keys.
fn unknown_key_help(key: &str, known: &[&str]) -> String {
    if known == CASE_KEYS || known == FILE_KEYS {
        let what = if known == CASE_KEYS { "a case" } else { "a test file" };
        if let Some(instead) = foreign_words::keys::replacement_for(what, key) {
            return instead.help();
        }
    }
    match suggest::closest(key, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("the known ones are {}", known.join(", ")),
    }
}
