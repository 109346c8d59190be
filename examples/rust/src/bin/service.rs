//! A service on axum: a layer asks the policy about every request to its routes.
//!
//! Sends itself some requests; with `--serve` it listens on port 8080 instead.

use actra::tower::{AdmitLayer, Operation, problem_response};
use actra::{RawMap, Runtime};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Method;
use axum::routing::get;
use tower::ServiceExt as _;

/// Who asks, as whoever authenticates has found out.
#[derive(Clone)]
struct User {
    name: String,
    role: &'static str,
}

/// What a request is about to do. What is none of these is an action that no schema declares, and so is blocked.
fn operation(request: &Request) -> Operation<Option<User>> {
    let user = request.extensions().get::<User>().cloned();
    let order = request.uri().path().trim_start_matches("/orders/");
    let name = match *request.method() {
        Method::GET => "show_order",
        Method::DELETE => "cancel_order",
        _ => "other",
    };
    Operation::new(name).with("order", order).context(user)
}

fn runtime() -> Result<Runtime<Option<User>>, actra::PolicyError> {
    let builder = actra::open(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/orders"))?;
    Ok(builder
        .actor(|call| match call.context {
            Some(User { name, role }) => Ok(RawMap::from([
                ("name".to_owned(), name.as_str().into()),
                ("role".to_owned(), (*role).into()),
            ])),
            None => Err("nobody is signed in".into()),
        })
        .build()?)
}

fn app(runtime: Runtime<Option<User>>) -> Router {
    let orders = get(async || "two books").delete(async || "cancelled").patch(async || "changed");
    Router::new()
        .route("/orders/{id}", orders)
        .layer(AdmitLayer::new(runtime, operation, problem_response))
        // Outside of the layer, for those who look whether the service is there.
        .route("/health", get(async || "well"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = app(runtime()?);
    if std::env::args().any(|argument| argument == "--serve") {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 8080)).await?;
        return Ok(axum::serve(listener, app).await?);
    }
    for (method, path) in
        [("GET", "/health"), ("GET", "/orders/7"), ("PATCH", "/orders/7"), ("DELETE", "/orders/7")]
    {
        let mut request = Request::builder().method(method).uri(path).body(Body::empty())?;
        request.extensions_mut().insert(User { name: "bo".to_owned(), role: "support" });
        let response = app.clone().oneshot(request).await?;
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 16).await?;
        println!("{method} {path}: {status} {}", shown(&body));
    }
    Ok(())
}

/// What a response says; of a problem (RFC 9457) its detail.
fn shown(body: &[u8]) -> String {
    let problem = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
    match problem["detail"].as_str() {
        Some(detail) => detail.to_owned(),
        None => String::from_utf8_lossy(body).into_owned(),
    }
}
