//! A witness, and the test case that it makes.

use actra_engine::model::{Decision, RawMap, RawRequest, RawValue, write_json_string};
use actra_wire::json_reader;

use crate::unmentioned;
use crate::written_request::written_request;

/// A request on which a mutant decides otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The request.
    pub request: RawRequest,
    /// What the policy decides.
    pub decided: Decision<'static>,
    /// What the mutant decides.
    pub mutated: Decision<'static>,
}

/// The members of a decision that a suggested test may expect, the most telling first.
const EXPECTABLE: &[&str] = &["effect", "matched_rule", "message", "required_actions", "shadow"];

impl Witness {
    /// A test case that fails under the mutant, as text for a list of cases.
    ///
    /// It expects what the policy decides today: whether that is what it should decide is for a person to say.
    pub fn case(&self, name: &str) -> String {
        let mut text = String::from("- name: ");
        write_json_string(&mut text, name);
        text.push_str("\n  request: ");
        text.push_str(&written_request(&self.request));
        text.push_str("\n  expect: { ");
        text.push_str(&self.expectations().join(", "));
        text.push_str(" }");
        actra_syntax::yaml::escaped(&text).into_owned()
    }

    /// The members that the test case expects: the effect, what differs if the effect does not, and the faults that a
    /// test must mention in order to pass.
    pub(crate) fn expectations(&self) -> Vec<String> {
        let (decided, mutated) = (members(&self.decided), members(&self.mutated));
        let has_other_effect = self.decided.effect != self.mutated.effect;
        let differs = |name: &str| decided.get(name) != mutated.get(name);
        let mut expected: Vec<String> = Vec::new();
        for name in
            EXPECTABLE.iter().filter(|name| **name == "effect" || (!has_other_effect && differs(name)))
        {
            let Some(value) = decided.get(name) else { continue };
            match value {
                RawValue::String(word) if *name == "effect" => expected.push(format!("effect: {word}")),
                value => expected.push(format!("{name}: {}", value.to_json())),
            }
        }
        for name in unmentioned::FAULT_MEMBERS {
            if let Some(value @ RawValue::List(found)) = decided.get(name)
                && !found.is_empty()
            {
                expected.push(format!("{name}: {}", value.to_json()));
            }
        }
        expected
    }
}

fn members(decision: &Decision<'_>) -> RawMap {
    match json_reader::parse_value(&actra_wire::decision_bytes(decision)) {
        Ok(RawValue::Map(members)) => members,
        _ => RawMap::new(),
    }
}

/// Whether two decisions differ in what a caller sees or does, apart from the effect.
pub(super) fn differ_visibly(one: &Decision<'_>, other: &Decision<'_>) -> bool {
    one.matched_rule != other.matched_rule
        || one.message != other.message
        || one.required_actions != other.required_actions
        || one.shadow != other.shadow
}
