//! Deciding with a plan.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use actra_ir::{Policy, Rule, RuleMode};
use actra_model::{
    ActionId, Decision, Effect, Fault, RawRef, Reason, RecordName, RecordShape, Request, RequestReader,
    ShadowMatch, ShadowTruth, Undetermined,
};
use smallvec::SmallVec;

use super::bytecode::TextRef;
use super::frame::Frame;
use super::hash::hash_bytes;
use super::index::Candidates;
use super::interpreter::{Cause, CompactTruth, Interpreter};
use super::slots::{FieldRead, Mention};
use super::{ActionPlan, Plan};
use crate::decide::required_actions;
use crate::message;
use crate::relevant_faults::overlap;
use crate::strictest::{CarriedBy, Strictest, strictest_obtainable};

/// What the policy says about a request: the same decision as [`crate::decide`] on the typed request, found by the
/// plan, which must be that of the policy.
///
/// Cost: what the rules in scope read, plus the rules that match, are undetermined, or share their most selective test
/// with the request. No memory is needed where at most eight fields are read, all readable booleans, numbers and
/// strings, and at most three rules hold without templates or required actions.
pub fn decide_planned<'p>(policy: &'p Policy, plan: &'p Plan, request: &impl RequestReader) -> Decision<'p> {
    if !request.unknown().is_empty() {
        return decide_unknown(policy, plan, request);
    }
    let mut decision = Decision::block(policy.hash);
    if decide_into(&mut decision, policy, plan, request) { decision } else { unplanned(policy, request) }
}

/// For a request with unknown facts: it is decided with invalid values in their place.
///
/// A fault of the envelope is that of the request as it came: without its list of unknown facts it may be small enough.
#[cold]
fn decide_unknown<'p>(policy: &'p Policy, plan: &'p Plan, request: &impl RequestReader) -> Decision<'p> {
    if request.fault().is_some() {
        return unplanned(policy, request);
    }
    match request.to_raw().apply_unknown(&policy.schema) {
        Ok(resolved) => decide_planned(policy, plan, &resolved),
        Err(_) => unplanned(policy, request),
    }
}

/// Returns whether the request is known to be valid as a whole. The decision is filled in place, since it is
/// too large to be moved.
#[inline]
fn decide_into<'p>(
    decision: &mut Decision<'p>,
    policy: &'p Policy,
    plan: &'p Plan,
    request: &impl RequestReader,
) -> bool {
    let Some((id, action)) = action(plan, request) else { return false };
    let mut frame = Frame::empty(id, &action.reads);
    frame.fill(plan, request);
    if plan.rejects && (!frame.faults.is_empty() || holds_undeclared(policy, id, request)) {
        return false;
    }
    decision.effect = policy.default;
    if !frame.faults.is_empty() {
        decision.errors = relevant_faults(std::mem::take(&mut frame.faults), action);
    }
    let mut candidates = Candidates::new();
    for node in &action.nodes {
        plan.index.find(*node, &frame.slots, &plan.code, &mut candidates);
    }
    if candidates.len() > 1 {
        candidates.sort_unstable();
        candidates.dedup();
    }
    let (code, request, errors) = (&plan.code, &OnceCell::new(), &RefCell::default());
    let interpreter = Interpreter { policy, code, frame: &frame, request, errors };
    let mut carriers = Carriers::default();
    for number in &candidates {
        let number = *number as usize;
        let (Some(start), Some(rule)) = (plan.starts.get(number), policy.rules.get(number)) else { continue };
        match interpreter.rule(rule, *start) {
            CompactTruth::False => {}
            truth => add(decision, &mut carriers, &interpreter, rule, truth),
        }
    }
    if carriers.any {
        conclude(decision, &carriers, &interpreter);
    }
    true
}

/// For a request that is or may be invalid as a whole.
#[cold]
fn unplanned<'p>(policy: &'p Policy, request: &impl RequestReader) -> Decision<'p> {
    crate::decide(policy, &Request::from_raw(&policy.schema, &request.to_raw()))
}

#[inline]
fn action<'p>(plan: &'p Plan, request: &impl RequestReader) -> Option<(ActionId, &'p ActionPlan)> {
    if request.fault().is_some() {
        return None;
    }
    let Some(RawRef::Text(name)) = request.member(RecordName::Action, "type") else { return None };
    let is_named = |(known, _): &(TextRef, ActionId)| plan.code.is_text(*known, &name);
    let (_, id) = *plan.names.find(hash_bytes(name.as_bytes()), is_named)?;
    Some((id, plan.actions.get(id.0 as usize)?))
}

/// Whether a request has, or may have, an undeclared field that the schema rejects.
fn holds_undeclared(policy: &Policy, action: ActionId, request: &impl RequestReader) -> bool {
    let schema = &policy.schema;
    schema.extra_fields == actra_model::FaultHandling::Reject
        && RecordName::ALL.into_iter().any(|record| {
            let declared = |name: &str| {
                schema.field(record, action, name).is_some()
                    || (record == RecordName::Action && name == "type")
            };
            // Anything but an object could hide a field.
            request.shape(record) == RecordShape::Other || request.has_undeclared(record, &declared)
        })
}

/// The enforced rules that may carry the outcome.
#[derive(Default)]
struct Carriers<'p> {
    /// By effect: the first rule that is true.
    first_true: [Option<&'p Rule>; EFFECTS],
    /// By effect: the first rule that is undetermined.
    first_undetermined: [Option<&'p Rule>; EFFECTS],
    /// Rules with required actions, and which outcome they can carry.
    with_required_actions: SmallVec<[(&'p Rule, CarriedBy); 1]>,
    any: bool,
}

/// How many effects there are.
const EFFECTS: usize = Effect::Block as usize + 1;

impl<'p> Carriers<'p> {
    /// The strictest effect of any of these rules.
    fn strictest(rules: &[Option<&'p Rule>]) -> Option<Effect> {
        rules.iter().flatten().map(|rule| rule.effect).max()
    }
}

/// Takes in a rule that is not false; rules come in file order.
fn add<'p>(
    decision: &mut Decision<'p>,
    carriers: &mut Carriers<'p>,
    interpreter: &Interpreter<'_, '_, 'p>,
    rule: &'p Rule,
    truth: CompactTruth,
) {
    if rule.mode == RuleMode::Shadow {
        return decision.shadow.push(shadow(rule, truth));
    }
    carriers.any = true;
    let (carried_by, firsts) = if let CompactTruth::Undetermined(cause) = truth {
        decision.undetermined.push(undetermined(interpreter, rule, cause));
        (CarriedBy::Undetermined, &mut carriers.first_undetermined)
    } else {
        decision.matched_rules.push(id(rule));
        (CarriedBy::True, &mut carriers.first_true)
    };
    if let Some(first) = firsts.get_mut(rule.effect as usize) {
        first.get_or_insert(rule);
    }
    if !rule.required_actions.is_empty() {
        carriers.with_required_actions.push((rule, carried_by));
    }
}

/// Fills in what depends on the outcome.
fn conclude<'p>(decision: &mut Decision<'p>, carriers: &Carriers<'p>, interpreter: &Interpreter<'_, '_, 'p>) {
    let Strictest { effect, carried_by } = strictest_obtainable(
        interpreter.policy.default,
        Carriers::strictest(&carriers.first_true),
        Carriers::strictest(&carriers.first_undetermined),
    );
    decision.effect = effect;
    let of_effect = |firsts: &[Option<&'p Rule>]| firsts.get(effect as usize).copied().flatten();
    let matched = of_effect(&carriers.first_true).or_else(|| of_effect(&carriers.first_undetermined));
    decision.matched_rule = matched.map(id);
    decision.message = matched.and_then(|rule| message(interpreter, rule));
    if !carriers.with_required_actions.is_empty() {
        let carries = |(rule, by): &&(&Rule, CarriedBy)| rule.effect == effect && *by == carried_by;
        let rules: Vec<&Rule> =
            carriers.with_required_actions.iter().filter(carries).map(|(rule, _)| *rule).collect();
        decision.required_actions = required_actions(&rules);
    }
}

fn id(rule: &Rule) -> Cow<'_, str> {
    Cow::Borrowed(&rule.id)
}

fn undetermined<'p>(interpreter: &Interpreter<'_, '_, 'p>, rule: &'p Rule, cause: Cause) -> Undetermined<'p> {
    let (path, reason) = match cause {
        Cause::Slot(slot) => (Cow::Borrowed(interpreter.frame.path(slot)), interpreter.frame.reason(slot)),
        // Never reached: `Interpreter::rule` asks the tree evaluator instead.
        Cause::Evaluator => (Cow::Borrowed(""), Reason::WrongKind),
        Cause::EvalError(at) => match interpreter.errors.borrow().get(at as usize) {
            Some(error) => (Cow::Owned(error.path.to_string()), error.reason),
            None => (Cow::Borrowed(""), Reason::WrongKind),
        },
    };
    Undetermined { rule: id(rule), path, reason }
}

fn shadow<'p>(rule: &'p Rule, truth: CompactTruth) -> ShadowMatch<'p> {
    let truth = match truth {
        CompactTruth::True => ShadowTruth::True,
        CompactTruth::False | CompactTruth::Undetermined(_) => ShadowTruth::Undetermined,
    };
    ShadowMatch { rule: id(rule), effect: rule.effect, truth }
}

fn message<'p>(interpreter: &Interpreter<'_, '_, 'p>, rule: &'p Rule) -> Option<Cow<'p, str>> {
    let message = rule.message.as_ref()?;
    Some(message::literal(message).unwrap_or_else(|| {
        let request = interpreter.request.get_or_init(|| interpreter.frame.to_request());
        Cow::Owned(message::render(message, request))
    }))
}

/// The faults at paths that enforced rules mention, sorted, each once.
fn relevant_faults(mut faults: Vec<Fault>, action: &ActionPlan) -> Vec<Fault> {
    faults.retain(|fault| is_mentioned(&fault.path, action));
    faults.sort();
    faults.dedup();
    faults
}

fn is_mentioned(path: &str, action: &ActionPlan) -> bool {
    let mentioned = |read: &&FieldRead| read.mention > Mention::None;
    action.reads.iter().filter(mentioned).any(|read| match path.strip_prefix(&*read.path) {
        // The field itself.
        Some("") => true,
        // Something in it, or another field whose name starts alike.
        Some(rest) if rest.starts_with(['.', '[']) => {
            read.mention == Mention::Whole || action.inner.iter().any(|inner| overlap(inner, path))
        }
        Some(_) => false,
        // The record of the field.
        None => read.record.as_str() == path,
    })
}
