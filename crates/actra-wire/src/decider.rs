//! The way from the bytes of a request to the bytes of its decision.

use actra_engine::model::{Effect, RawRequest};
use actra_engine::{Policy, decide, decide_records};

use crate::{RequestFault, Scanner, parse_request, write_decision};

/// Decides JSON requests, from bytes to bytes; its memory is reused from request to request.
///
/// ```
/// use actra_engine::{PolicySet, compile};
/// use actra_wire::JsonDecider;
///
/// let set = PolicySet::from_texts([
///     ("schema.yaml", "version: 1\nactions: { refund: { fields: { amount: number } } }"),
///     ("policy.yaml", "version: 1\ndefault: block\nrules:\n  - id: small\n    scope: { action: refund }\n    when: action.amount < 10\n    effect: allow"),
/// ]);
/// let policy = compile(&set).policy.expect("the set compiles");
/// let mut decider = JsonDecider::new(&policy);
/// let mut out = Vec::new();
/// let answer = decider.decide(br#"{"action":{"type":"refund","amount":5}}"#, &mut out);
/// assert!(out.starts_with(br#"{"effect":"allow","matched_rule":"small""#));
/// assert_eq!(answer.effect, actra_engine::model::Effect::Allow);
/// out.clear();
/// let answer = decider.decide(b"{", &mut out);
/// assert!(out.starts_with(br#"{"effect":"block","matched_rule":null"#));
/// assert_eq!(answer.fault.unwrap().offset, Some(1));
/// ```
#[derive(Debug)]
pub struct JsonDecider<'p> {
    policy: &'p Policy,
    scanner: Scanner,
}

/// The outcome of a decision, for callers that do not parse its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionSummary {
    /// The effect of the decision.
    pub effect: Effect,
    /// Why the bytes are no request; the effect is then a block. Faults inside of a request are not reported here.
    pub fault: Option<RequestFault>,
}

impl<'p> JsonDecider<'p> {
    /// A decider by a policy.
    pub fn new(policy: &'p Policy) -> Self {
        Self { policy, scanner: Scanner::new() }
    }

    /// Appends the canonical bytes of the decision on a request, whatever its bytes are.
    pub fn decide(&mut self, request: &[u8], out: &mut Vec<u8>) -> DecisionSummary {
        let Some(scan) = self.scanner.scan(request) else { return decide_tree(self.policy, request, out) };
        let decision = decide_records(self.policy, &scan);
        write_decision(&decision, out);
        DecisionSummary { effect: decision.effect, fault: None }
    }
}

/// The slow way for requests that the scanner refuses: the strict reader names the fault, if there is one.
#[cold]
fn decide_tree(policy: &Policy, request: &[u8], out: &mut Vec<u8>) -> DecisionSummary {
    let read = parse_request(request);
    let fault = RequestFault::of(&read);
    let request = read.unwrap_or_else(|error| RawRequest::unreadable(error.reason));
    let decision = decide(policy, &request);
    write_decision(&decision, out);
    DecisionSummary { effect: decision.effect, fault }
}

#[cfg(test)]
mod tests {
    use actra_engine::{PolicySet, compile};

    use super::*;
    use crate::{decision_bytes, read_request};

    const SCHEMA: &str = "version: 1
actions: { refund: { fields: { amount: number, note: 'string?', tags: 'list<string>?' } } }
actor: { fields: { role: string } }
";
    const POLICY: &str = "version: 1
default: allow
rules:
  - { id: large, scope: { action: refund }, when: 'action.amount > 1000', effect: require_approval, message: 'about {action.amount}' }
  - { id: noted, scope: { action: refund }, when: 'has(action.note) && action.note == \"é\\\"\"', effect: block }
  - { id: tagged, scope: { action: refund }, when: 'has(action.tags) && \"x\" in action.tags', effect: block, mode: shadow }
  - { id: clerk, scope: { action: refund }, when: 'actor.role == \"clerk\"', effect: block }
";

    /// Whatever the bytes, the answer is that of reading, deciding and writing; and the decider keeps nothing.
    #[test]
    fn answers_like_the_long_way() {
        let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", POLICY)]));
        let policy = outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics));
        let mut decider = JsonDecider::new(&policy);
        for text in [
            r#"{"action":{"type":"refund","amount":1500},"actor":{"role":"support"}}"#,
            r#"{"action":{"type":"refund","amount":1e400},"actor":{"role":"clerk"}}"#,
            r#"{"action":{"type":"refund","amount":1,"note":"\u00e9\""},"actor":{"role":"support"}}"#,
            r#"{"action":{"type":"refund","amount":1,"tags":["y","x"]},"actor":{"role":"support"}}"#,
            r#"{"action":{"type":"refund","amount":1,"tags":{}},"actor":{"role":null}}"#,
            r#"{"action":{"type":"refund","amount":1},"actor":[]}"#,
            r#"{"action":{"type":"refund","amount":1},"actor":null}"#,
            r#"{"action":{"type":"refund","amount":1,"amount":1}}"#,
            r#"{"action":{"type":"refund","amount":"1"}}"#,
            r#"{"action":{"type":"transfer"}}"#,
            r#"{"action":{"type":1}}"#,
            r#"{"action":{"typ\u0065":"refund","amount":1},"actor":{"role":"clerk"}}"#,
            r#"{"action":1,"other":2}"#,
            "{}",
            "[]",
            "{",
            "",
        ] {
            let request = read_request(text.as_bytes());
            let decision = decide(&policy, &request);
            let expected = decision_bytes(&decision);
            let mut out = b"before".to_vec();
            let answer = decider.decide(text.as_bytes(), &mut out);
            assert_eq!(answer.effect, decision.effect, "{text}");
            assert_eq!(answer.fault.map(|fault| fault.reason), request.fault, "{text}");
            let shown = String::from_utf8(out).unwrap();
            assert_eq!(shown.as_bytes(), [b"before".as_slice(), &expected].concat(), "{text}: {shown}");
        }
    }
}
