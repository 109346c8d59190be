//! The one decision: whether a call of a tool may go on to its server.

use std::sync::Arc;
use std::time::Duration;

use actra_engine::Policy;
use actra_engine::model::{ActionSchema, Decimal, RawMap, RawRequest, RawValue, Reason};
use actra_runtime::approval::{ApprovalStore, Unbound};
use actra_runtime::{Admission, EnforcementPoint, Live, Mode, OnActorFailure, RecordSource, Refused, Step};

use crate::event_log::EventLog;
use crate::id::Id;
use crate::names::folded;

/// What a [`Gate`] is made of.
#[derive(Debug)]
pub struct GateSettings {
    /// The policy in force, which others may replace.
    pub live: Arc<Live>,
    /// Who acts; `None` if the policy knows no actors.
    pub actor: Option<RawMap>,
    /// Facts that do not change while the gateway runs.
    pub snapshot: RawMap,
    /// Whether decisions are enforced, or only recorded.
    pub mode: Mode,
    /// How long a grant is valid.
    pub valid: Duration,
    /// Where events go.
    pub events: EventLog,
}

/// Decides calls by the policy in force, and writes an event of each decision before anybody acts on it.
#[derive(Debug)]
pub struct Gate {
    point: Arc<EnforcementPoint>,
    actor: Option<RawMap>,
    snapshot: RawMap,
    events: EventLog,
}

impl Gate {
    /// A gate whose approvals wait in this store.
    pub fn new(settings: GateSettings, store: Arc<dyn ApprovalStore>) -> Self {
        let GateSettings { live, actor, snapshot, mode, valid, events } = settings;
        let point = EnforcementPoint {
            live,
            mode,
            on_actor_failure: OnActorFailure::Refuse,
            actor: if actor.is_some() { RecordSource::Whole } else { RecordSource::Empty },
            snapshot: RecordSource::Whole,
            unbound: Unbound::default(),
            store,
            valid,
            asks: false,
            watched: true,
        };
        Self { point: Arc::new(point), actor, snapshot, events }
    }

    /// Whether a tool may be called with these arguments; what happened is in the log by then.
    pub(crate) fn call(&self, id: &Id, tool: &str, arguments: RawMap) -> Result<(), Box<Refused>> {
        let policy = self.point.live.policy();
        let ambiguity = ambiguity(&policy, tool, &arguments);
        let mut admission = Admission::call(&self.point, tool, arguments);
        if let Some((fault, reason)) = ambiguity {
            admission.refuse_request(fault, &reason);
        }
        let done = self.drive(&mut admission);
        let mut events = admission.take_events();
        for event in &mut events {
            event.correlation = Some(id.to_json());
        }
        match self.events.append(&events) {
            Ok(()) => done.map_err(Box::new),
            // Nothing that happens to the enforcement point stops a call that is only watched.
            Err(_) if self.point.mode == Mode::Audit => Ok(()),
            Err(error) => {
                let reason = format!("the event of the call could not be written: {error}");
                Err(Box::new(Refused::without_policy(tool, reason)))
            }
        }
    }

    /// Whether decisions are enforced.
    pub(crate) fn enforces(&self) -> bool {
        self.point.mode == Mode::Enforce
    }

    /// The policy in force.
    pub(crate) fn policy(&self) -> Arc<Policy> {
        self.point.live.policy()
    }

    /// What is known of every request: who acts, and nothing of the world, which may change.
    pub(crate) fn known_records(&self) -> RawRequest {
        let actor = self.actor.clone().unwrap_or_default();
        RawRequest { actor: Some(RawValue::Map(actor)), ..RawRequest::default() }
    }

    fn drive(&self, admission: &mut Admission) -> Result<(), Refused> {
        loop {
            match admission.step() {
                Step::Actor | Step::RestOfActor => {
                    admission.give(self.actor.clone().map(RawValue::Map), Vec::new());
                }
                Step::Snapshot => admission.give(Some(RawValue::Map(self.snapshot.clone())), Vec::new()),
                Step::Arguments => admission.bind(RawMap::new()),
                Step::Action => admission.lost("they cannot be read again"),
                Step::Ask(_) => admission.answer(Err("there is nobody to ask".to_owned())),
                Step::Evaluated(_) => {
                    return Err(Refused::without_policy(
                        admission.name(),
                        "it was only evaluated".to_owned(),
                    ));
                }
                Step::Done(done) => return done.map(drop),
            }
        }
    }
}

/// Why a server may read other arguments than the policy, if it may.
fn ambiguity(policy: &Policy, tool: &str, arguments: &RawMap) -> Option<(Reason, String)> {
    if let Some(reason) = ambiguous_name(policy, tool, arguments) {
        return Some((Reason::DuplicateKey, reason));
    }
    let inexact = arguments.iter().find(|(_, value)| holds_inexact_number(value));
    inexact.map(|(name, _)| {
        let reason = format!(
            "the argument `{name}` holds a number that not every server reads exactly: send it with at most 15 digits, or as text"
        );
        (Reason::UnrepresentableNumber, reason)
    })
}

/// Two arguments, or an argument and the declared name of another, that differ in case alone.
fn ambiguous_name(policy: &Policy, tool: &str, arguments: &RawMap) -> Option<String> {
    let action = policy.schema.action_id(tool).and_then(|id| policy.schema.action(id));
    let declared = action.into_iter().flat_map(ActionSchema::arguments).map(|(_, argument)| argument);
    let declared: Vec<(String, &str)> = declared.map(|argument| (folded(argument), argument)).collect();
    let mut seen: Vec<(String, &str)> = Vec::new();
    for name in arguments.keys() {
        let folded = folded(name);
        let other = declared.iter().chain(&seen).find(|(known, of)| *known == folded && of != name);
        if let Some((_, other)) = other {
            return Some(format!(
                "some servers take the argument `{name}` for `{other}`: send only one of them, by its exact name"
            ));
        }
        seen.push((folded, name));
    }
    None
}

/// Whether a number in a value becomes another one where numbers are binary floats.
fn holds_inexact_number(value: &RawValue) -> bool {
    match value {
        RawValue::Number(number) => {
            number.to_string().parse::<f64>().ok().and_then(Decimal::from_f64).as_ref() != Some(number)
        }
        RawValue::List(elements) => elements.iter().any(holds_inexact_number),
        RawValue::Map(members) => members.iter().any(|(_, value)| holds_inexact_number(value)),
        RawValue::Unreadable(_) => true,
        RawValue::Null | RawValue::Bool(_) | RawValue::String(_) => false,
    }
}
