//! Arguments that can change between a decision and the body: behind a shared reference, `Serialize` may say another
//! value the next time.

use std::any::type_name;
use std::borrow::{Borrow, Cow};
use std::fmt;

use actra_engine::model::{RawMap, RawValue};
use actra_runtime::{Admitted, Invocation, Refused, Runtime};
use serde::Serialize;

use super::{CallContext, Part, Read, Readable, UNREADABLE, is_hidden};

/// Types whose values are what they are for as long as somebody looks at them.
pub trait Unchanging {
    /// Whether reading it costs nothing worth mentioning.
    fn is_small(&self) -> bool {
        false
    }
}

/// Bytes up to which a text is small.
const SMALL: usize = 1 << 10;

macro_rules! fixed {
    ($($ty:ty),*) => {
        $(impl Unchanging for $ty {
            fn is_small(&self) -> bool {
                true
            }
        })*
    };
}

macro_rules! texts {
    ($($ty:ty),*) => {
        $(impl Unchanging for $ty {
            fn is_small(&self) -> bool {
                self.len() <= SMALL
            }
        })*
    };
}

macro_rules! pointers {
    ($($ty:ty),*) => {
        $(impl<T: Unchanging + ?Sized> Unchanging for $ty {
            fn is_small(&self) -> bool {
                (**self).is_small()
            }
        })*
    };
}

fixed!((), bool, char, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64);
texts!(str, String);
pointers!(&T, &mut T, Box<T>);

impl<T: Unchanging> Unchanging for Option<T> {
    fn is_small(&self) -> bool {
        self.as_ref().is_none_or(Unchanging::is_small)
    }
}
impl<T: Unchanging> Unchanging for Vec<T> {}
impl<T: Unchanging> Unchanging for [T] {}
impl<T: Unchanging, const N: usize> Unchanging for [T; N] {}
impl<T: Unchanging + ToOwned<Owned: Unchanging> + ?Sized> Unchanging for Cow<'_, T> {
    fn is_small(&self) -> bool {
        (**self).is_small()
    }
}

/// What is known of an argument by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind {
    /// It is what it is for as long as somebody looks at it, and small.
    Small,
    /// It is what it is for as long as somebody looks at it.
    Unchanging,
    /// It can be another one the next time.
    CanChange,
    /// So it can, and nobody can name its class.
    Hidden,
}

impl ArgumentKind {
    pub(super) fn can_change(self) -> bool {
        !matches!(self, ArgumentKind::Small | ArgumentKind::Unchanging)
    }
}

/// An argument that may have to be read again.
#[derive(Debug)]
pub struct RecheckedArgument<'a, T: ?Sized>(pub &'a T);

impl<T: Unchanging + ?Sized> RecheckedArgument<'_, T> {
    /// Found before those of [`MayChange`], where it is known that the value stays.
    pub fn actra_kind(&self) -> ArgumentKind {
        if self.0.is_small() { ArgumentKind::Small } else { ArgumentKind::Unchanging }
    }

    pub fn actra_now(&self) -> Option<&dyn Readable> {
        None
    }
}

/// How an argument is read again before the body begins, for all other types: it may have changed by then.
pub trait MayChange {
    fn actra_kind(&self) -> ArgumentKind;

    fn actra_now(&self) -> Option<&dyn Readable>;
}

impl<T: Serialize + ?Sized> MayChange for RecheckedArgument<'_, T> {
    fn actra_kind(&self) -> ArgumentKind {
        if is_hidden(type_name::<T>()) { ArgumentKind::Hidden } else { ArgumentKind::CanChange }
    }

    fn actra_now(&self) -> Option<&dyn Readable> {
        Some(&self.0)
    }
}

/// A call that is being decided, and what of it is compared once more before the body.
pub(super) struct CallToAdmit<'a, C, K, const N: usize> {
    pub(super) runtime: &'a Runtime<C>,
    pub(super) context: K,
    pub(super) action: &'static str,
    pub(super) names: [&'static str; N],
    pub(super) unbound: &'static [&'static str],
    /// Arguments that can change, and what they are to the call.
    pub(super) before: [Option<(Part, Read)>; N],
    /// The value of the receiver, for a call that needs a grant.
    pub(super) receiver: Option<RawValue>,
}

impl<'a, C, K, const N: usize> CallToAdmit<'a, C, K, N> {
    /// Only a grant is for one receiver, and for what the schema does not declare: rules see neither.
    pub(super) fn by(self, admitted: Admitted) -> AdmittedCall<'a, C, K, N> {
        let is_approved = admitted.approved_by.is_some();
        let receiver = self.receiver.filter(|_| is_approved);
        let before = self.before.map(|read| read.filter(|(part, _)| is_approved || *part == Part::Seen));
        AdmittedCall { call: Self { receiver, before, ..self }, admitted }
    }

    /// A call with these arguments by their names. The class of a receiver stays what it is.
    fn with(
        &self,
        arguments: impl Iterator<Item = Option<(Part, RawValue)>>,
        receiver: Option<RawValue>,
    ) -> Invocation<'static> {
        let (mut seen, mut bound) = (RawMap::new(), Vec::new());
        for (name, argument) in self.names.into_iter().zip(arguments) {
            match argument {
                Some((Part::Seen, value)) => drop(seen.insert(name.to_owned(), value)),
                Some((Part::Bound, value)) => bound.push((name, value)),
                None => {}
            }
        }
        let call = Invocation::of_function(self.action, seen);
        let call = bound.into_iter().fold(call, |call, (name, value)| call.undeclared(name, value));
        match receiver {
            Some(value) => call.receiver("", value),
            None => call,
        }
    }
}

/// An admitted call, whose arguments are compared once more.
pub struct AdmittedCall<'a, C, K, const N: usize> {
    call: CallToAdmit<'a, C, K, N>,
    admitted: Admitted,
}

impl<C, K, const N: usize> fmt::Debug for AdmittedCall<'_, C, K, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdmittedCall").field("action", &self.call.action).finish_non_exhaustive()
    }
}

impl<C: Sync, K: Borrow<C>, const N: usize> AdmittedCall<'_, C, K, N> {
    /// What is decided, and where there is a grant what is approved, is what runs.
    pub fn check_unchanged(
        self,
        now: [Option<&dyn Readable>; N],
        beside: impl CallContext,
    ) -> Result<(), Refused> {
        let Self { call, admitted } = self;
        let receiver = call.receiver.is_some().then(|| beside.receiver()).flatten();
        let mut now = now.into_iter();
        let now = call.before.each_ref().map(|before| {
            let argument = now.next().flatten();
            before.as_ref().zip(argument).map(|((part, _), argument)| (*part, argument.read_as(*part)))
        });
        if call.before == now && call.receiver == receiver {
            return Ok(());
        }
        let now = call.before.iter().zip(now).map(|(before, now)| Some(seen_again(before.as_ref()?, now?)));
        let now = call.with(now, receiver);
        let before = call.before.iter().map(|read| {
            let (part, read) = read.as_ref()?;
            Some((*part, read.value.clone()))
        });
        let before = call.with(before, call.receiver.clone()).unbound(call.unbound.iter().copied());
        call.runtime.recheck_call(call.context.borrow(), &admitted, before, now)
    }
}

/// What would be seen of an argument by now. If that is the same for another argument, it counts as unreadable.
fn seen_again((part, before): &(Part, Read), (_, now): (Part, Read)) -> (Part, RawValue) {
    let looks_the_same = before.value == now.value && *before != now;
    (*part, if looks_the_same { UNREADABLE } else { now.value })
}
