//! The straight way to a decision, for calls that nobody watches: the same steps as an [`Admission`], without its
//! state.

use std::borrow::Cow;
use std::sync::Arc;

use actra_engine::decide_records;
use actra_engine::model::{BorrowedRequest, RawMap, RawRequest, RawValue};

use super::RuntimeParts;
use super::invocation::{ArgumentSource, Invocation};
use super::resolve::{RecordPart, ResolverInput};
use crate::{Admission, CallHandling, Failure, Mode, RecordSource, fields, needs_snapshot};

/// How far a call came on the straight way.
pub(super) enum FastPathResult<'a> {
    /// The operation may run.
    Admitted,
    /// Something else is to be done, with the records as they were found.
    Continue(Box<Admission>),
    /// There is no straight way for this call.
    Unavailable(Invocation<'a>),
}

impl<C: Sync> RuntimeParts<C> {
    /// Asks each resolver at most once, decides, and goes further only if the operation may not simply run. The
    /// arguments of a function go straight only if the schema declares them all.
    pub(super) fn fast_path<'a>(&self, context: &C, invocation: Invocation<'a>) -> FastPathResult<'a> {
        let has_plain_arguments = invocation.undeclared.is_empty() && !invocation.bound.is_ambiguous;
        if self.point.has_observers || !has_plain_arguments || invocation.arguments.contains_key("type") {
            return FastPathResult::Unavailable(invocation);
        }
        let policy = self.point.in_force.load();
        if invocation.origin == ArgumentSource::Function
            && !fields::are_names(&policy, invocation.action, &invocation.arguments)
        {
            return FastPathResult::Unavailable(invocation);
        }
        let Invocation { action, mut arguments, bound, .. } = invocation;
        arguments.insert("type".to_owned(), action.into());
        let mut failures: Vec<Failure> = Vec::new();
        let (actor, snapshot) = {
            let call = ResolverInput::new(action, &arguments, context, policy.reads(action));
            let ask = |wanted: RecordPart, failures: &mut Vec<Failure>| {
                let (found, failed) = self.host.resolve(&call, wanted);
                failures.extend(failed);
                found
            };
            let actor = ask(RecordPart::Actor, &mut failures);
            let is_without_actor = self.point.is_without_actor(actor.is_some(), &failures);
            let mut request =
                BorrowedRequest { action: Some(&arguments), actor: actor.as_deref(), snapshot: None };
            // Nothing else is asked about a call that is refused.
            let is_needed = !is_without_actor
                && (self.point.snapshot == RecordSource::Empty
                    || needs_snapshot(&policy, call.reads(), &request));
            let snapshot = if is_needed { ask(RecordPart::Snapshot, &mut failures) } else { None };
            request.snapshot = snapshot.as_deref();
            let runs = !is_without_actor
                && CallHandling::of(decide_records(&policy, &request).effect) == CallHandling::Run;
            if runs || self.point.mode == Mode::Audit {
                return FastPathResult::Admitted;
            }
            let owned =
                |record: Option<Cow<'_, RawMap>>| record.map(|record| RawValue::Map(record.into_owned()));
            (owned(actor), owned(snapshot))
        };
        let request = RawRequest { action: Some(arguments.into()), actor, snapshot, ..RawRequest::default() };
        let admission = Admission::resolved(&self.point, request, failures);
        FastPathResult::Continue(Box::new(bound.of(admission.decided_by_policy(Arc::clone(&policy)))))
    }
}
