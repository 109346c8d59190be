//! Expected against actual: each function returns the differences.

use actra_engine::Compilation;
use actra_engine::diagnostics::{Diagnostic, Sources, Span};
use actra_engine::model::{RawMap, RawValue};
use actra_wire::json_reader;

use crate::expected::{ExpectedDiagnostic, ExpectedMember};
use crate::mismatch::Mismatch;

/// Members whose entries are compared only in the keys that the case names.
const PARTIALLY_COMPARED: &[&str] = &["undetermined", "errors", "shadow"];

pub(crate) fn members(expected: &[ExpectedMember], decision: &[u8]) -> Vec<Mismatch> {
    let actual = object(decision);
    let differs = |member: &&ExpectedMember| match actual.get(&member.name) {
        Some(actual) if PARTIALLY_COMPARED.contains(&member.name.as_str()) => {
            !has_all_of(actual, &member.value)
        }
        actual => actual != Some(&member.value),
    };
    expected
        .iter()
        .filter(differs)
        .map(|member| {
            let actual = actual.get(&member.name).map(display).unwrap_or_default();
            Mismatch::member(member.line, &member.name, actual, display(&member.value))
        })
        .collect()
}

pub(crate) fn explanation(expected: &RawValue, line: u32, explanation: &[u8]) -> Vec<Mismatch> {
    let actual = object(explanation).remove("rules").unwrap_or(RawValue::Null);
    if has_all_of(&actual, expected) {
        return Vec::new();
    }
    vec![Mismatch::block(line, "explanation", display(&actual), display(expected))]
}

fn object(text: &[u8]) -> RawMap {
    match json_reader::parse_value(text) {
        Ok(RawValue::Map(members)) => members,
        _ => RawMap::new(),
    }
}

/// Whether a value has everything that the expected one names: its objects may have more keys, at any depth.
fn has_all_of(actual: &RawValue, expected: &RawValue) -> bool {
    match (actual, expected) {
        (RawValue::Map(actual), RawValue::Map(expected)) => expected
            .iter()
            .all(|(key, value)| actual.get(key).is_some_and(|actual| has_all_of(actual, value))),
        (RawValue::List(actual), RawValue::List(expected)) => {
            actual.len() == expected.len()
                && actual.iter().zip(expected).all(|(actual, expected)| has_all_of(actual, expected))
        }
        _ => actual == expected,
    }
}

pub(crate) fn bytes(expected: &str, line: u32, decision: &[u8]) -> Vec<Mismatch> {
    if expected.as_bytes() == decision {
        return Vec::new();
    }
    let actual = String::from_utf8_lossy(decision);
    vec![Mismatch::block(line, "decision", actual.into_owned(), expected.to_owned())]
}

/// Whether two decisions differ in members other than these.
pub(crate) fn differ_outside(names: &[&str], expected: &[u8], decision: &[u8]) -> bool {
    let [expected, actual] = [expected, decision].map(|text| {
        let mut members = object(text);
        names.iter().for_each(|name| drop(members.remove(name)));
        members
    });
    expected != actual
}

pub(crate) fn hash(expected: &str, line: u32, actual: &str) -> Vec<Mismatch> {
    if expected == actual {
        return Vec::new();
    }
    vec![Mismatch::member(line, "hash", actual.to_owned(), expected.to_owned())]
}

pub(crate) fn diagnostics(
    expected: &[ExpectedDiagnostic],
    line: u32,
    outcome: &Compilation,
) -> Vec<Mismatch> {
    let actual: Vec<_> =
        outcome.diagnostics.iter().map(|diagnostic| as_expectation(diagnostic, &outcome.sources)).collect();
    if actual.len() == expected.len()
        && actual.iter().zip(expected).all(|(actual, expected)| matches_expectation(actual, expected))
    {
        return Vec::new();
    }
    let messages = outcome.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str());
    let actual: Vec<_> = actual
        .iter()
        .zip(messages)
        .map(|(actual, message)| format!("{}  # {message}", describe(actual)))
        .collect();
    let expected: Vec<_> = expected.iter().map(describe).collect();
    let list = |lines: Vec<String>| if lines.is_empty() { "none".to_owned() } else { lines.join("\n  ") };
    vec![Mismatch::block(line, "diagnostics", list(actual), list(expected))]
}

/// A diagnostic as an expectation that names everything.
fn as_expectation(diagnostic: &Diagnostic, sources: &Sources) -> ExpectedDiagnostic {
    let code = diagnostic.code.as_str().to_owned();
    let file = |span: Span| sources.get(span.file).map(|source| source.path.clone());
    let line = |span: Span| sources.position(span.file, span.start).line;
    let also = diagnostic.labels.iter().filter_map(|(span, _)| Some((file(*span)?, line(*span)))).collect();
    let Some(span) = diagnostic.span else {
        return ExpectedDiagnostic { code, file: Some(None), line: None, column: None, also };
    };
    let position = sources.position(span.file, span.start);
    ExpectedDiagnostic {
        code,
        file: Some(file(span)),
        line: Some(position.line),
        column: Some(position.column),
        also,
    }
}

fn matches_expectation(actual: &ExpectedDiagnostic, expected: &ExpectedDiagnostic) -> bool {
    actual.code == expected.code
        && (expected.file.is_none() || actual.file == expected.file)
        && (expected.line.is_none() || actual.line == expected.line)
        && (expected.column.is_none() || actual.column == expected.column)
        && expected.also.iter().all(|place| actual.also.contains(place))
}

fn describe(diagnostic: &ExpectedDiagnostic) -> String {
    let mut parts = vec![format!("code: {}", diagnostic.code)];
    if let Some(file) = &diagnostic.file {
        parts.push(format!("file: {}", file.as_deref().unwrap_or("null")));
    }
    parts.extend(diagnostic.line.map(|line| format!("line: {line}")));
    parts.extend(diagnostic.column.map(|column| format!("column: {column}")));
    let also = diagnostic.also.iter().map(|(file, line)| format!("{{ file: {file}, line: {line} }}"));
    if !diagnostic.also.is_empty() {
        parts.push(format!("also: [{}]", also.collect::<Vec<_>>().join(", ")));
    }
    format!("- {{ {} }}", parts.join(", "))
}

fn display(value: &RawValue) -> String {
    match value {
        RawValue::Null => "null".to_owned(),
        RawValue::Bool(value) => value.to_string(),
        RawValue::Number(number) => number.to_string(),
        RawValue::String(text) => format!("{text:?}"),
        RawValue::List(items) => format!("[{}]", items.iter().map(display).collect::<Vec<_>>().join(", ")),
        RawValue::Map(members) => {
            let members = members.iter().map(|(key, value)| format!("{key}: {}", display(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        RawValue::Unreadable(reason) => format!("({reason})"),
    }
}
