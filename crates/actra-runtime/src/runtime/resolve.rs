use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actra_engine::Reads;
use actra_engine::model::{Domain, RawMap, RawValue, Reason};
use futures_util::FutureExt as _;
use futures_util::future::{Either, join_all, select};

use super::Sleep;
use crate::contain::{contained, contained_async};
use crate::{Failure, Source, Stage};

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a resolver has no facts.
pub type ResolveError = Box<dyn std::error::Error + Send + Sync>;

/// What a resolver is told.
#[derive(Debug)]
pub struct Call<'a, C> {
    /// The type of the action.
    pub action: &'a str,
    /// Its arguments, `type` among them.
    pub arguments: &'a RawMap,
    /// What the host knows.
    pub context: &'a C,
    reads: Option<&'a Reads>,
}

impl<'a, C> Call<'a, C> {
    pub(crate) fn new(
        action: &'a str,
        arguments: &'a RawMap,
        context: &'a C,
        reads: Option<&'a Reads>,
    ) -> Self {
        Self { action, arguments, context, reads }
    }

    /// What the rules of this action can read; `None` if the schema does not declare the action.
    pub fn reads(&self) -> Option<&'a Reads> {
        self.reads
    }
}

type Whole<C> = dyn Fn(&Call<'_, C>) -> Result<RawMap, ResolveError> + Send + Sync;
type WholeAsync<C> = dyn for<'a> Fn(&'a Call<'a, C>) -> Boxed<'a, Result<RawMap, ResolveError>> + Send + Sync;
type One<C> = dyn Fn(&Call<'_, C>) -> Result<RawValue, ResolveError> + Send + Sync;
type OneAsync<C> = dyn for<'a> Fn(&'a Call<'a, C>) -> Boxed<'a, Result<RawValue, ResolveError>> + Send + Sync;

/// Who tells about one field.
pub(crate) enum Field<C> {
    Sync(Box<One<C>>),
    Async(Box<OneAsync<C>>),
}

/// Who tells about a record.
pub(crate) enum Resolver<C> {
    /// Nobody: the record is there and empty.
    Nobody,
    Sync(Box<Whole<C>>),
    Async(Box<WholeAsync<C>>),
    /// By field; those that no rule reads are not asked for.
    Fields(BTreeMap<Arc<str>, Field<C>>),
}

impl<C> Resolver<C> {
    /// One field more; what gave the record whole gives it no more.
    pub(crate) fn with_field(self, name: &str, field: Field<C>) -> Self {
        let mut fields = match self {
            Resolver::Fields(fields) => fields,
            _ => BTreeMap::new(),
        };
        fields.insert(name.into(), field);
        Resolver::Fields(fields)
    }

    pub(crate) fn source(&self) -> Source {
        match self {
            Resolver::Nobody => Source::Nobody,
            _ => Source::Host,
        }
    }

    /// The record; `None` if it cannot be had, so that whatever reads it is undetermined.
    pub(crate) fn resolve(&self, call: &Call<'_, C>, stage: Stage, deadline: Option<Duration>) -> Found {
        let started = deadline.map(|_| Instant::now());
        // What comes too late may be about a world that is no more.
        let late = || {
            let (started, deadline) = (started?, deadline?);
            (started.elapsed() > deadline).then(|| format!("no answer within {deadline:?}"))
        };
        let in_time = |found: Result<RawMap, String>| match late() {
            Some(reason) => Err(reason),
            None => found,
        };
        match self {
            Resolver::Nobody => (Some(RawValue::Map(RawMap::new())), Vec::new()),
            Resolver::Sync(resolve) => {
                taken(in_time(contained(|| resolve(call).map_err(|error| error.to_string()))), stage)
            }
            Resolver::Async(_) => taken(Err(NOT_HERE.to_owned()), stage),
            Resolver::Fields(fields) => {
                let wanted = wanted(fields, call, &stage);
                let found = wanted.into_iter().map(|(name, field)| {
                    let value = match field {
                        Field::Sync(resolve) => {
                            contained(|| resolve(call).map_err(|error| error.to_string()))
                        }
                        Field::Async(_) => Err(NOT_HERE.to_owned()),
                    };
                    (name, value.and_then(|value| late().map_or(Ok(value), Err)))
                });
                assembled(found.collect(), stage)
            }
        }
    }

    /// The same where resolvers may be asynchronous; those of fields run at once.
    pub(crate) async fn resolve_async(
        &self,
        call: &Call<'_, C>,
        stage: Stage,
        within: Option<&(Duration, Sleep)>,
    ) -> Found {
        match self {
            Resolver::Async(resolve) => {
                let found = in_time(resolve(call), within).await;
                taken(found, stage)
            }
            Resolver::Fields(fields) => {
                let one = |(name, field): (Arc<str>, &'_ Field<C>)| {
                    let running: Boxed<'_, Result<RawValue, String>> = match field {
                        Field::Async(resolve) => Box::pin(in_time(resolve(call), within)),
                        Field::Sync(resolve) => {
                            let value = contained(|| resolve(call).map_err(|error| error.to_string()));
                            Box::pin(std::future::ready(value))
                        }
                    };
                    running.map(move |value| (name, value))
                };
                let found = join_all(wanted(fields, call, &stage).into_iter().map(one)).await;
                assembled(found, stage)
            }
            _ => self.resolve(call, stage, within.map(|(deadline, _)| *deadline)),
        }
    }
}

const NOT_HERE: &str = "an asynchronous resolver cannot be asked from a synchronous call";

fn wanted<'f, C>(
    fields: &'f BTreeMap<Arc<str>, Field<C>>,
    call: &Call<'_, C>,
    stage: &Stage,
) -> Vec<(Arc<str>, &'f Field<C>)> {
    let domain = if *stage == Stage::Actor { Domain::Actor } else { Domain::Snapshot };
    let none = BTreeSet::new();
    let read = call.reads.map_or(&none, |reads| reads.of(domain));
    let wanted = fields.iter().filter(|(name, _)| read.contains(*name));
    wanted.map(|(name, field)| (Arc::clone(name), field)).collect()
}

/// A record and what went wrong; no record if it cannot be had.
pub(crate) type Found = (Option<RawValue>, Vec<Failure>);

fn taken(found: Result<RawMap, String>, stage: Stage) -> Found {
    match found {
        Ok(record) => (Some(RawValue::Map(record)), Vec::new()),
        Err(reason) => (None, vec![Failure { stage, reason }]),
    }
}

/// A field that could not be had is invalid, not absent: an absent optional one would say that there is nothing.
fn assembled(found: Vec<(Arc<str>, Result<RawValue, String>)>, stage: Stage) -> Found {
    let mut failures = Vec::new();
    let members = found.into_iter().map(|(name, value)| {
        let value = value.unwrap_or_else(|reason| {
            failures.push(Failure { stage: stage.clone(), reason: format!("{name}: {reason}") });
            RawValue::Unreadable(Reason::Unresolved)
        });
        (name.to_string(), value)
    });
    let record = RawValue::Map(members.collect());
    (Some(record), failures)
}

async fn in_time<T>(
    work: Boxed<'_, Result<T, ResolveError>>,
    within: Option<&(Duration, Sleep)>,
) -> Result<T, String> {
    let work = contained_async(work);
    let done = match within {
        None => work.await,
        Some((deadline, sleep)) => match select(work, sleep(*deadline)).await {
            Either::Left((done, _)) => done,
            Either::Right(_) => return Err(format!("no answer within {deadline:?}")),
        },
    };
    done?.map_err(|error| error.to_string())
}
