use std::fmt::Write;

use actra_engine::model::{Decision, Effect, RawRequest, ShadowTruth};
use actra_engine::{Policy, decide};

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
}

impl Default for Answers {
    fn default() -> Self {
        Self { bytes: Vec::new(), faults: String::new(), status: Status::Fine }
    }
}

impl Answers {
    pub(crate) fn answer(&mut self, policy: &Policy, number: u64, line: &[u8], format: Format) {
        let request = match actra_wire::parse_request(line) {
            Ok(request) => {
                if let Some(fault) = request.fault {
                    self.fault(format_args!("line {number}: {}", fault.message()));
                }
                request
            }
            Err(error) => {
                self.fault(format_args!(
                    "line {number}, byte {}: {}",
                    error.offset + 1,
                    error.reason.message()
                ));
                RawRequest::unreadable(error.reason)
            }
        };
        let decision = decide(policy, &request);
        if decision.effect != Effect::Allow {
            self.status = self.status.max(Status::No);
        }
        match format {
            Format::Human => {
                self.bytes.extend_from_slice(format!("{number}: {}", outcome(&decision)).as_bytes())
            }
            Format::Json => actra_wire::write_decision(&decision, &mut self.bytes),
        }
        self.bytes.push(b'\n');
    }

    fn fault(&mut self, fault: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.faults, "actra: {fault}");
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
