use std::collections::BTreeMap;

use actra_engine::diagnostics::Sources;
use actra_engine::model::write_json_string;

use super::{Fate, MutantReport};
use crate::report::{case_name, request_json};

/// What stands at the top of the file.
const HEAD: &str = "\
# Written by `actra test --mutants --write`: each test notices a change of the policy that no other test noticed.
# They expect what the policy decides today. Whether it should is for you to say.
version: 1
cases:
";

/// A request with what it shows.
struct Suggested {
    request: String,
    /// The changes that it tells from the policy.
    names: Vec<String>,
    /// Each once, in the order in which a decision has them.
    expected: Vec<String>,
}

impl MutantReport {
    /// A test file that notices every change that no test notices, and how many tests it holds; `None` if there is no
    /// such change.
    ///
    /// Changes that one request shows share a test.
    pub fn test_file(&self, sources: &Sources) -> Option<(String, usize)> {
        let suggested = self.suggested(sources);
        let cases: Vec<String> = suggested.iter().map(Suggested::case).collect();
        (!cases.is_empty()).then(|| (format!("{HEAD}{}", cases.concat()), cases.len()))
    }

    fn suggested(&self, sources: &Sources) -> Vec<Suggested> {
        let mut suggested: Vec<Suggested> = Vec::new();
        let mut known = BTreeMap::new();
        for tried in &self.tried {
            let Fate::Survived(witness) = &tried.fate else { continue };
            let request = request_json(&witness.request);
            let idx = *known.entry(request.clone()).or_insert(suggested.len());
            if idx == suggested.len() {
                suggested.push(Suggested { request, names: Vec::new(), expected: Vec::new() });
            }
            let Some(test) = suggested.get_mut(idx) else { continue };
            test.names.push(case_name(tried, sources));
            for expectation in witness.expectations() {
                if !test.expected.contains(&expectation) {
                    test.expected.push(expectation);
                }
            }
        }
        suggested
    }
}

impl Suggested {
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
