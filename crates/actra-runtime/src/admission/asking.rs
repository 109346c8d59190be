//! Approval of one operation: a grant is looked for, somebody is asked, and what they say is taken.

use std::sync::Arc;
use std::time::SystemTime;

use actra_engine::model::{Decision, RawValue};

use super::{Admission, Next, field_of};
use crate::Outcome;
use crate::approval::{Answer, Binding, Draft, Grant, Kept, StoreError, Unbindable};
use crate::contain::contained;
use crate::redact;
use crate::refused::Setback;

/// How parts of an approval are called that are about an argument: its presence, its class.
const BESIDE: [&str; 2] = [".some", ".type"];

impl Admission {
    /// Takes what came of asking. Anything but a grant refuses.
    pub fn answer(&mut self, answer: Result<Answer, String>) {
        let (Next::Answer(_), Some(asked)) = (&self.next, &self.asked) else { return };
        let store = Arc::clone(&self.point.store);
        let granted = answer.map_err(|reason| (Setback::Unanswered, reason)).and_then(|answer| {
            let kept = contained(|| Ok::<_, String>(store.answer(&asked.id, &answer, SystemTime::now())));
            kept.map_err(|reason| (Setback::Store, reason))?.map_err(|error| match error {
                StoreError::Failed(_) | StoreError::Locked => (Setback::Store, error.to_string()),
                // The answer is none: by who asks, too late, or a second one.
                _ => (Setback::Unanswered, error.to_string()),
            })?;
            match answer {
                Answer::Granted { .. } => Ok(()),
                Answer::Denied { by, reason } => Err((Setback::Denied, denied(&by, &reason))),
            }
        });
        self.answered(granted);
    }

    /// Takes that somebody has put a denial into the store.
    pub fn denied(&mut self, by: &str, reason: &str) {
        self.answered(Err((Setback::Denied, denied(by, reason))));
    }

    /// Goes on after a grant was put into the store; without one the operation is refused.
    pub fn resume(&mut self) {
        self.answered(Ok(()));
    }

    fn answered(&mut self, granted: Result<(), (Setback, String)>) {
        let Next::Answer(decision) = &self.next else { return };
        let policy = self.point.live.policy();
        let fits = || self.fits(&policy).map_err(|reason| (Setback::Unanswered, reason));
        match granted.and_then(|()| fits()) {
            Ok(()) => self.again(policy),
            Err(setback) => {
                let decision = decision.clone();
                let asked = self.asked.clone();
                self.next = self.refuse(&decision, asked, Outcome::Refused, Some(setback));
            }
        }
    }

    /// Looks for a grant, and asks for one if there is none and nobody has denied it.
    pub(super) fn approve(&mut self, decision: &Decision<'_>) -> Result<Next, (Setback, String)> {
        let unapprovable = |reason: String| (Setback::Unapprovable, reason);
        let arguments = self.bound.as_ref();
        let arguments = arguments.ok_or_else(|| unapprovable("the arguments were not given".to_owned()))?;
        if self.is_incomplete {
            return Err(unapprovable(Unbindable::incomplete().to_string()));
        }
        let unbound = self.point.unbound.and(&self.unbound);
        let binding = Binding::of(&self.policy, &self.request, arguments, &unbound, decision);
        let binding = binding.map_err(|error| unapprovable(error.to_string()))?;
        let (store, now) = (Arc::clone(&self.point.store), SystemTime::now());
        let grant = kept(|| store.take(&binding, now))?;
        if let Some(Grant { by, .. }) = grant {
            return Ok(self.passed(decision, Outcome::Approved { by }));
        }
        // Who has said no is not asked the same again until the request expires.
        if let Some(Kept { request, answer: Some(Answer::Denied { by, reason }), .. }) =
            kept(|| store.find(&binding, now))?
        {
            let setback = (Setback::Denied, denied(&by, &reason));
            return Ok(self.refuse(decision, Some(Box::new(request)), Outcome::Refused, Some(setback)));
        }
        let draft = self.draft(decision, now);
        let request = Box::new(kept(|| store.open(&binding, draft))?);
        // Nobody is asked twice: what was approved is not what is to be done now.
        if let Some(before) = &self.asked {
            let changed = match before.digest == request.digest {
                true => "somebody else has used the grant",
                false => "what was approved is not what would be done now",
            };
            let setback = (Setback::Unanswered, changed.to_owned());
            return Ok(self.refuse(decision, Some(request), Outcome::Asked, Some(setback)));
        }
        if !self.point.asks {
            return Ok(self.refuse(decision, Some(request), Outcome::Asked, None));
        }
        self.tell(decision, Outcome::Asked, None);
        self.asked = Some(request);
        Ok(Next::Answer(Box::new(decision.clone().into_owned())))
    }

    fn draft(&self, decision: &Decision<'_>, now: SystemTime) -> Draft {
        let shown = redact(&self.policy.schema, &self.request);
        let action = self.policy.schema.action_id(self.name()).and_then(|id| self.policy.schema.action(id));
        let is_seen = |field: &str| self.arguments().is_some_and(|seen| seen.contains_key(field));
        let is_told = |name: &str| field_of(action, name).is_some_and(is_seen);
        // What is bound beside an argument says something about it.
        let is_secret = |name: &str| {
            let field = action.and_then(|action| action.fields.get(field_of(Some(action), name)?));
            field.is_some_and(|field| field.sensitive)
        };
        let tells = |name: &str| BESIDE.iter().any(|what| name.strip_suffix(what).is_some_and(is_secret));
        let is_hidden = |name: &str| !is_told(name) && !tells(name);
        let hidden = self.bound.iter().flatten().filter(|(name, _)| is_hidden(name));
        let hidden = hidden.map(|(name, value)| (name.clone(), value.clone())).collect();
        let asked_by = match &self.request.actor {
            Some(RawValue::Map(actor)) => match actor.get("id") {
                Some(RawValue::String(id)) => Some(id.clone()),
                Some(RawValue::Number(id)) => Some(id.to_string()),
                _ => None,
            },
            _ => None,
        };
        Draft::new(decision, shown, &hidden, asked_by, now, self.point.valid)
    }
}

fn denied(by: &str, reason: &str) -> String {
    if reason.is_empty() { format!("denied by {by}") } else { format!("denied by {by}: {reason}") }
}

/// What a store does, or why it cannot.
fn kept<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, (Setback, String)> {
    contained(|| work().map_err(|error| error.to_string())).map_err(|reason| (Setback::Store, reason))
}
