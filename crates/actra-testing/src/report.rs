//! What a run of tests found, and its JSON: `actra/test/v1`.

use actra_engine::diagnostics::{Position, Sources, Span};
use actra_engine::model::write_json_string;

use crate::coverage::{Counts, Coverage};
use crate::mutation_testing::{MutantOutcome, MutantResult, MutationReport, case_name};
use crate::set_tests::{SetTests, TestResult};
use crate::written_request::written_request;

/// What a run of tests found.
#[derive(Debug)]
pub struct Report {
    /// In the order of the files.
    pub results: Vec<TestResult>,
    /// If it was requested.
    pub coverage: Option<Coverage>,
    /// If mutation testing was requested and all tests pass.
    pub mutants: Option<MutationReport>,
}

impl Report {
    /// How many tests fail.
    pub fn failed(&self) -> usize {
        self.results.iter().filter(|result| !result.passed()).count()
    }

    /// Whether all tests pass.
    pub fn passed(&self) -> bool {
        self.failed() == 0
    }
}

/// Appends a report as `actra/test/v1`. Paths are relative to the set, lines and columns count from 1.
///
/// `set` is the last member: which set it is about, where one run reports on several.
pub fn write_report(tests: &SetTests<'_>, report: &Report, set: Option<&str>, out: &mut Vec<u8>) {
    let mut text = format!(
        "{{\"schema\":\"actra/test/v1\",\"ok\":{},\"passed\":{},\"failed\":{},\"tests\":",
        report.passed(),
        report.results.len() - report.failed(),
        report.failed()
    );
    write_list(&mut text, &report.results, |text, result| write_test(text, tests, result));
    text.push_str(",\"coverage\":");
    let sources = &tests.outcome().sources;
    match &report.coverage {
        Some(found) => write_coverage(&mut text, found, sources),
        None => text.push_str("null"),
    }
    text.push_str(",\"mutants\":");
    match &report.mutants {
        Some(found) => write_mutants(&mut text, found, sources),
        None => text.push_str("null"),
    }
    if let Some(set) = set {
        text.push_str(",\"set\":");
        write_json_string(&mut text, set);
    }
    text.push('}');
    out.extend_from_slice(text.as_bytes());
}

fn write_test(text: &mut String, tests: &SetTests<'_>, result: &TestResult) {
    text.push_str("{\"name\":");
    write_json_string(text, &result.name);
    text.push_str(",\"file\":");
    write_json_string(text, &result.file);
    text.push_str(&format!(",\"line\":{},\"ok\":{},\"differences\":", result.line, result.passed()));
    write_list(text, &result.mismatches, |text, mismatch| {
        text.push_str(&format!("{{\"line\":{},\"subject\":", mismatch.line));
        write_json_string(text, &mismatch.subject);
        text.push_str(",\"actual\":");
        write_json_string(text, &mismatch.actual);
        text.push_str(",\"expected\":");
        write_json_string(text, &mismatch.expected);
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

fn write_coverage(text: &mut String, found: &Coverage, sources: &Sources) {
    text.push_str(&format!("{{\"requests\":{},\"default\":{},\"rules\":", found.requests, found.default));
    write_list(text, &found.rules, |text, rule| {
        text.push_str("{\"rule\":");
        write_json_string(text, &rule.rule);
        write_location(text, Some(rule.span), sources);
        write_counts(text, rule.counts);
        text.push_str(",\"atoms\":");
        write_list(text, &rule.atoms, |text, atom| {
            text.push_str("{\"text\":");
            write_json_string(text, &atom.text);
            write_location(text, Some(atom.span), sources);
            write_counts(text, atom.counts);
            text.push('}');
        });
        text.push('}');
    });
    text.push('}');
}

fn write_counts(text: &mut String, counts: Counts) {
    let Counts { times_true, times_false, times_undetermined } = counts;
    text.push_str(&format!(
        ",\"true\":{times_true},\"false\":{times_false},\"undetermined\":{times_undetermined}"
    ));
}

fn write_mutants(text: &mut String, found: &MutationReport, sources: &Sources) {
    text.push_str(&format!(
        "{{\"tests\":{},\"killed\":{},\"survived\":{},\"no_difference\":{},\"score\":{},\"list\":",
        found.tests,
        found.killed(),
        found.survived(),
        found.presumed_equivalent(),
        percent(found.score())
    ));
    write_list(text, &found.results, |text, result| write_mutant(text, result, sources));
    text.push('}');
}

fn write_mutant(text: &mut String, result: &MutantResult, sources: &Sources) {
    let MutantResult { mutant, outcome } = result;
    text.push_str(&format!("{{\"kind\":\"{}\",\"rule\":", mutant.kind.as_str()));
    write_optional(text, mutant.rule.as_deref());
    write_location(text, mutant.span, sources);
    text.push_str(",\"before\":");
    write_json_string(text, &mutant.before);
    text.push_str(",\"after\":");
    write_optional(text, mutant.after.as_deref());
    match outcome {
        MutantOutcome::Killed { test } => {
            text.push_str(",\"fate\":\"killed\",\"test\":");
            write_json_string(text, test);
        }
        MutantOutcome::Survived(witness) => {
            text.push_str(",\"fate\":\"survived\",\"request\":");
            text.push_str(&written_request(&witness.request));
            text.push_str(&format!(
                ",\"effect\":\"{}\",\"mutant_effect\":\"{}\",\"case\":",
                witness.decided.effect, witness.mutated.effect
            ));
            write_json_string(text, &witness.case(&case_name(result, sources)));
        }
        MutantOutcome::PresumedEquivalent => text.push_str(",\"fate\":\"no_difference\""),
    }
    text.push('}');
}

/// Hundredths of a percent as a number: `8723` is `87.23`.
pub fn percent(hundredths: usize) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn write_location(text: &mut String, span: Option<Span>, sources: &Sources) {
    let Some((span, source)) = span.and_then(|span| Some((span, sources.get(span.file)?))) else {
        return text.push_str(",\"file\":null,\"line\":null,\"column\":null");
    };
    let Position { line, column } = sources.position(span.file, span.start);
    text.push_str(",\"file\":");
    write_json_string(text, &source.path);
    text.push_str(&format!(",\"line\":{line},\"column\":{column}"));
}

fn write_optional(text: &mut String, value: Option<&str>) {
    match value {
        Some(value) => write_json_string(text, value),
        None => text.push_str("null"),
    }
}

/// `[a,b]`
fn write_list<T>(
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
