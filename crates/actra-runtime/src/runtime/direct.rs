//! The straight way to a decision, for calls that nobody watches: the same steps as an [`Admission`], without its state.

use std::sync::Arc;

use actra_engine::decide;
use actra_engine::model::{RawMap, RawRequest, RawValue};

use super::Inner;
use super::invocation::{Invocation, Origin};
use super::resolve::{Call, Wanted};
use crate::admission::{is_taken_as_it_is, snapshot_matters};
use crate::{Admission, Failure, Mode, Source, Verdict};

/// How far it came.
pub(super) enum Direct<'a> {
    /// The operation may run.
    Runs,
    /// Something else is to be done, with the records as they were found.
    Further(Box<Admission>),
    /// There is no straight way for this call.
    Not(Invocation<'a>),
}

impl<C: Sync> Inner<C> {
    /// Asks each resolver at most once, decides, and goes further only if the operation may not simply run. The
    /// arguments of a function go straight only if the schema declares them all.
    pub(super) fn direct<'a>(&self, context: &C, invocation: Invocation<'a>) -> Direct<'a> {
        if self.point.watched || invocation.arguments.contains_key("type") {
            return Direct::Not(invocation);
        }
        let policy = self.point.live.load();
        if invocation.origin == Origin::Function
            && !is_taken_as_it_is(&policy, invocation.action, &invocation.arguments)
        {
            return Direct::Not(invocation);
        }
        let Invocation { action, mut arguments, bound, .. } = invocation;
        let reads = policy.reads(action);
        let mut failures: Vec<Failure> = Vec::new();
        let mut record = |source: Source, wanted: Wanted, arguments: &RawMap| {
            if source == Source::Nobody {
                return Some(RawValue::Map(RawMap::new()));
            }
            let (found, failed) = self.host.resolve(&Call::new(action, arguments, context, reads), wanted);
            failures.extend(failed);
            found
        };
        arguments.insert("type".to_owned(), action.into());
        let actor = record(self.point.actor, Wanted::Actor, &arguments);
        let mut request = RawRequest { action: Some(arguments.into()), actor, ..RawRequest::default() };
        let is_wanted = self.point.snapshot == Source::Nobody || snapshot_matters(&policy, reads, &request);
        if is_wanted && let Some(RawValue::Map(arguments)) = &request.action {
            request.snapshot = record(self.point.snapshot, Wanted::Snapshot, arguments);
        }
        let lacks_actor = self.point.lacks_actor(request.actor.as_ref(), &failures);
        let runs = !lacks_actor && Verdict::of(decide(&policy, &request).effect) == Verdict::Run;
        if runs || self.point.mode == Mode::Audit {
            return Direct::Runs;
        }
        let admission = Admission::resolved(&self.point, request, failures);
        Direct::Further(Box::new(bound.of(admission.under(Arc::clone(&policy)))))
    }
}
