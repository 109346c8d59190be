//! Survivors as a test file: the tests that would have killed them.

use std::collections::BTreeMap;

use actra_engine::diagnostics::Sources;
use actra_engine::model::write_json_string;

use super::{MutantOutcome, MutationReport, case_name};
use crate::written_request::written_request;

/// The beginning of the file.
const HEADER: &str = "\
# Written by `actra test --mutants --write`: each test notices a change of the policy that no other test noticed.
# They expect what the policy decides today. Whether it should is for you to say.
version: 1
cases:
";

/// A test that kills one or more survivors.
struct SuggestedTest {
    request: String,
    /// A case name for each survivor that it kills.
    names: Vec<String>,
    /// Members of `expect`, each once, in the order in which a decision has them.
    expected: Vec<String>,
}

impl MutationReport {
    /// A test file that kills every survivor, and how many tests it holds; `None` if nothing survived.
    ///
    /// Survivors with the same witness share a test.
    pub fn test_file(&self, sources: &Sources) -> Option<(String, usize)> {
        let suggested = self.suggested_tests(sources);
        let cases: Vec<String> = suggested.iter().map(SuggestedTest::case).collect();
        (!cases.is_empty()).then(|| (format!("{HEADER}{}", cases.concat()), cases.len()))
    }

    fn suggested_tests(&self, sources: &Sources) -> Vec<SuggestedTest> {
        let mut suggested: Vec<SuggestedTest> = Vec::new();
        let mut by_request = BTreeMap::new();
        for result in &self.results {
            let MutantOutcome::Survived(witness) = &result.outcome else { continue };
            let request = written_request(&witness.request);
            let idx = *by_request.entry(request.clone()).or_insert(suggested.len());
            if idx == suggested.len() {
                suggested.push(SuggestedTest { request, names: Vec::new(), expected: Vec::new() });
            }
            let Some(test) = suggested.get_mut(idx) else { continue };
            test.names.push(case_name(result, sources));
            for expectation in witness.expectations() {
                if !test.expected.contains(&expectation) {
                    test.expected.push(expectation);
                }
            }
        }
        suggested
    }
}

impl SuggestedTest {
    fn case(&self) -> String {
        let mut text = String::new();
        for (idx, name) in self.names.iter().enumerate() {
            // In quotes, so that a change of several lines stays one.
            text.push_str(if idx == 0 { "  - name: " } else { "    # also: " });
            write_json_string(&mut text, name);
            text.push('\n');
        }
        text.push_str(&format!("    request: {}\n", self.request));
        text.push_str(&format!("    expect: {{ {} }}\n", self.expected.join(", ")));
        text
    }
}
