//! Enforcement for Rust: a runtime has a policy, resolvers and a store, and admits calls by them.

mod build;
mod fast_path;
mod invocation;
mod resolve;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use actra_engine::model::{Decision, RawMap, RawRequest, RawValue};
use actra_engine::{Policy, decide};

pub use build::{BuildError, Builder};
pub use invocation::Invocation;
pub use resolve::{ResolveError, ResolverInput};

use crate::approval::{ApprovalAnswer, ApprovalRequest, ApprovalStore};
use crate::catch_panic::catch_panic;
use crate::{
    Admission, Admitted, EnforcementPoint, Event, Failure, Mode, PolicyInForce, PolicyRequirement, Refused,
    Stage, Step, fields,
};
use build::Approver;
use fast_path::FastPathResult;
use resolve::{Boxed, Deadline, RecordPart, RecordResolver, Resolved, start, within_deadline};

/// An enforcement point: a policy, the resolvers that tell it about actors and the world, and what follows from a
/// decision.
///
/// `C` is what the host knows about a call, such as a session; resolvers read it. Threads share a runtime by reference,
/// and clones are the same runtime.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::Runtime;
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Ok(ana())).build()?;
/// assert!(runtime.admit(&(), "refund", amount(5)).is_ok());
/// assert!(runtime.admit(&(), "refund", amount(500)).is_err());
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug)]
pub struct Runtime<C = ()> {
    inner: Arc<RuntimeParts<C>>,
}

impl<C> Clone for Runtime<C> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

type Correlation<C> = Box<dyn Fn(&C) -> Option<String> + Send + Sync>;
pub(crate) type Observer = Box<dyn Fn(&Event) + Send + Sync>;
pub(crate) type Sleep = Box<dyn Fn(Duration) -> Boxed<'static, ()> + Send + Sync>;

struct RuntimeParts<C> {
    point: Arc<EnforcementPoint>,
    host: HostFunctions<C>,
    /// That a policy declares what has a resolver; policies in force are held to it for as long as this is.
    _fields: Arc<PolicyRequirement>,
}

/// What a host does for the runtime.
pub(crate) struct HostFunctions<C> {
    actor: RecordResolver<C>,
    snapshot: RecordResolver<C>,
    deadline: Option<(Duration, Sleep)>,
    approval_deadline: Option<(Duration, Sleep)>,
    observers: Vec<Observer>,
    approver: Approver,
    correlation: Option<Correlation<C>>,
}

impl<C> HostFunctions<C> {
    fn resolver(&self, wanted: RecordPart) -> &RecordResolver<C> {
        match wanted {
            RecordPart::Actor | RecordPart::RestOfActor => &self.actor,
            RecordPart::Snapshot => &self.snapshot,
        }
    }

    fn resolve<'a>(&self, call: &ResolverInput<'a, C>, wanted: RecordPart) -> Resolved<Cow<'a, RawMap>> {
        let deadline = self.deadline.as_ref().map(|(deadline, _)| *deadline);
        self.resolver(wanted).resolve(call, wanted, deadline)
    }
}

impl<C> std::fmt::Debug for RuntimeParts<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuntimeParts").field("point", &self.point).finish_non_exhaustive()
    }
}

impl<C: Sync> Runtime<C> {
    /// Starts to build a runtime with this policy.
    pub fn builder(policy: Policy) -> Builder<C> {
        Builder::new(Arc::new(PolicyInForce::new(Arc::new(policy))))
    }

    /// The policy in force and its health; swap it there.
    pub fn policy_in_force(&self) -> &Arc<PolicyInForce> {
        &self.inner.point.in_force
    }

    /// Whether decisions are enforced.
    pub fn mode(&self) -> Mode {
        self.inner.point.mode
    }

    /// The store in which approval requests wait and are answered.
    pub fn approvals(&self) -> &Arc<dyn ApprovalStore> {
        &self.inner.point.store
    }

    /// Whether the policy in force may want approval for an action.
    pub fn may_ask(&self, action: &str) -> bool {
        self.inner.point.in_force.load().reads(action).is_none_or(|reads| reads.may_ask)
    }

    /// Which of these arguments of a function the schema in force does not declare for an action. Rules do not see
    /// them, so they need to be read only where [`Runtime::may_ask`].
    pub fn undeclared<'n>(&self, action: &str, arguments: &[&'n str]) -> Vec<&'n str> {
        let policy = self.inner.point.in_force.load();
        let undeclared = arguments.iter().filter(|name| !fields::is_declared(&policy, action, name));
        undeclared.copied().collect()
    }

    /// Whether an operation may run now. `arguments` go into the request beside the type of the action.
    ///
    /// Resolvers run at most once for an evaluation, the one of the snapshot only if it matters. Never panics; whatever
    /// fails leaves facts out. Asynchronous resolvers cannot be asked here: they count as failed.
    pub fn admit(&self, context: &C, action: &str, arguments: RawMap) -> Result<Admitted, Refused> {
        self.admit_call(context, Invocation::new(action, arguments))
    }

    /// [`Runtime::admit`] for an [`Invocation`], which says what an approval is bound to.
    pub fn admit_call(&self, context: &C, invocation: Invocation<'_>) -> Result<Admitted, Refused> {
        let action = invocation.action;
        match self.inner.fast_path(context, invocation) {
            FastPathResult::Admitted => Ok(Admitted::BY_ITS_NAMES),
            FastPathResult::Continue(admission) => self.drive(context, action, *admission),
            FastPathResult::Unavailable(invocation) => {
                self.drive(context, action, invocation.begin(&self.inner.point))
            }
        }
    }

    /// As [`Runtime::admit`], but async resolvers and handlers are awaited.
    pub async fn admit_async(
        &self,
        context: &C,
        action: &str,
        arguments: RawMap,
    ) -> Result<Admitted, Refused> {
        self.admit_call_async(context, Invocation::new(action, arguments)).await
    }

    /// As [`Runtime::admit_call`], but async resolvers and handlers are awaited.
    pub async fn admit_call_async(
        &self,
        context: &C,
        invocation: Invocation<'_>,
    ) -> Result<Admitted, Refused> {
        let action = invocation.action;
        self.drive_async(context, action, invocation.begin(&self.inner.point)).await
    }

    /// Whether arguments of a call that was admitted are still what was decided, right before it runs: any difference
    /// refuses it, which is an event of its own.
    pub fn recheck(
        &self,
        context: &C,
        admitted: &Admitted,
        action: &str,
        before: RawMap,
        now: RawMap,
    ) -> Result<(), Refused> {
        self.recheck_by(context, admitted, action, before, |admission| admission.recheck_action(action, now))
    }

    /// Compares a call with the one that was admitted; refuses it if they differ. What rules did not see when they
    /// decided counts only for a call with a grant, and only if `before` does not say otherwise.
    pub fn recheck_call(
        &self,
        context: &C,
        admitted: &Admitted,
        before: Invocation<'_>,
        now: Invocation<'_>,
    ) -> Result<(), Refused> {
        let (policy, action) = (admitted.decided_by.as_deref(), before.action);
        let unbound = self.inner.point.unbound.and(before.unbound_parts());
        let (seen, bound) = before.split(policy);
        let (seen_now, bound_now) = now.split(policy);
        let differs = |(name, value, other): &(&String, &RawValue, Option<&RawValue>)| {
            *other != Some(*value) && !unbound.has_part(name, value)
        };
        let gone_or_other = bound.iter().map(|(name, value)| (name, value, bound_now.get(name)));
        let new_or_other = bound_now.iter().map(|(name, value)| (name, value, bound.get(name)));
        let mut differing = gone_or_other.chain(new_or_other).filter(differs).map(|(name, ..)| name.as_str());
        let differing = differing.next().filter(|_| admitted.approved_by.is_some());
        self.recheck_by(context, admitted, action, seen, |admission| {
            admission.recheck_action(action, seen_now);
            if let Some(name) = differing {
                admission.refuse_changed(name);
            }
        })
    }

    /// Whether no approval is bound to an argument with this name, in any call.
    pub fn leaves_out_argument(&self, name: &str) -> bool {
        self.inner.point.unbound.has_argument(name)
    }

    /// Whether no approval is bound to the receiver of a method, in any call.
    pub fn leaves_out_receiver(&self) -> bool {
        self.inner.point.unbound.has_receiver()
    }

    /// As [`Runtime::recheck`], for a call whose arguments nobody can say any more; `reason` says why.
    pub fn refuse_unreadable(
        &self,
        context: &C,
        admitted: &Admitted,
        action: &str,
        before: RawMap,
        reason: &str,
    ) -> Result<(), Refused> {
        self.recheck_by(context, admitted, action, before, |admission| admission.refuse_unreadable(reason))
    }

    fn recheck_by(
        &self,
        context: &C,
        admitted: &Admitted,
        action: &str,
        before: RawMap,
        look: impl FnOnce(&mut Admission),
    ) -> Result<(), Refused> {
        let request = RawRequest { action: Some(typed(action, before).into()), ..RawRequest::default() };
        let mut admission = Admission::begin_allowed(&self.inner.point, request, Vec::new());
        if let Some(policy) = &admitted.decided_by {
            // By another one, what is sensitive may be shown.
            admission = admission.decided_by_policy(Arc::clone(policy));
        }
        look(&mut admission);
        self.drive(context, action, admission).map(drop)
    }

    /// What the policy says about a request as it is, without resolvers, events and enforcement.
    pub fn decide(&self, request: &RawRequest) -> Decision<'static> {
        decide(&self.inner.point.in_force.policy(), request).into_owned()
    }

    fn drive(&self, context: &C, action: &str, mut admission: Admission) -> Result<Admitted, Refused> {
        loop {
            match self.next(context, action, &mut admission) {
                HostTask::Resolve(wanted) => {
                    let call = call(action, context, &admission);
                    let (record, failures) = self.inner.host.resolve(&call, wanted);
                    let record = record.map(|record| RawValue::Map(record.into_owned()));
                    admission.give(record, failures);
                }
                HostTask::Ask(request) => admission.answer(match &self.inner.host.approver {
                    Approver::Sync(handler) => self.ask(handler, &request),
                    _ => Err("an asynchronous handler cannot be asked from a synchronous call".to_owned()),
                }),
                HostTask::Return(done) => return done,
            }
        }
    }

    /// Goes on to what the host has to do, after telling what happened.
    fn next(&self, context: &C, action: &str, admission: &mut Admission) -> HostTask {
        loop {
            let step = admission.step();
            self.notify(context, admission);
            return match step {
                Step::Actor => HostTask::Resolve(RecordPart::Actor),
                Step::RestOfActor => HostTask::Resolve(RecordPart::RestOfActor),
                Step::Snapshot => HostTask::Resolve(RecordPart::Snapshot),
                Step::Ask(request) => HostTask::Ask(request),
                Step::Done(done) => HostTask::Return(done),
                // Only asked for by who evaluates.
                Step::Evaluated(_) => {
                    HostTask::Return(Err(Refused::without_policy(action, "it was only evaluated".to_owned())))
                }
                Step::Arguments => {
                    // Calls of Rust bring their arguments with them.
                    admission.bind(RawMap::new());
                    continue;
                }
                // Nobody else can change those.
                Step::Action => {
                    admission.refuse_unreadable("nobody was to change them");
                    continue;
                }
            };
        }
    }

    async fn drive_async(
        &self,
        context: &C,
        action: &str,
        admission: Admission,
    ) -> Result<Admitted, Refused> {
        let mut call = AsyncCall { runtime: self, context, admission, is_done: false };
        let done = call.run(action).await;
        call.is_done = true;
        done
    }

    /// What a handler says that answers at once; what comes too late does not count.
    fn ask(
        &self,
        handler: &dyn Fn(&ApprovalRequest) -> Result<ApprovalAnswer, String>,
        request: &ApprovalRequest,
    ) -> Result<ApprovalAnswer, String> {
        let deadline = self.inner.host.approval_deadline.as_ref().map(|(deadline, _)| *deadline);
        Deadline::new(deadline).keep(|| handler(request)).map_err(|mut failed| failed.reason())
    }

    async fn ask_async(&self, request: &ApprovalRequest) -> Result<ApprovalAnswer, String> {
        match &self.inner.host.approver {
            Approver::Sync(handler) => self.ask(handler, request),
            Approver::None => Err("there is nobody to ask".to_owned()),
            Approver::Async(handler) => {
                let answer =
                    within_deadline(start(|| handler(request)), self.inner.host.approval_deadline.as_ref())
                        .await;
                answer.map_err(|mut failed| failed.reason())
            }
        }
    }

    fn notify(&self, context: &C, admission: &mut Admission) {
        if self.inner.host.observers.is_empty() {
            return;
        }
        for mut event in admission.take_events() {
            let of = self.inner.host.correlation.as_ref();
            event.correlation = of.and_then(|of| catch_panic(|| Ok::<_, String>(of(context))).ok().flatten());
            for observer in &self.inner.host.observers {
                let observed = catch_panic(|| {
                    observer(&event);
                    Ok::<_, String>(())
                });
                if observed.is_err() {
                    // Those that come after it are told.
                    event.failures.push(Failure::new(Stage::Observer, "an observer panicked"));
                }
            }
        }
    }
}

/// What a host has to do for a call.
enum HostTask {
    Resolve(RecordPart),
    Ask(Box<ApprovalRequest>),
    Return(Result<Admitted, Refused>),
}

/// An async call on its way. Whoever drops its future cancels it, and then it has its event, too.
struct AsyncCall<'a, C: Sync> {
    runtime: &'a Runtime<C>,
    context: &'a C,
    admission: Admission,
    is_done: bool,
}

impl<C: Sync> AsyncCall<'_, C> {
    async fn run(&mut self, action: &str) -> Result<Admitted, Refused> {
        let host = &self.runtime.inner.host;
        loop {
            match self.runtime.next(self.context, action, &mut self.admission) {
                HostTask::Resolve(wanted) => {
                    let (resolver, call) =
                        (host.resolver(wanted), call(action, self.context, &self.admission));
                    let found = resolver.resolve_async(&call, wanted, host.deadline.as_ref()).await;
                    self.admission.give(found.0.map(RawValue::Map), found.1);
                }
                HostTask::Ask(request) => {
                    let answer = self.runtime.ask_async(&request).await;
                    self.admission.answer(answer);
                }
                HostTask::Return(done) => return done,
            }
        }
    }
}

impl<C: Sync> Drop for AsyncCall<'_, C> {
    fn drop(&mut self) {
        if !self.is_done {
            self.admission.cancel();
            self.runtime.notify(self.context, &mut self.admission);
        }
    }
}

fn typed(action: &str, mut arguments: RawMap) -> RawMap {
    arguments.insert("type".to_owned(), action.into());
    arguments
}

fn call<'a, C>(action: &'a str, context: &'a C, admission: &'a Admission) -> ResolverInput<'a, C> {
    static NONE: RawMap = RawMap::new();
    ResolverInput::new(action, admission.arguments().unwrap_or(&NONE), context, admission.reads())
}
