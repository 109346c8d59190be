//! Arguments that can change between a decision and the body: behind a shared reference, `Serialize` may say another
//! value the next time.

use std::any::type_name;
use std::borrow::{Borrow, Cow};
use std::fmt;

use actra_engine::model::RawValue;
use actra_runtime::{Admitted, Invocation, Refused, Runtime};
use serde::Serialize;

use super::{CallContext, Read, UNREADABLE, is_hidden, value};

/// Types whose values are what they are for as long as somebody looks at them.
pub trait Unchanging {}

macro_rules! fixed {
    ($($ty:ty),*) => { $(impl Unchanging for $ty {})* };
}

fixed!((), bool, char, str, String, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64);

impl<T: Unchanging + ?Sized> Unchanging for &T {}
impl<T: Unchanging + ?Sized> Unchanging for &mut T {}
impl<T: Unchanging + ?Sized> Unchanging for Box<T> {}
impl<T: Unchanging> Unchanging for Option<T> {}
impl<T: Unchanging> Unchanging for Vec<T> {}
impl<T: Unchanging> Unchanging for [T] {}
impl<T: Unchanging, const N: usize> Unchanging for [T; N] {}
impl<T: Unchanging + ToOwned<Owned: Unchanging> + ?Sized> Unchanging for Cow<'_, T> {}

/// What is known of an argument by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind {
    /// It is what it is for as long as somebody looks at it.
    Unchanging,
    /// It can be another one the next time.
    CanChange,
    /// So it can, and nobody can name its class.
    Hidden,
}

impl ArgumentKind {
    pub(super) fn can_change(self) -> bool {
        self != ArgumentKind::Unchanging
    }
}

/// An argument that may have to be read again.
#[derive(Debug)]
pub struct RecheckedArgument<'a, T: ?Sized>(pub &'a T);

impl<T: Unchanging + ?Sized> RecheckedArgument<'_, T> {
    /// Found before those of [`MayChange`], where it is known that the value stays.
    pub fn actra_kind(&self) -> ArgumentKind {
        ArgumentKind::Unchanging
    }

    pub fn actra_now(&self) -> Option<Read> {
        None
    }
}

/// How an argument is read again before the body begins, for all other types: it may have changed by then.
pub trait MayChange {
    fn actra_kind(&self) -> ArgumentKind;

    fn actra_now(&self) -> Option<Read>;
}

impl<T: Serialize + ?Sized> MayChange for RecheckedArgument<'_, T> {
    fn actra_kind(&self) -> ArgumentKind {
        if is_hidden(type_name::<T>()) { ArgumentKind::Hidden } else { ArgumentKind::CanChange }
    }

    fn actra_now(&self) -> Option<Read> {
        Some(value(self.0))
    }
}

/// A call that is being decided, and what of it is compared once more before the body.
pub(super) struct CallToAdmit<'a, C, K, const N: usize> {
    pub(super) runtime: &'a Runtime<C>,
    pub(super) context: K,
    pub(super) action: &'static str,
    pub(super) names: [&'static str; N],
    pub(super) unbound: &'static [&'static str],
    pub(super) before: [Option<Read>; N],
    /// The value of the receiver, for a call that needs a grant.
    pub(super) receiver: Option<RawValue>,
}

impl<'a, C, K, const N: usize> CallToAdmit<'a, C, K, N> {
    /// Only a grant is for one receiver: rules see none.
    pub(super) fn by(self, admitted: Admitted) -> AdmittedCall<'a, C, K, N> {
        let receiver = self.receiver.filter(|_| admitted.approved_by.is_some());
        AdmittedCall { call: Self { receiver, ..self }, admitted }
    }

    /// A call with these arguments by their names. The class of a receiver stays what it is.
    fn with(
        &self,
        arguments: impl Iterator<Item = Option<RawValue>>,
        receiver: Option<RawValue>,
    ) -> Invocation<'static> {
        let named = self.names.into_iter().zip(arguments);
        let known = named.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        let call = Invocation::of_function(self.action, known);
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
    pub fn check_unchanged(self, now: [Option<Read>; N], beside: impl CallContext) -> Result<(), Refused> {
        let Self { call, admitted } = self;
        let receiver = call.receiver.is_some().then(|| beside.receiver()).flatten();
        if call.before == now && call.receiver == receiver {
            return Ok(());
        }
        let now = call.before.iter().zip(now).map(|(before, now)| seen_again(before.as_ref(), now?));
        let now = call.with(now, receiver);
        let before = call.before.iter().map(|read| read.as_ref().map(|read| read.value.clone()));
        let before = call.with(before, call.receiver.clone()).unbound(call.unbound.iter().copied());
        call.runtime.recheck_call(call.context.borrow(), &admitted, before, now)
    }
}

/// What rules would see of an argument by now. If that is the same for another argument, it counts as unreadable.
fn seen_again(before: Option<&Read>, now: Read) -> Option<RawValue> {
    let looks_the_same = before.is_some_and(|before| before.value == now.value && *before != now);
    Some(if looks_the_same { UNREADABLE } else { now.value })
}
