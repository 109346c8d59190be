//! Deciding with a plan.

use std::borrow::Cow;
use std::cell::OnceCell;

use actra_ir::{Mode, Policy, Rule};
use actra_model::{
    ActionId, Decision, Domain, Effect, Fault, RawMap, RawRef, Records, Request, RuleIds, ShadowMatch,
    ShadowTruth, Undetermined,
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
    let Some((id, action)) = action(policy, plan, request) else { return unplanned(policy, request) };
    let frame = Frame::read(plan, id, &action.reads, request);
    if plan.rejects && (!frame.faults.is_empty() || holds_undeclared(policy, id, request)) {
        return unplanned(policy, request);
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
    let mut judged = Judgement::new();
    for number in found {
        let start = plan.starts.get(number as usize);
        let truth = start.map_or(Tri::False, |start| run.rule(number, *start));
        if let (Tri::True | Tri::Undetermined(_), Some(rule)) = (&truth, policy.rules.get(number as usize)) {
            judged.push(Judged { rule, truth });
        }
    }
    conclude(&run, action, &judged)
}

/// For a request that is or may be invalid as a whole.
#[cold]
fn unplanned<'p>(policy: &'p Policy, request: &impl Records) -> Decision<'p> {
    crate::decide(policy, &Request::admit(&policy.schema, &request.to_raw()))
}

/// A rule that is not false.
struct Judged<'p> {
    rule: &'p Rule,
    truth: Tri,
}

/// In file order.
type Judgement<'p> = SmallVec<[Judged<'p>; 4]>;

#[inline]
fn action<'p>(policy: &Policy, plan: &'p Plan, request: &impl Records) -> Option<(ActionId, &'p ActionPlan)> {
    if request.fault().is_some() {
        return None;
    }
    let Some(RawRef::Text(name)) = request.member(Domain::Action, "type") else { return None };
    let is_named = |id: &ActionId| policy.schema.action(*id).is_some_and(|action| *action.name == *name);
    let id = *plan.names.find(index::hash_bytes(name.as_bytes()), is_named)?;
    Some((id, plan.actions.get(id.0 as usize)?))
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
#[inline]
fn conclude<'p>(run: &Run<'_, '_, 'p>, action: &ActionPlan, judged: &[Judged<'p>]) -> Decision<'p> {
    let policy = run.policy;
    let errors = if run.frame.faults.is_empty() { Vec::new() } else { relevant(&run.frame.faults, action) };
    let sums = Sums::of(run, judged);
    let base = sums.base.unwrap_or(policy.default);
    let effect = sums.open.map_or(base, |open| open.max(base));
    let matched = matched(judged, effect);
    Decision {
        effect,
        matched_rule: matched.map(id),
        matched_rules: sums.matched_rules,
        message: matched.and_then(|rule| message(run, rule)),
        required_actions: required(judged, effect, effect == base),
        undetermined: sums.undetermined,
        errors,
        shadow: sums.shadow,
        policy_hash: policy.hash,
    }
}

/// What all rules that are not false come to.
struct Sums<'p> {
    /// The strictest effect of the true ones.
    base: Option<Effect>,
    /// The strictest effect of the undetermined ones.
    open: Option<Effect>,
    matched_rules: RuleIds<'p>,
    undetermined: Vec<Undetermined<'p>>,
    shadow: Vec<ShadowMatch<'p>>,
}

impl<'p> Sums<'p> {
    #[inline]
    fn of(run: &Run<'_, '_, 'p>, judged: &[Judged<'p>]) -> Self {
        let mut sums = Self {
            base: None,
            open: None,
            matched_rules: RuleIds::new(),
            undetermined: Vec::new(),
            shadow: Vec::new(),
        };
        for Judged { rule, truth } in judged {
            match (rule.mode, truth) {
                (_, Tri::False) => {}
                (Mode::Enforce, Tri::True) => {
                    sums.base = sums.base.max(Some(rule.effect));
                    sums.matched_rules.push(id(rule));
                }
                (Mode::Enforce, Tri::Undetermined(why)) => {
                    sums.open = sums.open.max(Some(rule.effect));
                    sums.undetermined.push(undetermined(run, rule, why));
                }
                (Mode::Shadow, truth) => sums.shadow.push(shadow(rule, truth)),
            }
        }
        sums
    }
}

/// The first true rule with the outcome's effect, else the first undetermined one.
fn matched<'p>(judged: &[Judged<'p>], effect: Effect) -> Option<&'p Rule> {
    let mut carriers = judged.iter().filter(|judged| carries(judged, effect));
    let held = carriers.clone().find(|judged| holds(judged));
    held.or_else(|| carriers.next()).map(|judged| judged.rule)
}

fn carries(judged: &Judged<'_>, effect: Effect) -> bool {
    judged.rule.mode == Mode::Enforce && judged.rule.effect == effect
}

fn holds(judged: &Judged<'_>) -> bool {
    matches!(judged.truth, Tri::True)
}

/// Those of the rules that carry the outcome: the true ones, or the undetermined ones that raised it.
fn required<'p>(judged: &[Judged<'p>], effect: Effect, by_truth: bool) -> Vec<Cow<'p, RawMap>> {
    let carriers = judged.iter().filter(|judged| carries(judged, effect) && holds(judged) == by_truth);
    let carriers: SmallVec<[&Rule; 4]> =
        carriers.map(|judged| judged.rule).filter(|rule| !rule.required_actions.is_empty()).collect();
    if carriers.is_empty() { Vec::new() } else { required_actions(&carriers) }
}

fn id(rule: &Rule) -> Cow<'_, str> {
    Cow::Borrowed(&rule.id)
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
