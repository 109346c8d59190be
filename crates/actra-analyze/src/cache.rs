//! What an analyzer keeps between questions.

use std::collections::BTreeMap;

use actra_ir::Policy;
use actra_model::ActionId;

use crate::theory::automaton::AutomatonCache;

/// Rules that stood in the way of requests of one action lately.
const MAX_RECENT_RULES: usize = 16;

/// Automata, the steps that all questions took, and rules that are likely to stand in the way again.
///
/// What is likely speeds up the search for a request and settles nothing.
#[derive(Debug, Default)]
pub(crate) struct AnalyzerCache {
    pub(crate) automata: AutomatonCache,
    pub(crate) steps: u64,
    /// By where the rules of a policy are, and by action: numbers of rules, the latest last.
    likely: BTreeMap<(usize, ActionId), Vec<usize>>,
}

impl AnalyzerCache {
    /// The rules of a policy that stood in the way lately, the latest first.
    pub(crate) fn likely(&self, policy: &Policy, action: ActionId) -> impl Iterator<Item = usize> {
        let known = self.likely.get(&(policy.rules.as_ptr().addr(), action));
        known.into_iter().flatten().rev().copied()
    }

    /// A rule stood in the way.
    pub(crate) fn note(&mut self, policy: &Policy, action: ActionId, number: usize) {
        let known = self.likely.entry((policy.rules.as_ptr().addr(), action)).or_default();
        known.retain(|other| *other != number);
        known.push(number);
        let over = known.len().saturating_sub(MAX_RECENT_RULES);
        known.drain(..over);
    }
}
