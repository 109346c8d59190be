//! The compiled policy with its plan for deciding, as hosts know it.

use std::ops::Deref;
use std::sync::OnceLock;

use actra_eval::{Plan, ReadSet};
use actra_ir::GovernanceHash;

/// A compiled policy set. Immutable; threads share it by reference.
///
/// The plan for deciding is built when the first request is decided, or by [`Policy::prepare`].
///
/// Reads as [`actra_ir::Policy`].
#[derive(Debug)]
pub struct Policy {
    ir: actra_ir::Policy,
    plan: OnceLock<Option<Plan>>,
    governance: Option<GovernanceHash>,
    /// The read sets by action, each worked out when it is first asked for.
    reads: Vec<OnceLock<ReadSet>>,
}

impl Policy {
    /// A policy that was compiled under no governance.
    pub fn new(ir: actra_ir::Policy) -> Self {
        let plan = OnceLock::new();
        let reads = ir.schema.actions.iter().map(|_| OnceLock::new()).collect();
        Self { ir, plan, governance: None, reads }
    }

    /// A policy that was compiled before, under a governance with this hash.
    pub fn compiled(ir: actra_ir::Policy, governance: Option<GovernanceHash>) -> Self {
        Self { governance, ..Self::new(ir) }
    }

    /// Builds the plan for deciding, so that no request waits for it.
    ///
    /// Cost: see [`Plan::new`]; nothing the second time.
    pub fn prepare(&self) {
        self.plan();
    }

    /// The hash of the governance that the policy was compiled under; `None` for a policy without.
    pub fn governance_hash(&self) -> Option<GovernanceHash> {
        self.governance
    }

    /// The fields that the rules of an action can read; `None` for an action that the schema does not declare.
    ///
    /// Cost: linear in the rules of the set for the first question about an action, then a look-up.
    pub fn reads(&self, action: &str) -> Option<&ReadSet> {
        let id = self.schema.action_id(action)?;
        let reads = self.reads.get(id.0 as usize)?;
        Some(reads.get_or_init(|| actra_eval::read_set(self, id)))
    }

    /// The plan for deciding; `None` for a policy that is too large for one.
    #[doc(hidden)]
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.get_or_init(|| Plan::new(&self.ir)).as_ref()
    }
}

impl Deref for Policy {
    type Target = actra_ir::Policy;

    fn deref(&self) -> &Self::Target {
        &self.ir
    }
}
