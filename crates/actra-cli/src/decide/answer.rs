use std::fmt::Write as _;
use std::io::Write as _;

use actra_engine::model::{Decision, Effect, RawRequest, ShadowTruth};
use actra_engine::{Policy, decide, decide_unplanned};
use actra_wire::{Answer, JsonDecider, RequestFault};

use super::Way;
use crate::args::Format;
use crate::load::shown;
use crate::status::Status;

/// The answers to consecutive lines.
pub(crate) struct Answers {
    /// What goes to standard output.
    pub(crate) bytes: Vec<u8>,
    /// What goes to standard error: lines that are no requests.
    pub(crate) faults: String,
    /// 2 if a line was no request, else 1 if an effect was not `allow`.
    pub(crate) status: Status,
    /// The number of the last line of a batch, if that is answered.
    pub(crate) end: Option<u64>,
}

impl Default for Answers {
    fn default() -> Self {
        Self { bytes: Vec::new(), faults: String::new(), status: Status::Fine, end: None }
    }
}

/// What decides lines, one after another, in memory that is used again.
pub(crate) enum Decider<'p> {
    /// For people, and for going through all rules.
    Tree { policy: &'p Policy, decide: fn(&'p Policy, &RawRequest) -> Decision<'p>, format: Format },
    /// For programs: from bytes to bytes.
    Bytes(JsonDecider<'p>),
}

impl<'p> Decider<'p> {
    pub(crate) fn new(policy: &'p Policy, way: Way) -> Self {
        match (way.format, way.no_index) {
            (Format::Json, false) => Self::Bytes(JsonDecider::new(policy)),
            (format, false) => Self::Tree { policy, decide, format },
            (format, true) => Self::Tree { policy, decide: decide_unplanned, format },
        }
    }

    /// Answers a line.
    pub(crate) fn answer(&mut self, number: u64, line: &[u8], answers: &mut Answers) {
        let answer = match self {
            Self::Bytes(decider) => decider.decide(line, &mut answers.bytes),
            Self::Tree { policy, decide, format } => {
                let read = actra_wire::parse_request(line);
                let fault = RequestFault::of(&read);
                let request = read.unwrap_or_else(|error| RawRequest::unreadable(error.reason));
                let decision = decide(policy, &request);
                match format {
                    Format::Human => {
                        let _ = write!(answers.bytes, "{number}: {}", outcome(&decision));
                    }
                    Format::Json => actra_wire::write_decision(&decision, &mut answers.bytes),
                }
                Answer { effect: decision.effect, fault }
            }
        };
        answers.bytes.push(b'\n');
        answers.note(number, answer);
    }
}

impl Answers {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.faults.clear();
        self.status = Status::Fine;
        self.end = None;
    }

    fn note(&mut self, number: u64, answer: Answer) {
        if answer.effect != Effect::Allow {
            self.status = self.status.max(Status::No);
        }
        let Some(fault) = answer.fault else { return };
        let byte = fault.offset.map(|offset| format!(", byte {}", offset + 1)).unwrap_or_default();
        let _ = writeln!(self.faults, "actra: line {number}{byte}: {}", fault.reason.message());
        self.status = Status::Wrong;
    }
}

/// One line: the effect, the rule with its message, and what could not be decided.
pub(crate) fn outcome(decision: &Decision<'_>) -> String {
    let mut text = decision.effect.to_string();
    if let Some(rule) = &decision.matched_rule {
        let _ = write!(text, " by {rule}");
    }
    if let Some(message) = &decision.message {
        let _ = write!(text, ": {}", shown(message));
    }
    for undetermined in &decision.undetermined {
        let reason = undetermined.reason.message();
        let _ = write!(text, "; {} is undetermined: {reason}{}", undetermined.rule, at(&undetermined.path));
    }
    if decision.undetermined.is_empty() {
        for fault in &decision.errors {
            let _ = write!(text, "; {}{}", fault.reason.message(), at(&fault.path));
        }
    }
    for shadow in &decision.shadow {
        let effect = shadow.effect;
        let _ = match shadow.truth {
            ShadowTruth::True => write!(text, "; in shadow, {} says {effect}", shadow.rule),
            ShadowTruth::Undetermined => write!(text, "; in shadow, {} may say {effect}", shadow.rule),
        };
    }
    text
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" ({})", shown(path)) }
}
