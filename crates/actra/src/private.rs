//! What the code that `#[actra::admit]` generates calls. Nothing here is covered by semantic versioning.

mod recheck;

use std::any::type_name_of_val;
use std::future::Future;

use actra_engine::model::{RawMap, RawValue, Reason};
use actra_runtime::{Invocation, Refused, Runtime, caught};
use serde::Serialize;

pub use crate::site::Site;
pub use crate::value::Read;
pub use inventory;
pub use recheck::{AdmittedCall, ArgumentKind, MayChange, RecheckedArgument};

use crate::Context;
use crate::value::{exact, read, read_bound};
use recheck::CallToAdmit;

const UNREADABLE: RawValue = RawValue::Unreadable(Reason::Unresolved);

/// An argument that can be read when it is known what for.
pub trait Readable {
    fn read_as(&self, part: Part) -> Read;
}

/// What an argument is to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Rules see it.
    Seen,
    /// Only an approval is bound to it.
    Bound,
}

impl<T: Serialize + ?Sized> Readable for T {
    /// One without a value is unreadable, so that whatever reads it is undetermined; one that is no JSON makes the
    /// request invalid if rules see it.
    fn read_as(&self, part: Part) -> Read {
        let found = caught(|| match part {
            Part::Seen => read(self),
            Part::Bound => read_bound(self),
        });
        match found {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => Read { value: RawValue::Unreadable(error.reason), exact: None },
            Err(_) => Read { value: UNREADABLE, exact: None },
        }
    }
}

/// An argument by reference, until it is read.
pub fn argument<T: Serialize>(argument: &T) -> &dyn Readable {
    argument
}

/// Whether a type is a trait object, or made of one: its name does not say what class is behind that.
fn is_hidden(class: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    class
        .match_indices("dyn ")
        .any(|(at, _)| class.get(..at).is_some_and(|before| !before.ends_with(is_word)))
}

/// An approval is bound to more of a part of the call than rules see.
fn part(of: &str, what: &str) -> String {
    format!("{of}.{what}")
}

/// A receiver; only some have a value.
#[derive(Debug)]
pub struct Receiver<'a, T: ?Sized>(pub &'a T);

impl<T: Serialize + ?Sized> Receiver<'_, T> {
    /// Found before [`WithoutValue::actra_value`], where there is one. Rules do not see it, so it is told apart from
    /// others exactly.
    pub fn actra_value(&self) -> RawValue {
        caught(|| exact(self.0)).map_or(UNREADABLE, |value| value.unwrap_or(UNREADABLE))
    }
}

/// For receivers that have no value: a call cannot be approved unless they do not count.
pub trait WithoutValue {
    fn actra_value(&self) -> RawValue {
        UNREADABLE
    }
}

impl<T: ?Sized> WithoutValue for Receiver<'_, T> {}

impl<T: ?Sized> Receiver<'_, T> {
    pub fn actra_class(&self) -> &'static str {
        type_name_of_val(self.0)
    }
}

/// What else tells a call from another one of the same function, besides its arguments.
pub trait CallContext: Sized {
    /// Adds it to a call, which is bound to `told` parts by name already.
    fn add<C: Sync>(
        self,
        invocation: Invocation<'static>,
        told: &[String],
        runtime: &Runtime<C>,
    ) -> CallWithReceiver;

    /// The value of the receiver, which may be another one by the time that a grant is there.
    fn receiver(self) -> Option<RawValue> {
        None
    }
}

/// What is asked, and the value of the receiver in it.
pub type CallWithReceiver = (Invocation<'static>, Option<RawValue>);

/// No context: nothing is added to the call, and there is no receiver.
impl CallContext for () {
    fn add<C: Sync>(self, invocation: Invocation<'static>, _: &[String], _: &Runtime<C>) -> CallWithReceiver {
        (invocation, None)
    }
}

/// Class and value of the receiver, if there is one, and the types that the function was made for, by name. They are
/// found out only where the policy may want approval, since a receiver may be large.
#[derive(Debug)]
pub struct ReceiverAndTypes<F>(pub F);

pub type Parts<const N: usize> = (Option<(&'static str, RawValue)>, [(&'static str, String); N]);

impl<const N: usize, F: FnOnce() -> Parts<N>> CallContext for ReceiverAndTypes<F> {
    fn receiver(self) -> Option<RawValue> {
        self.0().0.map(|(_, value)| value)
    }

    fn add<C: Sync>(
        self,
        invocation: Invocation<'static>,
        told: &[String],
        runtime: &Runtime<C>,
    ) -> CallWithReceiver {
        if !runtime.may_ask(invocation.action()) {
            // Another policy may be in force by the time that it is decided.
            return (invocation.incomplete(), None);
        }
        let (receiver, types) = self.0();
        let kept =
            receiver.as_ref().filter(|_| !runtime.leaves_out_receiver()).map(|(_, value)| value.clone());
        // As where the attribute says that they do not count.
        let types = types.into_iter().filter(|(name, _)| !runtime.leaves_out_argument(name));
        let types: Vec<(&'static str, String)> = types.collect();
        let invocation = match receiver {
            Some((class, _)) if is_hidden(class) => invocation.receiver(class, UNREADABLE),
            Some((class, value)) => invocation.receiver(class, value),
            None => invocation,
        };
        let hidden = types.iter().filter(|(_, class)| is_hidden(class)).map(|(name, _)| part(name, "type"));
        // Of an argument that says `impl` this is known.
        let hidden = hidden.filter(|part| !told.contains(part));
        let invocation = hidden.fold(invocation, |call, part| call.binding(&part, UNREADABLE));
        if types.is_empty() {
            return (invocation, kept);
        }
        let classes = types.into_iter().map(|(_, class)| RawValue::String(class)).collect();
        (invocation.binding("<types>", RawValue::List(classes)), kept)
    }
}

/// An argument: its name, where it is read, and what is known of its type.
pub type NamedArgument<'v> = (&'static str, &'v dyn Readable, ArgumentKind);

/// One call of a function with the attribute.
pub struct Guarded<'v, const N: usize, B> {
    action: &'static str,
    arguments: [NamedArgument<'v>; N],
    unbound: &'static [&'static str],
    beside: B,
}

impl<const N: usize, B> std::fmt::Debug for Guarded<'_, N, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded").field("action", &self.action).finish_non_exhaustive()
    }
}

impl<'v, const N: usize, B: CallContext> Guarded<'v, N, B> {
    pub fn new(
        action: &'static str,
        arguments: [NamedArgument<'v>; N],
        unbound: &'static [&'static str],
        beside: B,
    ) -> Self {
        Self { action, arguments, unbound, beside }
    }

    /// What is asked, and what is left to be compared. Arguments and the receiver are looked at here, before anything
    /// is waited for: they need not be shared between threads. What the schema does not declare may be large, and is
    /// read only where an approval can be bound to it.
    fn split<C: Sync, K>(
        self,
        runtime: &Runtime<C>,
        context: K,
    ) -> (Invocation<'static>, CallToAdmit<'_, C, K, N>) {
        let Self { action, arguments, unbound, beside } = self;
        let names = arguments.map(|(name, ..)| name);
        let counts = |name: &str| !unbound.contains(&name) && !runtime.leaves_out_argument(name);
        let is_small = arguments.iter().all(|(.., kind)| *kind == ArgumentKind::Small);
        let undeclared = if is_small { Vec::new() } else { runtime.undeclared(action, &names) };
        let may_ask = undeclared.is_empty() || runtime.may_ask(action);
        let mut seen = RawMap::new();
        let mut beyond_schema: Vec<(&'static str, RawValue)> = Vec::new();
        let mut more: Vec<(String, RawValue)> = Vec::new();
        let before = arguments.map(|(name, argument, kind)| {
            let is_bound = kind != ArgumentKind::Small && undeclared.contains(&name);
            let part = if is_bound { Part::Bound } else { Part::Seen };
            if is_bound && !(may_ask && counts(name)) {
                beyond_schema.push((name, UNREADABLE));
                return None;
            }
            let read = argument.read_as(part);
            if counts(name) {
                more.extend(more_of(name, &read, kind));
            }
            let before = kind.can_change().then(|| (part, read.clone()));
            match part {
                Part::Seen => drop(seen.insert(name.to_owned(), read.value)),
                Part::Bound => beyond_schema.push((name, read.value)),
            }
            before
        });
        let invocation = Invocation::of_function(action, seen);
        let invocation =
            beyond_schema.into_iter().fold(invocation, |call, (name, value)| call.undeclared(name, value));
        // Another policy may be in force by the time that it is decided.
        let invocation = if may_ask { invocation } else { invocation.incomplete() };
        let invocation = match unbound {
            [] => invocation,
            names => invocation.unbound(names.iter().copied()),
        };
        let told: Vec<String> = more.iter().map(|(name, _)| name.clone()).collect();
        let invocation =
            more.into_iter().fold(invocation, |call, (name, value)| call.exact_binding(&name, value));
        let (invocation, receiver) = beside.add(invocation, &told, runtime);
        (invocation, CallToAdmit { runtime, context, action, names, unbound, before, receiver })
    }

    pub fn admit(self) -> Result<AdmittedCall<'static, Context, Context, N>, Refused> {
        let runtime = of_process(self.action)?;
        let (invocation, seen) = self.split(runtime, Context::current());
        seen.runtime.admit_call(&seen.context, invocation).map(|admitted| seen.by(admitted))
    }

    pub fn admit_async(
        self,
    ) -> impl Future<Output = Result<AdmittedCall<'static, Context, Context, N>, Refused>> + use<N, B> {
        let begun = of_process(self.action).map(|runtime| self.split(runtime, Context::current()));
        async move {
            let (invocation, seen) = begun?;
            seen.runtime.admit_call_async(&seen.context, invocation).await.map(|admitted| seen.by(admitted))
        }
    }

    pub fn admit_by<'a, C: Sync>(
        self,
        runtime: &'a Runtime<C>,
        context: &'a C,
    ) -> Result<AdmittedCall<'a, C, &'a C, N>, Refused> {
        let (invocation, seen) = self.split(runtime, context);
        runtime.admit_call(context, invocation).map(|admitted| seen.by(admitted))
    }

    pub fn admit_by_async<'a, C: Sync>(
        self,
        runtime: &'a Runtime<C>,
        context: &'a C,
    ) -> impl Future<Output = Result<AdmittedCall<'a, C, &'a C, N>, Refused>> + use<'a, N, B, C> {
        let (invocation, seen) = self.split(runtime, context);
        async move { runtime.admit_call_async(context, invocation).await.map(|admitted| seen.by(admitted)) }
    }
}

/// What an approval is bound to besides the value of an argument.
fn more_of(name: &str, read: &Read, kind: ArgumentKind) -> Option<(String, RawValue)> {
    match (kind, &read.exact) {
        (ArgumentKind::Hidden, _) => Some((part(name, "type"), UNREADABLE)),
        (_, Some(exact)) => Some((part(name, "exact"), exact.clone())),
        (_, None) => None,
    }
}

fn of_process(action: &str) -> Result<&'static Runtime<Context>, Refused> {
    crate::runtime().map_err(|error| Refused::without_policy(action, error))
}
