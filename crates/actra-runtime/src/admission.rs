//! One operation on its way through an enforcement point, step by step, so that any host can drive it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use actra_engine::model::{ActionSchema, Decision, RawMap, RawRequest, RawValue, Reason};
use actra_engine::{Policy, Reads, decide};

use crate::approval::{Answer, ApprovalRequest, ApprovalStore, Digest, Grant};
use crate::contain::contained;
use crate::{Event, Failure, Live, Mode, Outcome, Stage, Verdict, redact, settles};

/// What all admissions of an enforcement point have in common.
pub struct Point {
    /// The policy in force.
    pub live: Arc<Live>,
    /// Whether decisions are enforced.
    pub mode: Mode,
    /// Who tells about the actor.
    pub actor: Source,
    /// Who tells about the world.
    pub snapshot: Source,
    /// Where approvals are kept.
    pub store: Arc<dyn ApprovalStore>,
    /// How long a grant is valid.
    pub valid: Duration,
    /// Whether somebody can be asked for approval while the caller waits.
    pub asks: bool,
    /// Whether somebody hears of evaluations.
    pub watched: bool,
}

impl std::fmt::Debug for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Point").field("live", &self.live).field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// Who tells about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Nobody: the record is there and empty.
    Nobody,
    /// The host, which is asked once.
    Host,
    /// The host, field by field: for those that rules read, and before somebody is asked for approval for the others.
    Fields,
}

/// The operation may run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Admitted {
    /// Who granted it, if a grant was needed.
    pub approved_by: Option<String>,
}

/// The operation must not run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The policy blocks it.
    #[error("{}", say(decision, "is blocked"))]
    Blocked {
        /// What was decided.
        decision: Box<Decision<'static>>,
    },
    /// It needs a grant, and there is none.
    #[error("{}{}", say(decision, "needs approval"), because(failure))]
    ApprovalRequired {
        /// What was decided.
        decision: Box<Decision<'static>>,
        /// What can be granted; `None` if nothing can, which `failure` then explains.
        approval: Option<Box<ApprovalRequest>>,
        /// Why there is no grant, if somebody was asked or something failed.
        failure: Option<String>,
    },
    /// Nothing was decided: the process has no policy.
    #[error("the operation is refused, since there is no policy to decide by: {reason}")]
    NoPolicy {
        /// Why there is none.
        reason: String,
    },
}

impl Refused {
    /// What was decided; `None` without a policy.
    pub fn decision(&self) -> Option<&Decision<'static>> {
        match self {
            Refused::Blocked { decision } | Refused::ApprovalRequired { decision, .. } => Some(decision),
            Refused::NoPolicy { .. } => None,
        }
    }
}

fn say(decision: &Decision<'_>, what: &str) -> String {
    let rule = decision.matched_rule.as_deref().map(|rule| format!(" by rule `{rule}`")).unwrap_or_default();
    let reason = decision.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
    format!("the operation {what}{rule}{reason}{}", doubt(decision).unwrap_or_default())
}

/// What could not be known, if that is why.
fn doubt(decision: &Decision<'_>) -> Option<String> {
    let open = |rule: &str| decision.undetermined.iter().find(|open| open.rule == rule);
    let (path, reason) = match (decision.matched_rule.as_deref(), decision.errors.first()) {
        (Some(rule), _) => open(rule).map(|open| (open.path.as_ref(), open.reason))?,
        (None, Some(fault)) => (fault.path.as_str(), fault.reason),
        (None, None) => return None,
    };
    Some(format!(" (`{path}`: {})", reason.message()))
}

fn because(failure: &Option<String>) -> String {
    failure.as_deref().map(|failure| format!(" ({failure})")).unwrap_or_default()
}

/// What a host is to do next.
#[derive(Debug)]
pub enum Step {
    /// Find out who acts, then [`Admission::give`].
    Actor,
    /// Find out what else there is to say about the actor, of which no rule reads anything, then [`Admission::give`]:
    /// a grant is for one actor, and not for all whom the rules do not tell apart.
    RestOfActor,
    /// Find out what the world is like, then [`Admission::give`].
    Snapshot,
    /// Ask somebody about this, then [`Admission::answer`].
    Ask(Box<ApprovalRequest>),
    /// Run the operation, or do not.
    Done(Result<Admitted, Refused>),
    /// Nothing is to be run; this is what the policy says.
    Evaluated(Box<Decision<'static>>),
}

/// One operation on its way.
///
/// The host calls [`Admission::step`] and does what it says until it is done. Records are asked for at most once for an
/// evaluation; after a grant the operation is evaluated again, with fresh records and the policy then in force. If that
/// one declares other fields for the action, the operation is refused.
#[derive(Debug)]
pub struct Admission {
    point: Arc<Point>,
    policy: Arc<Policy>,
    request: RawRequest,
    /// Arguments that the schema does not declare; bound by an approval, not seen by rules.
    hidden: RawMap,
    /// Whether the actor is known as far as an approval is bound to it.
    is_actor_whole: bool,
    failures: Vec<Failure>,
    started: Option<(SystemTime, Instant)>,
    next: Next,
    purpose: Purpose,
    asked: Option<Box<ApprovalRequest>>,
    events: Vec<Event>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Enforce,
    Evaluate,
}

#[derive(Debug)]
enum Next {
    Actor,
    RestOfActor,
    Snapshot,
    Decide,
    Answer(Box<Decision<'static>>),
    Done(Result<Admitted, Refused>),
    Evaluated(Box<Decision<'static>>),
}

impl Admission {
    /// Starts with an action and its arguments.
    pub fn begin(point: &Arc<Point>, action: &str, mut arguments: RawMap) -> Self {
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

    /// Whatever is decided later blocks.
    fn refuse_action(&mut self, fault: Reason, reason: &str) {
        self.request.fault = Some(fault);
        self.failures.push(Failure { stage: Stage::Action, reason: reason.to_owned() });
    }

    /// Starts with a request whose records the host has asked for already; what failed, it says.
    pub fn resolved(point: &Arc<Point>, request: RawRequest, failures: Vec<Failure>) -> Self {
        Self { failures, next: Next::Decide, ..Self::of(point, request) }
    }

    fn of(point: &Arc<Point>, request: RawRequest) -> Self {
        Self {
            point: Arc::clone(point),
            policy: point.live.policy(),
            request,
            hidden: RawMap::new(),
            is_actor_whole: point.actor != Source::Fields,
            failures: Vec::new(),
            started: point.watched.then(|| (SystemTime::now(), Instant::now())),
            next: Next::Actor,
            purpose: Purpose::Enforce,
            asked: None,
            events: Vec::new(),
        }
    }

    /// Decides by this policy: the action was made for its schema, and another one may be in force by now.
    #[must_use]
    pub fn under(self, policy: Arc<Policy>) -> Self {
        Self { policy, ..self }
    }

    /// Starts with a function call: arguments that the schema does not declare are bound by an approval, and neither
    /// rules nor observers see them, since nobody has said whether they are sensitive.
    pub fn call(point: &Arc<Point>, action: &str, arguments: RawMap) -> Self {
        let policy = point.live.policy();
        if sees_all(&policy, action, &arguments) {
            return Self::begin(point, action, arguments).under(policy);
        }
        let declared = policy.schema.action_id(action).and_then(|id| policy.schema.action(id));
        let (seen, hidden): (Vec<_>, Vec<_>) =
            arguments.into_iter().partition(|(name, _)| is_seen(declared, name));
        let admission = Self::begin(point, action, seen.into_iter().collect());
        admission.with_hidden(hidden.into_iter().collect()).under(policy)
    }

    /// Binds an approval to these arguments, too, which rules do not see.
    #[must_use]
    pub fn with_hidden(self, hidden: RawMap) -> Self {
        Self { hidden, ..self }
    }

    /// Only asks what the policy says: nothing is enforced, no approval is asked for, and none is used.
    pub fn evaluate(&mut self) {
        self.purpose = Purpose::Evaluate;
    }

    /// What to do next.
    pub fn step(&mut self) -> Step {
        loop {
            match &self.next {
                Next::Actor if self.point.actor != Source::Nobody => return Step::Actor,
                Next::RestOfActor => return Step::RestOfActor,
                Next::Actor => self.give(Some(RawValue::Map(RawMap::new())), Vec::new()),
                Next::Snapshot if self.point.snapshot == Source::Nobody => {
                    self.give(Some(RawValue::Map(RawMap::new())), Vec::new());
                }
                Next::Snapshot if snapshot_matters(&self.policy, self.reads(), &self.request) => {
                    return Step::Snapshot;
                }
                Next::Snapshot => self.next = Next::Decide,
                Next::Decide => self.decide(),
                Next::Answer(_) => match &self.asked {
                    Some(asked) => return Step::Ask(asked.clone()),
                    None => self.next = Next::Decide,
                },
                Next::Done(done) => return Step::Done(done.clone()),
                Next::Evaluated(decision) => return Step::Evaluated(decision.clone()),
            }
        }
    }

    /// Takes the record that was asked for; `None` if it cannot be had, so that whatever reads it is undetermined.
    pub fn give(&mut self, record: Option<RawValue>, failures: Vec<Failure>) {
        self.failures.extend(failures);
        match self.next {
            Next::Actor => {
                self.request.actor = record;
                self.next = Next::Snapshot;
            }
            Next::RestOfActor => {
                self.request.actor = both(self.request.actor.take(), record);
                self.is_actor_whole = true;
                self.next = Next::Decide;
            }
            Next::Snapshot => {
                self.request.snapshot = record;
                self.next = Next::Decide;
            }
            // Nobody asked for it.
            Next::Decide | Next::Answer(_) | Next::Done(_) | Next::Evaluated(_) => {}
        }
    }

    /// Takes what came of asking. Anything but a grant refuses.
    pub fn answer(&mut self, answer: Result<Answer, String>) {
        let (Next::Answer(_), Some(asked)) = (&self.next, &self.asked) else { return };
        let store = Arc::clone(&self.point.store);
        let granted = answer.and_then(|answer| {
            contained(|| {
                store.answer(&asked.id, &answer, SystemTime::now()).map_err(|error| error.to_string())
            })?;
            match answer {
                Answer::Granted { .. } => Ok(()),
                Answer::Denied { by, reason } => Err(format!("denied by {by}: {reason}")),
            }
        });
        self.answered(granted);
    }

    /// Goes on after a grant was put into the store; without one the operation is refused.
    pub fn resume(&mut self) {
        self.answered(Ok(()));
    }

    fn answered(&mut self, granted: Result<(), String>) {
        let Next::Answer(decision) = &self.next else { return };
        let policy = self.point.live.policy();
        match granted.and_then(|()| self.fits(&policy)) {
            Ok(()) => self.again(policy),
            Err(reason) => {
                let decision = decision.clone();
                let refused = refused(&decision, self.asked.as_deref(), Some(reason.clone()));
                self.tell(&decision, Outcome::Refused, Some(reason));
                self.next = Next::Done(Err(refused));
            }
        }
    }

    /// Whether the action can be decided by this policy, too: one that declares other fields may be about arguments that
    /// were left out of it.
    fn fits(&self, policy: &Policy) -> Result<(), String> {
        let name = self.name();
        match fields(policy, name).eq(fields(&self.policy, name)) {
            true => Ok(()),
            false => Err("the schema was replaced meanwhile".to_owned()),
        }
    }

    /// Takes the action and its hidden arguments as they are now: while the host asked and waited, what they hold may
    /// have changed, and what is decided about is what will be done.
    pub fn renew(&mut self, action: &str, mut arguments: RawMap, hidden: RawMap) {
        let given = arguments.insert("type".to_owned(), action.into());
        if self.name() != action || given.is_some() {
            self.refuse_action(Reason::NotARequest, "it became another action while it was asked about");
        }
        self.request.action = Some(arguments.into());
        self.hidden = hidden;
    }

    /// What the rules of this action can read; `None` if the schema does not declare it.
    pub fn reads(&self) -> Option<&Reads> {
        self.policy.reads(self.name())
    }

    fn name(&self) -> &str {
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

    /// The events so far, each once.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn decide(&mut self) {
        let policy = Arc::clone(&self.policy);
        let decision = decide(&policy, &self.request);
        let verdict = Verdict::of(decision.effect);
        if self.purpose == Purpose::Evaluate {
            self.tell(&decision, Outcome::Evaluated, None);
            self.next = Next::Evaluated(Box::new(decision.into_owned()));
        } else if self.point.mode == Mode::Audit || verdict == Verdict::Run {
            self.tell(&decision, Outcome::Ran, None);
            self.next = Next::Done(Ok(Admitted::default()));
        } else if verdict == Verdict::Refuse {
            self.tell(&decision, Outcome::Refused, None);
            self.next = Next::Done(Err(Refused::Blocked { decision: Box::new(decision.into_owned()) }));
        } else if !self.is_actor_whole {
            self.next = Next::RestOfActor;
        } else {
            self.next = match self.approve(&decision) {
                Ok(next) => next,
                Err(reason) => {
                    self.tell(&decision, Outcome::Refused, Some(reason.clone()));
                    Next::Done(Err(refused(&decision, None, Some(reason))))
                }
            };
        }
    }

    /// Looks for a grant, and asks for one if there is none.
    fn approve(&mut self, decision: &Decision<'_>) -> Result<Next, String> {
        let digest = Digest::of(&self.policy, &self.request, &self.hidden, decision);
        let digest = digest.map_err(|error| error.to_string())?;
        let (store, now) = (Arc::clone(&self.point.store), SystemTime::now());
        let grant = contained(|| store.redeem(&digest, now).map_err(|error| error.to_string()))?;
        if let Some(Grant { by, .. }) = grant {
            self.tell(decision, Outcome::Approved { by: by.clone() }, None);
            return Ok(Next::Done(Ok(Admitted { approved_by: Some(by) })));
        }
        let shown = redact(&self.policy.schema, &self.request);
        let request = ApprovalRequest::new(digest, decision, shown, now, self.point.valid);
        let request = contained(|| store.open(request).map_err(|error| error.to_string()))?;
        self.tell(decision, Outcome::Asked, None);
        // Nobody is asked twice: what was approved is not what is to be done now.
        if let Some(before) = &self.asked {
            let changed = match before.digest == digest {
                true => "somebody else has used the grant",
                false => "what was approved is not what would be done now",
            };
            return Ok(Next::Done(Err(refused(decision, Some(&request), Some(changed.to_owned())))));
        }
        if !self.point.asks {
            return Ok(Next::Done(Err(refused(decision, Some(&request), None))));
        }
        self.asked = Some(Box::new(request));
        Ok(Next::Answer(Box::new(decision.clone().into_owned())))
    }

    /// Evaluates again, with what holds now.
    fn again(&mut self, policy: Arc<Policy>) {
        self.policy = policy;
        self.is_actor_whole = self.point.actor != Source::Fields;
        self.request.actor = None;
        self.request.snapshot = None;
        self.failures.clear();
        self.started = self.point.watched.then(|| (SystemTime::now(), Instant::now()));
        self.next = Next::Actor;
    }

    fn tell(&mut self, decision: &Decision<'_>, outcome: Outcome, approval: Option<String>) {
        let Some((at, started)) = self.started else { return };
        let mut failures = self.failures.clone();
        failures.extend(approval.map(|reason| Failure { stage: Stage::Approval, reason }));
        self.events.push(Event {
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

/// Whether some rule reads the snapshot, and none that blocks is true without it.
pub(crate) fn snapshot_matters(policy: &Policy, reads: Option<&Reads>, request: &RawRequest) -> bool {
    let Some(reads) = reads.filter(|reads| !reads.snapshot.is_empty()) else { return false };
    !reads.blocks_without_snapshot || !settles(&decide(policy, request))
}

/// The names of the fields that are declared for an action.
fn fields<'p>(policy: &'p Policy, action: &str) -> impl Iterator<Item = &'p str> {
    let declared = policy.schema.action_id(action).and_then(|id| policy.schema.action(id));
    declared.into_iter().flat_map(|declared| declared.fields.keys().map(AsRef::as_ref))
}

/// A record whose fields came in two parts; none without one of them.
fn both(first: Option<RawValue>, second: Option<RawValue>) -> Option<RawValue> {
    let (Some(RawValue::Map(mut first)), Some(RawValue::Map(second))) = (first, second) else { return None };
    let more = second.into_iter().filter(|(name, _)| !first.contains_key(name)).collect::<Vec<_>>();
    first.extend(more);
    Some(first.into())
}

/// Whether the schema declares all arguments, or not even the action.
pub(crate) fn sees_all(policy: &Policy, action: &str, arguments: &RawMap) -> bool {
    let declared = policy.schema.action_id(action).and_then(|id| policy.schema.action(id));
    arguments.keys().all(|name| is_seen(declared, name))
}

fn is_seen(declared: Option<&ActionSchema>, name: &str) -> bool {
    name == "type" || declared.is_none_or(|declared| declared.fields.contains_key(name))
}

fn refused(decision: &Decision<'_>, approval: Option<&ApprovalRequest>, failure: Option<String>) -> Refused {
    Refused::ApprovalRequired {
        decision: Box::new(decision.clone().into_owned()),
        approval: approval.cloned().map(Box::new),
        failure,
    }
}
