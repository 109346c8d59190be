//! Arguments that can change between a decision and the body: behind a shared reference, `Serialize` may say another
//! value the next time.

use std::borrow::{Borrow, Cow};

use actra_engine::model::{RawMap, RawValue};
use actra_runtime::{Admitted, Refused, Runtime};
use serde::Serialize;

use super::{Beside, value};

/// Types whose values are what they are for as long as somebody looks at them.
pub trait Fixed {}

macro_rules! fixed {
    ($($ty:ty),*) => { $(impl Fixed for $ty {})* };
}

fixed!((), bool, char, str, String, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64);

impl<T: Fixed + ?Sized> Fixed for &T {}
impl<T: Fixed + ?Sized> Fixed for &mut T {}
impl<T: Fixed + ?Sized> Fixed for Box<T> {}
impl<T: Fixed> Fixed for Option<T> {}
impl<T: Fixed> Fixed for Vec<T> {}
impl<T: Fixed> Fixed for [T] {}
impl<T: Fixed, const N: usize> Fixed for [T; N] {}
impl<T: Fixed + ToOwned<Owned: Fixed> + ?Sized> Fixed for Cow<'_, T> {}

/// An argument that may have to be read again.
#[derive(Debug)]
pub struct Again<'a, T: ?Sized>(pub &'a T);

impl<T: Fixed + ?Sized> Again<'_, T> {
    /// Found before those of [`MayChange`], where it is known that the value stays.
    pub fn can_change(&self) -> bool {
        false
    }

    pub fn now(&self) -> Option<RawValue> {
        None
    }
}

/// Of arguments of all other types.
pub trait MayChange {
    fn can_change(&self) -> bool {
        true
    }

    fn now(&self) -> Option<RawValue>;
}

impl<T: Serialize + ?Sized> MayChange for Again<'_, T> {
    fn now(&self) -> Option<RawValue> {
        Some(value(self.0))
    }
}

/// An admitted call, whose arguments are compared once more.
#[derive(Debug)]
pub struct Seen<'a, C, K, const N: usize> {
    pub(crate) runtime: &'a Runtime<C>,
    pub(crate) context: K,
    pub(crate) action: &'static str,
    pub(crate) names: [&'static str; N],
    pub(crate) before: [Option<RawValue>; N],
    /// Of a call that needs a grant.
    pub(crate) receiver: Option<RawValue>,
}

impl<C, K, const N: usize> Seen<'_, C, K, N> {
    /// Only a grant is for one receiver: rules see none.
    pub(crate) fn by(self, admitted: &Admitted) -> Self {
        let receiver = self.receiver.filter(|_| admitted.approved_by.is_some());
        Self { receiver, ..self }
    }
}

impl<C: Sync, K: Borrow<C>, const N: usize> Seen<'_, C, K, N> {
    /// What is decided, and where there is a grant what is approved, is what runs.
    pub fn same(self, now: [Option<RawValue>; N], beside: impl Beside) -> Result<(), Refused> {
        let receiver = self.receiver.is_some().then(|| beside.receiver()).flatten();
        if self.before == now && self.receiver == receiver {
            return Ok(());
        }
        let names = || self.names.into_iter().chain(["self"]);
        let before = names().zip(self.before.into_iter().chain([self.receiver]));
        let now = names().zip(now.into_iter().chain([receiver]));
        self.runtime.compare(self.context.borrow(), self.action, known(before), known(now))
    }
}

fn known(arguments: impl Iterator<Item = (&'static str, Option<RawValue>)>) -> RawMap {
    arguments.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
