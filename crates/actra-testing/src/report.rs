//! What a run of tests found, and the answer `actra/test/v1` about it.

use actra_engine::diagnostics::{Position, Sources, Span};
use actra_engine::model::{RawMap, RawRequest, RawValue, write_json_string};

use crate::coverage::{Counts, Coverage};
use crate::mutants::{Fate, MutantReport, Tried};
use crate::test_set::{TestResult, TestSet};

/// What a run of tests found.
#[derive(Debug)]
pub struct Report {
    /// In the order of the files.
    pub results: Vec<TestResult>,
    /// If it was asked for.
    pub coverage: Option<Coverage>,
    /// If they were asked for and all tests hold.
    pub mutants: Option<MutantReport>,
}

impl Report {
    /// How many tests fail.
    pub fn failed(&self) -> usize {
        self.results.iter().filter(|result| !result.passed()).count()
    }

    /// Whether all tests hold.
    pub fn passed(&self) -> bool {
        self.failed() == 0
    }
}

/// Appends a report as `actra/test/v1`. Paths are relative to the set, lines and columns count from 1.
pub fn write_report(tests: &TestSet<'_>, report: &Report, out: &mut Vec<u8>) {
    let mut text = format!(
        "{{\"schema\":\"actra/test/v1\",\"ok\":{},\"passed\":{},\"failed\":{},\"tests\":",
        report.passed(),
        report.results.len() - report.failed(),
        report.failed()
    );
    list(&mut text, &report.results, |text, result| test(text, tests, result));
    text.push_str(",\"coverage\":");
    let sources = &tests.outcome().sources;
    match &report.coverage {
        Some(found) => coverage(&mut text, found, sources),
        None => text.push_str("null"),
    }
    text.push_str(",\"mutants\":");
    match &report.mutants {
        Some(found) => mutants(&mut text, found, sources),
        None => text.push_str("null"),
    }
    text.push('}');
    out.extend_from_slice(text.as_bytes());
}

fn test(text: &mut String, tests: &TestSet<'_>, result: &TestResult) {
    text.push_str("{\"name\":");
    write_json_string(text, &result.name);
    text.push_str(",\"file\":");
    write_json_string(text, &result.file);
    text.push_str(&format!(",\"line\":{},\"ok\":{},\"differences\":", result.line, result.passed()));
    list(text, &result.differences, |text, difference| {
        text.push_str(&format!("{{\"line\":{},\"subject\":", difference.line));
        write_json_string(text, &difference.subject);
        text.push_str(",\"actual\":");
        write_json_string(text, &difference.actual);
        text.push_str(",\"expected\":");
        write_json_string(text, &difference.expected);
        text.push('}');
    });
    text.push_str(",\"explanation\":");
    let explained = (!result.passed()).then(|| {
        tests.explained(result, |_, explanation, outcome| {
            let mut bytes = Vec::new();
            actra_wire::write_explanation(explanation, &outcome.sources, &mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        })
    });
    text.push_str(explained.flatten().as_deref().unwrap_or("null"));
    text.push('}');
}

fn coverage(text: &mut String, found: &Coverage, sources: &Sources) {
    text.push_str(&format!("{{\"requests\":{},\"default\":{},\"rules\":", found.requests, found.default));
    list(text, &found.rules, |text, rule| {
        text.push_str("{\"rule\":");
        write_json_string(text, &rule.rule);
        place(text, Some(rule.span), sources);
        counts(text, rule.counts);
        text.push_str(",\"atoms\":");
        list(text, &rule.atoms, |text, atom| {
            text.push_str("{\"text\":");
            write_json_string(text, &atom.text);
            place(text, Some(atom.span), sources);
            counts(text, atom.counts);
            text.push('}');
        });
        text.push('}');
    });
    text.push('}');
}

fn counts(text: &mut String, counts: Counts) {
    let Counts { held, failed, undetermined } = counts;
    text.push_str(&format!(",\"true\":{held},\"false\":{failed},\"undetermined\":{undetermined}"));
}

fn mutants(text: &mut String, found: &MutantReport, sources: &Sources) {
    text.push_str(&format!(
        "{{\"tests\":{},\"killed\":{},\"survived\":{},\"no_difference\":{},\"score\":{},\"list\":",
        found.tests,
        found.killed(),
        found.survived(),
        found.alike(),
        percent(found.score())
    ));
    list(text, &found.tried, |text, tried| mutant(text, tried, sources));
    text.push('}');
}

fn mutant(text: &mut String, tried: &Tried, sources: &Sources) {
    let Tried { mutant, fate } = tried;
    text.push_str(&format!("{{\"kind\":\"{}\",\"rule\":", mutant.kind.as_str()));
    optional(text, mutant.rule.as_deref());
    place(text, mutant.span, sources);
    text.push_str(",\"before\":");
    write_json_string(text, &mutant.before);
    text.push_str(",\"after\":");
    optional(text, mutant.after.as_deref());
    match fate {
        Fate::Killed { test } => {
            text.push_str(",\"fate\":\"killed\",\"test\":");
            write_json_string(text, test);
        }
        Fate::Survived(witness) => {
            text.push_str(",\"fate\":\"survived\",\"request\":");
            text.push_str(&request_json(&witness.request));
            text.push_str(&format!(
                ",\"effect\":\"{}\",\"mutant_effect\":\"{}\",\"case\":",
                witness.decided.effect, witness.mutated.effect
            ));
            write_json_string(text, &witness.case(&case_name(tried, sources)));
        }
        Fate::NoDifference => text.push_str(",\"fate\":\"no_difference\""),
    }
    text.push('}');
}

/// A name for the case that would notice a mutant.
pub fn case_name(tried: &Tried, sources: &Sources) -> String {
    let place = tried.mutant.span.and_then(|span| {
        let Position { line, column } = sources.position(span.file, span.start);
        Some(format!("{}:{line}:{column}: ", sources.get(span.file)?.path))
    });
    format!("{}{}", place.unwrap_or_default(), tried.mutant)
}

/// Hundredths of a percent as a number: `8723` is `87.23`.
pub fn percent(hundredths: usize) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn place(text: &mut String, span: Option<Span>, sources: &Sources) {
    let found = span.and_then(|span| Some((span, sources.get(span.file)?)));
    let Some((span, source)) = found else {
        return text.push_str(",\"file\":null,\"line\":null,\"column\":null");
    };
    let Position { line, column } = sources.position(span.file, span.start);
    text.push_str(",\"file\":");
    write_json_string(text, &source.path);
    text.push_str(&format!(",\"line\":{line},\"column\":{column}"));
}

fn optional(text: &mut String, value: Option<&str>) {
    match value {
        Some(value) => write_json_string(text, value),
        None => text.push_str("null"),
    }
}

/// `[a,b]`
pub(crate) fn list<T>(
    text: &mut String,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    text.push('[');
    for (idx, item) in items.into_iter().enumerate() {
        if idx > 0 {
            text.push(',');
        }
        write(text, item);
    }
    text.push(']');
}

/// A request as one line of JSON, `type` first; also YAML.
pub fn request_json(request: &RawRequest) -> String {
    let records = [("action", &request.action), ("actor", &request.actor), ("snapshot", &request.snapshot)];
    let records: Vec<_> =
        records.into_iter().filter_map(|(name, record)| Some((name, record.as_ref()?))).collect();
    let mut text = String::from("{");
    for (idx, (name, record)) in records.iter().enumerate() {
        text.push_str(if idx > 0 { ", \"" } else { "\"" });
        text.push_str(name);
        text.push_str("\": ");
        match record {
            RawValue::Map(members) => write_record(&mut text, members),
            other => other.write_json(&mut text),
        }
    }
    if !request.unknown.is_empty() {
        let paths = request.unknown.iter().map(|path| RawValue::from(path.as_str()));
        text.push_str(if records.is_empty() { "\"unknown\": " } else { ", \"unknown\": " });
        RawValue::List(paths.collect()).write_json(&mut text);
    }
    text.push('}');
    text
}

fn write_record(text: &mut String, members: &RawMap) {
    let kind = members.get_key_value("type");
    let rest = members.iter().filter(|(name, _)| *name != "type");
    text.push('{');
    for (idx, (name, value)) in kind.into_iter().chain(rest).enumerate() {
        if idx > 0 {
            text.push_str(", ");
        }
        write_json_string(text, name);
        text.push_str(": ");
        value.write_json(text);
    }
    text.push('}');
}
