//! From an effect to what is done about the call, and whether that is enforced.

use actra_engine::model::Effect;

/// Whether decisions are enforced.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::{Mode, Runtime};
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Ok(ana())).mode(Mode::Audit).build()?;
/// // It would need approval; in audit mode it runs, and its event says what would have happened.
/// assert!(runtime.admit(&(), "refund", amount(500)).is_ok());
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// The operation runs only if the policy allows it.
    #[default]
    Enforce,
    /// The operation runs whatever the policy says; the event records what would have happened.
    Audit,
}

impl Mode {
    /// The word in events and settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Enforce => "enforce",
            Mode::Audit => "audit",
        }
    }

    /// The mode with this word.
    pub fn parse(text: &str) -> Option<Mode> {
        [Mode::Enforce, Mode::Audit].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// What an enforcement point does about a decision.
///
/// ```
/// use actra_engine::model::Effect;
/// use actra_runtime::CallHandling;
///
/// assert_eq!(CallHandling::of(Effect::RequireApproval), CallHandling::Ask);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallHandling {
    /// Run the operation: the effect is `allow`.
    Run,
    /// Run it if a grant for exactly this request can be had.
    Ask,
    /// Do not run it.
    Refuse,
}

impl CallHandling {
    /// What an effect means for the operation: the one switch over the effect.
    pub fn of(effect: Effect) -> Self {
        match effect {
            Effect::Allow => CallHandling::Run,
            Effect::RequireApproval => CallHandling::Ask,
            Effect::Block => CallHandling::Refuse,
        }
    }
}
