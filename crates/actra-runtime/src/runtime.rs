//! Enforcement for Rust.

mod build;
mod resolve;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use actra_engine::model::{Decision, RawMap, RawRequest, RawValue};
use actra_engine::{Policy, decide};
use futures_util::future::{Either, select};

pub use build::Builder;
pub use resolve::{Call, ResolveError};

use crate::approval::{Answer, ApprovalRequest, ApprovalStore, Digest, Grant};
use crate::{Event, Failure, Live, Mode, Outcome, Stage, Verdict, redact, settles};
use resolve::{Resolver, contained};

/// An enforcement point: a policy, who tells it about actors and the world, and what follows from a decision.
///
/// `C` is what the host knows about a call, such as a session; resolvers read it. Threads share a runtime by reference,
/// and clones are the same runtime.
#[derive(Debug)]
pub struct Runtime<C = ()> {
    inner: Arc<Inner<C>>,
}

impl<C> Clone for Runtime<C> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

type Correlation<C> = Box<dyn Fn(&C) -> Option<String> + Send + Sync>;
pub(crate) type Observer = Box<dyn Fn(&Event) + Send + Sync>;
pub(crate) type Sleep = Box<dyn Fn(Duration) -> resolve::Boxed<'static, ()> + Send + Sync>;

struct Inner<C> {
    live: Arc<Live>,
    mode: Mode,
    actor: Resolver<C>,
    snapshot: Resolver<C>,
    deadline: Option<(Duration, Sleep)>,
    observers: Vec<Observer>,
    approvals: build::Approvals,
    correlation: Option<Correlation<C>>,
}

impl<C> std::fmt::Debug for Inner<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("live", &self.live).field("mode", &self.mode).finish_non_exhaustive()
    }
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
    #[error("{}", say(decision, "needs approval"))]
    ApprovalRequired {
        /// What was decided.
        decision: Box<Decision<'static>>,
        /// What can be granted; `None` if that failed, which `failure` then says.
        approval: Option<Box<ApprovalRequest>>,
        /// Why there is no grant, if somebody was asked or something failed.
        failure: Option<String>,
    },
}

impl Refused {
    /// What was decided.
    pub fn decision(&self) -> &Decision<'static> {
        match self {
            Refused::Blocked { decision } | Refused::ApprovalRequired { decision, .. } => decision,
        }
    }
}

fn say(decision: &Decision<'_>, what: &str) -> String {
    let rule = decision.matched_rule.as_deref().map(|rule| format!(" by rule `{rule}`")).unwrap_or_default();
    let reason = decision.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
    let fault = match decision.errors.first() {
        Some(fault) if reason.is_empty() => format!(": `{}`: {}", fault.path, fault.reason.message()),
        _ => String::new(),
    };
    format!("the operation {what}{rule}{reason}{fault}")
}

/// One evaluation on its way.
struct Pass {
    policy: Arc<Policy>,
    request: RawRequest,
    failures: Vec<Failure>,
    started: Option<(SystemTime, Instant)>,
}

fn members(action: Option<&RawValue>) -> &RawMap {
    static NONE: RawMap = RawMap::new();
    match action {
        Some(RawValue::Map(members)) => members,
        _ => &NONE,
    }
}

/// What a pass needs next.
enum Next {
    Snapshot,
    Nothing,
}

impl<C: Sync> Runtime<C> {
    /// What a runtime is made of.
    pub fn builder(policy: Policy) -> Builder<C> {
        Builder::new(Arc::new(Live::new(Arc::new(policy))))
    }

    /// The policy in force and its health; swap it there.
    pub fn live(&self) -> &Arc<Live> {
        &self.inner.live
    }

    /// Where approval requests are answered.
    pub fn approvals(&self) -> &Arc<dyn ApprovalStore> {
        &self.inner.approvals.store
    }

    /// Whether an operation may run now. `arguments` go into the request beside the type of the action.
    ///
    /// Resolvers run at most once, the one of the snapshot only if it matters. Never panics; whatever fails leaves
    /// facts out. Asynchronous resolvers cannot be asked here: they count as failed.
    pub fn admit(&self, context: &C, action: &str, arguments: RawMap) -> Result<Admitted, Refused> {
        let asked = match self.conclude(context, self.pass(context, action, arguments))? {
            Concluded::Admitted(admitted) => return Ok(admitted),
            Concluded::Ask(asked) => asked,
        };
        let answer = match &self.inner.approvals.handler {
            build::Handler::Sync(handler) => contained(|| handler(&asked.approval)),
            build::Handler::Async(_) => Err("an asynchronous handler cannot be asked here".to_owned()),
            build::Handler::None => return Err(asked.refused(None)),
        };
        self.answer(&asked, answer)?;
        self.execute(context, self.pass(context, action, asked.arguments))
    }

    /// The same where resolvers and handlers may be asynchronous.
    pub async fn admit_async(
        &self,
        context: &C,
        action: &str,
        arguments: RawMap,
    ) -> Result<Admitted, Refused> {
        let pass = self.pass_async(context, action, arguments).await;
        let asked = match self.conclude(context, pass)? {
            Concluded::Admitted(admitted) => return Ok(admitted),
            Concluded::Ask(asked) => asked,
        };
        let answer = match &self.inner.approvals.handler {
            build::Handler::Sync(handler) => contained(|| handler(&asked.approval)),
            build::Handler::Async(handler) => {
                self.in_time(handler(&asked.approval)).await.and_then(|answer| answer)
            }
            build::Handler::None => return Err(asked.refused(None)),
        };
        self.answer(&asked, answer)?;
        let again = self.pass_async(context, action, asked.arguments).await;
        self.execute(context, again)
    }

    /// What the policy says, without enforcing it.
    pub fn evaluate(&self, context: &C, action: &str, arguments: RawMap) -> Decision<'static> {
        let pass = self.pass(context, action, arguments);
        let decision = decide(&pass.policy, &pass.request).into_owned();
        self.tell(context, &pass, &decision, Outcome::Evaluated);
        decision
    }

    fn begin(&self, action: &str, mut arguments: RawMap) -> Pass {
        let given = arguments.insert("type".to_owned(), action.into());
        let failure = given.map(|_| Failure {
            stage: Stage::Action,
            reason: "`type` names the action, so no argument can have this name".to_owned(),
        });
        let fault = failure.as_ref().map(|_| actra_engine::model::Reason::DuplicateKey);
        Pass {
            policy: self.inner.live.policy(),
            request: RawRequest { action: Some(RawValue::Map(arguments)), fault, ..RawRequest::default() },
            failures: failure.into_iter().collect(),
            started: (!self.inner.observers.is_empty()).then(|| (SystemTime::now(), Instant::now())),
        }
    }

    fn pass(&self, context: &C, action: &str, arguments: RawMap) -> Pass {
        let mut pass = self.begin(action, arguments);
        let policy = Arc::clone(&pass.policy);
        let late = self.inner.deadline.as_ref().map(|(deadline, _)| *deadline);
        let call = Call::new(action, members(pass.request.action.as_ref()), context, policy.reads(action));
        pass.request.actor = self.inner.actor.resolve(&call, Stage::Actor, late, &mut pass.failures);
        if let Next::Snapshot = self.next(&pass, &call) {
            pass.request.snapshot =
                self.inner.snapshot.resolve(&call, Stage::Snapshot, late, &mut pass.failures);
        }
        pass
    }

    async fn pass_async(&self, context: &C, action: &str, arguments: RawMap) -> Pass {
        let mut pass = self.begin(action, arguments);
        let policy = Arc::clone(&pass.policy);
        let call = Call::new(action, members(pass.request.action.as_ref()), context, policy.reads(action));
        let within = self.inner.deadline.as_ref();
        pass.request.actor =
            self.inner.actor.resolve_async(&call, Stage::Actor, within, &mut pass.failures).await;
        if let Next::Snapshot = self.next(&pass, &call) {
            pass.request.snapshot =
                self.inner.snapshot.resolve_async(&call, Stage::Snapshot, within, &mut pass.failures).await;
        }
        pass
    }

    /// Whether the snapshot matters: some rule reads it, and none that blocks is true without it.
    fn next(&self, pass: &Pass, call: &Call<'_, C>) -> Next {
        if self.inner.snapshot.is_constant() {
            return Next::Snapshot;
        }
        let read = call.reads().is_some_and(|reads| !reads.snapshot.is_empty());
        if !read || settles(&decide(&pass.policy, &pass.request)) {
            return Next::Nothing;
        }
        Next::Snapshot
    }

    /// The switch over the effect.
    fn conclude(&self, context: &C, pass: Pass) -> Result<Concluded, Refused> {
        let decision = decide(&pass.policy, &pass.request);
        let verdict = Verdict::of(decision.effect);
        if self.inner.mode == Mode::Audit || verdict == Verdict::Run {
            self.tell(context, &pass, &decision, Outcome::Ran);
            return Ok(Concluded::Admitted(Admitted::default()));
        }
        if verdict == Verdict::Refuse {
            self.tell(context, &pass, &decision, Outcome::Refused);
            return Err(Refused::Blocked { decision: Box::new(decision.into_owned()) });
        }
        match self.redeem(&pass, &decision) {
            Ok((_, Some(grant))) => Ok(Concluded::Admitted(self.approved(context, &pass, &decision, grant))),
            Ok((digest, None)) => {
                let asked = self.ask(context, &pass, &decision, digest)?;
                Ok(Concluded::Ask(Box::new(asked)))
            }
            Err(reason) => Err(self.unapproved(context, &pass, &decision, reason)),
        }
    }

    /// The same after somebody was asked: nobody is asked again.
    fn execute(&self, context: &C, pass: Pass) -> Result<Admitted, Refused> {
        match self.conclude(context, pass)? {
            Concluded::Admitted(admitted) => Ok(admitted),
            Concluded::Ask(asked) => {
                Err(asked.refused(Some("what was approved is not what is asked for now".to_owned())))
            }
        }
    }

    fn redeem(&self, pass: &Pass, decision: &Decision<'_>) -> Result<(Digest, Option<Grant>), String> {
        let digest = Digest::of(&pass.policy, &pass.request, &RawMap::new(), decision);
        let digest = digest.map_err(|error| error.to_string())?;
        let store = &self.inner.approvals.store;
        let grant =
            contained(|| store.redeem(&digest, SystemTime::now()).map_err(|error| error.to_string()))?;
        Ok((digest, grant))
    }

    fn approved(&self, context: &C, pass: &Pass, decision: &Decision<'_>, grant: Grant) -> Admitted {
        self.tell(context, pass, decision, Outcome::Approved { by: grant.by.clone() });
        Admitted { approved_by: Some(grant.by) }
    }

    fn ask(
        &self,
        context: &C,
        pass: &Pass,
        decision: &Decision<'_>,
        digest: Digest,
    ) -> Result<Asked, Refused> {
        let approvals = &self.inner.approvals;
        let shown = redact(&pass.policy.schema, &pass.request);
        let request = ApprovalRequest::new(digest, decision, shown, SystemTime::now(), approvals.valid);
        match contained(|| approvals.store.open(request).map_err(|error| error.to_string())) {
            Ok(approval) => {
                self.tell(context, pass, decision, Outcome::Asked);
                let mut arguments = members(pass.request.action.as_ref()).clone();
                arguments.remove("type");
                Ok(Asked { approval, decision: decision.clone().into_owned(), arguments })
            }
            Err(reason) => Err(self.unapproved(context, pass, decision, reason)),
        }
    }

    fn unapproved(&self, context: &C, pass: &Pass, decision: &Decision<'_>, reason: String) -> Refused {
        self.tell_with(context, pass, decision, Outcome::Refused, Some(reason.clone()));
        let decision = Box::new(decision.clone().into_owned());
        Refused::ApprovalRequired { decision, approval: None, failure: Some(reason) }
    }

    /// Keeps an answer. Anything but a grant refuses.
    fn answer(&self, asked: &Asked, answer: Result<Answer, String>) -> Result<(), Refused> {
        let answer = answer.map_err(|reason| asked.refused(Some(reason)))?;
        let store = &self.inner.approvals.store;
        let kept = contained(|| {
            store.answer(&asked.approval.id, &answer, SystemTime::now()).map_err(|error| error.to_string())
        });
        kept.map_err(|reason| asked.refused(Some(reason)))?;
        match answer {
            Answer::Granted { .. } => Ok(()),
            Answer::Denied { by, reason } => Err(asked.refused(Some(format!("denied by {by}: {reason}")))),
        }
    }

    async fn in_time<T>(&self, work: resolve::Boxed<'_, T>) -> Result<T, String> {
        let work = resolve::contained_async(work);
        let Some((deadline, sleep)) = &self.inner.deadline else { return work.await };
        match select(work, sleep(*deadline)).await {
            Either::Left((done, _)) => done,
            Either::Right(_) => Err(format!("no answer within {deadline:?}")),
        }
    }

    fn tell(&self, context: &C, pass: &Pass, decision: &Decision<'_>, outcome: Outcome) {
        self.tell_with(context, pass, decision, outcome, None);
    }

    fn tell_with(
        &self,
        context: &C,
        pass: &Pass,
        decision: &Decision<'_>,
        outcome: Outcome,
        approval: Option<String>,
    ) {
        let Some((at, started)) = pass.started else { return };
        let mut failures = pass.failures.clone();
        failures.extend(approval.map(|reason| Failure { stage: Stage::Approval, reason }));
        let correlation =
            self.inner.correlation.as_ref().and_then(|of| contained(|| Ok(of(context))).ok().flatten());
        let mut event = Event {
            at,
            duration: started.elapsed(),
            mode: self.inner.mode,
            outcome,
            decision: decision.clone().into_owned(),
            request: redact(&pass.policy.schema, &pass.request),
            failures,
            correlation,
        };
        for observer in &self.inner.observers {
            if catch_unwind(AssertUnwindSafe(|| observer(&event))).is_err() {
                // Those that come after it are told.
                let reason = "an observer panicked".to_owned();
                event.failures.push(Failure { stage: Stage::Observer, reason });
            }
        }
    }
}

/// What came of a decision, short of a refusal.
enum Concluded {
    Admitted(Admitted),
    Ask(Box<Asked>),
}

/// Somebody has to be asked.
struct Asked {
    approval: ApprovalRequest,
    decision: Decision<'static>,
    /// Of the call, for what comes after the answer.
    arguments: RawMap,
}

impl Asked {
    fn refused(&self, failure: Option<String>) -> Refused {
        Refused::ApprovalRequired {
            decision: Box::new(self.decision.clone()),
            approval: Some(Box::new(self.approval.clone())),
            failure,
        }
    }
}
