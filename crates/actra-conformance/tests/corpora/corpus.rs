//! Where the data is, and the way from a JSON request to an effect.

use std::fs;

use actra_conformance::{corpora, root};
use actra_diagnostics::Style;
use actra_engine::Policy;
use serde_json::{Map, Value};

/// The data file at `path` within the corpora.
pub fn read(path: &str) -> Value {
    let file = corpora().join(path);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The compiled policy set `examples/NAME`.
pub fn example(name: &str) -> Policy {
    let path = root().join("examples").join(name);
    let set = actra_host::read_policy_set(&path).unwrap_or_else(|error| panic!("{error}"));
    let outcome = actra_engine::compile(&set);
    for diagnostic in &outcome.diagnostics {
        let origin = path.display().to_string();
        println!("{}", actra_diagnostics::render(diagnostic, &outcome.sources, Style::Plain, &origin));
    }
    assert!(outcome.diagnostics.is_empty(), "{} has errors or warnings", path.display());
    outcome.policy.unwrap_or_else(|| panic!("{} does not compile", path.display()))
}

/// Whether there is a policy set `examples/NAME`.
pub fn has_example(name: &str) -> bool {
    root().join("examples").join(name).join("schema.yaml").exists()
}

/// The three records of a request.
pub fn request(action: Map<String, Value>, actor: &Value, snapshot: Map<String, Value>) -> Value {
    let mut request = Map::new();
    request.insert("action".to_owned(), Value::Object(action));
    request.insert("actor".to_owned(), actor.clone());
    request.insert("snapshot".to_owned(), Value::Object(snapshot));
    Value::Object(request)
}

/// A tool call as an action: its arguments beside its name.
pub fn action_of_call(call: &Value) -> Map<String, Value> {
    let mut action = object(&call["args"]);
    action.insert("type".to_owned(), call["tool"].clone());
    action
}

/// The effect as its word, and the rule that decided.
///
/// These requests are complete, so every rule must be decided: a block for want of a fact would prove nothing.
pub fn decide(policy: &Policy, request: &Value) -> (String, String) {
    let raw = actra_wire::read_request(request.to_string().as_bytes());
    let decision = actra_engine::decide(policy, &raw);
    assert!(decision.undetermined.is_empty(), "{:?} in {request}", decision.undetermined);
    let rule = decision.matched_rule.as_ref().map_or_else(|| "default".to_owned(), ToString::to_string);
    (decision.effect.as_str().to_owned(), rule)
}

/// The members of an object; none of anything else.
pub fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// The text of a string; empty for anything else.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The elements of a list; none of anything else.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// How often each effect was the outcome.
#[derive(Default)]
pub struct Tally {
    allowed: usize,
    approved: usize,
    blocked: usize,
}

impl Tally {
    /// Counts one outcome.
    pub fn add(&mut self, effect: &str) {
        match effect {
            "allow" => self.allowed += 1,
            "require_approval" => self.approved += 1,
            _ => self.blocked += 1,
        }
    }

    /// How many were allowed.
    pub fn allowed(&self) -> usize {
        self.allowed
    }

    /// How many there were.
    pub fn total(&self) -> usize {
        self.allowed + self.approved + self.blocked
    }

    /// Prints one row of a table, if there is anything to tell.
    pub fn print(&self, title: &str) {
        if self.total() == 0 {
            return;
        }
        let Self { allowed, approved, blocked } = self;
        println!(
            "{title:<40} {:>5} calls: {allowed:>5} allow ({:>5.1} %) {approved:>5} approval {blocked:>5} block",
            self.total(),
            share(*allowed, self.total()),
        );
    }
}

/// A percentage, for people to read.
pub fn share(part: usize, whole: usize) -> f64 {
    let [part, whole] = [part, whole.max(1)].map(|count| f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    100.0 * part / whole
}
