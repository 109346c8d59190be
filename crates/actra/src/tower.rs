//! A layer that asks the policy before a service sees a request; for axum, tonic and whatever else `tower` runs.
//!
//! ```
//! use actra::tower::{AdmitLayer, Operation, problem_response};
//! use axum::extract::Request;
//! use axum::{Router, routing::delete};
//!
//! # fn app(runtime: actra::Runtime) -> Router {
//! let describe = |request: &Request| Operation::new("delete_order").with("path", request.uri().path());
//! Router::new()
//!     .route("/orders/{id}", delete(|| async { "gone" }))
//!     .layer(AdmitLayer::new(runtime, describe, problem_response))
//! # }
//! ```

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actra_engine::model::{RawMap, RawValue, Reason};
use actra_runtime::{Admitted, Failure, Mode, Refused, RefusedKind, Runtime, Stage, caught};
use http::{HeaderValue, Response, StatusCode, header};
use tower_layer::Layer;
use tower_service::Service;

/// The guarded call behind a request of a service: what it is about to do.
#[derive(Clone)]
pub struct Operation<C = ()> {
    action: String,
    arguments: RawMap,
    context: C,
}

impl Operation {
    /// An action without arguments.
    pub fn new(action: impl Into<String>) -> Self {
        Self { action: action.into(), arguments: RawMap::new(), context: () }
    }
}

impl<C> Operation<C> {
    /// With an argument, see [`value`](fn@crate::value). Two arguments with the same name make the request invalid,
    /// as in JSON.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<RawValue>) -> Self {
        if self.arguments.insert(name.to_owned(), value.into()).is_some() {
            self.arguments.insert(name.to_owned(), RawValue::Unreadable(Reason::DuplicateKey));
        }
        self
    }

    /// With the context that the resolvers of the runtime are given.
    #[must_use]
    pub fn context<D>(self, context: D) -> Operation<D> {
        Operation { action: self.action, arguments: self.arguments, context }
    }
}

/// Values may be what nobody is to see.
impl<C> std::fmt::Debug for Operation<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.arguments.keys().collect();
        f.debug_struct("Operation")
            .field("action", &self.action)
            .field("arguments", &names)
            .finish_non_exhaustive()
    }
}

/// Asks the policy before a service sees a request.
///
/// `describe` says what a request is about to do. It is called for each request: there is no way around the policy,
/// and routes that need none stand outside of the layer. It is called once more right before the service, and any
/// difference refuses the request: what is decided is what runs. If it panics the request is refused, in audit mode
/// it runs; nobody knows then what an event would be about, so there is none. `refuse` makes a response of a refusal,
/// such as [`problem_response`] or [`grpc_status`].
pub struct AdmitLayer<C, F, R> {
    runtime: Runtime<C>,
    described: Arc<(F, R)>,
}

impl<C, F, R> AdmitLayer<C, F, R> {
    /// A layer that asks this runtime.
    pub fn new(runtime: Runtime<C>, describe: F, refuse: R) -> Self {
        Self { runtime, described: Arc::new((describe, refuse)) }
    }
}

/// A service whose requests a policy decides about; [`AdmitLayer`] makes it.
pub struct Admit<S, C, F, R> {
    inner: S,
    layer: AdmitLayer<C, F, R>,
}

impl<C, F, R> Clone for AdmitLayer<C, F, R> {
    fn clone(&self) -> Self {
        Self { runtime: self.runtime.clone(), described: Arc::clone(&self.described) }
    }
}

impl<S: Clone, C, F, R> Clone for Admit<S, C, F, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<C, F, R> std::fmt::Debug for AdmitLayer<C, F, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdmitLayer").finish_non_exhaustive()
    }
}

impl<S: std::fmt::Debug, C, F, R> std::fmt::Debug for Admit<S, C, F, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admit").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, C, F, R> Layer<S> for AdmitLayer<C, F, R> {
    type Service = Admit<S, C, F, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Admit { inner, layer: self.clone() }
    }
}

impl<Q, S, C, F, R> Service<Q> for Admit<S, C, F, R>
where
    Q: Send + 'static,
    S: Service<Q, Future: Send> + Clone + Send + 'static,
    C: Send + Sync + 'static,
    F: Fn(&Q) -> Operation<C> + Send + Sync + 'static,
    R: Fn(Refused) -> S::Response + Send + Sync + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Q) -> Self::Future {
        // The service that was ready is the one to be called; a clone may not be ready.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let layer = self.layer.clone();
        Box::pin(async move {
            let admitted = match layer.describe(&request) {
                Ok(Some(operation)) => {
                    let Operation { action, arguments, context } = &operation;
                    let asked = layer.runtime.admit_async(context, action, arguments.clone()).await;
                    let compared = asked.and_then(|admitted| layer.compare(&admitted, &operation, &request));
                    drop_contained(operation);
                    compared
                }
                Ok(None) => Ok(()),
                Err(refused) => Err(refused),
            };
            match admitted {
                Ok(()) => inner.call(request).await,
                Err(refused) => Ok((layer.described.1)(refused)),
            }
        })
    }
}

impl<C: Sync, F, R> AdmitLayer<C, F, R> {
    /// What a request is about to do; `None` if that cannot be had and everything runs.
    fn describe<Q>(&self, request: &Q) -> Result<Option<Operation<C>>, Refused>
    where
        F: Fn(&Q) -> Operation<C>,
    {
        match (self.described_now(request), self.runtime.mode()) {
            (None, Mode::Enforce) => Err(undescribed()),
            (operation, _) => Ok(operation),
        }
    }

    fn described_now<Q>(&self, request: &Q) -> Option<Operation<C>>
    where
        F: Fn(&Q) -> Operation<C>,
    {
        caught(|| (self.described.0)(request)).ok()
    }

    /// Refuses a request that describes another operation by now than the one that was decided about.
    fn compare<Q>(&self, admitted: &Admitted, before: &Operation<C>, request: &Q) -> Result<(), Refused>
    where
        F: Fn(&Q) -> Operation<C>,
    {
        let Operation { action, arguments, context } = before;
        let Some(mut now) = self.described_now(request) else {
            return self.runtime.refuse_unreadable(context, admitted, action, arguments.clone(), PANICKED);
        };
        let name = std::mem::take(&mut now.action);
        let mut given = std::mem::take(&mut now.arguments);
        drop_contained(now);
        if name != *action {
            given.insert("type".to_owned(), RawValue::String(name));
        }
        match given == *arguments {
            true => Ok(()),
            false => self.runtime.recheck(context, admitted, action, arguments.clone(), given),
        }
    }
}

/// Lets go of what the program said of a request. That its context panics then is no reason to run or to refuse anything.
fn drop_contained<C>(operation: Operation<C>) {
    let _ = caught(|| drop(operation));
}

/// Why nobody can say what a request is about to do.
const PANICKED: &str = "it panicked";

/// Nobody can say what a request is about to do.
fn undescribed() -> Refused {
    let reason = format!("the request cannot be described as an action: {PANICKED}");
    let mut refused = Refused::without_policy("", reason.clone());
    refused.failures = vec![Failure::new(Stage::Action, reason)];
    refused
}

/// A refusal as HTTP: 403 with `application/problem+json` (RFC 9457), see [`Refused::to_problem_json`].
///
/// What needs approval is 403, too: nothing was accepted, and the caller has to ask again once it is granted. A 2xx
/// would tell clients that it was done or will be.
pub fn problem_response<B: From<String>>(refused: Refused) -> Response<B> {
    problem_response_linked(|_| None)(refused)
}

/// The answer of [`problem_response`] with the place where an approval can be seen and answered: `link` gives it for an
/// id.
pub fn problem_response_linked<B: From<String>>(
    link: impl Fn(&str) -> Option<String>,
) -> impl Fn(Refused) -> Response<B> {
    move |refused| {
        let link = refused.approval.as_deref().and_then(|approval| link(&approval.id));
        let status = StatusCode::FORBIDDEN;
        let mut response = Response::new(B::from(refused.to_problem_json(status.as_u16(), link.as_deref())));
        *response.status_mut() = status;
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// A refusal as gRPC, for services of tonic: `PERMISSION_DENIED`, `FAILED_PRECONDITION` for what needs approval; the
/// message is that of [`Refused::for_sender`].
pub fn grpc_status<B: Default>(refused: Refused) -> Response<B> {
    let code = match refused.kind {
        RefusedKind::NeedsApproval => HeaderValue::from_static("9"),
        _ => HeaderValue::from_static("7"),
    };
    let mut response = Response::new(B::default());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", code);
    if let Ok(message) = HeaderValue::from_str(&percent_encoded(&refused.for_sender())) {
        headers.insert("grpc-message", message);
    }
    response
}

/// As the protocol of gRPC over HTTP/2 wants messages: bytes outside of printable ASCII, and `%`, as `%XX`.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b' '..=b'~' if byte != b'%' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
