use std::any::type_name_of_val;
use std::future::Future;

use actra_engine::model::{RawValue, Reason};
use actra_runtime::{Admitted, Invocation, Refused, Runtime};
use serde::Serialize;

pub use crate::site::Site;
pub use inventory;

use crate::Context;

/// The value of an argument. One without a value is unreadable, so that whatever reads it is undetermined.
pub fn value<T: Serialize + ?Sized>(argument: &T) -> RawValue {
    crate::value(argument).unwrap_or(RawValue::Unreadable(Reason::Unresolved))
}

/// A receiver; only some have a value.
#[derive(Debug)]
pub struct Receiver<'a, T: ?Sized>(pub &'a T);

impl<T: Serialize + ?Sized> Receiver<'_, T> {
    /// Found before [`NoValue::value`], where there is one.
    pub fn value(&self) -> RawValue {
        value(self.0)
    }
}

/// For receivers that have no value: a call cannot be approved unless they do not count.
pub trait NoValue {
    fn value(&self) -> RawValue {
        RawValue::Unreadable(Reason::Unresolved)
    }
}

impl<T: ?Sized> NoValue for Receiver<'_, T> {}

impl<T: ?Sized> Receiver<'_, T> {
    pub fn class(&self) -> &'static str {
        type_name_of_val(self.0)
    }
}

/// What else tells a call from another one of the same function, besides its arguments.
pub trait Beside {
    fn add<C: Sync>(self, invocation: Invocation<'static>, runtime: &Runtime<C>) -> Invocation<'static>;
}

/// Nothing does.
impl Beside for () {
    fn add<C: Sync>(self, invocation: Invocation<'static>, _: &Runtime<C>) -> Invocation<'static> {
        invocation
    }
}

/// Class and value of the receiver, if there is one, and the types that the function was made for. They are found out
/// only where the policy may want approval, since a receiver may be large.
#[derive(Debug)]
pub struct Told<F>(pub F);

pub type Parts<const N: usize> = (Option<(&'static str, RawValue)>, [String; N]);

impl<const N: usize, F: FnOnce() -> Parts<N>> Beside for Told<F> {
    fn add<C: Sync>(self, invocation: Invocation<'static>, runtime: &Runtime<C>) -> Invocation<'static> {
        if !runtime.may_ask(invocation.action()) {
            // Another policy may be in force by the time that it is decided.
            return invocation.incomplete();
        }
        let (receiver, types) = self.0();
        let invocation = match receiver {
            Some((class, value)) => invocation.receiver(class, value),
            None => invocation,
        };
        match N {
            0 => invocation,
            _ => invocation.binding("<types>", RawValue::List(types.map(RawValue::String).into())),
        }
    }
}

/// One call of a function with the attribute.
#[derive(Debug)]
pub struct Guarded<const N: usize, B> {
    action: &'static str,
    arguments: [(&'static str, RawValue); N],
    unbound: &'static [&'static str],
    beside: B,
}

impl<const N: usize, B: Beside> Guarded<N, B> {
    pub fn new(
        action: &'static str,
        arguments: [(&'static str, RawValue); N],
        unbound: &'static [&'static str],
        beside: B,
    ) -> Self {
        Self { action, arguments, unbound, beside }
    }

    fn invocation<C: Sync>(self, runtime: &Runtime<C>) -> Invocation<'static> {
        let arguments = self.arguments.map(|(name, value)| (name.to_owned(), value)).into();
        let invocation = Invocation::of_function(self.action, arguments);
        let invocation = match self.unbound {
            [] => invocation,
            names => invocation.unbound(names.iter().copied()),
        };
        self.beside.add(invocation, runtime)
    }

    pub fn admit(self) -> Result<Admitted, Refused> {
        let runtime = of_process(self.action)?;
        self.admit_by(runtime, &Context::current())
    }

    pub fn admit_async(self) -> impl Future<Output = Result<Admitted, Refused>> + use<N, B> {
        let begun = of_process(self.action).map(|runtime| (runtime, self.invocation(runtime)));
        async move {
            let (runtime, invocation) = begun?;
            runtime.admit_call_async(&Context::current(), invocation).await
        }
    }

    pub fn admit_by<C: Sync>(self, runtime: &Runtime<C>, context: &C) -> Result<Admitted, Refused> {
        runtime.admit_call(context, self.invocation(runtime))
    }

    /// The receiver is looked at before anything is waited for: it need not be shared between threads.
    pub fn admit_by_async<'a, C: Sync>(
        self,
        runtime: &'a Runtime<C>,
        context: &'a C,
    ) -> impl Future<Output = Result<Admitted, Refused>> + use<'a, N, B, C> {
        runtime.admit_call_async(context, self.invocation(runtime))
    }
}

fn of_process(action: &str) -> Result<&'static Runtime<Context>, Refused> {
    crate::runtime().map_err(|error| Refused::without_policy(action, error))
}
