//! The rules of a policy, indexed for many questions: which cover an action, and which a request makes true.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use actra_eval::{Plan, Truth, decide_planned, evaluate_condition};
use actra_ir::{Policy, Rule, RuleMode};
use actra_model::{ActionId, Effect, PolicyHash, RawRequest, Request};

use crate::fields::reads_action_type;

/// A policy with the index of its rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IndexedRules<'a> {
    pub(crate) policy: &'a Policy,
    index: &'a RuleIndex,
}

/// What is computed once for all questions about a policy.
#[derive(Debug)]
pub(crate) struct RuleIndex {
    of: PolicyIdentity,
    plan: Option<Plan>,
    /// The rules that cover each action.
    actions: Vec<Arc<CoveringRules>>,
    /// By action: its group of actions with equal fields and rules; none if one of its rules reads their names.
    alike: Vec<Option<usize>>,
    numbers: BTreeMap<Arc<str>, usize>,
    conditions: OnceLock<Vec<[u8; 32]>>,
}

/// What tells one policy from another.
type PolicyIdentity = (PolicyHash, usize, usize);

/// The enforced rules that cover an action, by number, ascending.
#[derive(Debug, Default)]
struct CoveringRules {
    all: Vec<usize>,
    by_effect: [Arc<[usize]>; 3],
}

/// The rules that a request does not make false, by number.
pub(crate) struct RuleTruths {
    /// Rules whose conditions are true.
    pub(crate) true_rules: BTreeSet<usize>,
    /// Rules whose conditions are undetermined.
    pub(crate) undetermined: BTreeSet<usize>,
}

impl RuleIndex {
    pub(crate) fn new(policy: &Policy) -> Self {
        let actions = covering(policy);
        Self {
            of: identity(policy),
            plan: Plan::new(policy),
            alike: alike(policy, &actions),
            actions,
            numbers: (0..).zip(&policy.rules).map(|(number, rule)| (Arc::clone(&rule.id), number)).collect(),
            conditions: OnceLock::new(),
        }
    }

    /// Whether this is the index of a policy.
    pub(crate) fn is_of(&self, policy: &Policy) -> bool {
        self.of == identity(policy)
    }
}

/// The address of the rules belongs to it, since a copy that was changed may have kept its hash.
fn identity(policy: &Policy) -> PolicyIdentity {
    (policy.hash, policy.rules.as_ptr().addr(), policy.rules.len())
}

fn covering(policy: &Policy) -> Vec<Arc<CoveringRules>> {
    let mut numbers = vec![Vec::new(); policy.schema.actions.len()];
    for (number, rule) in (0..).zip(&policy.rules).filter(|(_, rule)| rule.mode == RuleMode::Enforce) {
        for action in rule.actions.iter() {
            numbers
                .get_mut(action.0 as usize)
                .into_iter()
                .for_each(|rules: &mut Vec<usize>| rules.push(number));
        }
    }
    let mut known: BTreeMap<Vec<usize>, Arc<CoveringRules>> = BTreeMap::new();
    let covering = numbers.into_iter().map(|all| match known.get(&all) {
        Some(same) => Arc::clone(same),
        None => {
            let covering = Arc::new(CoveringRules::new(policy, all.clone()));
            known.insert(all, Arc::clone(&covering));
            covering
        }
    });
    covering.collect()
}

impl CoveringRules {
    fn new(policy: &Policy, all: Vec<usize>) -> Self {
        let of = |effect| {
            let has = |number: &usize| policy.rules.get(*number).is_some_and(|rule| rule.effect == effect);
            all.iter().copied().filter(has).collect()
        };
        let by_effect = [Effect::Allow, Effect::RequireApproval, Effect::Block].map(of);
        Self { all, by_effect }
    }
}

fn alike(policy: &Policy, actions: &[Arc<CoveringRules>]) -> Vec<Option<usize>> {
    let naming: BTreeSet<usize> = (0..)
        .zip(&policy.rules)
        .filter(|(_, rule)| reads_action_type(&rule.condition))
        .map(|(number, _)| number)
        .collect();
    let mut known = BTreeMap::new();
    let groups = policy.schema.actions.iter().zip(actions).map(|(action, covering)| {
        let next = known.len();
        let group = *known.entry((format!("{:?}", action.fields), &covering.all)).or_insert(next);
        let names = !naming.is_empty() && covering.all.iter().any(|number| naming.contains(number));
        (!names).then_some(group)
    });
    groups.collect()
}

impl<'a> IndexedRules<'a> {
    /// A policy with its own index.
    pub(crate) fn new(policy: &'a Policy, index: &'a RuleIndex) -> Self {
        Self { policy, index }
    }

    fn covering(self, action: ActionId) -> Option<&'a CoveringRules> {
        self.index.actions.get(action.0 as usize).map(AsRef::as_ref)
    }

    /// The enforced rules that cover an action, in file order.
    pub(crate) fn enforced(self, action: ActionId) -> impl Iterator<Item = &'a Rule> + Clone {
        self.numbers(action).iter().filter_map(move |number| self.policy.rules.get(*number))
    }

    /// The numbers of the enforced rules that cover an action, in file order.
    pub(crate) fn numbers(self, action: ActionId) -> &'a [usize] {
        self.covering(action).map_or(&[], |covering| &covering.all)
    }

    /// The numbers of those with an effect.
    pub(crate) fn with_effect(self, action: ActionId, effect: Effect) -> Arc<[usize]> {
        let of = |covering: &CoveringRules| covering.by_effect.get(effect as usize).cloned();
        self.covering(action).and_then(of).unwrap_or_default()
    }

    pub(crate) fn rule(self, number: usize) -> Option<&'a Rule> {
        self.policy.rules.get(number)
    }

    /// The number of the rule with an id.
    pub(crate) fn number(self, id: &str) -> Option<usize> {
        self.index.numbers.get(id).copied()
    }

    /// Whether a rule is enforced and covers an action.
    pub(crate) fn covers(self, number: usize, action: ActionId) -> bool {
        self.rule(number).is_some_and(|rule| rule.mode == RuleMode::Enforce && rule.covers(action))
    }

    /// The number of the group of actions that have the same fields and rules; `None` for one whose rules read names.
    pub(crate) fn group(self, action: ActionId) -> Option<usize> {
        self.index.alike.get(action.0 as usize).copied().flatten()
    }

    /// The canonical hash of a rule's condition.
    pub(crate) fn condition(self, number: usize) -> Option<[u8; 32]> {
        let of = |rule: &Rule| actra_ir::hash::condition(&rule.condition);
        let all = self.index.conditions.get_or_init(|| self.policy.rules.iter().map(of).collect());
        all.get(number).copied()
    }

    /// The enforced rules that a request of an action does not make false. Cost: that of deciding it; for an invalid
    /// request, which is not decided by rules, that of evaluating each rule.
    pub(crate) fn truths(self, action: ActionId, raw: &RawRequest, read: &Request) -> RuleTruths {
        match &self.index.plan {
            Some(plan) if !read.invalid => self.decided(plan, raw),
            _ => self.evaluated(action, read),
        }
    }

    fn decided(self, plan: &Plan, raw: &RawRequest) -> RuleTruths {
        let decision = decide_planned(self.policy, plan, raw);
        RuleTruths {
            true_rules: decision.matched_rules.iter().filter_map(|id| self.number(id)).collect(),
            undetermined: decision
                .undetermined
                .iter()
                .filter_map(|undetermined| self.number(&undetermined.rule))
                .collect(),
        }
    }

    fn evaluated(self, action: ActionId, read: &Request) -> RuleTruths {
        let mut truths = RuleTruths { true_rules: BTreeSet::new(), undetermined: BTreeSet::new() };
        for number in self.numbers(action) {
            match self.rule(*number).map(|rule| evaluate_condition(&rule.condition, read)) {
                Some(Truth::True) => drop(truths.true_rules.insert(*number)),
                Some(Truth::Undetermined(_)) => drop(truths.undetermined.insert(*number)),
                Some(Truth::False) | None => {}
            }
        }
        truths
    }
}

impl RuleTruths {
    pub(crate) fn count(&self) -> usize {
        self.true_rules.len() + self.undetermined.len()
    }
}
