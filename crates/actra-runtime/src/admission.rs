//! One operation on its way through an enforcement point, step by step, so that any host can drive it.

mod asking;
mod recheck;
mod step;

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use actra_engine::model::{Decision, RawMap, RawRequest, RawValue, Reason};
use actra_engine::{Policy, ReadSet, decide};

pub use step::{Admitted, Step};

use crate::approval::{ApprovalExclusions, ApprovalRequest};
use crate::redact::TypesOnly;
use crate::refused::{NoGrant, field_errors};
use crate::{
    CallHandling, EnforcementPoint, Event, Failure, Mode, Outcome, RecordSource, Refused, RefusedKind, Stage,
    fields, id, needs_snapshot, redact,
};

/// One operation on its way.
///
/// The host calls [`Admission::step`] and does what it says until it is done. Records are asked for at most once for
/// an evaluation; after a grant the operation is evaluated again, with fresh records and the policy then in force. If
/// that one declares other fields for the action, the operation is refused. Where arguments can change, they are read
/// again as the last step before the operation runs.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use actra_runtime::approval::{MemoryStore, ApprovalExclusions};
/// use actra_runtime::{Admission, EnforcementPoint, PolicyInForce, Mode, OnActorFailure, RecordSource};
///
/// # let point = Arc::new(EnforcementPoint {
/// #     in_force: Arc::new(PolicyInForce::new(Arc::new(policy()))),
/// #     mode: Mode::Enforce,
/// #     on_actor_failure: OnActorFailure::Refuse,
/// #     actor: RecordSource::Whole,
/// #     snapshot: RecordSource::Empty,
/// #     unbound: ApprovalExclusions::default(),
/// #     store: Arc::new(MemoryStore::new()),
/// #     grant_lifetime: Duration::from_secs(900),
/// #     has_approver: false,
/// #     has_observers: false,
/// # });
///
/// let mut admission = Admission::begin(&point, "refund", amount(500));
/// admission.step();
/// admission.give(Some(ana().into()), Vec::new());
/// admission.step();
/// // What the policy says about what is known so far.
/// assert_eq!(admission.decision().effect.as_str(), "require_approval");
/// ```
pub struct Admission {
    point: Arc<EnforcementPoint>,
    policy: Arc<Policy>,
    request: RawRequest,
    /// Arguments as an approval is bound to them, which rules do not see; `None` until the host is asked for them.
    bound: Option<RawMap>,
    /// Whether the host gives them when it is asked.
    asks_for_arguments: bool,
    /// Whether what the arguments hold can change, so that the host reads them again.
    needs_recheck: bool,
    unbound: ApprovalExclusions,
    /// Whether something else tells this call from another one, and was not found out.
    is_incomplete: bool,
    /// Whether the actor is known as far as an approval is bound to it.
    is_actor_whole: bool,
    failures: Vec<Failure>,
    /// What is wrong with the request as a whole, if a failure says why.
    explained: Option<Reason>,
    started: Option<(SystemTime, Instant)>,
    state: State,
    purpose: Purpose,
    asked_for: Option<Box<ApprovalRequest>>,
    events: Vec<Event>,
    /// Of the last event, or the one that there would be.
    event_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Enforce,
    Evaluate,
}

enum State {
    Actor,
    RestOfActor,
    Snapshot,
    Arguments,
    /// The action as it is after a grant.
    RereadAction,
    Decide,
    /// It may run, if its action is still what was decided.
    RecheckAction(Box<Decision<'static>>, Outcome),
    AwaitAnswer(Box<Decision<'static>>),
    Done(Result<Admitted, Refused>),
    Evaluated(Box<Decision<'static>>),
}

/// What it is about; values may be sensitive.
impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let nothing = RawMap::new();
        f.debug_struct("Admission")
            .field("point", &self.point)
            .field("action", &self.name())
            .field("arguments", &TypesOnly(self.arguments().unwrap_or(&nothing)))
            .finish_non_exhaustive()
    }
}

impl Admission {
    pub(crate) const AMBIGUOUS_PARTS: &str = "two parts of the call have the same name";

    /// Starts with an action and its arguments.
    pub fn begin(point: &Arc<EnforcementPoint>, action: &str, mut arguments: RawMap) -> Self {
        let given = arguments.insert("type".to_owned(), action.into());
        let mut admission =
            Self::of(point, RawRequest { action: Some(arguments.into()), ..RawRequest::default() });
        if given.is_some() {
            admission.refuse_action(
                Reason::DuplicateKey,
                "`type` names the action, so no argument can have this name",
            );
        }
        admission
    }

    /// Refuses the call, whatever the policy says, since no request can be made of it: two arguments have one name.
    pub fn refuse_request(&mut self, reason: &str) {
        self.refuse_action(Reason::DuplicateKey, reason);
    }

    /// Records which parts of the action cannot be read, and why.
    pub fn note(&mut self, failures: Vec<Failure>) {
        let fresh = failures.into_iter().filter(|failure| !self.failures.contains(failure));
        let fresh = fresh.collect::<Vec<_>>();
        self.add(fresh);
    }

    /// In the order of the request, and of their words, however the host has found out: a refusal has the same words in
    /// every way.
    fn add(&mut self, failures: Vec<Failure>) {
        self.failures.extend(failures);
        self.failures
            .sort_by(|one, other| one.stage.cmp(&other.stage).then_with(|| order_of_reasons(one, other)));
    }

    /// Refuses the call, whatever the policy says, since no request can be made of it; what the fault is and why, in
    /// words for people.
    pub fn refuse_action(&mut self, fault: Reason, reason: &str) {
        self.request.fault = Some(fault);
        self.explained = Some(fault);
        self.note(vec![Failure::new(Stage::Action, reason)]);
    }

    /// Starts with a request whose records the host has already resolved; `failures` says what failed.
    pub fn resolved(point: &Arc<EnforcementPoint>, request: RawRequest, failures: Vec<Failure>) -> Self {
        let mut admission = Self { state: State::Decide, ..Self::of(point, request) };
        admission.refuse_without_actor(&failures);
        admission.add(failures);
        admission
    }

    /// Refuses a call whose actor cannot be had, unless the host wants it to be decided.
    fn refuse_without_actor(&mut self, failures: &[Failure]) {
        let has_actor = matches!(self.request.actor, Some(RawValue::Map(_)));
        if self.point.is_without_actor(has_actor, failures) && self.request.fault.is_none() {
            self.request.fault = Some(Reason::ActorFailed);
            let why = failures.iter().any(|failure| failure.stage == Stage::Actor);
            self.explained = why.then_some(Reason::ActorFailed);
        }
    }

    fn of(point: &Arc<EnforcementPoint>, request: RawRequest) -> Self {
        Self {
            point: Arc::clone(point),
            policy: point.in_force.policy(),
            request,
            bound: Some(RawMap::new()),
            asks_for_arguments: false,
            needs_recheck: false,
            unbound: ApprovalExclusions::default(),
            is_incomplete: false,
            is_actor_whole: point.actor != RecordSource::ByField,
            failures: Vec::new(),
            explained: None,
            started: point.has_observers.then(|| (SystemTime::now(), Instant::now())),
            state: State::Actor,
            purpose: Purpose::Enforce,
            asked_for: None,
            events: Vec::new(),
            event_id: None,
        }
    }

    /// Decides by this policy: the action was made for its schema, and another one may be in force by now.
    #[must_use]
    pub fn decided_by_policy(self, policy: Arc<Policy>) -> Self {
        Self { policy, ..self }
    }

    /// Starts with a function call: arguments that the schema does not declare are bound by an approval, and neither
    /// rules nor observers see them, since nobody has said whether they are sensitive.
    pub fn call(point: &Arc<EnforcementPoint>, action: &str, arguments: RawMap) -> Self {
        Self::call_under(point, point.in_force.policy(), action, arguments)
    }

    /// [`Admission::call`] by this policy.
    pub(crate) fn call_under(
        point: &Arc<EnforcementPoint>,
        policy: Arc<Policy>,
        action: &str,
        arguments: RawMap,
    ) -> Self {
        if fields::are_names(&policy, action, &arguments) {
            return Self::begin(point, action, arguments).decided_by_policy(policy);
        }
        let (seen, hidden) = fields::split(&policy, action, arguments);
        Self::begin(point, action, seen).binding(hidden).decided_by_policy(policy)
    }

    /// Binds an approval to these arguments, too, in the form that [`crate::approval`] says; rules do not see them.
    #[must_use]
    pub fn binding(self, bound: RawMap) -> Self {
        let mut admission = self;
        let all = admission.bound.get_or_insert_default();
        let twice = bound.into_iter().any(|(name, value)| all.insert(name, value).is_some());
        if twice {
            admission.refuse_request(Self::AMBIGUOUS_PARTS);
        }
        admission
    }

    /// Counts the time from this moment, when the host began with the call and asked for its records.
    #[must_use]
    pub fn started_at(self, at: SystemTime, started: Instant) -> Self {
        Self { started: self.started.map(|_| (at, started)), ..self }
    }

    /// Asks for these arguments by [`Step::Arguments`] if an approval needs them.
    #[must_use]
    pub fn binding_later(self) -> Self {
        Self { bound: None, asks_for_arguments: true, ..self }
    }

    /// Lets approvals cover the call whatever these parts of it are.
    #[must_use]
    pub fn with_exclusions(self, unbound: ApprovalExclusions) -> Self {
        Self { unbound, ..self }
    }

    /// Says that something else tells this call from another one, which was not found out: it cannot be approved.
    #[must_use]
    pub(crate) fn mark_incomplete(self) -> Self {
        Self { is_incomplete: true, ..self }
    }

    /// Only asks what the policy says: nothing is enforced, no approval is asked for, and none is used.
    pub fn evaluate(&mut self) {
        self.purpose = Purpose::Evaluate;
    }

    /// What the host has to do next; [`Step::Done`] once there is nothing more.
    pub fn step(&mut self) -> Step {
        loop {
            match &self.state {
                State::Actor if self.point.actor != RecordSource::Empty => return Step::Actor,
                State::RestOfActor => return Step::RestOfActor,
                State::Arguments => return Step::Arguments,
                State::RereadAction | State::RecheckAction(..) => return Step::Action,
                State::Actor => self.give(Some(RawValue::Map(RawMap::new())), Vec::new()),
                State::Snapshot if self.point.snapshot == RecordSource::Empty => {
                    self.give(Some(RawValue::Map(RawMap::new())), Vec::new());
                }
                State::Snapshot if needs_snapshot(&self.policy, self.reads(), &self.request) => {
                    return Step::Snapshot;
                }
                State::Snapshot => self.state = State::Decide,
                State::Decide => self.decide(),
                State::AwaitAnswer(_) => match &self.asked_for {
                    Some(asked_for) => return Step::Ask(asked_for.clone()),
                    None => self.state = State::Decide,
                },
                State::Done(done) => return Step::Done(done.clone()),
                State::Evaluated(decision) => return Step::Evaluated(decision.clone()),
            }
        }
    }

    /// Takes the record that was asked for; `None` if it could not be resolved, so that whatever reads it is
    /// undetermined.
    pub fn give(&mut self, record: Option<RawValue>, failures: Vec<Failure>) {
        match self.state {
            State::Actor => {
                self.request.actor = record;
                self.refuse_without_actor(&failures);
                // Nothing else is asked about a call that is refused.
                self.state = if self.request.fault.is_some() { State::Decide } else { State::Snapshot };
            }
            State::RestOfActor => {
                self.request.actor = merged(self.request.actor.take(), record);
                self.refuse_without_actor(&failures);
                self.is_actor_whole = true;
                self.state = State::Decide;
            }
            State::Snapshot => {
                self.request.snapshot = record;
                self.state = State::Decide;
            }
            // Nobody asked for it.
            State::Arguments
            | State::RereadAction
            | State::Decide
            | State::RecheckAction(..)
            | State::AwaitAnswer(_)
            | State::Done(_)
            | State::Evaluated(_) => {}
        }
        self.add(failures);
    }

    /// Takes the arguments that [`Step::Arguments`] asks for.
    pub fn bind(&mut self, bound: RawMap) {
        self.bound = Some(bound);
        if matches!(self.state, State::Arguments) {
            self.state = State::Decide;
        }
    }

    /// Whether the action can be decided by this policy, too: one that declares other fields may be about arguments
    /// that were left out of it.
    fn fits(&self, policy: &Policy) -> Result<(), String> {
        let name = self.name();
        match fields::declared(policy, name).eq(fields::declared(&self.policy, name)) {
            true => Ok(()),
            false => Err("the schema was replaced in the meantime".to_owned()),
        }
    }

    /// What the rules of this action can read; `None` if the schema does not declare it.
    pub fn reads(&self) -> Option<&ReadSet> {
        self.policy.reads(self.name())
    }

    /// The policy that decides: the one that the operation began with, or, after a grant, the one that was in force
    /// then.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The type of its action.
    pub fn name(&self) -> &str {
        match self.arguments().and_then(|arguments| arguments.get("type")) {
            Some(RawValue::String(name)) => name,
            _ => "",
        }
    }

    /// The action as the policy sees it, `type` included.
    pub fn arguments(&self) -> Option<&RawMap> {
        match &self.request.action {
            Some(RawValue::Map(members)) => Some(members),
            _ => None,
        }
    }

    /// What the policy says about the request as far as it is known.
    pub fn decision(&self) -> Decision<'static> {
        decide(&self.policy, &self.request).into_owned()
    }

    /// The request as far as it is known, without sensitive values.
    pub fn shown(&self) -> RawRequest {
        redact(&self.policy.schema, &self.request)
    }

    /// The events since the last call of this, for the host to tell observers of.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn decide(&mut self) {
        let policy = Arc::clone(&self.policy);
        let decision = decide(&policy, &self.request);
        let handling = CallHandling::of(decision.effect);
        self.state = if self.purpose == Purpose::Evaluate {
            self.emit(&decision, Outcome::Evaluated, None);
            State::Evaluated(Box::new(decision.into_owned()))
        } else if self.point.mode == Mode::Audit || handling == CallHandling::Run {
            self.admit(&decision, Outcome::Ran)
        } else if handling == CallHandling::Refuse {
            self.refuse(&decision, None, Outcome::Refused, None)
        } else if !self.is_actor_whole {
            State::RestOfActor
        } else if self.bound.is_none() {
            State::Arguments
        } else {
            self.approve(&decision)
                .unwrap_or_else(|no_grant| self.refuse(&decision, None, Outcome::Refused, Some(no_grant)))
        };
    }

    /// Ends in a refusal, and notes an event for it.
    fn refuse(
        &mut self,
        decision: &Decision<'_>,
        approval: Option<Box<ApprovalRequest>>,
        outcome: Outcome,
        no_grant: Option<(NoGrant, String)>,
    ) -> State {
        let reason = no_grant.as_ref().map(|(_, reason)| reason.clone());
        self.emit(decision, outcome, reason);
        self.refused(decision, approval, no_grant)
    }

    /// The end in a refusal that has its event already.
    fn refused(
        &mut self,
        decision: &Decision<'_>,
        approval: Option<Box<ApprovalRequest>>,
        no_grant: Option<(NoGrant, String)>,
    ) -> State {
        let (no_grant, reason) = no_grant.unzip();
        let is_request = decision.errors.iter().all(|fault| !fault.path.is_empty());
        let kind = match CallHandling::of(decision.effect) {
            _ if !is_request => RefusedKind::NotDecided,
            CallHandling::Ask => RefusedKind::NeedsApproval,
            CallHandling::Run | CallHandling::Refuse => RefusedKind::Blocked,
        };
        let mut failures = self.failures.clone();
        failures.extend(reason.map(|reason| Failure::new(Stage::Approval, reason)));
        State::Done(Err(Refused {
            kind,
            action: self.name().to_owned(),
            field_errors: field_errors(&self.policy.schema, &self.request, decision),
            decision: Some(Box::new(decision.clone().into_owned())),
            undeclared: approval.as_deref().map(|approval| self.undeclared(approval)).unwrap_or_default(),
            approval,
            failures,
            event_id: self.event_id.take().unwrap_or_else(id::fresh),
            no_grant,
            explained: self.explained,
        }))
    }

    /// Ends it: the caller went away while it was asked or waited for, or heard that it may run.
    pub fn cancel(&mut self) {
        if !matches!(self.state, State::Done(Err(_)) | State::Evaluated(_)) {
            let policy = Arc::clone(&self.policy);
            let decision = decide(&policy, &self.request);
            self.state = self.refuse(&decision, None, Outcome::Cancelled, None);
        }
    }

    /// Begins the evaluation again under a policy, and forgets the records that were found out.
    fn restart(&mut self, policy: Arc<Policy>) {
        if self.asks_for_arguments {
            self.bound = None;
        }
        self.policy = policy;
        self.is_actor_whole = self.point.actor != RecordSource::ByField;
        self.request.actor = None;
        self.request.snapshot = None;
        self.failures.clear();
        self.event_id = None;
        self.started = self.point.has_observers.then(|| (SystemTime::now(), Instant::now()));
        self.state = if self.needs_recheck { State::RereadAction } else { State::Actor };
    }

    fn emit(&mut self, decision: &Decision<'_>, outcome: Outcome, approval: Option<String>) {
        let Some((at, started)) = self.started else { return };
        let id = id::fresh();
        self.event_id = Some(id.clone());
        let mut failures = self.failures.clone();
        failures.extend(approval.map(|reason| Failure::new(Stage::Approval, reason)));
        self.events.push(Event {
            id,
            at,
            duration: started.elapsed(),
            mode: self.point.mode,
            outcome,
            decision: decision.clone().into_owned(),
            request: redact(&self.policy.schema, &self.request),
            failures,
            correlation: None,
        });
    }
}

/// A record whose fields came in two parts; none without one of them.
fn merged(first: Option<RawValue>, second: Option<RawValue>) -> Option<RawValue> {
    let (Some(RawValue::Map(mut first)), Some(RawValue::Map(second))) = (first, second) else { return None };
    let more = second.into_iter().filter(|(name, _)| !first.contains_key(name)).collect::<Vec<_>>();
    first.extend(more);
    Some(first.into())
}

/// How the reasons of one stage stand. Those for which a part of the request is not known were found in the order in
/// which a host has looked; what came of asking has an order of its own.
fn order_of_reasons(one: &Failure, other: &Failure) -> Ordering {
    match one.stage {
        Stage::Action | Stage::Actor | Stage::Snapshot => one.reason.cmp(&other.reason),
        Stage::Approval | Stage::Observer | Stage::Policy => Ordering::Equal,
    }
}
