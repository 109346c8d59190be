use std::fmt::Write;
use std::path::Path;

use actra_engine::diagnostics::{Position, Sources, Span};
use actra_engine::model::RawRequest;
use actra_testing::{Report, TestResult, TestSet, request_json};

use crate::explain::tree;
use crate::load::shown;

/// The tests that fail with what explains them, and a line that counts.
pub(crate) fn show(tests: &TestSet<'_>, report: &Report, set: &Path) -> String {
    let origin = set.to_string_lossy();
    let origin = origin.trim_end_matches('/');
    let mut text = String::new();
    for result in report.results.iter().filter(|result| !result.passed()) {
        failure(&mut text, tests, result, origin);
    }
    let failed = report.failed();
    let counted = format!("{} passed", count(report.results.len() - failed, "test"));
    let _ = match failed {
        0 => writeln!(text, "{counted}"),
        _ => writeln!(text, "{counted}, {failed} failed"),
    };
    let places = Places { sources: tests.sources(), origin };
    if let Some(coverage) = &report.coverage {
        super::coverage::show(&mut text, coverage, &places);
    }
    if let Some(mutants) = &report.mutants {
        super::mutants::show(&mut text, mutants, &places);
    }
    text
}

/// Where parts of the policy stand.
pub(super) struct Places<'t> {
    pub(super) sources: &'t Sources,
    pub(super) origin: &'t str,
}

impl Places<'_> {
    /// `set/policy.yaml:7:11`
    pub(super) fn of(&self, span: Span) -> String {
        let Position { line, column } = self.sources.position(span.file, span.start);
        let path = self.sources.get(span.file).map_or("", |source| source.path.as_str());
        format!("{}/{}:{line}:{column}", shown(self.origin), shown(path))
    }
}

fn failure(text: &mut String, tests: &TestSet<'_>, result: &TestResult, origin: &str) {
    let file = format!("{}/{}", shown(origin), shown(&result.file));
    let _ = writeln!(text, "FAILED {}\n  at {file}:{}", shown(&result.name), result.line);
    for difference in &result.differences {
        let message = indented(&difference.message());
        let _ = writeln!(text, "  {file}:{}: {}", difference.line, message.trim_start());
    }
    let explained = tests.explained(result, |request, explanation, sources| {
        (requested(request), tree::show(explanation, sources, origin))
    });
    if let Some((request, explanation)) = explained {
        let _ = writeln!(text, "  {request}{}", indented(&explanation).trim_end());
    }
    text.push('\n');
}

/// A request that cannot be read has no other form than the text in the file.
fn requested(request: &RawRequest) -> String {
    match request.fault {
        Some(_) => String::new(),
        None => format!("the request {}\n", shown(request_json(request))),
    }
}

/// Each line two spaces further in; the first one too.
pub(super) fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") });
    lines.collect::<Vec<_>>().join("\n")
}

pub(super) fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
