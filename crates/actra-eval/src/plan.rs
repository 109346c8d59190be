//! A policy prepared for deciding: fields are slots, conditions are instructions, and rules are found by the values
//! of the request instead of one by one.
//!
//! The plan only ever says which rules are worth evaluating and evaluates the simple ones itself; what it does not
//! know it leaves to the evaluator, and requests that are invalid as a whole to [`crate::decide`]. So it cannot have an
//! opinion of its own, and a property test holds it to that.

mod bytecode;
mod decide;
mod describe;
mod frame;
mod hash;
mod index;
mod interpreter;
mod simple_atom;
mod slots;

use std::sync::Arc;

use actra_ir::Policy;
use actra_model::{ActionId, FaultHandling};
use hashbrown::HashTable;

use bytecode::{Bytecode, Emitter, TextRef};
pub use decide::decide_planned;
pub use describe::{AccessMethod, RuleAccess, describe_plan};
use hash::hash_bytes;
use index::{AccessPath, Disjunct, Index, IndexBuilder, NodeRef};
use slots::{ActionReads, FieldRead, ScopeClass};

/// A policy prepared for deciding, for [`decide_planned`]. Belongs to the policy that it was made of.
#[derive(Debug)]
pub struct Plan {
    extra_fields: FaultHandling,
    /// Whether a field that no rule reads can make a request invalid.
    rejects: bool,
    names: HashTable<(TextRef, ActionId)>,
    /// The plan of each action, by its [`ActionId`].
    actions: Vec<ActionPlan>,
    /// Where each rule's instructions start.
    starts: Vec<u32>,
    code: Bytecode,
    index: Index,
}

/// What deciding about one action needs.
#[derive(Debug)]
struct ActionPlan {
    /// The fields that its rules read, ascending by slot.
    reads: Arc<[FieldRead]>,
    /// The index nodes of its rules: its own, then those it shares with other actions.
    nodes: Box<[NodeRef]>,
    /// Paths inside of fields that enforced rules mention, such as `action.to.name`.
    inner: Box<[Arc<str>]>,
}

/// On average, a rule may be filed for so many actions separately; scopes beyond that are filed once for all their
/// actions.
const FILED_FOR_EACH: usize = 4;

impl Plan {
    /// Prepares a policy. `None` if it exceeds what a plan can number; then [`crate::decide`] has to do.
    ///
    /// Cost: linear in rules, their scopes and their conditions, but for a logarithm where rules are sorted by
    /// thresholds.
    pub fn new(policy: &Policy) -> Option<Plan> {
        Planner::new(policy)?.finish().map(|(plan, _)| plan)
    }

    /// How many conjuncts of a rule are left to the tree evaluator.
    fn tree_conjuncts(&self, rule: usize) -> usize {
        let start = self.starts.get(rule).map_or(0, |start| *start as usize);
        let end = self.starts.get(rule + 1).map_or(self.code.instructions.len(), |end| *end as usize);
        let instructions = self.code.instructions.get(start..end).unwrap_or_default();
        instructions
            .iter()
            .filter(|instruction| {
                matches!(instruction.op, bytecode::Opcode::Evaluate | bytecode::Opcode::EvaluateChecked)
            })
            .count()
    }
}

/// A plan in the making.
struct Planner<'p> {
    policy: &'p Policy,
    scope_classes: Vec<ScopeClass>,
    slots: slots::SlotAssignment<'p>,
    reads: Vec<ActionReads>,
}

impl<'p> Planner<'p> {
    fn new(policy: &'p Policy) -> Option<Self> {
        let scope_classes = slots::scope_classes(policy);
        let (slots, reads) = slots::assign_slots(policy, &scope_classes)?;
        Some(Self { policy, scope_classes, slots, reads })
    }

    fn finish(self) -> Option<(Plan, Vec<(u32, AccessPath)>)> {
        let policy = self.policy;
        let mut emitter = Emitter::new(&policy.schema, &self.slots, policy.rules.len());
        let mut starts = Vec::with_capacity(policy.rules.len());
        let mut alternatives = Vec::with_capacity(policy.rules.len());
        let mut alternatives_of = Vec::with_capacity(policy.rules.len());
        for (number, rule) in (0u32..).zip(&policy.rules) {
            starts.push(emitter.rule(rule)?);
            let first = alternatives.len() as u32;
            let own = index::access_predicates(&rule.condition, &mut emitter);
            alternatives.extend(own.into_iter().map(|predicates| Disjunct { rule: number, predicates }));
            alternatives_of.push(first..alternatives.len() as u32);
        }
        let names = policy.schema.actions.iter().zip(0..);
        let names = names.map(|(action, id)| Some((emitter.text(&action.name)?, ActionId(id))));
        let names: Vec<_> = names.collect::<Option<_>>()?;
        let code = emitter.finish();
        let names = by_name(&names, &code);
        let mut builder = IndexBuilder::new(alternatives, &code);
        let nodes =
            self.nodes(&mut builder, |rule| alternatives_of.get(rule as usize).cloned().unwrap_or(0..0));
        let (index, access_paths) = builder.finish();
        let actions = self.reads.into_iter().zip(nodes);
        let actions = actions.map(|(read, nodes)| ActionPlan {
            reads: read.reads,
            nodes: nodes.into(),
            inner: read.inner,
        });
        let plan = Plan {
            extra_fields: policy.schema.extra_fields,
            rejects: crate::scope::rejects_unread_faults(&policy.schema),
            names,
            actions: actions.collect(),
            starts,
            code,
            index,
        };
        Some((plan, access_paths))
    }

    /// Files the rules of each action, and gives by action where.
    fn nodes(
        &self,
        builder: &mut IndexBuilder<'_>,
        alternatives_of: impl Fn(u32) -> std::ops::Range<u32>,
    ) -> Vec<Vec<NodeRef>> {
        let alternatives = |class: &ScopeClass| {
            class.rules.iter().flat_map(|rule| alternatives_of(*rule)).collect::<Vec<_>>()
        };
        let cost = |class: &ScopeClass| class.rules.len() * class.actions.len();
        let mut scope_classes: Vec<&ScopeClass> = self.scope_classes.iter().collect();
        scope_classes.sort_by_key(|class| cost(class));
        let mut budget = FILED_FOR_EACH * self.policy.rules.len() + 1_000;
        let count = self.reads.len();
        let mut own: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut nodes: Vec<Vec<NodeRef>> = vec![Vec::new(); count];
        for class in scope_classes {
            let alternatives = alternatives(class);
            if let Some(left) = budget.checked_sub(cost(class)) {
                budget = left;
                for action in &class.actions {
                    own.get_mut(action.0 as usize)
                        .into_iter()
                        .for_each(|own| own.extend_from_slice(&alternatives));
                }
                continue;
            }
            let node = builder.file(&alternatives);
            for action in &class.actions {
                nodes.get_mut(action.0 as usize).into_iter().for_each(|nodes| nodes.push(node));
            }
        }
        for (own, nodes) in own.iter().zip(&mut nodes).filter(|(own, _)| !own.is_empty()) {
            nodes.insert(0, builder.file(own));
        }
        nodes
    }
}

fn by_name(names: &[(TextRef, ActionId)], code: &Bytecode) -> HashTable<(TextRef, ActionId)> {
    let mut table = HashTable::with_capacity(names.len());
    let hash = |(name, _): &(TextRef, ActionId)| hash_bytes(code.text(*name).as_bytes());
    for entry in names {
        table.insert_unique(hash(entry), *entry, hash);
    }
    table
}
