//! Deciding lines one after another, and what is answered to them.

use std::fmt::Write as _;
use std::io::Write as _;

use actra_engine::model::{Decision, Effect, RawRequest};
use actra_engine::{Policy, decide, decide_unplanned};
use actra_wire::{DecisionSummary, JsonDecider, RequestFault};

use crate::args::Format;
use crate::decision::describe;
use crate::exit::ExitStatus;

/// The answers to consecutive lines.
pub(crate) struct Answers {
    /// What goes to standard output.
    pub(crate) bytes: Vec<u8>,
    /// What goes to standard error: which lines are not requests.
    pub(crate) faults: String,
    /// `Usage` if a line was not a request, else `Negative` if an effect was not `allow`.
    pub(crate) status: ExitStatus,
    /// The number of the last line of a batch, once that line is answered.
    pub(crate) last_line: Option<u64>,
}

impl Default for Answers {
    fn default() -> Self {
        Self { bytes: Vec::new(), faults: String::new(), status: ExitStatus::Success, last_line: None }
    }
}

/// How lines are decided and answered.
#[derive(Clone, Copy)]
pub(crate) struct DeciderOptions {
    pub(crate) format: Format,
    /// Whether rules are looked up in the index, or all of them are evaluated.
    pub(crate) use_index: bool,
}

/// Decides lines, reusing its memory from one to the next.
pub(crate) enum Decider<'p> {
    /// Through a tree of the request, which the answers for people and deciding without the index need.
    Tree { policy: &'p Policy, decide: fn(&'p Policy, &RawRequest) -> Decision<'p>, format: Format },
    /// From bytes to bytes.
    Bytes(JsonDecider<'p>),
}

impl<'p> Decider<'p> {
    pub(crate) fn new(policy: &'p Policy, options: DeciderOptions) -> Self {
        let DeciderOptions { format, use_index } = options;
        match format {
            _ if !use_index => Self::Tree { policy, decide: decide_unplanned, format },
            Format::Human => Self::Tree { policy, decide, format },
            Format::Json => Self::Bytes(JsonDecider::new(policy)),
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
                        let _ = write!(answers.bytes, "{number}: {}", describe(&decision));
                    }
                    Format::Json => actra_wire::write_decision(&decision, &mut answers.bytes),
                }
                DecisionSummary { effect: decision.effect, fault }
            }
        };
        answers.bytes.push(b'\n');
        answers.record(number, answer);
    }
}

impl Answers {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.faults.clear();
        self.status = ExitStatus::Success;
        self.last_line = None;
    }

    fn record(&mut self, number: u64, answer: DecisionSummary) {
        if answer.effect != Effect::Allow {
            self.status = self.status.max(ExitStatus::Negative);
        }
        let Some(fault) = answer.fault else { return };
        let byte = fault.offset.map(|offset| format!(", byte {}", offset + 1)).unwrap_or_default();
        let _ = writeln!(self.faults, "actra: line {number}{byte}: {}", fault.reason.message());
        self.status = ExitStatus::Usage;
    }
}
