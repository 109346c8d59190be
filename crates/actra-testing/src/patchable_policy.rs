//! A copy of a policy to which changes are applied one after another, without copying it for each.

use actra_engine::ir::{self, Rule};

use crate::mutant::Mutation;

/// A change that is in a policy, with what it replaced.
pub(crate) enum AppliedChange<'r> {
    Default,
    Rule { idx: usize, original: &'r Rule },
}

/// A copy of a policy to which changes are applied one after another, without copying it for each.
pub(crate) struct PatchablePolicy {
    policy: ir::Policy,
}

impl PatchablePolicy {
    pub(crate) fn new(policy: &ir::Policy) -> Self {
        Self { policy: policy.clone() }
    }

    /// Runs something on the policy with a change in it, and reverts the change.
    pub(crate) fn with<T>(
        &mut self,
        change: &Mutation,
        then: impl FnOnce(&ir::Policy, &AppliedChange<'_>) -> T,
    ) -> T {
        match change {
            Mutation::Default(effect) => {
                let original = std::mem::replace(&mut self.policy.default, *effect);
                let result = then(&self.policy, &AppliedChange::Default);
                self.policy.default = original;
                result
            }
            Mutation::Rule(idx, rule) => {
                let mut original = (**rule).clone();
                self.swap(*idx, &mut original);
                let result = then(&self.policy, &AppliedChange::Rule { idx: *idx, original: &original });
                self.swap(*idx, &mut original);
                result
            }
        }
    }

    fn swap(&mut self, idx: usize, rule: &mut Rule) {
        if let Some(current) = self.policy.rules.get_mut(idx) {
            std::mem::swap(current, rule);
        }
    }
}
