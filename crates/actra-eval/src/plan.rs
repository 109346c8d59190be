//! A policy prepared for deciding: fields are slots, conditions are steps, and rules are found by the values of the
//! request instead of gone through.
//!
//! The plan only ever says which rules are worth evaluating and evaluates the simple ones itself; what it does not
//! know it leaves to the walker, and requests that are invalid as a whole to [`crate::decide`]. So it cannot have an
//! opinion of its own, and a property test holds it to that.

mod atom;
mod code;
mod decide;
mod describe;
mod frame;
mod index;
mod run;
mod slots;

use std::sync::Arc;

use actra_ir::Policy;
use actra_model::{ActionId, FaultPolicy};
use hashbrown::HashTable;

use code::{Code, TextRef, Writer};
pub use decide::decide_planned;
pub use describe::{ReachedBy, RuleReach, describe};
use index::{Builder, Index, Item, Target, Way};
use slots::{ActionReads, Read, ScopeClass};

/// A policy prepared for deciding, for [`decide_planned`]. Belongs to the policy that it was made of.
#[derive(Debug)]
pub struct Plan {
    extra_fields: FaultPolicy,
    /// Whether a field that no rule reads can make a request invalid.
    rejects: bool,
    names: HashTable<(TextRef, ActionId)>,
    /// By [`ActionId`].
    actions: Vec<ActionPlan>,
    /// Where each rule's steps start.
    starts: Vec<u32>,
    code: Code,
    index: Index,
}

/// What deciding about one action needs.
#[derive(Debug)]
struct ActionPlan {
    /// Ascending by slot.
    reads: Arc<[Read]>,
    /// Where its rules are filed: its own, then those it shares with other actions.
    targets: Box<[Target]>,
    /// Paths inside of fields that enforced rules mention, such as `action.to.name`.
    inner: Box<[Arc<str>]>,
}

/// Rules that are filed once for each action that they cover, at most; what exceeds this is filed once for a scope.
const FILED_FOR_EACH: usize = 4;

impl Plan {
    /// Prepares a policy. `None` if it exceeds what a plan can number; then [`crate::decide`] has to do.
    ///
    /// Cost: linear in rules, their scopes and their conditions, but for a logarithm where rules are sorted by
    /// thresholds.
    pub fn new(policy: &Policy) -> Option<Plan> {
        Planner::new(policy)?.finish().map(|(plan, _)| plan)
    }

    /// How many conjuncts of a rule only the walker evaluates.
    fn walked(&self, rule: usize) -> usize {
        let start = self.starts.get(rule).map_or(0, |start| *start as usize);
        let end = self.starts.get(rule + 1).map_or(self.code.steps.len(), |end| *end as usize);
        let steps = self.code.steps.get(start..end).unwrap_or_default();
        steps.iter().filter(|step| matches!(step.op, code::Op::Walk | code::Op::WalkWatched)).count()
    }
}

/// A plan in the making.
struct Planner<'p> {
    policy: &'p Policy,
    classes: Vec<ScopeClass>,
    slots: slots::Slots<'p>,
    reads: Vec<ActionReads>,
}

impl<'p> Planner<'p> {
    fn new(policy: &'p Policy) -> Option<Self> {
        let classes = slots::classes(policy);
        let (slots, reads) = slots::assign(policy, &classes)?;
        Some(Self { policy, classes, slots, reads })
    }

    fn finish(self) -> Option<(Plan, Vec<(u32, Way)>)> {
        let policy = self.policy;
        let mut writer = Writer::new(&policy.schema, &self.slots, policy.rules.len());
        let mut starts = Vec::with_capacity(policy.rules.len());
        let mut items = Vec::with_capacity(policy.rules.len());
        let mut items_of = Vec::with_capacity(policy.rules.len());
        for (number, rule) in (0u32..).zip(&policy.rules) {
            starts.push(writer.rule(rule)?);
            let first = items.len() as u32;
            let alternatives = index::accesses(&rule.condition, &mut writer);
            items.extend(alternatives.into_iter().map(|tests| Item { rule: number, tests }));
            items_of.push(first..items.len() as u32);
        }
        let names = policy.schema.actions.iter().zip(0..);
        let names = names.map(|(action, id)| Some((writer.text(&action.name)?, ActionId(id))));
        let names: Vec<_> = names.collect::<Option<_>>()?;
        let code = writer.finish();
        let names = by_name(&names, &code);
        let mut builder = Builder::new(items, &code);
        let targets = self.targets(&mut builder, |rule| items_of.get(rule as usize).cloned().unwrap_or(0..0));
        let (index, ways) = builder.finish();
        let actions = self.reads.into_iter().zip(targets);
        let actions = actions.map(|(read, targets)| ActionPlan {
            reads: read.reads,
            targets: targets.into(),
            inner: read.inner,
        });
        let plan = Plan {
            extra_fields: policy.schema.extra_fields,
            rejects: slots::rejects(&policy.schema),
            names,
            actions: actions.collect(),
            starts,
            code,
            index,
        };
        Some((plan, ways))
    }

    /// Files the rules of each action, and gives by action where.
    fn targets(
        &self,
        builder: &mut Builder<'_>,
        items_of: impl Fn(u32) -> std::ops::Range<u32>,
    ) -> Vec<Vec<Target>> {
        let items =
            |class: &ScopeClass| class.rules.iter().flat_map(|rule| items_of(*rule)).collect::<Vec<_>>();
        let cost = |class: &ScopeClass| class.rules.len() * class.actions.len();
        let mut classes: Vec<&ScopeClass> = self.classes.iter().collect();
        classes.sort_by_key(|class| cost(class));
        let mut room = FILED_FOR_EACH * self.policy.rules.len() + 1_000;
        let count = self.reads.len();
        let mut own: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut targets: Vec<Vec<Target>> = vec![Vec::new(); count];
        for class in classes {
            let items = items(class);
            if let Some(left) = room.checked_sub(cost(class)) {
                room = left;
                for action in &class.actions {
                    own.get_mut(action.0 as usize).into_iter().for_each(|own| own.extend_from_slice(&items));
                }
                continue;
            }
            let target = builder.file(&items);
            for action in &class.actions {
                targets.get_mut(action.0 as usize).into_iter().for_each(|targets| targets.push(target));
            }
        }
        for (own, targets) in own.iter().zip(&mut targets).filter(|(own, _)| !own.is_empty()) {
            targets.insert(0, builder.file(own));
        }
        targets
    }
}

fn by_name(names: &[(TextRef, ActionId)], code: &Code) -> HashTable<(TextRef, ActionId)> {
    let mut table = HashTable::with_capacity(names.len());
    let hash = |(name, _): &(TextRef, ActionId)| index::hash_bytes(code.text(*name).as_bytes());
    for entry in names {
        table.insert_unique(hash(entry), *entry, hash);
    }
    table
}
