//! Approval of one operation: a grant is looked for, somebody is asked, and what they say is taken.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use actra_engine::model::{Decision, RawValue};

use super::{Admission, State};
use crate::Outcome;
use crate::approval::{
    ApprovalAnswer, ApprovalDraft, ApprovalExclusions, ApprovalRequest, Binding, BindingError, Grant,
    StoreError, StoredApproval,
};
use crate::approval::{LONGEST_NAME, LONGEST_REASON, OTHERS_NAME, shortened};
use crate::catch_panic::catch_panic;
use crate::fields::field_of;
use crate::redact;
use crate::refused::NoGrant;

/// How parts of an approval are called that are about an argument: its exact value, its class.
const PART_SUFFIXES: [&str; 2] = [".exact", ".type"];

impl Admission {
    /// Takes the result of asking. Anything but a grant refuses.
    pub fn answer(&mut self, answer: Result<ApprovalAnswer, String>) {
        let (State::AwaitAnswer(_), Some(asked)) = (&self.state, &self.asked_for) else { return };
        let store = Arc::clone(&self.point.store);
        let granted = answer.map_err(|reason| (NoGrant::Unanswered, reason)).and_then(|answer| {
            let in_store =
                catch_panic(|| Ok::<_, String>(store.answer(&asked.id, &answer, SystemTime::now())));
            let in_store = in_store.map_err(|reason| (NoGrant::Store, reason))?;
            match (in_store, answer) {
                // Somebody has answered before, or another call has used the grant: what the store has now decides.
                (
                    Ok(()) | Err(StoreError::Answered { .. } | StoreError::Unknown { .. }),
                    ApprovalAnswer::Granted { .. },
                ) => Ok(()),
                (Ok(()), ApprovalAnswer::Denied { by, reason }) => {
                    Err((NoGrant::Denied, denied(&by, &reason)))
                }
                (Err(error @ (StoreError::Failed(_) | StoreError::Locked)), _) => {
                    Err((NoGrant::Store, error.to_string()))
                }
                (Err(StoreError::Own { .. }), _) if self.is_actor_secret() => {
                    Err((NoGrant::Unanswered, OWN.to_owned()))
                }
                // The answer is none: by who asks, too late, or a second one.
                (Err(error), _) => Err((NoGrant::Unanswered, error.to_string())),
            }
        });
        self.answered(granted);
    }

    /// Takes it that nobody can be asked about this one while the caller waits: its request waits in the store.
    pub fn ask_later(&mut self) {
        if let (State::AwaitAnswer(decision), Some(asked)) = (&self.state, &self.asked_for) {
            let (decision, asked) = (decision.clone(), asked.clone());
            self.state = self.refused(&decision, Some(asked), None);
        }
    }

    /// Records that somebody has put a denial into the store.
    pub fn take_denial(&mut self, by: &str, reason: &str) {
        self.answered(Err((NoGrant::Denied, denied(by, reason))));
    }

    /// Goes on after a grant was put into the store; without one the operation is refused.
    pub fn resume(&mut self) {
        self.answered(Ok(()));
    }

    fn answered(&mut self, granted: Result<(), (NoGrant, String)>) {
        let State::AwaitAnswer(decision) = &self.state else { return };
        let policy = self.point.in_force.policy();
        let fits = || self.fits(&policy).map_err(|reason| (NoGrant::Unanswered, reason));
        match granted.and_then(|()| fits()) {
            Ok(()) => self.restart(policy),
            Err(no_grant) => {
                let decision = decision.clone();
                let asked = self.asked_for.clone();
                self.state = self.refuse(&decision, asked, Outcome::Refused, Some(no_grant));
            }
        }
    }

    /// Looks for a grant, and asks for one if there is none and nobody has denied it.
    pub(super) fn approve(&mut self, decision: &Decision<'_>) -> Result<State, (NoGrant, String)> {
        let unapprovable = |reason: String| (NoGrant::Unapprovable, reason);
        let arguments = self.bound.as_ref();
        let arguments = arguments.ok_or_else(|| unapprovable("the arguments were not given".to_owned()))?;
        if self.is_incomplete {
            return Err(unapprovable(BindingError::incomplete().to_string()));
        }
        let unbound = self.point.unbound.and(&self.unbound);
        let binding = Binding::of(&self.policy, &self.request, arguments, &unbound, decision);
        let binding = binding.map_err(|error| unapprovable(error.to_string()))?;
        let (store, now) = (Arc::clone(&self.point.store), SystemTime::now());
        let grant = in_store(|| store.take(&binding, now))?;
        if let Some(Grant { by, .. }) = grant {
            return Ok(self.admit(decision, Outcome::Approved { by }));
        }
        // Who has said no is not asked the same again until the request expires.
        if let Some(StoredApproval { request, answer: Some(ApprovalAnswer::Denied { by, reason }), .. }) =
            in_store(|| store.find(&binding, now))?
        {
            let no_grant = (NoGrant::Denied, denied(&by, &reason));
            return Ok(self.refuse(decision, Some(Box::new(request)), Outcome::Refused, Some(no_grant)));
        }
        let draft = self.draft(decision, &unbound, now);
        let request = Box::new(in_store(|| store.open(&binding, draft))?);
        // Nobody is asked twice: what was approved is not what is to be done now.
        if let Some(before) = &self.asked_for {
            let changed = match before.digest == request.digest {
                true => "the grant was used by another call",
                false => "what was approved differs from what would be done now",
            };
            let no_grant = (NoGrant::Unanswered, changed.to_owned());
            return Ok(self.refuse(decision, Some(request), Outcome::Asked, Some(no_grant)));
        }
        if !self.point.has_approver {
            return Ok(self.refuse(decision, Some(request), Outcome::Asked, None));
        }
        self.emit(decision, Outcome::Asked, None);
        self.asked_for = Some(request);
        Ok(State::AwaitAnswer(Box::new(decision.clone().into_owned())))
    }

    /// Whether nobody is to see by which name the actor is known.
    fn is_actor_secret(&self) -> bool {
        // What the schema does not declare is not shown, either.
        self.policy.schema.actor.get("id").is_none_or(|id| id.holds_sensitive())
    }

    fn draft(&self, decision: &Decision<'_>, unbound: &ApprovalExclusions, now: SystemTime) -> ApprovalDraft {
        let shown = redact(&self.policy.schema, &self.request);
        let action = self.policy.schema.action_id(self.name()).and_then(|id| self.policy.schema.action(id));
        let is_seen = |field: &str| self.arguments().is_some_and(|seen| seen.contains_key(field));
        let is_shown = |name: &str| field_of(action, name).is_some_and(is_seen);
        // What is bound beside an argument says something about it.
        let is_secret = |name: &str| {
            let field = action.and_then(|action| action.fields.get(field_of(Some(action), name)?));
            field.is_some_and(|field| field.holds_sensitive())
        };
        let reveals =
            |name: &str| PART_SUFFIXES.iter().any(|what| name.strip_suffix(what).is_some_and(is_secret));
        let is_told = |name: &str| !is_shown(name) && !is_secret(name) && !reveals(name);
        let counting = self.bound.iter().flatten().filter(|(name, value)| !unbound.has_part(name, value));
        let hidden = counting.filter(|(name, _)| is_told(name));
        let hidden = hidden.map(|(name, value)| (name.clone(), value.clone())).collect();
        let asked_by = match &self.request.actor {
            Some(RawValue::Map(actor)) => match actor.get("id") {
                Some(RawValue::String(id)) => Some(id.clone()),
                Some(RawValue::Number(id)) => Some(id.to_string()),
                _ => None,
            },
            _ => None,
        };
        ApprovalDraft::new(decision, shown, &hidden, asked_by, now, self.point.grant_lifetime)
    }
}

impl Admission {
    /// What an approval is for that the schema does not declare.
    pub(super) fn undeclared(&self, approval: &ApprovalRequest) -> Vec<String> {
        let action = self.policy.schema.action_id(self.name()).and_then(|id| self.policy.schema.action(id));
        let is_declared = |name: &str| action.is_some_and(|action| action.field_of_argument(name).is_some());
        // What is bound of an argument besides its value goes by the argument's name: that is what `unbound` takes.
        let argument = |name: &String| {
            let of = PART_SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix));
            of.unwrap_or(name).to_owned()
        };
        let names = approval.arguments.keys().filter(|name| *name != OTHERS_NAME).map(argument);
        let names: BTreeSet<String> = names.filter(|name| !is_declared(name)).collect();
        names.into_iter().collect()
    }
}

fn denied(by: &str, reason: &str) -> String {
    let (by, reason) = (shortened(by, LONGEST_NAME), shortened(reason, LONGEST_REASON));
    if reason.is_empty() { format!("denied by {by}") } else { format!("denied by {by}: {reason}") }
}

/// Where the name of who asks is sensitive.
const OWN: &str = "nobody may grant their own request";

/// What a store does, or why it cannot.
fn in_store<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, (NoGrant, String)> {
    let done = catch_panic(|| Ok::<_, String>(work())).map_err(|reason| (NoGrant::Store, reason))?;
    done.map_err(|error| match error {
        // It would be too large at any time.
        StoreError::TooLarge => (NoGrant::Unapprovable, error.to_string()),
        _ => (NoGrant::Store, error.to_string()),
    })
}
