//! The one decision: whether an operation may go on to the other side.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actra_engine::Policy;
use actra_engine::model::{RawMap, RawRequest, RawValue, Reason};
use actra_runtime::approval::{ApprovalAnswer, ApprovalExclusions, ApprovalRequest, ApprovalStore};
use actra_runtime::{
    Admission, EnforcementPoint, Mode, OnActorFailure, PolicyInForce, RecordSource, Refused, Step,
};

use crate::ambiguity::ambiguity;
use crate::event_log::EventLog;
use crate::id::Id;

/// What a [`Gate`] is made of.
#[derive(Debug)]
pub struct GateSettings {
    /// The policy in force, which others may replace.
    pub in_force: Arc<PolicyInForce>,
    /// Who acts; `None` if the policy knows no actors.
    pub actor: Option<RawMap>,
    /// Facts that do not change while the gateway runs.
    pub snapshot: RawMap,
    /// Whether decisions are enforced, or only recorded.
    pub mode: Mode,
    /// How long a grant is valid.
    pub grant_lifetime: Duration,
    /// The person who uses the client, by name: whoever that is may approve, when the client asks, what no rule
    /// reserves for somebody else. `None` if nobody may in this way.
    pub user: Option<String>,
    /// Where events go.
    pub events: EventLog,
}

/// Decides calls by the policy in force, and writes an event of each decision before anybody acts on it.
#[derive(Debug)]
pub struct Gate {
    /// For calls whose client cannot ask anybody.
    point: Arc<EnforcementPoint>,
    /// For calls whose client can ask its user.
    asking: Arc<EnforcementPoint>,
    user: Option<String>,
    actor: Option<RawMap>,
    snapshot: RawMap,
    events: EventLog,
}

impl Gate {
    /// A gate whose approvals wait in this store.
    pub fn new(settings: GateSettings, store: Arc<dyn ApprovalStore>) -> Self {
        let GateSettings { in_force, actor, snapshot, mode, grant_lifetime, user, events } = settings;
        let point = |has_approver| {
            Arc::new(EnforcementPoint {
                in_force: Arc::clone(&in_force),
                mode,
                on_actor_failure: OnActorFailure::Refuse,
                actor: if actor.is_some() { RecordSource::Whole } else { RecordSource::Empty },
                snapshot: RecordSource::Whole,
                unbound: ApprovalExclusions::default(),
                store: Arc::clone(&store),
                grant_lifetime,
                has_approver,
                has_observers: true,
            })
        };
        let (point, asking) = (point(false), point(true));
        Self { point, asking, user, actor, snapshot, events }
    }

    /// Whether an operation may be done with these arguments, about which nobody can be asked while it waits; what
    /// happened is in the log by then.
    pub(crate) fn decide(&self, id: &Id, action: &str, arguments: RawMap) -> Result<(), Box<Refused>> {
        self.finish(id, self.begin(action, arguments, CanAsk::Nobody))
    }

    fn begin(&self, action: &str, arguments: RawMap, can_ask: CanAsk) -> Box<Admission> {
        let policy = self.point.in_force.policy();
        let ambiguity = ambiguity(&policy, action, &arguments);
        let point = match can_ask {
            CanAsk::User if self.user.is_some() => &self.asking,
            CanAsk::User | CanAsk::Nobody => &self.point,
        };
        let mut admission = Admission::call(point, action, arguments);
        if let Some((fault, reason)) = ambiguity {
            admission.refuse_action(fault, &reason);
        }
        Box::new(admission)
    }

    /// As [`Self::decide`] for the call of a tool, but where the client can ask its user, and the user may approve it,
    /// the answer may be to ask. `locked` is the hash of the tool's definition, which an approval is bound to.
    pub(crate) fn decide_tool(
        &self,
        id: &Id,
        tool: &str,
        arguments: RawMap,
        locked: Option<String>,
        can_ask: CanAsk,
    ) -> Ruling {
        let mut admission = self.begin(tool, arguments, can_ask);
        if let Some(hash) = locked {
            let definition = ("definition of the tool".to_owned(), RawValue::String(hash));
            admission = Box::new(admission.binding([definition].into_iter().collect()));
        }
        match self.step(id, &mut admission) {
            Driven::Ask(request) if self.may_grant(&request) => Ruling::Ask(Asked { admission, request }),
            // Somebody else has to approve it, in another way.
            Driven::Ask(_) => {
                admission.ask_later();
                self.finish(id, admission).into()
            }
            Driven::Done(done) => done.into(),
        }
    }

    /// Refuses the call of a tool for what is no matter of its arguments, with an event.
    pub(crate) fn refuse(&self, id: &Id, tool: &str, reason: &str) -> Box<Refused> {
        let mut admission = self.begin(tool, RawMap::new(), CanAsk::Nobody);
        admission.refuse_action(Reason::NotARequest, reason);
        let refused = self.finish(id, admission).err();
        // Where calls are only watched, nobody asks for a refusal.
        refused.unwrap_or_else(|| Box::new(Refused::without_policy(tool, reason.to_owned())))
    }

    /// Goes on with an operation about which the user of the client was asked.
    pub(crate) fn answer(&self, id: &Id, asked: Asked, answer: UserAnswer) -> Result<(), Box<Refused>> {
        let mut admission = asked.admission;
        let by = self.user.clone().unwrap_or_default();
        admission.answer(match answer {
            UserAnswer::Granted => Ok(ApprovalAnswer::Granted { by }),
            UserAnswer::Denied => Ok(ApprovalAnswer::Denied { by, reason: String::new() }),
            UserAnswer::None => Err("the user has not answered".to_owned()),
        });
        self.finish(id, admission)
    }

    /// Ends an operation whose caller has gone away while somebody was asked.
    pub(crate) fn cancel(&self, id: &Id, mut asked: Asked) {
        asked.admission.cancel();
        // Nothing goes on, whether or not it can be written.
        let _ = self.record(id, &mut asked.admission);
    }

    /// Goes on to the end, without asking anybody.
    fn finish(&self, id: &Id, mut admission: Box<Admission>) -> Result<(), Box<Refused>> {
        loop {
            match self.step(id, &mut admission) {
                Driven::Done(done) => return done,
                Driven::Ask(_) => admission.ask_later(),
            }
        }
    }

    /// Goes on until somebody is to be asked or it is decided, and writes what happened.
    fn step(&self, id: &Id, admission: &mut Admission) -> Driven {
        let driven = self.drive(admission);
        match (driven, self.record(id, admission)) {
            // Nothing that happens to the enforcement point stops a call that is only watched.
            (Driven::Done(_), _) if !self.enforces() => Driven::Done(Ok(())),
            (_, Err(error)) if self.enforces() => {
                Driven::Done(Err(Box::new(Refused::unrecorded(admission.name(), error))))
            }
            (driven, _) => driven,
        }
    }

    /// Whether the user of the client may approve this: no rule names a role or anything else that has to be met, and
    /// it is not the user's own request.
    fn may_grant(&self, request: &ApprovalRequest) -> bool {
        let is_reserved = request.required_actions.iter().flat_map(RawMap::keys).any(|key| key != "type");
        let own = self.actor.as_ref().and_then(|actor| actor.get("id"));
        let is_own = matches!((own, &self.user), (Some(RawValue::String(id)), Some(user)) if id == user);
        !is_reserved && !is_own
    }

    /// Writes the events since the last time.
    fn record(&self, id: &Id, admission: &mut Admission) -> io::Result<()> {
        let mut events = admission.take_events();
        for event in &mut events {
            event.correlation = Some(id.to_json());
        }
        self.events.append(&events)
    }

    /// Whether the policy in force has an action of this name.
    pub(crate) fn declares(&self, action: &str) -> bool {
        self.policy().schema.action_id(action).is_some()
    }

    /// Whether decisions are enforced.
    pub(crate) fn enforces(&self) -> bool {
        self.point.mode == Mode::Enforce
    }

    /// The policy in force.
    pub(crate) fn policy(&self) -> Arc<Policy> {
        self.point.in_force.policy()
    }

    /// What is known of every request: who acts, and nothing of the world, which may change.
    pub(crate) fn known_records(&self) -> RawRequest {
        let actor = self.actor.clone().unwrap_or_default();
        RawRequest { actor: Some(RawValue::Map(actor)), ..RawRequest::default() }
    }

    fn drive(&self, admission: &mut Admission) -> Driven {
        loop {
            match admission.step() {
                Step::Actor | Step::RestOfActor => {
                    admission.give(self.actor.clone().map(RawValue::Map), Vec::new());
                }
                Step::Snapshot => admission.give(Some(RawValue::Map(self.snapshot.clone())), Vec::new()),
                Step::Arguments => admission.bind(RawMap::new()),
                Step::Action => admission.refuse_unreadable("they cannot be read again"),
                Step::Ask(request) => return Driven::Ask(request),
                Step::Evaluated(_) => {
                    let reason = "it was only evaluated".to_owned();
                    return Driven::Done(Err(Box::new(Refused::without_policy(admission.name(), reason))));
                }
                Step::Done(done) => return Driven::Done(done.map(drop).map_err(Box::new)),
            }
        }
    }
}

enum Driven {
    Ask(Box<ApprovalRequest>),
    Done(Result<(), Box<Refused>>),
}

/// What becomes of an operation.
#[derive(Debug)]
pub(crate) enum Ruling {
    Forward,
    Refused(Box<Refused>),
    /// The user of the client is to be asked.
    Ask(Asked),
}

impl From<Result<(), Box<Refused>>> for Ruling {
    fn from(done: Result<(), Box<Refused>>) -> Self {
        match done {
            Ok(()) => Ruling::Forward,
            Err(refused) => Ruling::Refused(refused),
        }
    }
}

/// An operation that waits for the user's answer.
#[derive(Debug)]
pub(crate) struct Asked {
    admission: Box<Admission>,
    /// What the user is asked about.
    pub(crate) request: Box<ApprovalRequest>,
}

/// Who can be asked while a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CanAsk {
    User,
    Nobody,
}

/// What the user of a client said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserAnswer {
    Granted,
    Denied,
    /// The question was closed, or the client has failed.
    None,
}
