use std::ops::Deref;

use actra_compile::PolicySet;
use actra_diagnostics::{Diagnostic, Sources};
use actra_eval::Plan;

/// A compiled policy set, prepared for deciding. Immutable; threads share it by reference.
///
/// Reads as [`actra_ir::Policy`].
#[derive(Debug)]
pub struct Policy {
    ir: actra_ir::Policy,
    plan: Option<Plan>,
}

impl Policy {
    /// Prepares a policy for deciding.
    pub fn new(ir: actra_ir::Policy) -> Self {
        let plan = Plan::new(&ir);
        Self { ir, plan }
    }

    /// What deciding goes by; `None` for a policy so large that it is gone through instead.
    #[doc(hidden)]
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }
}

impl Deref for Policy {
    type Target = actra_ir::Policy;

    fn deref(&self) -> &Self::Target {
        &self.ir
    }
}

/// What compiling a set gives.
#[derive(Debug)]
pub struct Outcome {
    /// The texts, so that places can be shown.
    pub sources: Sources,
    /// Errors and warnings, sorted by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// The policy; `None` exactly if there is an error.
    pub policy: Option<Policy>,
}

/// Compiles a policy set and prepares it for deciding. Pure; reports all faults that it can find in one run.
///
/// Cost: close to linear in the text; see [`actra_compile::compile`] and [`Plan::new`].
pub fn compile(set: &PolicySet) -> Outcome {
    actra_compile::compile(set).into()
}

/// The same with warnings about what compiles and deserves a look; for those who write policies.
pub fn check(set: &PolicySet) -> Outcome {
    actra_compile::check(set).into()
}

impl From<actra_compile::Outcome> for Outcome {
    fn from(outcome: actra_compile::Outcome) -> Self {
        let policy = outcome.policy.map(Policy::new);
        Outcome { sources: outcome.sources, diagnostics: outcome.diagnostics, policy }
    }
}
