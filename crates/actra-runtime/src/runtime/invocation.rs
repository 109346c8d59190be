//! A call, and what an approval of it is bound to.

use std::fmt;
use std::sync::Arc;

use actra_engine::Policy;
use actra_engine::model::{RawMap, RawValue, Reason};

use crate::approval::{self, ApprovalExclusions, plain};
use crate::fields::{is_declared, split};
use crate::redact::TypesOnly;
use crate::{Admission, EnforcementPoint};

/// A call that is about to be made.
///
/// Rules see the arguments that the schema declares. An approval is bound to all of them, to the receiver, and to
/// whatever else tells this call from another one; you name what does not count. A call that has two parts with the
/// same name is refused.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::{Invocation, Runtime};
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Ok(ana())).build()?;
/// // A function with a connection, which the schema does not declare and which does not count for an approval.
/// let mut arguments = amount(5);
/// arguments.insert("connection".to_owned(), "a pool".into());
/// let invocation = Invocation::of_function("refund", arguments).unbound(["connection"]);
/// assert!(runtime.admit_call(&(), invocation).is_ok());
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Invocation<'a> {
    pub(super) action: &'a str,
    pub(super) arguments: RawMap,
    /// See [`Invocation::undeclared`].
    pub(super) undeclared: RawMap,
    pub(super) origin: ArgumentSource,
    pub(super) bound: BoundParts,
}

/// What is approved besides the arguments, and what is not.
#[derive(Clone, Default)]
pub(super) struct BoundParts {
    parts: RawMap,
    unbound: ApprovalExclusions,
    is_incomplete: bool,
    /// Whether two parts have one name.
    pub(super) is_ambiguous: bool,
}

/// Where the arguments of a call come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArgumentSource {
    /// Somebody has chosen them for the action.
    Chosen,
    /// They are all those of a function, whatever the schema declares.
    Function,
}

impl<'a> Invocation<'a> {
    /// An action with these arguments: each of them is a field of the action.
    pub fn new(action: &'a str, arguments: RawMap) -> Self {
        let (undeclared, bound) = (RawMap::new(), BoundParts::default());
        Self { action, arguments, undeclared, origin: ArgumentSource::Chosen, bound }
    }

    /// A function that is called with these arguments, by the names of its parameters. Those that the schema does not
    /// declare are bound by an approval, and neither rules nor observers see them.
    pub fn of_function(action: &'a str, arguments: RawMap) -> Self {
        Self { origin: ArgumentSource::Function, ..Self::new(action, arguments) }
    }

    /// The type of the action.
    pub fn action(&self) -> &'a str {
        self.action
    }

    /// Binds an approval to the receiver of a method, too: by its class, and by its value as canonical JSON can say it.
    #[must_use]
    pub fn receiver(self, class: &str, value: RawValue) -> Self {
        self.part(approval::RECEIVER, approval::receiver(class, value))
    }

    /// Binds an approval to something else that tells this call from another one, which rules do not see.
    #[must_use]
    pub fn binding(self, name: &str, value: RawValue) -> Self {
        self.part(name, plain(value))
    }

    /// Binds an approval to something whose value has the form of a binding already: objects as
    /// [`object`](approval::object) writes them, and what JSON lacks as [`tagged`](approval::tagged) does.
    #[must_use]
    pub fn exact_binding(self, name: &str, value: RawValue) -> Self {
        self.part(name, value)
    }

    /// An argument that the schema does not declare, of [`Runtime::undeclared`](crate::Runtime::undeclared): an approval
    /// is bound to its value, which has the form of a binding already. If the policy that decides declares it after
    /// all, it is unreadable.
    #[must_use]
    pub fn undeclared(mut self, name: &str, value: RawValue) -> Self {
        self.undeclared.insert(name.to_owned(), value);
        self
    }

    /// Says that something else tells this call from another one, but could not be found out: the call cannot be
    /// approved, whatever is unbound.
    #[must_use]
    pub fn incomplete(mut self) -> Self {
        self.bound.is_incomplete = true;
        self
    }

    /// Binds no approval to these parts: arguments by name, `self`, facts such as `snapshot.now`.
    #[must_use]
    pub fn unbound<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.bound.unbound =
            self.bound.unbound.and(&ApprovalExclusions::new(names.into_iter().map(Into::into)));
        self
    }

    fn part(mut self, name: &str, value: RawValue) -> Self {
        let before = self.bound.parts.insert(name.to_owned(), value);
        self.bound.is_ambiguous |= before.is_some();
        self
    }

    /// The parts of the call that no approval is bound to.
    pub(super) fn unbound_parts(&self) -> &ApprovalExclusions {
        &self.bound.unbound
    }

    /// The call by a policy, which may declare what another one did not.
    fn under(mut self, policy: &Policy) -> Self {
        for (name, value) in std::mem::take(&mut self.undeclared) {
            if is_declared(policy, self.action, &name) {
                self.arguments.insert(name, RawValue::Unreadable(Reason::Unresolved));
            } else {
                self = self.part(&name, value);
            }
        }
        self
    }

    /// What rules of a policy see of it, and what only an approval is bound to; without one they see all arguments.
    pub(super) fn split(self, policy: Option<&Policy>) -> (RawMap, RawMap) {
        let call = match policy {
            Some(policy) => self.under(policy),
            None => self,
        };
        let Self { action, arguments, origin, bound, .. } = call;
        let (seen, mut hidden) = match (origin, policy) {
            (ArgumentSource::Function, Some(policy)) => split(policy, action, arguments),
            (ArgumentSource::Chosen, _) | (_, None) => (arguments, RawMap::new()),
        };
        hidden.extend(bound.parts);
        (seen, hidden)
    }

    /// Begins an admission of the call, which goes step by step.
    pub(super) fn begin(self, point: &Arc<EnforcementPoint>) -> Admission {
        let policy = point.in_force.policy();
        let Self { action, arguments, origin, bound, .. } = self.under(&policy);
        let admission = match origin {
            ArgumentSource::Chosen => Admission::begin(point, action, arguments),
            ArgumentSource::Function => Admission::call_under(point, policy, action, arguments),
        };
        bound.of(admission)
    }
}

/// Names, and what they stand for: values may be sensitive.
impl fmt::Debug for Invocation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("action", &self.action)
            .field("arguments", &TypesOnly(&self.arguments))
            .field("parts", &TypesOnly(&self.bound.parts))
            .finish_non_exhaustive()
    }
}

impl BoundParts {
    pub(super) fn of(self, admission: Admission) -> Admission {
        let mut admission = admission.binding(self.parts).with_exclusions(self.unbound);
        if self.is_ambiguous {
            admission.refuse_request(Admission::AMBIGUOUS_PARTS);
        }
        match self.is_incomplete {
            true => admission.mark_incomplete(),
            false => admission,
        }
    }
}
