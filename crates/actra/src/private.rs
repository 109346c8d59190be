use actra_engine::model::{RawMap, RawValue, Reason};
use actra_runtime::{Admitted, Refused, Runtime};
use serde::Serialize;

/// The value of an argument. One without a value is unreadable, so that whatever reads it is undetermined.
pub fn value<T: Serialize + ?Sized>(argument: &T) -> RawValue {
    crate::value(argument).unwrap_or(RawValue::Unreadable(Reason::Unresolved))
}

pub fn admit<const N: usize>(
    action: &str,
    arguments: [(&'static str, RawValue); N],
) -> Result<Admitted, Refused> {
    admit_by(of_process(action)?, &(), action, arguments)
}

pub async fn admit_async<const N: usize>(
    action: &str,
    arguments: [(&'static str, RawValue); N],
) -> Result<Admitted, Refused> {
    admit_by_async(of_process(action)?, &(), action, arguments).await
}

pub fn admit_by<C: Sync, const N: usize>(
    runtime: &Runtime<C>,
    context: &C,
    action: &str,
    arguments: [(&'static str, RawValue); N],
) -> Result<Admitted, Refused> {
    runtime.admit_call(context, action, named(arguments))
}

pub async fn admit_by_async<C: Sync, const N: usize>(
    runtime: &Runtime<C>,
    context: &C,
    action: &str,
    arguments: [(&'static str, RawValue); N],
) -> Result<Admitted, Refused> {
    runtime.admit_call_async(context, action, named(arguments)).await
}

fn named<const N: usize>(arguments: [(&'static str, RawValue); N]) -> RawMap {
    arguments.map(|(name, value)| (name.to_owned(), value)).into()
}

fn of_process(action: &str) -> Result<&'static Runtime, Refused> {
    crate::runtime().map_err(|error| Refused::without_policy(action, error.to_string()))
}
