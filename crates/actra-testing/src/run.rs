//! Running cases: what a case expects against what the engine does.

use actra_engine::diagnostics::{Diagnostic, Sources, Style, render};
use actra_engine::{Compilation, Policy, PolicySet, compile, decide, explain};

use crate::case_file::{Case, CaseFile, LoadSet};
use crate::compare;
use crate::expected::Expected;
use crate::mismatch::Mismatch;
use crate::unmentioned;

/// The result of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The case; empty for a file that cannot be read.
    pub name: String,
    /// The case file.
    pub file: String,
    /// Where the case starts, from 1.
    pub line: u32,
    /// Whether it passed.
    pub outcome: CaseOutcome,
}

/// Whether a case passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseOutcome {
    /// It passed.
    Passed,
    /// It failed: each difference on a line of its own, starting with its line in the file.
    Failed(String),
}

impl CaseResult {
    /// Whether the case passed.
    pub fn passed(&self) -> bool {
        self.outcome == CaseOutcome::Passed
    }
}

/// Reads and runs a case file; a file that cannot be read is one failed result for each problem.
pub fn run_file(file: &str, text: &str, load: &mut LoadSet<'_>) -> Vec<CaseResult> {
    run_file_for(&PolicySet::default(), file, text, load)
}

/// Reads and runs a case file of a set, as [`run_file`]; its cases are about that set if it names none.
pub fn run_file_for(given: &PolicySet, file: &str, text: &str, load: &mut LoadSet<'_>) -> Vec<CaseResult> {
    match CaseFile::read_for(given, file, text, load) {
        Ok(case_file) => case_file.run(file),
        Err(problems) => problems
            .into_iter()
            .map(|problem| CaseResult {
                name: String::new(),
                file: file.to_owned(),
                line: problem.line,
                outcome: CaseOutcome::Failed(format!(
                    "{}:{}: {}",
                    problem.line, problem.column, problem.message
                )),
            })
            .collect(),
    }
}

impl CaseFile {
    /// Runs all cases, in order.
    pub fn run(&self, file: &str) -> Vec<CaseResult> {
        let shared = compile(&self.set);
        let result = |case: &Case| CaseResult {
            name: case.name.clone(),
            file: file.to_owned(),
            line: case.line,
            outcome: match case.analyzed(self) {
                Some(analyzed) => run_case(case, &analyzed),
                None if case.files.is_empty() => run_case(case, &shared),
                None => run_case(case, &compile(&self.set_of(case))),
            },
        };
        self.cases.iter().map(result).collect()
    }
}

fn run_case(case: &Case, compiled: &Compilation) -> CaseOutcome {
    let mismatches: Vec<_> = mismatches(case, compiled).iter().map(Mismatch::to_string).collect();
    if mismatches.is_empty() { CaseOutcome::Passed } else { CaseOutcome::Failed(mismatches.join("\n")) }
}

/// What is not as the case expects.
pub(crate) fn mismatches(case: &Case, compiled: &Compilation) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    for expected in &case.expected {
        mismatches.extend(match (expected, &compiled.policy) {
            (Expected::Diagnostics { list, line, .. }, _) => compare::diagnostics(list, *line, compiled),
            (_, Some(policy)) => compare_with_policy(case, expected, policy, &compiled.sources),
            (_, None) => vec![Mismatch::no_policy(case.line, first_error(compiled))],
        });
    }
    if let (Some(policy), Some(bytes)) = (&compiled.policy, case.request.as_deref()) {
        let request = actra_wire::read_request(bytes);
        mismatches.extend(unmentioned::mismatches(case, policy, &request, &decide(policy, &request)));
    }
    mismatches
}

fn compare_with_policy(
    case: &Case,
    expected: &Expected,
    policy: &Policy,
    sources: &Sources,
) -> Vec<Mismatch> {
    let request = || actra_wire::read_request(case.request.as_deref().unwrap_or_default());
    let decision = || actra_wire::decision_bytes(&decide(policy, &request()));
    match expected {
        Expected::Members(members) => {
            let (request, decided) = (request(), decision());
            let decision = decide(policy, &request);
            compare::members(&unmentioned::members_to_compare(members, policy, &request, &decision), &decided)
        }
        Expected::Decision { bytes, line } => compare::bytes(bytes, *line, &decision()),
        Expected::Explanation { rules, line } => {
            let mut explanation = Vec::new();
            actra_wire::write_explanation(&explain(policy, &request()), sources, &mut explanation);
            compare::explanation(rules, *line, &explanation)
        }
        Expected::Hash { text, line } => compare::hash(text, *line, &policy.hash.to_string()),
        Expected::Diagnostics { .. } => Vec::new(),
    }
}

/// The first error of a set, for people. One is enough, since every case of the file may show it.
fn first_error(compiled: &Compilation) -> String {
    let error = compiled.diagnostics.iter().find(|diagnostic| Diagnostic::is_error(diagnostic));
    error.map(|error| render(error, &compiled.sources, Style::Plain, "")).unwrap_or_default()
}
