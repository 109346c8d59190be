//! A layer that asks the policy before a service sees a request; for axum, tonic and whatever else `tower` runs.
//!
//! ```
//! use actra::tower::{AdmitLayer, Operation, json};
//! use axum::extract::Request;
//! use axum::{Router, routing::delete};
//!
//! # fn app(runtime: actra::Runtime) -> Router {
//! let describe = |request: &Request| Operation::new("delete_order").with("path", request.uri().path());
//! Router::new()
//!     .route("/orders/{id}", delete(|| async { "gone" }))
//!     .layer(AdmitLayer::new(runtime, describe, json))
//! # }
//! ```

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actra_engine::model::{RawMap, RawValue};
use actra_runtime::{Refused, RefusedKind, Runtime};
use http::{HeaderValue, Response, StatusCode, header};
use tower_layer::Layer;
use tower_service::Service;

/// What a request is about to do.
#[derive(Debug, Clone)]
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
    /// With an argument, see [`value`](fn@crate::value).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<RawValue>) -> Self {
        self.arguments.insert(name.to_owned(), value.into());
        self
    }

    /// With what the resolvers of the runtime are told.
    #[must_use]
    pub fn context<D>(self, context: D) -> Operation<D> {
        Operation { action: self.action, arguments: self.arguments, context }
    }
}

/// Asks the policy before a service sees a request.
///
/// `describe` says what a request is about to do. It is called for each request: there is no way around the policy, and
/// routes that need none stand outside of the layer. `refuse` makes a response of a refusal, such as [`json`] or [`grpc`].
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

/// A service behind a policy.
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
            let (describe, refuse) = layer.described.as_ref();
            let Operation { action, arguments, context } = describe(&request);
            match layer.runtime.admit_async(&context, &action, arguments).await {
                Ok(_) => inner.call(request).await,
                Err(refused) => Ok(refuse(refused)),
            }
        })
    }
}

/// A refusal as HTTP: 403 with `application/problem+json` (RFC 9457), see [`Refused::to_problem_json`].
///
/// What needs approval is 403, too: nothing was accepted, and the caller has to ask again once it is granted. A 2xx
/// would tell clients that it was done or will be.
pub fn json<B: From<String>>(refused: Refused) -> Response<B> {
    linked(|_| None)(refused)
}

/// The same with the place where an approval can be seen and answered, by its id.
pub fn linked<B: From<String>>(link: impl Fn(&str) -> Option<String>) -> impl Fn(Refused) -> Response<B> {
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
pub fn grpc<B: Default>(refused: Refused) -> Response<B> {
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
