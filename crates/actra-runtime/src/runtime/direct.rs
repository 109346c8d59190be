//! The straight way to a decision, for calls that nobody watches: the same steps as an [`Admission`], without its state.

use std::sync::Arc;

use actra_engine::decide;
use actra_engine::model::{RawMap, RawRequest, RawValue};

use super::Inner;
use super::resolve::{Call, Resolver};
use crate::admission::sees_all;
use crate::{Admission, Failure, Mode, Source, Stage, Verdict, settles};

/// How far it came.
pub(super) enum Direct {
    /// The operation may run.
    Runs,
    /// Something else is to be done, with the records as they were found.
    Further(Box<Admission>),
    /// There is no straight way for this call.
    Not(RawMap),
}

impl<C: Sync> Inner<C> {
    /// Asks each resolver at most once, decides, and goes further only if the operation may not simply run. The
    /// arguments of a function go straight only if the schema declares them all.
    pub(super) fn direct(
        &self,
        context: &C,
        action: &str,
        mut arguments: RawMap,
        is_function: bool,
    ) -> Direct {
        if self.point.watched || arguments.contains_key("type") {
            return Direct::Not(arguments);
        }
        let policy = self.point.live.load();
        if is_function && !sees_all(&policy, action, &arguments) {
            return Direct::Not(arguments);
        }
        arguments.insert("type".to_owned(), action.into());
        let reads = policy.reads(action);
        let deadline = self.host.deadline.as_ref().map(|(deadline, _)| *deadline);
        let mut failures: Vec<Failure> = Vec::new();
        let mut record = |source: Source, resolver: &Resolver<C>, stage: Stage, arguments: &RawMap| {
            if source == Source::Nobody {
                return Some(RawValue::Map(RawMap::new()));
            }
            let (found, failed) =
                resolver.resolve(&Call::new(action, arguments, context, reads), stage, deadline);
            failures.extend(failed);
            found
        };
        let actor = record(self.point.actor, &self.host.actor, Stage::Actor, &arguments);
        let mut request = RawRequest { action: Some(arguments.into()), actor, ..RawRequest::default() };
        let matters = reads.is_some_and(|reads| {
            !reads.snapshot.is_empty()
                && (!reads.blocks_without_snapshot || !settles(&decide(&policy, &request)))
        });
        if self.point.snapshot == Source::Nobody || matters {
            let Some(RawValue::Map(arguments)) = &request.action else { return Direct::Not(RawMap::new()) };
            request.snapshot = record(self.point.snapshot, &self.host.snapshot, Stage::Snapshot, arguments);
        }
        let runs = Verdict::of(decide(&policy, &request).effect) == Verdict::Run;
        if runs || self.point.mode == Mode::Audit {
            return Direct::Runs;
        }
        let admission = Admission::resolved(&self.point, request, failures);
        Direct::Further(Box::new(admission.under(Arc::clone(&policy))))
    }
}
