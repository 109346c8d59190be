//! The builder of a [`Runtime`]: settings and functions of the host, checked against the policy before the first call.

mod build_error;

use std::sync::Arc;
use std::time::Duration;

use actra_engine::model::{RawMap, RawValue, RecordName};
use actra_engine::{Policy, RecordError, RecordErrorKind, errors_in_record};

pub use build_error::BuildError;

use super::resolve::{Boxed, FieldResolver, RecordResolver, ResolveError, ResolverInput};
use super::{HostFunctions, Observer, Runtime, RuntimeParts, Sleep};
use crate::approval::{ApprovalAnswer, ApprovalExclusions, ApprovalRequest, ApprovalStore, MemoryStore};
use crate::{EnforcementPoint, Event, Mode, OnActorFailure, PolicyInForce, PolicyRequirement, RecordSource};

pub(crate) type Ask = dyn Fn(&ApprovalRequest) -> Result<ApprovalAnswer, String> + Send + Sync;
pub(crate) type AskAsync =
    dyn for<'a> Fn(&'a ApprovalRequest) -> Boxed<'a, Result<ApprovalAnswer, String>> + Send + Sync;

/// Who is asked for approval, if anybody is.
pub(crate) enum Approver {
    None,
    Sync(Box<Ask>),
    Async(Box<AskAsync>),
}

/// How long a grant is valid where nobody says.
const DEFAULT_GRANT_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// What a [`Runtime`] is made of. Everything has a default: no actor, no facts, enforcing, nobody to ask.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::Runtime;
///
/// let runtime = Runtime::<()>::builder(policy())
///     .actor(|_| Ok(ana()))
///     .snapshot_field("fraud", |_| Ok(false.into()))
///     .on_event(|event| println!("{}", event.outcome.as_str()))
///     .build()?;
/// assert!(runtime.admit(&(), "refund", amount(5)).is_ok());
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
pub struct Builder<C = ()> {
    point: EnforcementPoint,
    host: HostFunctions<C>,
    /// What has a function of the host, by name.
    given: Vec<String>,
}

impl<C: Sync> Builder<C> {
    /// Starts with the policy in force, which others may swap.
    pub fn new(in_force: Arc<PolicyInForce>) -> Self {
        let point = EnforcementPoint {
            in_force,
            mode: Mode::Enforce,
            on_actor_failure: OnActorFailure::Refuse,
            actor: RecordSource::Empty,
            snapshot: RecordSource::Empty,
            unbound: ApprovalExclusions::default(),
            store: Arc::new(MemoryStore::new()),
            grant_lifetime: DEFAULT_GRANT_LIFETIME,
            has_approver: false,
            has_observers: false,
        };
        let host = HostFunctions {
            actor: RecordResolver::Nobody,
            snapshot: RecordResolver::Nobody,
            deadline: None,
            approval_deadline: None,
            observers: Vec::new(),
            approver: Approver::None,
            correlation: None,
        };
        Self { point, host, given: Vec::new() }
    }

    /// Notes that something has a function of the host: a second one would take its place.
    fn given(mut self, name: impl Into<String>) -> Self {
        self.given.push(name.into());
        self
    }

    /// Sets whether decisions are enforced, or only recorded.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.point.mode = mode;
        self
    }

    /// What happens to a call whose actor cannot be resolved; it is refused unless you set something else.
    #[must_use]
    pub fn on_actor_failure(mut self, becomes: OnActorFailure) -> Self {
        self.point.on_actor_failure = becomes;
        self
    }

    /// Sets the resolver of the actor, which says who acts. It is asked at most once for an evaluation.
    #[must_use]
    pub fn actor(
        mut self,
        resolve: impl Fn(&ResolverInput<'_, C>) -> Result<RawMap, ResolveError> + Send + Sync + 'static,
    ) -> Self {
        self.host.actor = RecordResolver::Sync(Box::new(resolve));
        self.given("actor")
    }

    /// Who acts, for a record that is already in the context of the call. It is copied only if a call is not simply
    /// allowed, or if there is an observer.
    ///
    /// ```
    /// use actra_engine::{PolicySet, compile, model::RawMap};
    /// use actra_runtime::Runtime;
    ///
    /// struct Session {
    ///     user: RawMap,
    /// }
    ///
    /// # let schema = "version: 1\nactions: { pay: {} }\nactor: { fields: { role: string } }";
    /// # let rules = "version: 1\ndefault: block\nrules: [{ id: clerk, scope: { action: pay }, when: 'actor.role == \"clerk\"', effect: allow }]";
    /// # let set = PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", rules)]);
    /// # let policy = compile(&set).policy.unwrap();
    /// let builder = Runtime::<Session>::builder(policy).actor_ref(|call| Ok(&call.context.user));
    /// let runtime = builder.build()?;
    ///
    /// let session = Session { user: [("role".to_owned(), "clerk".into())].into() };
    /// assert!(runtime.admit(&session, "pay", RawMap::new()).is_ok());
    /// # Ok::<(), actra_runtime::BuildError>(())
    /// ```
    #[must_use]
    pub fn actor_ref(
        mut self,
        find: impl for<'a> Fn(&ResolverInput<'a, C>) -> Result<&'a RawMap, ResolveError> + Send + Sync + 'static,
    ) -> Self {
        self.host.actor = RecordResolver::Ref(Box::new(find));
        self.given("actor")
    }

    /// Sets an async resolver of the actor, which says who acts.
    #[must_use]
    pub fn actor_async(
        mut self,
        resolve: impl for<'a> Fn(&'a ResolverInput<'a, C>) -> Boxed<'a, Result<RawMap, ResolveError>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.host.actor = RecordResolver::Async(Box::new(resolve));
        self.given("actor")
    }

    /// One field of the actor. Asked only if a rule of the action reads this field, or before somebody is asked for
    /// approval.
    #[must_use]
    pub fn actor_field(
        mut self,
        name: &str,
        resolve: impl Fn(&ResolverInput<'_, C>) -> Result<RawValue, ResolveError> + Send + Sync + 'static,
    ) -> Self {
        self.host.actor = self.host.actor.with_field(name, FieldResolver::Sync(Box::new(resolve)));
        self.given(format!("actor.{name}"))
    }

    /// Sets an async resolver of one field of the actor; those of several fields are asked at the same time.
    #[must_use]
    pub fn actor_field_async(
        mut self,
        name: &str,
        resolve: impl for<'a> Fn(&'a ResolverInput<'a, C>) -> Boxed<'a, Result<RawValue, ResolveError>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.host.actor = self.host.actor.with_field(name, FieldResolver::Async(Box::new(resolve)));
        self.given(format!("actor.{name}"))
    }

    /// What the world is like. Asked only if a rule of the action reads it, and none blocks without it.
    #[must_use]
    pub fn snapshot(
        mut self,
        resolve: impl Fn(&ResolverInput<'_, C>) -> Result<RawMap, ResolveError> + Send + Sync + 'static,
    ) -> Self {
        self.host.snapshot = RecordResolver::Sync(Box::new(resolve));
        self.given("snapshot")
    }

    /// What the world is like, for a record that is already in the context of the call, as in [`Builder::actor_ref`].
    #[must_use]
    pub fn snapshot_ref(
        mut self,
        find: impl for<'a> Fn(&ResolverInput<'a, C>) -> Result<&'a RawMap, ResolveError> + Send + Sync + 'static,
    ) -> Self {
        self.host.snapshot = RecordResolver::Ref(Box::new(find));
        self.given("snapshot")
    }

    /// Sets an async resolver of the snapshot, which says what the world is like.
    #[must_use]
    pub fn snapshot_async(
        mut self,
        resolve: impl for<'a> Fn(&'a ResolverInput<'a, C>) -> Boxed<'a, Result<RawMap, ResolveError>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.host.snapshot = RecordResolver::Async(Box::new(resolve));
        self.given("snapshot")
    }

    /// One field of the snapshot. Asked only if a rule of the action reads this field.
    #[must_use]
    pub fn snapshot_field(
        mut self,
        name: &str,
        resolve: impl Fn(&ResolverInput<'_, C>) -> Result<RawValue, ResolveError> + Send + Sync + 'static,
    ) -> Self {
        self.host.snapshot = self.host.snapshot.with_field(name, FieldResolver::Sync(Box::new(resolve)));
        self.given(format!("snapshot.{name}"))
    }

    /// Sets an async resolver of one field of the snapshot; those of several fields are asked at the same time.
    #[must_use]
    pub fn snapshot_field_async(
        mut self,
        name: &str,
        resolve: impl for<'a> Fn(&'a ResolverInput<'a, C>) -> Boxed<'a, Result<RawValue, ResolveError>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.host.snapshot = self.host.snapshot.with_field(name, FieldResolver::Async(Box::new(resolve)));
        self.given(format!("snapshot.{name}"))
    }

    /// How long each resolver may take; what comes later is not used. `sleep` waits in the way of the executor.
    ///
    /// A resolver that blocks its thread cannot be stopped: its late answer is thrown away.
    #[must_use]
    pub fn deadline(
        mut self,
        deadline: Duration,
        sleep: impl Fn(Duration) -> Boxed<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        self.host.deadline = Some((deadline, Box::new(sleep) as Sleep));
        self
    }

    /// How long a handler of approvals may take; since it waits for people, there is no limit unless you set one.
    /// What a synchronous one says later does not count, but nothing stops it.
    #[must_use]
    pub fn approval_deadline(
        mut self,
        deadline: Duration,
        sleep: impl Fn(Duration) -> Boxed<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        self.host.approval_deadline = Some((deadline, Box::new(sleep) as Sleep));
        self
    }

    /// Adds an observer, which hears of every evaluation.
    #[must_use]
    pub fn on_event(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.host.observers.push(Box::new(observer) as Observer);
        self
    }

    /// Who is asked when a policy wants approval. Anything but a grant refuses.
    #[must_use]
    pub fn on_approval(
        mut self,
        ask: impl Fn(&ApprovalRequest) -> Result<ApprovalAnswer, String> + Send + Sync + 'static,
    ) -> Self {
        self.host.approver = Approver::Sync(Box::new(ask));
        self.given("on_approval")
    }

    /// Asks an async function for approval, as [`Self::on_approval`] asks one that is not.
    #[must_use]
    pub fn on_approval_async(
        mut self,
        ask: impl for<'a> Fn(&'a ApprovalRequest) -> Boxed<'a, Result<ApprovalAnswer, String>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.host.approver = Approver::Async(Box::new(ask));
        self.given("on_approval")
    }

    /// Where requests for approval and their answers are kept, and how long a grant is valid: a hundred years at most.
    #[must_use]
    pub fn approvals(mut self, store: Arc<dyn ApprovalStore>, grant_lifetime: Duration) -> Self {
        self.point.store = store;
        self.point.grant_lifetime = grant_lifetime;
        self
    }

    /// What no approval is bound to: arguments by name, `self`, facts such as `snapshot.now`. A grant for one call is
    /// good for another one that differs in these alone.
    #[must_use]
    pub fn unbound<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.point.unbound = ApprovalExclusions::new(names.into_iter().map(Into::into));
        self
    }

    /// What ties the event of a call to others.
    #[must_use]
    pub fn correlation(mut self, of: impl Fn(&C) -> Option<String> + Send + Sync + 'static) -> Self {
        self.host.correlation = Some(Box::new(of));
        self
    }

    /// The runtime; an error if a field that has a resolver or is unbound is not declared, since the setting would
    /// have no effect, if one resolver or handler would take the place of another, and if a time is not positive.
    /// From then on no policy that does not declare the fields takes the place of this one: [`PolicyInForce::swap`] refuses
    /// it.
    pub fn build(self) -> Result<Runtime<C>, BuildError> {
        let Self { mut point, host, given } = self;
        let wrong = BuildError::of_settings(&given, &times(&point, &host));
        let named = Arc::new(ConfiguredFields::of(&point, &host));
        let also = Arc::clone(&named);
        let fields: Arc<PolicyRequirement> =
            Arc::new(move |policy| also.fits(policy).err().iter().map(ToString::to_string).collect());
        let fits = |policy: &Policy| BuildError { undeclared: named.undeclared(policy), ..wrong }.or_fine();
        point.in_force.require(&fields, fits)?;
        point.actor = host.actor.source();
        point.snapshot = host.snapshot.source();
        point.has_approver = !matches!(host.approver, Approver::None);
        point.has_observers = !host.observers.is_empty();
        Ok(Runtime { inner: Arc::new(RuntimeParts { point: Arc::new(point), host, _fields: fields }) })
    }
}

/// The times that were set, by the names of their settings.
fn times<C>(point: &EnforcementPoint, host: &HostFunctions<C>) -> [(&'static str, Option<Duration>); 3] {
    let time = |deadline: &Option<(Duration, Sleep)>| deadline.as_ref().map(|(time, _)| *time);
    [
        ("deadline", time(&host.deadline)),
        ("approval_deadline", time(&host.approval_deadline)),
        ("approvals", Some(point.grant_lifetime)),
    ]
}

/// The fields that a runtime has something for.
struct ConfiguredFields {
    actor: Vec<String>,
    snapshot: Vec<String>,
}

impl ConfiguredFields {
    fn of<C>(point: &EnforcementPoint, host: &HostFunctions<C>) -> Self {
        let facts = host.snapshot.fields().chain(point.unbound.facts());
        Self {
            actor: host.actor.fields().map(str::to_owned).collect(),
            snapshot: facts.map(str::to_owned).collect(),
        }
    }

    fn fits(&self, policy: &Policy) -> Result<(), BuildError> {
        BuildError { undeclared: self.undeclared(policy), ..BuildError::default() }.or_fine()
    }

    fn undeclared(&self, policy: &Policy) -> Vec<RecordError> {
        let of = |record, names: &[String]| {
            let members = names.iter().map(|name| (name.clone(), RawValue::Null));
            errors_in_record(&policy.schema, record, &RawValue::Map(members.collect()))
        };
        let mut found = of(RecordName::Actor, &self.actor);
        found.extend(of(RecordName::Snapshot, &self.snapshot));
        found.retain(|record_error| matches!(record_error.fault, RecordErrorKind::Undeclared { .. }));
        found
    }
}

impl<C> std::fmt::Debug for Builder<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("point", &self.point).finish_non_exhaustive()
    }
}
