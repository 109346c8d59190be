//! Deciding with a plan.

use std::borrow::Cow;
use std::cell::OnceCell;

use actra_ir::{Mode, Policy, Rule};
use actra_model::{
    ActionId, Decision, Domain, Fault, RawMap, RawRef, Records, Request, ShadowMatch, ShadowTruth,
    Undetermined,
};
use smallvec::SmallVec;

use super::frame::Frame;
use super::index::{self, Found};
use super::run::{Run, Tri, Why};
use super::slots::{Mention, Read};
use super::{ActionPlan, Plan};
use crate::decide::required_actions;
use crate::{errors, message};

/// What the policy says about a request: the same decision as [`crate::decide`] on the admitted request, found by the
/// plan, which must be that of the policy.
///
/// Cost: what the rules in scope read, plus the rules that match, are undetermined, or share their most selective test
/// with the request. No memory is needed where at most eight fields are read, all readable booleans, numbers and
/// strings, and at most three rules hold without templates or required actions.
pub fn decide_planned<'p>(policy: &'p Policy, plan: &'p Plan, request: &impl Records) -> Decision<'p> {
    planned(policy, plan, request).unwrap_or_else(|| {
        let request = Request::admit(&policy.schema, &request.to_raw());
        crate::decide(policy, &request)
    })
}

/// `None` for a request that is or may be invalid as a whole.
fn planned<'p>(policy: &'p Policy, plan: &'p Plan, request: &impl Records) -> Option<Decision<'p>> {
    let id = action(policy, plan, request)?;
    let action = plan.actions.get(id.0 as usize)?;
    let frame = Frame::read(plan, id, &action.reads, request);
    if plan.rejects && (!frame.faults.is_empty() || holds_undeclared(policy, id, request)) {
        return None;
    }
    let mut found = Found::new();
    for target in &action.targets {
        plan.index.find(*target, &frame.cells, &plan.code, &mut found);
    }
    if found.len() > 1 {
        found.sort_unstable();
        found.dedup();
    }
    let run = Run { policy, code: &plan.code, frame: &frame, request: &OnceCell::new() };
    let judged = found.iter().filter_map(|number| {
        let truth = run.rule(*number, *plan.starts.get(*number as usize)?);
        Some(Judged { rule: policy.rules.get(*number as usize)?, truth })
    });
    let judged: Judgement<'_> = judged.filter(|judged| !matches!(judged.truth, Tri::False)).collect();
    Some(conclude(&run, action, &judged))
}

/// A rule that is not false.
struct Judged<'p> {
    rule: &'p Rule,
    truth: Tri,
}

/// In file order.
type Judgement<'p> = SmallVec<[Judged<'p>; 4]>;

fn action(policy: &Policy, plan: &Plan, request: &impl Records) -> Option<ActionId> {
    if request.fault().is_some() {
        return None;
    }
    let Some(RawRef::Text(name)) = request.member(Domain::Action, "type") else { return None };
    let is_named = |id: &ActionId| policy.schema.action(*id).is_some_and(|action| *action.name == *name);
    plan.names.find(index::hash_bytes(name.as_bytes()), is_named).copied()
}

fn holds_undeclared(policy: &Policy, action: ActionId, request: &impl Records) -> bool {
    let schema = &policy.schema;
    schema.extra_fields == actra_model::FaultPolicy::Reject
        && Domain::ALL.into_iter().any(|domain| {
            let declared = |name: &str| {
                schema.field(domain, action, name).is_some() || (domain == Domain::Action && name == "type")
            };
            request.has_other_than(domain, &declared)
        })
}

/// The decision, given every rule that is not false.
fn conclude<'p>(run: &Run<'_, '_, 'p>, action: &ActionPlan, judged: &[Judged<'p>]) -> Decision<'p> {
    let policy = run.policy;
    let mut decision = Decision { effect: policy.default, ..Decision::block(policy.hash) };
    let mut base = None;
    let mut open = None;
    for Judged { rule, truth } in judged {
        match (rule.mode, truth) {
            (_, Tri::False) => {}
            (Mode::Enforce, Tri::True) => {
                base = base.max(Some(rule.effect));
                decision.matched_rules.push(id(rule));
            }
            (Mode::Enforce, Tri::Undetermined(why)) => {
                open = open.max(Some(rule.effect));
                decision.undetermined.push(undetermined(run, rule, why));
            }
            (Mode::Shadow, truth) => decision.shadow.push(shadow(rule, truth)),
        }
    }
    let base = base.unwrap_or(policy.default);
    decision.effect = open.map_or(base, |open| open.max(base));
    if !frame_is_clean(run) {
        decision.errors = relevant(&run.frame.faults, action);
    }
    if judged.is_empty() {
        return decision;
    }
    let of_effect =
        |judged: &&Judged<'p>| judged.rule.mode == Mode::Enforce && judged.rule.effect == decision.effect;
    let holds = |judged: &&Judged<'p>| matches!(judged.truth, Tri::True);
    let mut carriers = judged.iter().filter(of_effect);
    let matched = carriers.clone().find(holds).or_else(|| carriers.next()).map(|judged| judged.rule);
    decision.matched_rule = matched.map(id);
    decision.message = matched.and_then(|rule| message(run, rule));
    let by_truth = decision.effect == base;
    let carriers = judged.iter().filter(of_effect).filter(|judged| holds(judged) == by_truth);
    decision.required_actions = required(carriers.map(|judged| judged.rule));
    decision
}

fn frame_is_clean(run: &Run<'_, '_, '_>) -> bool {
    run.frame.faults.is_empty()
}

fn id(rule: &Rule) -> Cow<'_, str> {
    Cow::Borrowed(&rule.id)
}

fn required<'p>(carriers: impl Iterator<Item = &'p Rule>) -> Vec<Cow<'p, RawMap>> {
    let carriers: SmallVec<[&Rule; 4]> = carriers.filter(|rule| !rule.required_actions.is_empty()).collect();
    if carriers.is_empty() { Vec::new() } else { required_actions(&carriers) }
}

fn undetermined<'p>(run: &Run<'_, '_, 'p>, rule: &'p Rule, why: &Why) -> Undetermined<'p> {
    let (path, reason) = match why {
        Why::Slot(slot) => (Cow::Borrowed(run.frame.path(*slot)), run.frame.reason(*slot)),
        Why::Leaf(leaf) => (Cow::Owned(leaf.path.to_string()), leaf.reason),
        // Rules are evaluated by the walker where steps do not know; see `Run::rule`.
        Why::Walk => (Cow::Borrowed(""), actra_model::Reason::WrongKind),
    };
    Undetermined { rule: id(rule), path, reason }
}

fn shadow<'p>(rule: &'p Rule, truth: &Tri) -> ShadowMatch<'p> {
    let truth = match truth {
        Tri::True => ShadowTruth::True,
        Tri::False | Tri::Undetermined(_) => ShadowTruth::Undetermined,
    };
    ShadowMatch { rule: id(rule), effect: rule.effect, truth }
}

fn message<'p>(run: &Run<'_, '_, 'p>, rule: &'p Rule) -> Option<Cow<'p, str>> {
    let message = rule.message.as_ref()?;
    Some(message::literal(message).unwrap_or_else(|| {
        let request = run.request.get_or_init(|| run.frame.to_request());
        Cow::Owned(message::render(message, request))
    }))
}

/// The faults at paths that enforced rules mention, sorted, each once.
fn relevant(faults: &[Fault], action: &ActionPlan) -> Vec<Fault> {
    let mut relevant: Vec<Fault> =
        faults.iter().filter(|fault| concerns(&fault.path, action)).cloned().collect();
    relevant.sort();
    relevant.dedup();
    relevant
}

fn concerns(path: &str, action: &ActionPlan) -> bool {
    let mentioned = |read: &&Read| read.mention > Mention::None;
    action.reads.iter().filter(mentioned).any(|read| match path.strip_prefix(&*read.path) {
        // The field itself.
        Some("") => true,
        // Something in it, or another field whose name starts alike.
        Some(rest) if rest.starts_with(['.', '[']) => {
            read.mention == Mention::Whole || action.inner.iter().any(|inner| errors::overlap(inner, path))
        }
        Some(_) => false,
        // The record that it stands in.
        None => read.domain.as_str() == path,
    })
}
