//! The files and the request that the blocks of a page have shown so far.

use std::collections::{BTreeMap, BTreeSet};

use actra_engine::model::{Decision, RawRequest};
use actra_engine::{Compilation, Policy, PolicySet, compile, decide};
use serde_json::Value;

use super::console;
use super::markdown::code;

/// What stands around a fragment that is a list of rules.
const RULES: &str = "version: 1\ndefault: allow\nrules:\n";

#[derive(Clone, Default)]
pub struct Shown {
    files: BTreeMap<String, String>,
    /// Files of cases, which are no part of the set.
    tests: BTreeMap<String, String>,
    request: Option<String>,
}

/// Whether a text stands in a file of the repository, as whole lines.
fn stands_in(path: &str, text: &str) -> Result<(), String> {
    let file = std::fs::read_to_string(actra_conformance::root().join(path))
        .map_err(|error| format!("`{path}`: {error}"))?;
    let lines = format!("\n{file}");
    lines
        .contains(&format!("\n{text}"))
        .then_some(())
        .ok_or_else(|| format!("it does not stand so in `{path}`"))
}

impl Shown {
    pub fn block(&mut self, info: &str, text: &str) -> Result<(), String> {
        match info.split(' ').collect::<Vec<_>>().as_slice() {
            ["text" | "python"] => Ok(()),
            ["rust" | "text", path] => stands_in(path, text),
            ["cel"] => text.lines().filter(|line| !line.is_empty()).try_for_each(|line| self.condition(line)),
            ["console"] => console::run(text, &self.beside()),
            ["sh"] => console::run_script(text, &self.beside()),
            ["yaml", "refused", code] => self.refused(code, text),
            ["yaml", path] if path.starts_with("tests/") => self.cases(path, text),
            ["yaml", path] => self.yaml(path, text, None),
            ["yaml", path, "warns", code] => self.yaml(path, text, Some(code)),
            ["json", "request"] => {
                self.files.insert("request.json".to_owned(), text.to_owned());
                self.request = Some(text.to_owned());
                self.read_request().map(drop)
            }
            ["json", "decision"] => self.decision(text),
            ["json", path] => {
                self.files.insert((*path).to_owned(), text.to_owned());
                Ok(())
            }
            _ => Err(format!("`{info}` does not say how the block is executed")),
        }
    }

    /// The files that commands find.
    fn beside(&self) -> BTreeMap<String, String> {
        let files = self.files.iter().chain(&self.tests);
        files.map(|(path, text)| (path.clone(), text.clone())).collect()
    }

    fn yaml(&mut self, path: &str, text: &str, warning: Option<&str>) -> Result<(), String> {
        let (path, text) = match path {
            "rules" => ("policy.yaml", format!("{RULES}{text}")),
            path => (path, text.to_owned()),
        };
        match path {
            "schema.yaml" => *self = Shown::default(),
            "policy.yaml" => self.files.retain(|path, _| !path.starts_with("policies/")),
            _ if path.starts_with("policies/") => drop(self.files.remove("policy.yaml")),
            _ => {}
        }
        self.files.insert(path.to_owned(), text);
        let has = |part: &str| self.files.keys().any(|path| path.starts_with(part));
        if !has("schema") || !has("polic") {
            return Ok(());
        }
        let outcome = compile(&set(&self.files));
        let expected: BTreeSet<&str> = warning.into_iter().collect();
        (codes(&outcome) == expected).then_some(()).ok_or_else(|| messages(&outcome))
    }

    fn refused(&self, code: &str, text: &str) -> Result<(), String> {
        let mut files = self.files.clone();
        let (path, text) = match text {
            _ if text.contains("\nactions:") => ("schema.yaml", text.to_owned()),
            _ if text.contains("\ngovernance:") => ("governance.yaml", text.to_owned()),
            _ if text.starts_with("version:") => ("policy.yaml", text.to_owned()),
            _ => ("policy.yaml", format!("{RULES}{text}")),
        };
        files.insert(path.to_owned(), text);
        let outcome = compile(&set(&files));
        match outcome.policy.is_none() && codes(&outcome).contains(code) {
            true => Ok(()),
            false => Err(format!("not refused with {code}, but: {}", messages(&outcome))),
        }
    }

    fn cases(&mut self, path: &str, text: &str) -> Result<(), String> {
        let set = set(&self.files);
        let case_file = actra_testing::CaseFile::read_for(&set, path, text, &mut |_| Ok(set.clone()));
        let results = case_file.map_err(|problems| format!("{problems:?}"))?.run(path);
        self.tests.insert(path.to_owned(), text.to_owned());
        let failed: Vec<String> =
            results.iter().filter(|result| !result.passed()).map(|result| format!("{result:?}")).collect();
        match failed.is_empty() && !results.is_empty() {
            true => Ok(()),
            false => Err(failed.join("\n")),
        }
    }

    fn decision(&self, expected: &str) -> Result<(), String> {
        let expected: Value = serde_json::from_str(expected).map_err(|error| error.to_string())?;
        let policy = policy(&self.files)?;
        let decision = decide(&policy, &self.read_request()?);
        let actual = actra_wire::decision_bytes(&decision);
        let value: Value = serde_json::from_slice(&actual).map_err(|error| error.to_string())?;
        let actual = String::from_utf8_lossy(&actual);
        covers(&value, &expected).then_some(()).ok_or_else(|| format!("the decision is {actual}"))
    }

    fn read_request(&self) -> Result<RawRequest, String> {
        let request = self.request.as_ref().ok_or("no request stands before this")?;
        actra_wire::parse_request(request.trim().as_bytes()).map_err(|error| error.to_string())
    }

    pub fn table(&self, kind: &str, rows: &[Vec<String>]) -> Result<(), String> {
        if rows.is_empty() {
            return Err("no table stands behind this".to_owned());
        }
        let failures: Vec<String> = rows
            .iter()
            .filter_map(|row| {
                let result = match (kind, row.as_slice()) {
                    ("spellings", [subject, operator, value, expression]) => {
                        self.spellings(code(subject), code(operator), code(value), code(expression))
                    }
                    ("true", [.., last]) => self.condition(code(last)),
                    _ => Err("the table does not have the form of its kind".to_owned()),
                };
                result.err().map(|error| format!("{}: {error}", row.join(" | ")))
            })
            .collect();
        if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
    }

    /// A structured condition and an expression that must be one condition.
    fn spellings(&self, subject: &str, operator: &str, value: &str, expression: &str) -> Result<(), String> {
        let (record, field) = subject.split_once('.').ok_or("the subject has no record")?;
        let value = if value == "–" { String::new() } else { format!(", value: {{ {value} }}") };
        let atom =
            format!("{{ subject: {{ domain: {record}, field: {field} }}, operator: {operator}{value} }}");
        let hash = |condition: &str| {
            let outcome = self.compile_condition(condition);
            outcome.policy.as_ref().map(|policy| policy.hash).ok_or_else(|| messages(&outcome))
        };
        match hash(&atom)? == hash(&quoted(expression))? {
            true => Ok(()),
            false => Err("the hashes differ".to_owned()),
        }
    }

    /// A condition, with what it comes to behind ` // `.
    fn condition(&self, line: &str) -> Result<(), String> {
        let (condition, expected) = line.rsplit_once(" // ").unwrap_or((line, "true"));
        let outcome = self.compile_condition(&quoted(condition.trim()));
        let wrong = || format!("`{line}`: {}", messages(&outcome));
        if let Some(code) = expected.strip_prefix("refused ") {
            let refused = outcome.policy.is_none() && codes(&outcome).contains(code);
            return refused.then_some(()).ok_or_else(wrong);
        }
        let policy = outcome.policy.as_ref().ok_or_else(wrong)?;
        if let Some(code) = expected.strip_prefix("warns ") {
            return codes(&outcome).contains(code).then_some(()).ok_or_else(wrong);
        }
        let decision = decide(policy, &self.read_request()?);
        let actual = truth(&decision);
        match actual == expected {
            true => Ok(()),
            false => Err(format!("`{line}` is {actual}: {:?}", decision.undetermined)),
        }
    }

    /// The set with one rule, over the action of the request if there is one.
    fn compile_condition(&self, condition: &str) -> Compilation {
        let request = self.request.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let action = request.and_then(|request| request.pointer("/action/type")?.as_str().map(str::to_owned));
        let scope = action.map_or("global: true".to_owned(), |action| format!("action: {action}"));
        let declarations = self.declarations();
        let policy = format!(
            "version: 1\ndefault: allow\n{declarations}rules:\n  - id: rule\n    scope: {{ {scope} }}\n    when: {condition}\n    effect: block\n"
        );
        let mut files = self.files.clone();
        files.retain(|path, _| !path.starts_with("polic"));
        files.insert("policy.yaml".to_owned(), policy);
        compile(&set(&files))
    }

    /// The constants and definitions of the policy.
    fn declarations(&self) -> String {
        let policy = self.files.get("policy.yaml").map_or("", String::as_str);
        let mut kept = false;
        let lines = policy.lines().filter(|line| {
            if !line.starts_with([' ', '#']) && !line.is_empty() {
                kept = line.starts_with("constants:") || line.starts_with("definitions:");
            }
            kept
        });
        lines.flat_map(|line| [line, "\n"]).collect()
    }
}

fn truth(decision: &Decision<'_>) -> &'static str {
    match (decision.matched_rules.is_empty(), decision.undetermined.is_empty()) {
        (false, _) => "true",
        (true, false) => "undetermined",
        (true, true) => "false",
    }
}

/// A text as a YAML scalar.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn set(files: &BTreeMap<String, String>) -> PolicySet {
    PolicySet::from_texts(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

fn policy(files: &BTreeMap<String, String>) -> Result<Policy, String> {
    let mut outcome = compile(&set(files));
    outcome.policy.take().ok_or_else(|| messages(&outcome))
}

fn codes(outcome: &Compilation) -> BTreeSet<&'static str> {
    outcome.diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

fn messages(outcome: &Compilation) -> String {
    let messages = outcome.diagnostics.iter().map(|found| format!("{} {}", found.code, found.message));
    let messages: Vec<String> = messages.collect();
    if messages.is_empty() { "it compiles, and nothing is said".to_owned() } else { messages.join("; ") }
}

/// Whether a value has all that another one names.
fn covers(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            expected.iter().all(|(key, value)| actual.get(key).is_some_and(|actual| covers(actual, value)))
        }
        (Value::Array(actual), Value::Array(expected)) => {
            actual.len() == expected.len()
                && actual.iter().zip(expected).all(|(actual, expected)| covers(actual, expected))
        }
        _ => actual == expected,
    }
}
