//! Events for [`tracing`](::tracing): into the span of the call, whatever subscriber the program has.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let schema = "version: 1\nactions: { open: {} }";
//! # let rules = "version: 1\ndefault: allow\nrules: [{ id: no, scope: { action: open }, when: true, effect: block }]";
//! let runtime = actra::builder::<()>(actra::parse(schema, rules)?).on_event(actra::tracing::observe).build()?;
//! # let _ = runtime.admit(&(), "open", actra::RawMap::new());
//! # Ok(())
//! # }
//! ```

use actra_engine::model::{Effect, RawValue};
use actra_runtime::{Event, Outcome};

/// Writes one event of the target `actra` for an evaluation, and one for each thing that went wrong on the way.
///
/// `WARN` for what did not run or would not have, and for what went wrong; `INFO` for everything else. Fields:
/// `action`, `effect`, `rule`, `outcome`, `mode`, `approved_by`, `correlation`, `event_id`, `policy_hash`,
/// `duration_us`. No value of the request is among them but the name of its action.
pub fn observe(event: &Event) {
    let decision = &event.decision;
    let approved_by = if let Outcome::Approved { by } = &event.outcome { Some(by.as_str()) } else { None };
    macro_rules! told {
        ($level:ident) => {
            ::tracing::$level!(
                target: "actra",
                action = action(event),
                effect = decision.effect.as_str(),
                rule = decision.matched_rule.as_deref(),
                outcome = event.outcome.as_str(),
                mode = event.mode.as_str(),
                approved_by,
                correlation = event.correlation.as_deref(),
                event_id = event.id,
                policy_hash = %decision.policy_hash,
                duration_us = u64::try_from(event.duration.as_micros()).unwrap_or(u64::MAX),
                "decided"
            )
        };
    }
    match decision.effect {
        Effect::Allow => told!(info),
        Effect::RequireApproval if approved_by.is_some() => told!(info),
        Effect::RequireApproval | Effect::Block => told!(warn),
    }
    for failure in &event.failures {
        let (stage, reason) = (failure.stage.as_str(), failure.reason.as_str());
        ::tracing::warn!(target: "actra", stage, reason, event_id = event.id, "a step of the call failed");
    }
}

/// The name of the action, which may be one that nobody declares.
fn action(event: &Event) -> Option<&str> {
    let Some(RawValue::Map(action)) = &event.request.action else { return None };
    if let Some(RawValue::String(name)) = action.get("type") { Some(name) } else { None }
}
