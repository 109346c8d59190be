//! `must:` of a structural rule.

use actra_diagnostics::{Diagnostic, codes};

use crate::ast::governance::Must;
use crate::ast::{Name, Spanned};
use crate::decode::condition::path;
use crate::decode::entries::Entries;
use crate::decode::expect::{self, boolean};
use crate::yaml::{Node, NodeKind, ScalarValue};

const KEYS: [&str; 5] = ["exists", "min_count", "max_count", "forbid", "allowed_fields"];

/// Reads `must`: exactly one constraint.
pub(super) fn must(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Spanned<Must>> {
    let entries = Entries::read(node, "`must`", &KEYS, diagnostics)?;
    let given: Vec<&str> = KEYS.into_iter().filter(|key| entries.entry(key).is_some()).collect();
    if let [first, second, ..] = given.as_slice() {
        report_two(first, second, &entries, diagnostics);
        return None;
    }
    let Some(key) = given.first() else {
        report_none(node, diagnostics);
        return None;
    };
    let value = entries.get(key)?;
    let must = match *key {
        "exists" => Must::Exists(boolean(value, "`exists`", diagnostics)?.value),
        "forbid" => Must::Forbid(boolean(value, "`forbid`", diagnostics)?.value),
        "min_count" => Must::MinCount(count(value, key, diagnostics)?),
        "max_count" => Must::MaxCount(count(value, key, diagnostics)?),
        _ => Must::AllowedFields(fields(value, diagnostics)?),
    };
    let span = entries.key_span(key).map_or(value.span, |span| span.to(value.span));
    Some(Spanned { value: must, span })
}

fn report_two(first: &str, second: &str, entries: &Entries<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let message = format!("`must` has either `{first}` or `{second}`, not both");
    let (Some(place), Some(other)) = (entries.key_span(second), entries.key_span(first)) else { return };
    diagnostics.push(
        Diagnostic::new(codes::TWO_FORMS, place, message)
            .also(other, "the other demand is here")
            .help("write a rule of governance for each"),
    );
}

/// Unknown keys have been reported.
fn report_none(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    if matches!(&node.kind, NodeKind::Mapping(entries) if entries.is_empty()) {
        let message = "`must` demands nothing";
        diagnostics.push(
            Diagnostic::new(codes::MISSING_KEY, node.span, message)
                .help(format!("write one of {}", expect::listed(&KEYS))),
        );
    }
}

fn count(node: &Node, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<u32> {
    let number = match &node.kind {
        NodeKind::Scalar(scalar) if scalar.value() == ScalarValue::Number => scalar.text.parse().ok(),
        _ => None,
    };
    if number.is_none() {
        let what = format!("`{key}`");
        expect::report_wrong_kind(node, &what, "a whole number from 0", diagnostics);
    }
    number
}

fn fields(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Spanned<Vec<Name>>>> {
    let items = expect::list(node, "`allowed_fields`", diagnostics)?;
    let read = |item: &Node, diagnostics: &mut Vec<Diagnostic>| {
        Some(Spanned { value: path(item, diagnostics)?, span: item.span })
    };
    let fields: Vec<_> = items.iter().map(|item| read(item, diagnostics)).collect();
    fields.into_iter().collect()
}
