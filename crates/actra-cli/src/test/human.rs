use std::fmt::Write;

use actra_engine::diagnostics::{Amount, Position, Sources, Span};
use actra_engine::model::{RawRequest, Schema};
use actra_engine::redact;
use actra_testing::{TestResult, request_json};

use super::Tested;
use crate::explain::told::Told;
use crate::load::shown;

/// Failing tests that are shown in full.
const FAILURES: usize = 20;

/// The tests that fail with what explains them, and a line that counts.
pub(super) fn show(tested: &Tested<'_>, amount: Amount) -> String {
    let Tested { path, tests, report, of_several } = tested;
    let origin = path.to_string_lossy();
    let origin = origin.trim_end_matches('/');
    let mut text = String::new();
    let failures = report.results.iter().filter(|result| !result.passed());
    failures.take(most(amount, FAILURES)).for_each(|result| failure(&mut text, tested, result, amount));
    let failed = report.failed();
    if let Some(more) = more(amount, failed, FAILURES, "failing test") {
        let _ = writeln!(text, "{more}\n");
    }
    if *of_several {
        let _ = write!(text, "{}: ", shown(origin));
    }
    let counted = format!("{} passed", count(report.results.len() - failed, "test"));
    let _ = match failed {
        0 => writeln!(text, "{counted}"),
        _ => writeln!(text, "{counted}, {failed} failed"),
    };
    let places = Places { sources: tests.sources(), origin };
    if let Some(coverage) = &report.coverage {
        super::coverage::show(&mut text, coverage, &places, amount);
    }
    if let Some(mutants) = &report.mutants {
        super::mutants::show(&mut text, mutants, &places, amount);
    }
    text
}

/// How many of a kind are shown.
pub(super) fn most(amount: Amount, few: usize) -> usize {
    match amount {
        Amount::All => usize::MAX,
        Amount::Few(_) => few,
    }
}

/// What says how many of a kind are not shown.
pub(super) fn more(amount: Amount, all: usize, few: usize, what: &str) -> Option<String> {
    match (amount, all.saturating_sub(few)) {
        (Amount::Few(how), hidden @ 1..) => {
            Some(format!("... and {}; {how}", count(hidden, &format!("more {what}"))))
        }
        _ => None,
    }
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

fn failure(text: &mut String, tested: &Tested<'_>, result: &TestResult, amount: Amount) {
    let origin = tested.path.to_string_lossy();
    let file = format!("{}/{}", shown(origin.trim_end_matches('/')), shown(&result.file));
    let _ = writeln!(text, "FAILED {}\n  at {file}:{}", shown(&result.name), result.line);
    for difference in &result.differences {
        let message = indented(&difference.message());
        let _ = writeln!(text, "  {file}:{}: {}", difference.line, message.trim_start());
    }
    let explained = tested.explained(result, amount);
    if let Some((request, explanation)) = explained {
        let _ = writeln!(text, "  {request}{}", indented(&explanation).trim_end());
    }
    text.push('\n');
}

impl Tested<'_> {
    /// The request of a case, and why it was decided so; `None` for a case without a decision.
    pub(super) fn explained(&self, result: &TestResult, amount: Amount) -> Option<(String, String)> {
        let explained = self.tests.explained(result, |request, explanation, outcome| {
            let policy = outcome.policy.as_ref()?;
            let sources = &outcome.sources;
            let told = Told { explanation, policy, sources, set: self.path, amount };
            Some((requested(&policy.schema, request), told.show("")))
        });
        explained.flatten()
    }
}

/// The request without what is sensitive. One that cannot be read has no other form than the text in the file.
fn requested(schema: &Schema, request: &RawRequest) -> String {
    match request.fault {
        Some(_) => String::new(),
        None => format!("the request {}\n", shown(request_json(&redact(schema, request)))),
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
