//! Resolvers: the host's functions that say who acts and what is known, with deadlines, and panics caught.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actra_engine::ReadSet;
use actra_engine::model::{RawMap, RawValue, Reason, RecordName};
use futures_util::FutureExt as _;
use futures_util::future::{Either, join_all, select};

use super::Sleep;
use crate::catch_panic::{CatchPanic, catch_panic};
use crate::failure::HostError;
use crate::redact::TypesOnly;
use crate::{Failure, RecordSource, Stage};

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a resolver has no facts.
pub type ResolveError = Box<dyn std::error::Error + Send + Sync>;

/// What a resolver is told.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::Runtime;
///
/// struct Session {
///     user: &'static str,
/// }
///
/// let builder = Runtime::<Session>::builder(policy());
/// let runtime = builder.actor_field("id", |call| Ok(call.context.user.into())).build()?;
/// assert!(runtime.admit(&Session { user: "ana" }, "refund", amount(5)).is_ok());
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
pub struct ResolverInput<'a, C> {
    /// The type of the action.
    pub action: &'a str,
    /// Its arguments, `type` among them.
    pub arguments: &'a RawMap,
    /// What the host knows.
    pub context: &'a C,
    reads: Option<&'a ReadSet>,
}

impl<'a, C> ResolverInput<'a, C> {
    pub(crate) fn new(
        action: &'a str,
        arguments: &'a RawMap,
        context: &'a C,
        reads: Option<&'a ReadSet>,
    ) -> Self {
        Self { action, arguments, context, reads }
    }

    /// What the rules of this action can read; `None` if the schema does not declare the action.
    pub fn reads(&self) -> Option<&'a ReadSet> {
        self.reads
    }
}

/// Names, and what they stand for: values may be sensitive.
impl<C> fmt::Debug for ResolverInput<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolverInput")
            .field("action", &self.action)
            .field("arguments", &TypesOnly(self.arguments))
            .finish_non_exhaustive()
    }
}

/// Which part of a record a resolver is to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordPart {
    /// What rules read of the actor.
    Actor,
    /// What they do not read of it.
    RestOfActor,
    /// What they read of the snapshot.
    Snapshot,
}

impl RecordPart {
    fn stage(self) -> Stage {
        match self {
            RecordPart::Actor | RecordPart::RestOfActor => Stage::Actor,
            RecordPart::Snapshot => Stage::Snapshot,
        }
    }
}

type RecordFn<C> = dyn Fn(&ResolverInput<'_, C>) -> Result<RawMap, ResolveError> + Send + Sync;
type RecordRefFn<C> = dyn for<'a> Fn(&ResolverInput<'a, C>) -> Result<&'a RawMap, ResolveError> + Send + Sync;
type RecordAsyncFn<C> =
    dyn for<'a> Fn(&'a ResolverInput<'a, C>) -> Boxed<'a, Result<RawMap, ResolveError>> + Send + Sync;
type FieldFn<C> = dyn Fn(&ResolverInput<'_, C>) -> Result<RawValue, ResolveError> + Send + Sync;
type FieldAsyncFn<C> =
    dyn for<'a> Fn(&'a ResolverInput<'a, C>) -> Boxed<'a, Result<RawValue, ResolveError>> + Send + Sync;

/// What finds out one field of a record.
pub(crate) enum FieldResolver<C> {
    Sync(Box<FieldFn<C>>),
    Async(Box<FieldAsyncFn<C>>),
}

/// What finds out a record: nobody, one function for all of it, or one for each field.
pub(crate) enum RecordResolver<C> {
    /// Nobody: the record is there and empty.
    Nobody,
    Sync(Box<RecordFn<C>>),
    /// The record lies in what the host knows about the call.
    Ref(Box<RecordRefFn<C>>),
    Async(Box<RecordAsyncFn<C>>),
    /// By field; those that no rule reads are not asked for.
    Fields(BTreeMap<Arc<str>, FieldResolver<C>>),
}

impl<C> RecordResolver<C> {
    /// One field more. It takes the place of what gives the record whole, or the same field; a builder refuses both.
    pub(crate) fn with_field(self, name: &str, field: FieldResolver<C>) -> Self {
        let mut fields = match self {
            RecordResolver::Fields(fields) => fields,
            _ => BTreeMap::new(),
        };
        fields.insert(name.into(), field);
        RecordResolver::Fields(fields)
    }

    /// The fields that have a resolver of their own.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        let fields = if let RecordResolver::Fields(fields) = self { Some(fields) } else { None };
        fields.into_iter().flat_map(|fields| fields.keys().map(AsRef::as_ref))
    }

    pub(crate) fn source(&self) -> RecordSource {
        match self {
            RecordResolver::Nobody => RecordSource::Empty,
            RecordResolver::Sync(_) | RecordResolver::Ref(_) | RecordResolver::Async(_) => {
                RecordSource::Whole
            }
            RecordResolver::Fields(_) => RecordSource::ByField,
        }
    }

    /// The record; `None` if it cannot be had, so that whatever reads it is undetermined.
    pub(crate) fn resolve<'a>(
        &self,
        call: &ResolverInput<'a, C>,
        wanted: RecordPart,
        deadline: Option<Duration>,
    ) -> Resolved<Cow<'a, RawMap>> {
        static NOBODY: RawMap = RawMap::new();
        // Each of them has it for itself.
        let by = || Deadline::new(deadline);
        match self {
            RecordResolver::Nobody => (Some(Cow::Borrowed(&NOBODY)), Vec::new()),
            RecordResolver::Sync(resolve) => record_of(by().keep(|| resolve(call)).map(Cow::Owned), wanted),
            RecordResolver::Ref(resolve) => record_of(by().keep(|| resolve(call)).map(Cow::Borrowed), wanted),
            RecordResolver::Async(_) => record_of(Err(NOT_HERE.to_owned().into()), wanted),
            RecordResolver::Fields(fields) => {
                let found = asked(fields, call, wanted).map(|(name, field)| {
                    let value = match field {
                        FieldResolver::Sync(resolve) => by().keep(|| resolve(call)),
                        FieldResolver::Async(_) => Err(NOT_HERE.to_owned().into()),
                    };
                    (name, value)
                });
                let (record, failures) = record_of_fields(found.collect(), wanted);
                (record.map(Cow::Owned), failures)
            }
        }
    }

    /// Finds out records where resolvers may be async; those of fields run at once.
    pub(crate) async fn resolve_async(
        &self,
        call: &ResolverInput<'_, C>,
        wanted: RecordPart,
        within: Option<&(Duration, Sleep)>,
    ) -> Resolved<RawMap> {
        let deadline = within.map(|(deadline, _)| *deadline);
        match self {
            RecordResolver::Async(resolve) => {
                record_of(within_deadline(start(|| resolve(call)), within).await, wanted)
            }
            RecordResolver::Fields(fields) => {
                let one = |(name, field): (Arc<str>, &'_ FieldResolver<C>)| {
                    let running: Boxed<'_, Result<RawValue, HostError>> = match field {
                        FieldResolver::Async(resolve) => {
                            Box::pin(within_deadline(start(|| resolve(call)), within))
                        }
                        FieldResolver::Sync(resolve) => {
                            Box::pin(std::future::ready(Deadline::new(deadline).keep(|| resolve(call))))
                        }
                    };
                    running.map(move |value| (name, value))
                };
                record_of_fields(join_all(asked(fields, call, wanted).map(one)).await, wanted)
            }
            RecordResolver::Nobody | RecordResolver::Sync(_) | RecordResolver::Ref(_) => {
                let (record, failures) = self.resolve(call, wanted, deadline);
                (record.map(Cow::into_owned), failures)
            }
        }
    }
}

const NOT_HERE: &str = "an asynchronous resolver cannot be asked from a synchronous call";

fn asked<'f, C>(
    fields: &'f BTreeMap<Arc<str>, FieldResolver<C>>,
    call: &ResolverInput<'_, C>,
    wanted: RecordPart,
) -> impl Iterator<Item = (Arc<str>, &'f FieldResolver<C>)> {
    let record_name = if wanted.stage() == Stage::Actor { RecordName::Actor } else { RecordName::Snapshot };
    let read = call.reads.map(|reads| reads.of(record_name));
    let is_asked =
        move |name: &str| read.is_some_and(|read| read.contains(name)) != (wanted == RecordPart::RestOfActor);
    let asked = fields.iter().filter(move |(name, _)| is_asked(name));
    asked.map(|(name, field)| (Arc::clone(name), field))
}

/// Until when an answer counts: what comes too late may be about a world that is no more.
pub(crate) struct Deadline {
    end: Option<(Instant, Duration)>,
}

impl Deadline {
    pub(crate) fn new(deadline: Option<Duration>) -> Self {
        Self { end: deadline.map(|deadline| (Instant::now(), deadline)) }
    }

    /// What a resolver gives, unless it fails or is late.
    pub(crate) fn keep<T, E: Into<HostError>>(
        &self,
        resolve: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, HostError> {
        let found = catch_panic(|| resolve().map_err(E::into))?;
        match self.end {
            Some((started, deadline)) if started.elapsed() > deadline => Err(late(deadline).into()),
            _ => Ok(found),
        }
    }
}

fn late(deadline: Duration) -> String {
    format!("no answer within {deadline:?}")
}

/// A record and what went wrong; no record if it cannot be had.
pub(crate) type Resolved<R> = (Option<R>, Vec<Failure>);

fn record_of<R>(found: Result<R, HostError>, wanted: RecordPart) -> Resolved<R> {
    match found {
        Ok(record) => (Some(record), Vec::new()),
        Err(failed) => (None, vec![failed.at(wanted.stage())]),
    }
}

/// A field that could not be had is invalid, not absent: an absent optional one would say that there is nothing.
fn record_of_fields(
    found: Vec<(Arc<str>, Result<RawValue, HostError>)>,
    wanted: RecordPart,
) -> Resolved<RawMap> {
    let mut failures = Vec::new();
    let members = found.into_iter().map(|(name, value)| {
        let value = value.unwrap_or_else(|mut failed| {
            failed.reason = format!("{name}: {}", failed.reason);
            failures.push(failed.at(wanted.stage()));
            RawValue::Unreadable(Reason::Unresolved)
        });
        (name.to_string(), value)
    });
    let record = members.collect();
    (Some(record), failures)
}

/// Begins an async function of the host's; a panic in it becomes an error.
pub(crate) fn start<'a, T>(begin: impl FnOnce() -> Boxed<'a, T>) -> Result<CatchPanic<'a, T>, String> {
    catch_panic(|| Ok(CatchPanic::new(begin())))
}

/// What it gives in time; telling of its error may fail, too.
pub(crate) async fn within_deadline<T, E: Into<HostError>>(
    work: Result<CatchPanic<'_, Result<T, E>>, String>,
    within: Option<&(Duration, Sleep)>,
) -> Result<T, HostError> {
    let work = work?;
    let by = Deadline::new(within.map(|(deadline, _)| *deadline));
    let done = match within {
        None => work.await,
        Some((deadline, sleep)) => match select(work, start(|| sleep(*deadline))?).await {
            Either::Left((done, _)) => done,
            Either::Right((slept, _)) => {
                return Err(slept.err().unwrap_or_else(|| late(*deadline)).into());
            }
        },
    };
    let found = done?;
    by.keep(|| found)
}
