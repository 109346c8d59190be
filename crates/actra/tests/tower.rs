//! The layer around services of axum and tonic: a request that is refused does not reach the handler.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by it")]

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use actra::approval::ApprovalAnswer;
use actra::tower::{AdmitLayer, Operation, grpc_status, problem_response};
use actra::{Mode, Outcome, Runtime};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::routing::post;
use tower::{Layer as _, ServiceExt as _, service_fn};

const SCHEMA: &str = "version: 1
actions:
  refund: { fields: { amount: integer } }
actor: { fields: { name: string } }
";

const RULES: &str = "version: 1
default: block
rules:
  - { id: small, scope: { action: refund }, when: 'action.amount <= 100', effect: allow }
  - { id: large, scope: { action: refund }, when: 'action.amount > 100', effect: require_approval, message: 'large: {action.amount}' }
  - { id: banned, scope: { action: refund }, when: 'actor.name == \"bo\"', effect: block, message: '100 % \"no\", é' }
";

fn runtime(mode: Mode) -> Runtime<String> {
    let policy = actra::parse(SCHEMA, RULES).unwrap_or_else(|error| panic!("{error}"));
    actra::builder(policy)
        .mode(mode)
        .actor_field("name", |call| Ok(actra::value(call.context)?))
        .build()
        .unwrap()
}

/// What a request is about to do, by its path and its header.
fn operation<B>(request: &axum::http::Request<B>) -> Operation<String> {
    let mut parts = request.uri().path().trim_matches('/').split('/');
    let operation = Operation::new(parts.next().unwrap_or_default());
    let user = request.headers().get("user").and_then(|user| user.to_str().ok()).unwrap_or_default();
    let operation = match parts.next().map(str::parse::<i64>) {
        Some(Ok(amount)) => operation.with("amount", amount),
        _ => operation,
    };
    operation.context(user.to_owned())
}

struct App {
    router: Router,
    ran: Arc<AtomicUsize>,
}

fn app(runtime: Runtime<String>) -> App {
    let ran: Arc<AtomicUsize> = Arc::default();
    let counted = Arc::clone(&ran);
    let handler = post(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async { "done" }
    });
    let router = Router::new().route("/{action}/{amount}", handler).layer(AdmitLayer::new(
        runtime,
        operation::<Body>,
        problem_response,
    ));
    App { router, ran }
}

impl App {
    /// The status and the body, and how often the handler ran.
    async fn post(&self, path: &str, user: &str) -> (StatusCode, serde_json::Value, usize) {
        let request = Request::post(path).header("user", user).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        if status == StatusCode::FORBIDDEN {
            assert_eq!(response.headers()["content-type"], "application/problem+json");
        }
        let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        (status, body, self.ran.swap(0, Ordering::Relaxed))
    }
}

#[tokio::test]
async fn a_handler_runs_if_and_only_if_it_is_allowed() {
    let app = app(runtime(Mode::Enforce));
    let (status, _, ran) = app.post("/refund/100", "ana").await;
    assert_eq!((status, ran), (StatusCode::OK, 1));
    let (status, body, ran) = app.post("/refund/5", "bo").await;
    assert_eq!((status, ran), (StatusCode::FORBIDDEN, 0));
    assert_eq!(body["type"], "urn:actra:refused:blocked");
    assert_eq!((&body["status"], &body["message"]), (&403.into(), &"100 % \"no\", é".into()));
    for path in ["/refund/many", "/transfer/5", "/refund/5/6"] {
        let expected = if path == "/refund/5/6" { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
        let (status, _, ran) = app.post(path, "ana").await;
        assert_eq!((status, ran), (expected, 0), "{path}");
    }
}

#[tokio::test]
async fn what_needs_approval_is_refused_until_it_is_granted() {
    let runtime = runtime(Mode::Enforce);
    let app = app(runtime.clone());
    let (status, body, ran) = app.post("/refund/500", "ana").await;
    assert_eq!((status, ran), (StatusCode::FORBIDDEN, 0));
    assert_eq!(body["detail"], "action refund: needs approval by rule large: large: 500");
    assert!(body["approval"]["expires_at"].as_u64().is_some());
    let id = body["approval"]["id"].as_str().unwrap();
    let granted = ApprovalAnswer::Granted { by: "eve".into() };
    runtime.approvals().answer(id, &granted, SystemTime::now()).unwrap();
    assert_eq!(app.post("/refund/501", "ana").await.2, 0);
    assert_eq!(app.post("/refund/500", "ana").await.2, 1);
    assert_eq!(app.post("/refund/500", "ana").await.2, 0);
}

#[tokio::test]
async fn nothing_is_refused_in_audit_mode() {
    let app = app(runtime(Mode::Audit));
    assert_eq!(app.post("/refund/5", "bo").await.2, 1);
}

/// The services of tonic take and give these bodies.
#[tokio::test]
async fn a_refusal_is_a_status_of_grpc() {
    let ran: Arc<AtomicUsize> = Arc::default();
    let counted = Arc::clone(&ran);
    let inner = service_fn(move |_: axum::http::Request<tonic::body::Body>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok::<_, Infallible>(Response::new(tonic::body::Body::empty())) }
    });
    let service =
        AdmitLayer::new(runtime(Mode::Enforce), operation::<tonic::body::Body>, grpc_status).layer(inner);
    let call = async |path: &str, user: &str| {
        let request = Request::post(path).header("user", user).body(tonic::body::Body::empty()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        tonic::Status::from_header_map(response.headers())
    };
    assert!(call("/refund/5", "ana").await.is_none());
    assert_eq!(ran.load(Ordering::Relaxed), 1);
    let blocked = call("/refund/5", "bo").await.unwrap();
    assert_eq!(
        (blocked.code(), blocked.message()),
        (tonic::Code::PermissionDenied, "action refund: blocked by rule banned: 100 % \"no\", é")
    );
    let asked = call("/refund/500", "ana").await.unwrap();
    assert_eq!(
        (asked.code(), asked.message()),
        (tonic::Code::FailedPrecondition, "action refund: needs approval by rule large: large: 500")
    );
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}

#[test]
fn without_a_policy_it_is_refused_like_anything_else() {
    let refused = || actra::Refused::without_policy("refund", "nobody configured one".to_owned());
    let response: Response<String> = problem_response(refused());
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert!(response.body().contains(r#""detail":"action refund: not decided (there is no policy)""#));
    let response: Response<String> = grpc_status(refused());
    assert_eq!(response.headers()["grpc-status"], "7");
}

/// Who sends a request hears that a resolver failed, and not why.
#[tokio::test]
async fn an_answer_of_grpc_tells_no_cause() {
    let policy = actra::parse(SCHEMA, "version: 1\ndefault: allow\nrules: [{ id: a, scope: { action: refund }, when: 'actor.name == \"bo\"', effect: block }]").unwrap();
    let runtime: Runtime =
        actra::builder(policy).actor(|_| Err("postgres://admin:hunter2@db".into())).build().unwrap();
    let refused = runtime.admit(&(), "refund", actra::RawMap::new()).unwrap_err();
    assert!(refused.to_string().contains("hunter2"));
    let response: Response<String> = grpc_status(refused);
    let said = format!("{:?}", response.headers());
    assert!(said.contains("the actor could not be resolved") && !said.contains("hunter2"), "{said}");
}

/// A path that somebody can change while it is decided about.
#[derive(Clone)]
struct Shared(Arc<AtomicUsize>);

/// What a layer says about a request, and how often the service behind it ran.
async fn layered<F>(runtime: Runtime<String>, describe: F, shared: &Shared) -> (StatusCode, usize)
where
    F: Fn(&axum::http::Request<String>) -> Operation<String> + Send + Sync + 'static,
{
    let ran: Arc<AtomicUsize> = Arc::default();
    let counted = Arc::clone(&ran);
    let inner = service_fn(move |_: axum::http::Request<String>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok::<Response<String>, Infallible>(Response::default()) }
    });
    let mut request = axum::http::Request::new(String::new());
    request.extensions_mut().insert(shared.clone());
    let response =
        AdmitLayer::new(runtime, describe, problem_response).layer(inner).oneshot(request).await.unwrap();
    (response.status(), ran.load(Ordering::Relaxed))
}

/// Changes what is shared while the actor is asked for.
fn changing(mode: Mode, shared: &Shared) -> Runtime<String> {
    let policy = actra::parse(SCHEMA, RULES).unwrap();
    let amount = shared.clone();
    let name = move |_: &actra::ResolverInput<'_, String>| {
        amount.0.store(70, Ordering::Relaxed);
        Ok("ana".into())
    };
    actra::builder(policy).mode(mode).actor_field("name", name).build().unwrap()
}

/// What is decided is what runs.
#[tokio::test]
async fn what_changes_while_it_is_decided_does_not_reach_the_service() {
    let describe = |request: &axum::http::Request<String>| {
        let amount = request.extensions().get::<Shared>().unwrap().0.load(Ordering::Relaxed);
        Operation::new("refund").with("amount", amount as i64).context(String::new())
    };
    let renamed = |request: &axum::http::Request<String>| {
        let amount = request.extensions().get::<Shared>().unwrap().0.load(Ordering::Relaxed);
        let name = if amount == 5 { "refund" } else { "transfer" };
        Operation::new(name).with("amount", 5).context(String::new())
    };
    for (mode, expected) in [(Mode::Enforce, (StatusCode::FORBIDDEN, 0)), (Mode::Audit, (StatusCode::OK, 1))]
    {
        let shared = Shared(Arc::new(AtomicUsize::new(5)));
        assert_eq!(layered(changing(mode, &shared), describe, &shared).await, expected);
        // The same from now on.
        assert_eq!(layered(changing(mode, &shared), describe, &shared).await, (StatusCode::OK, 1));
        shared.0.store(5, Ordering::Relaxed);
        assert_eq!(layered(changing(mode, &shared), renamed, &shared).await, expected);
    }
}

#[tokio::test]
async fn what_nobody_can_describe_runs_in_audit_mode_only() {
    let shared = Shared(Arc::default());
    for (mode, expected) in [(Mode::Enforce, (StatusCode::FORBIDDEN, 0)), (Mode::Audit, (StatusCode::OK, 1))]
    {
        let panics =
            |_: &axum::http::Request<String>| -> Operation<String> { std::panic::panic_any("a path") };
        assert_eq!(layered(runtime(mode), panics, &shared).await, expected);
        let events: Arc<Mutex<Vec<Outcome>>> = Arc::default();
        let heard = Arc::clone(&events);
        let policy = actra::parse(SCHEMA, RULES).unwrap();
        let watched = actra::builder(policy).mode(mode).actor_field("name", |_| Ok("ana".into()));
        let watched = watched.on_event(move |event| heard.lock().unwrap().push(event.outcome.clone()));
        let times = AtomicUsize::new(0);
        let later = move |_: &axum::http::Request<String>| match times.fetch_add(1, Ordering::Relaxed) {
            0 => Operation::new("refund").with("amount", 5).context(String::new()),
            _ => std::panic::panic_any("a path"),
        };
        assert_eq!(layered(watched.build().unwrap(), later, &shared).await, expected);
        // Of two events the later one counts.
        let refused = events.lock().unwrap().last() == Some(&Outcome::Refused);
        assert_eq!(refused, mode == Mode::Enforce, "{events:?}");
    }
}

/// Two arguments of one name are no request.
#[tokio::test]
async fn an_argument_that_stands_twice_is_refused() {
    let shared = Shared(Arc::default());
    for (name, expected) in [("amount", (StatusCode::FORBIDDEN, 0)), ("note", (StatusCode::OK, 1))] {
        let twice = move |_: &axum::http::Request<String>| {
            Operation::new("refund").with("amount", 500).with(name, 5).context(String::new())
        };
        let policy = RULES.replace("action.amount > 100", "action.amount > 1000");
        let policy = policy.replace("action.amount <= 100", "action.amount <= 1000");
        let runtime = actra::builder::<String>(actra::parse(SCHEMA, &policy).unwrap())
            .actor_field("name", |_| Ok("ana".into()))
            .build()
            .unwrap();
        assert_eq!(layered(runtime, twice, &shared).await, expected, "{name}");
    }
}

#[test]
fn what_an_operation_holds_is_not_shown() {
    let operation = Operation::new("refund").with("card", "4111").context("hunter2".to_owned());
    let shown = format!("{operation:?}");
    assert!(shown.contains("refund") && shown.contains("card"), "{shown}");
    assert!(!shown.contains("4111") && !shown.contains("hunter2"), "{shown}");
}

/// What the program knows of a request, which panics when it is let go of.
struct Explosive(String);

impl Drop for Explosive {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("dropped")
        }
    }
}

#[tokio::test]
async fn a_context_that_panics_when_it_is_dropped_decides_nothing() {
    for (mode, amount, expected) in
        [(Mode::Enforce, 5, 1), (Mode::Enforce, 5_000, 0), (Mode::Audit, 5, 1), (Mode::Audit, 5_000, 1)]
    {
        let policy = actra::parse(SCHEMA, RULES).unwrap();
        let builder = actra::builder(policy).mode(mode);
        let builder = builder.actor_field("name", |call: &actra::ResolverInput<'_, Explosive>| {
            Ok(call.context.0.as_str().into())
        });
        let describe = move |_: &()| {
            Operation::new("refund").with("amount", amount).context(Explosive("ana".to_owned()))
        };
        let ran: Arc<AtomicUsize> = Arc::default();
        let counted = Arc::clone(&ran);
        let service = service_fn(move |()| {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Ok::<_, Infallible>(()) }
        });
        let layer = AdmitLayer::new(builder.build().unwrap(), describe, |_| ());
        assert_eq!(layer.layer(service).oneshot(()).await, Ok(()));
        assert_eq!(ran.load(Ordering::Relaxed), expected, "{mode:?} {amount}");
    }
}
