//! What is decided is what runs: arguments that can change are read again right before the operation.

use std::sync::Arc;

use actra_engine::model::{Decision, RawMap, RawRequest, RawValue, Reason};

use super::{Admission, Admitted, State};
use crate::approval::RECEIVER;
use crate::{EnforcementPoint, Failure, Outcome};

/// Why a call is refused whose arguments are not what was decided about.
const CHANGED: &str = "its arguments changed while it was being decided";

impl Admission {
    /// Starts with a request that the host has decided already, by the same policy, and that is allowed: what is left
    /// is to [`Admission::recheck_action`] it.
    pub fn begin_allowed(point: &Arc<EnforcementPoint>, request: RawRequest, failures: Vec<Failure>) -> Self {
        let state = State::Done(Ok(Admitted::BY_ITS_NAMES));
        Self { state, failures, ..Self::of(point, request) }.with_recheck()
    }

    /// Asks for the action by [`Step::Action`](crate::Step::Action) once more before it runs, since what its arguments
    /// hold can change while the host asks and waits.
    #[must_use]
    pub fn with_recheck(self) -> Self {
        Self { needs_recheck: true, ..self }
    }

    /// Whether the host is to read the action again.
    pub fn needs_recheck(&self) -> bool {
        self.needs_recheck
    }

    /// Whether the operation may run as things stand.
    pub fn may_run(&self) -> bool {
        matches!(self.state, State::Done(Ok(_)))
    }

    /// Takes the action as it is now, of [`Step::Action`](crate::Step::Action), or where a body begins later than its
    /// call. Once it is decided, any difference refuses it.
    pub fn recheck_action(&mut self, action: &str, mut arguments: RawMap) {
        let given = arguments.insert("type".to_owned(), action.into());
        let is_other = self.name() != action || given.is_some();
        let action = RawValue::Map(arguments);
        let is_same = !is_other && self.request.action.as_ref() == Some(&action);
        match &self.state {
            State::RecheckAction(..) if is_same => self.admit_rechecked(),
            State::Done(Ok(_)) if is_same => {}
            State::RecheckAction(..) | State::Done(Ok(_)) => self.changed(CHANGED),
            _ => {
                if is_other {
                    let reason = "it became another action while it was being decided";
                    self.refuse_action(Reason::NotARequest, reason);
                }
                self.request.action = Some(action);
                if matches!(self.state, State::RereadAction) {
                    self.state = State::Actor;
                }
            }
        }
    }

    /// Whether the operation may run by a grant, which is for all arguments of the call.
    pub fn is_approved(&self) -> bool {
        matches!(&self.state, State::Done(Ok(Admitted { approved_by: Some(_), .. })))
    }

    /// Takes all arguments of an approved call once more, right before the body: any difference to what was approved
    /// refuses it.
    pub fn recheck_bound(&mut self, bound: &RawMap) {
        if self.is_approved() && self.bound.as_ref() != Some(bound) {
            self.changed("its arguments are not those that were approved");
        }
    }

    /// Refuses a call that runs, since this part of it is not what was approved.
    pub(crate) fn refuse_changed(&mut self, part: &str) {
        if self.may_run() {
            self.changed(&match part {
                RECEIVER => "its receiver changed while it was being decided".to_owned(),
                name => format!("its argument `{name}` changed while it was being decided"),
            });
        }
    }

    /// Refuses a call whose arguments cannot be read again.
    pub fn refuse_unreadable(&mut self, reason: &str) {
        if matches!(self.state, State::Done(Err(_)) | State::Evaluated(_)) {
            return;
        }
        self.changed(&format!("its arguments cannot be read again: {reason}"));
    }

    /// Whatever the policy says about what was there before, it is not what would run.
    fn changed(&mut self, reason: &str) {
        self.refuse_action(Reason::NotARequest, reason);
        self.needs_recheck = false;
        self.state = State::Decide;
    }

    fn admit_rechecked(&mut self) {
        if let State::RecheckAction(decision, outcome) = std::mem::replace(&mut self.state, State::Decide) {
            self.state = self.run(&decision, outcome);
        }
    }

    /// It may run; where its arguments can change, they are looked at once more before.
    pub(super) fn admit(&mut self, decision: &Decision<'_>, outcome: Outcome) -> State {
        match self.needs_recheck {
            true => State::RecheckAction(Box::new(decision.clone().into_owned()), outcome),
            false => self.run(decision, outcome),
        }
    }

    fn run(&mut self, decision: &Decision<'_>, outcome: Outcome) -> State {
        let approved_by = match &outcome {
            Outcome::Approved { by } => Some(by.clone()),
            _ => None,
        };
        self.emit(decision, outcome, None);
        State::Done(Ok(Admitted { approved_by, decided_by: Some(Arc::clone(&self.policy)) }))
    }
}
