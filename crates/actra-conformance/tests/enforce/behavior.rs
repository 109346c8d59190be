//! Resolvers and approvers that behave in some way.

use std::collections::BTreeMap;
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use actra::approval::{ApprovalAnswer, ApprovalStore};
use actra::{Builder, PolicyInForce, RawMap, RawValue, Refused, ResolveError};

use super::cases::Case;
use crate::yaml_value::{map, text};

type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What a resolver does.
#[derive(Debug, Clone)]
pub struct Behavior {
    does: Does,
    panics: bool,
}

#[derive(Debug, Clone)]
enum Does {
    Give(RawValue),
    Fail(String),
}

impl Behavior {
    /// Of a record that is given, or a way to fail.
    pub fn new(described: &RawValue, panics: bool) -> Self {
        let does = match described {
            RawValue::String(way) => Does::Fail(way.clone()),
            record => Does::Give(record.clone()),
        };
        Self { does, panics }
    }

    /// Of `{ gives: VALUE }` or `{ fails: WAY }`.
    pub fn of_field(described: &RawValue, panics: bool) -> Self {
        let mut described = map(described.clone());
        let does = match (described.remove("gives"), described.remove("fails")) {
            (Some(value), None) => Does::Give(value),
            (None, Some(way)) => Does::Fail(text(way)),
            _ => panic!("a field gives or fails"),
        };
        Self { does, panics }
    }

    pub fn record(&self, deadline: Duration) -> Result<RawMap, ResolveError> {
        match self.does() {
            Does::Give(record) => Ok(map(record.clone())),
            Does::Fail(way) => failing_record(way, Some(deadline)),
        }
    }

    pub fn record_later<'a>(
        &self,
    ) -> Pin<Box<dyn Future<Output = Result<RawMap, ResolveError>> + Send + 'a>> {
        let behavior = self.clone();
        Box::pin(async move {
            tokio::task::yield_now().await;
            match behavior.does() {
                Does::Give(record) => Ok(map(record.clone())),
                Does::Fail(way) if way == "hang" => pending().await,
                Does::Fail(way) => failing_record(way, None),
            }
        })
    }

    pub fn value(&self, deadline: Duration) -> Result<RawValue, ResolveError> {
        match self.does() {
            Does::Give(value) => Ok(value.clone()),
            Does::Fail(way) => failing_value(way, Some(deadline)),
        }
    }

    pub fn value_later<'a>(
        &self,
    ) -> Pin<Box<dyn Future<Output = Result<RawValue, ResolveError>> + Send + 'a>> {
        let behavior = self.clone();
        Box::pin(async move {
            tokio::task::yield_now().await;
            match behavior.does() {
                Does::Give(value) => Ok(value.clone()),
                Does::Fail(way) if way == "hang" => pending().await,
                Does::Fail(way) => failing_value(way, None),
            }
        })
    }

    fn does(&self) -> &Does {
        match &self.does {
            Does::Fail(way) if way == "raise" && self.panics => panic!("it failed"),
            does => does,
        }
    }
}

/// What a resolver has that was told to fail; a record is made of it as programs do.
fn failing_record(way: &str, hangs: Option<Duration>) -> Result<RawMap, ResolveError> {
    Ok(match way {
        "none" => actra::record(&())?,
        "text" => actra::record("fraud")?,
        "list" => actra::record(&[false])?,
        "number" => actra::record(&7)?,
        _ => map(failing_value(way, hangs)?),
    })
}

fn failing_value(way: &str, hangs: Option<Duration>) -> Result<RawValue, ResolveError> {
    match (way, hangs) {
        ("raise", _) => Err("it failed".into()),
        ("hang", Some(deadline)) => {
            thread::sleep(deadline * 3 / 2);
            Ok(actra::value(&BTreeMap::from([("fraud", false)]))?)
        }
        ("huge", _) => Ok(actra::value(&BTreeMap::from([("fraud", vec![false; 100_000])]))?),
        ("unsupported", _) => Ok(actra::value(&BTreeMap::from([(1, false)]))?),
        (other, _) => panic!("there is no way `{other}`"),
    }
}

/// Somebody who grants another request, in the same store.
pub struct Another {
    case: Case,
    store: Arc<dyn ApprovalStore>,
}

impl Another {
    pub fn new(case: &Case, store: Arc<dyn ApprovalStore>) -> Self {
        Self { case: case.clone(), store }
    }

    fn grant(&self) {
        let builder: Builder = Builder::new(Arc::new(PolicyInForce::new(self.case.policy(None))));
        let runtime = builder.approvals(Arc::clone(&self.store), Duration::from_secs(900)).build().unwrap();
        let arguments = RawMap::from([("amount".to_owned(), 9000.into())]);
        let Err(Refused { approval: Some(approval), .. }) = runtime.admit(&(), "refund", arguments) else {
            panic!("nobody asks about the other request")
        };
        let granted = ApprovalAnswer::Granted { by: "ana".into() };
        self.store.answer(&approval.id, &granted, SystemTime::now()).expect("it can be granted");
    }
}

pub fn answer(way: &str, panics: bool, another: &Another) -> Result<ApprovalAnswer, String> {
    let granted = || Ok(ApprovalAnswer::Granted { by: "ana".into() });
    match way {
        "grant" => granted(),
        "deny" => Ok(ApprovalAnswer::Denied { by: "bo".into(), reason: "no".into() }),
        "raise" if panics => panic!("nobody there"),
        "raise" => Err("nobody there".into()),
        "hang" => Err("a synchronous handler that hangs keeps the call".into()),
        // What is no answer is an error of the handler: the types leave it no other way.
        "none" | "text" => Err(way.into()),
        "other" => {
            another.grant();
            Err("somebody granted another request".into())
        }
        "expired" => {
            thread::sleep(Duration::from_millis(60));
            granted()
        }
        other => panic!("there is no answer `{other}`"),
    }
}

pub fn answer_later<'a>(
    way: String,
    panics: bool,
    another: Arc<Another>,
) -> Pin<Box<dyn Future<Output = Result<ApprovalAnswer, String>> + Send + 'a>> {
    let work: Later<Result<ApprovalAnswer, String>> = match way.as_str() {
        "hang" => Box::pin(pending()),
        "raise" if panics => Box::pin(async { panic!("nobody there") }),
        _ => Box::pin(ready(answer(&way, panics, &another))),
    };
    work
}
