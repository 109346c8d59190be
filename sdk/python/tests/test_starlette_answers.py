"""What is refused is answered with 403, wherever in an application it was, and anything else as before."""

import asyncio
import logging
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

import actra

pytest.importorskip("httpx")
fastapi = pytest.importorskip("fastapi")
from fastapi import Depends, FastAPI, WebSocket  # noqa: E402
from fastapi.responses import JSONResponse, Response, StreamingResponse  # noqa: E402
from starlette.background import BackgroundTask  # noqa: E402
from starlette.middleware.base import BaseHTTPMiddleware  # noqa: E402
from starlette.websockets import WebSocketDisconnect  # noqa: E402

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

from actra.integrations.starlette import ActraMiddleware, admitted  # noqa: E402

SCHEMA = """
version: 1
actions:
  refund: { fields: { amount: number } }
  pay: { fields: { amount: number, card: { type: string, sensitive: true } } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: refund }, when: action.amount > 1000, effect: block }
  - { id: ask, scope: { action: refund }, when: action.amount > 100, effect: require_approval }
"""


@pytest.fixture
def runtime():
    return actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES))


@pytest.fixture
def app(runtime):
    app = FastAPI()
    app.add_middleware(ActraMiddleware, runtime=runtime)
    return app


def client(app, **settings):
    return TestClient(app, **settings)


def assert_refused(answer, rule="large"):
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json"), answer.text
    assert answer.json().get("rule") == rule


def decorated(runtime, app):
    app.get("/x")(runtime.admit("refund")(lambda amount: "ran"))


def in_a_dependency(runtime, app):
    guarded = runtime.admit("refund")(lambda amount: "ran")
    app.get("/x")(lambda paid=Depends(guarded): "ran")


def by_admitted(runtime, app):
    def of_query(amount: float):
        return {"type": "refund", "amount": amount}

    app.get("/x", dependencies=[Depends(admitted(of_query))])(lambda: "ran")


def in_a_generator(runtime, app):
    @runtime.admit("refund")
    async def parts(amount):
        yield "ran"

    app.get("/x")(lambda amount: StreamingResponse(parts(float(amount))))


def in_an_endpoint_that_generates(runtime, app):
    # Versions without it stream nothing that an endpoint yields.
    pytest.importorskip("fastapi.sse")

    @app.get("/x")
    @runtime.admit("refund")
    async def parts(amount: float):
        yield {"paid": amount}


def in_events(runtime, app):
    sse = pytest.importorskip("fastapi.sse")

    @app.get("/x", response_class=sse.EventSourceResponse)
    @runtime.admit("refund")
    async def parts(amount: float):
        yield {"paid": amount}


def in_a_group(runtime, app):
    @app.get("/x")
    async def group(amount: float):
        @runtime.admit("refund")
        async def refund(amount):
            return "ran"

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(refund(amount))
            tasks.create_task(refund(amount))


PLACES = [decorated, in_a_dependency, by_admitted, in_a_generator, in_an_endpoint_that_generates, in_events, in_a_group]


def here(app):
    return app, "/x"


def mounted(app):
    inner = FastAPI()
    app.mount("/inner", inner)
    return inner, "/inner/x"


def debugged(app):
    inner = FastAPI(debug=True)
    app.mount("/inner", inner)
    return inner, "/inner/x"


def with_a_page_of_its_own(app):
    inner = FastAPI()
    inner.exception_handler(Exception)(lambda request, error: JSONResponse({"oops": str(error)}, 502))
    app.mount("/inner", inner)
    return inner, "/inner/x"


def behind_others(app):
    inner = FastAPI()
    for each in (app, inner):
        each.add_middleware(BaseHTTPMiddleware, dispatch=lambda request, call_next: call_next(request))
    app.user_middleware.reverse()
    app.mount("/inner", inner)
    return inner, "/inner/x"


async def says_who_acts():
    with actra.using({"user": "sam"}):
        yield


def for_whom_a_dependency_says(app):
    inner = FastAPI(dependencies=[Depends(says_who_acts)])
    inner.add_middleware(BaseHTTPMiddleware, dispatch=lambda request, call_next: call_next(request))
    app.mount("/inner", inner)
    return inner, "/inner/x"


WHERE = [here, mounted, debugged, with_a_page_of_its_own, behind_others, for_whom_a_dependency_says]


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("place", PLACES)
def test_a_refusal_is_answered_wherever_it_is(runtime, app, place, where):
    if place is in_a_group and sys.version_info < (3, 11):
        pytest.skip("no task groups")
    inner, path = where(app)
    place(runtime, inner)
    answer = client(app).get(path, params={"amount": 5000})
    assert_refused(answer)
    assert "ran" not in answer.text
    if place is not decorated and place is not in_a_dependency and place is not in_a_group:
        assert client(app).get(path, params={"amount": 5}).status_code == 200


def groups():
    return pytest.importorskip("builtins" if sys.version_info >= (3, 11) else "exceptiongroup").ExceptionGroup


def refused(runtime, amount):
    with pytest.raises(actra.ActraPolicyError) as raised:
        runtime.admit("refund")(lambda amount: "ran")(amount)
    return raised.value


def test_of_several_refusals_the_strictest_is_the_answer(runtime, app):
    group = groups()

    @app.get("/x")
    def several():
        asked = refused(runtime, 500)
        raise group("", [asked, group("", [refused(runtime, 5000), asked])])

    assert_refused(client(app).get("/x"))


def test_a_group_that_holds_anything_else_stays_an_error(runtime, app):
    group = groups()

    @app.get("/x")
    def several():
        raise group("", [refused(runtime, 5000), group("", [ZeroDivisionError()])])

    with pytest.raises(group):
        client(app).get("/x")
    assert client(app, raise_server_exceptions=False).get("/x").status_code == 500


def test_an_error_of_a_mounted_application_keeps_its_page(app):
    inner, path = with_a_page_of_its_own(app)

    @inner.get("/x")
    def bug():
        raise ZeroDivisionError("bug")

    answer = client(app, raise_server_exceptions=False).get(path)
    assert (answer.status_code, answer.json()) == (502, {"oops": "bug"})
    with pytest.raises(ZeroDivisionError):
        client(app).get(path)


def test_answers_that_say_that_something_failed_arrive_as_they_are(app):
    ran = []

    @app.get("/short")
    def short():
        return JSONResponse({"up": False}, 503, background=BackgroundTask(ran.append, 1))

    @app.get("/long")
    def long():
        return StreamingResponse(("x" * 500_000 for _ in range(5)), 500)

    assert client(app).get("/short").json() == {"up": False} and ran == [1]
    assert len(client(app).get("/long").text) == 2_500_000


def test_what_fails_before_its_first_piece_is_an_error_and_no_empty_answer(app):
    @app.get("/x")
    async def bug():
        async def parts():
            raise ZeroDivisionError
            yield "begun"

        return StreamingResponse(parts())

    assert client(app, raise_server_exceptions=False).get("/x").status_code == 500


def test_empty_answers_stay_empty(app):
    @app.get("/x")
    def nothing(status: int, is_stream: bool):
        return StreamingResponse(iter(()), status) if is_stream else Response(status_code=status)

    for status in (200, 204, 304, 307):
        for is_stream in (False, True):
            found = client(app).get("/x", params={"status": status, "is_stream": is_stream}, follow_redirects=False)
            assert (found.status_code, found.content) == (status, b"")


@pytest.mark.parametrize("where", [here, mounted, behind_others])
def test_what_has_begun_is_cut_off(runtime, app, where):
    inner, path = where(app)
    refund = runtime.admit("refund")(lambda amount: "ran")

    @inner.get("/x")
    def begun():
        def parts():
            yield "begun"
            # Whoever stands between has handed on the first piece when it takes the second.
            yield "and on its way"
            refund(5000)

        return StreamingResponse(parts())

    with pytest.raises(actra.ActraPolicyError):
        client(app).get(path)
    sent, failed = asked(app, path)
    assert isinstance(failed, actra.ActraPolicyError)
    assert sent[1]["body"] == b"begun" and all(one.get("more_body", True) for one in sent)


def asked(app, path="/x"):
    """All that goes out for a request, and what is raised."""
    sent, failed = [], None

    async def send(message):
        sent.append(message)

    async def receive():
        await asyncio.Event().wait()

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
    try:
        asyncio.run(app(scope, receive, send))
    except Exception as error:
        failed = error
    return sent, failed


async def passes(request, call_next):
    return await call_next(request)


async def reads(request, call_next):
    answer = await call_next(request)
    body = b"".join([piece async for piece in answer.body_iterator])
    return Response(body, answer.status_code, dict(answer.headers))


async def acts(request, call_next):
    with actra.using({"user": "sam"}):
        return await call_next(request)


async def wraps(request, call_next):
    answer = await call_next(request)
    return JSONResponse({"data": b"".join([piece async for piece in answer.body_iterator]).decode()}, answer.status_code)


def of_a_generator(refund):
    return refund(5000)


async def after_nothing(refund):
    yield b""
    async for piece in refund(5000):
        yield piece


def of_a_thread(refund):
    async def steps():
        return [piece async for piece in refund(5000)]

    with ThreadPoolExecutor() as pool:
        yield from pool.submit(actra.propagate(lambda: asyncio.run(steps()))).result()


ANNOUNCED = [{}, {"headers": {"content-length": "3"}}, {"status_code": 204}, {"status_code": 304}]


@pytest.mark.parametrize("announced", ANNOUNCED, ids=str)
@pytest.mark.parametrize("parts", [of_a_generator, after_nothing, of_a_thread])
@pytest.mark.parametrize("between", [None, passes, reads, wraps, acts])
def test_a_refusal_is_answered_whatever_stands_between(runtime, between, parts, announced):
    @runtime.admit("refund")
    async def refund(amount):
        yield b"ran"

    app = FastAPI()
    app.get("/x")(lambda: StreamingResponse(parts(refund), **announced))
    if between is not None:
        app.middleware("http")(between)
    app.add_middleware(ActraMiddleware, runtime=runtime)
    assert_refused(client(app).get("/x"))


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize("between", [None, passes, reads, acts])
def test_who_catches_a_refusal_says_what_they_like(runtime, between, is_kept):
    refund, kept = runtime.admit("refund")(lambda amount: "ran"), []

    async def parts():
        try:
            refund(5000)
        except actra.ActraPolicyError as error:
            kept.append(error if is_kept else None)
        yield "not "
        yield "refunded"

    app = FastAPI()
    app.get("/x")(lambda: StreamingResponse(parts()))
    if between is not None:
        app.middleware("http")(between)
    app.add_middleware(ActraMiddleware, runtime=runtime)
    assert client(app).get("/x").text == "not refunded"


def test_a_stream_goes_on_at_once_where_a_refusal_was_caught(runtime):
    refund, sent, seen = runtime.admit("refund")(lambda amount: "ran"), [], []

    async def streams(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            refund(5000)
        except actra.ActraPolicyError:
            await send({"type": "http.response.body", "body": b"refused", "more_body": True})
            seen.append(len(sent))
        await send({"type": "http.response.body", "body": b"on", "more_body": True})
        seen.append(len(sent))

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    asyncio.run(ActraMiddleware(streams, runtime)(scope, None, send))
    assert seen == [0, 3]


@pytest.mark.parametrize("is_raised", [False, True])
@pytest.mark.parametrize("piece", [b"x" * 100_000, b"x"])
def test_what_follows_upon_a_refusal_that_is_kept_does_not_wait_without_end(runtime, piece, is_raised):
    refund, kept, out = runtime.admit("refund")(lambda amount: "ran"), [], []

    async def streams(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            refund(5000)
        except actra.ActraPolicyError as error:
            kept.append(error)
        for _ in range(5000):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            out.append(len(sent))
            if len(sent) > 1:
                break
        await send({"type": "http.response.body", "body": b"end"})
        if is_raised:
            raise kept.pop()

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    request = ActraMiddleware(streams, runtime)(scope, None, send)
    if is_raised:
        with pytest.raises(actra.ActraPolicyError):
            asyncio.run(request)
    else:
        asyncio.run(request)
    # As many pieces as may wait, and never a complete answer upon what is refused.
    assert set(out[:-1]) == {0} and out[-1] == len(out) + 1
    assert sent[0]["status"] == 200 and (sent[-1].get("body") == b"end") != is_raised


def test_a_refusal_after_the_answer_is_raised(runtime, app):
    refund = runtime.admit("refund")(lambda amount: "ran")
    app.get("/x")(lambda: JSONResponse({}, background=BackgroundTask(refund, 5000)))
    with pytest.raises(actra.ActraPolicyError):
        client(app).get("/x")


def test_the_head_alone_arrives_if_nothing_follows(runtime):
    async def bare(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})

    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    asyncio.run(ActraMiddleware(bare, runtime)(scope, receive, send))
    assert [one["type"] for one in sent] == ["http.response.start"]


@pytest.mark.parametrize("where", [here, mounted])
def test_websockets_of_mounted_applications_are_closed(runtime, app, where):
    inner, path = where(app)

    @inner.websocket("/x")
    async def socket(websocket: WebSocket):
        runtime.admit("refund")(lambda amount: "ran")(5000)

    with pytest.raises(WebSocketDisconnect) as closed, client(app).websocket_connect(path):
        pass
    assert closed.value.code == 1008


@pytest.mark.parametrize("where", [here, mounted])
def test_what_cannot_be_decided_by_a_dependency_is_a_problem(runtime, app, where):
    inner, path = where(app)
    inner.get("/x", dependencies=[Depends(admitted(lambda: None))])(lambda: "ran")
    answer = client(app).get(path)
    assert_refused(answer, None)
    assert answer.json()["type"] == "urn:actra:refused:not_decided"


def test_without_the_middleware_a_dependency_says_so_itself(runtime):
    app = FastAPI()
    app.get("/x", dependencies=[Depends(admitted(lambda: None, runtime))])(lambda: "ran")
    assert_refused(client(app).get("/x"), None)


SECRET = "4111-SECRET"


def failing(_=None):
    raise ValueError(f"the card {SECRET} is no number")


@pytest.mark.parametrize("mode", ["enforce", "audit"])
@pytest.mark.parametrize("settings", [{"action": failing}, {"context": failing}, {"pending": failing}])
def test_the_log_says_what_failed_and_where_but_no_value(runtime, caplog, settings, mode):
    runtime.mode = mode
    app = FastAPI()
    app.add_middleware(ActraMiddleware, runtime=runtime, **settings)
    app.get("/x")(runtime.admit("refund")(lambda amount=500.0: "ran"))
    with caplog.at_level(logging.DEBUG, "actra"):
        assert client(app).get("/x").status_code == (403 if mode == "enforce" else 200)
    assert_logged(caplog, mode == "enforce" or "pending" not in settings)


@pytest.mark.parametrize("mode", ["enforce", "audit"])
@pytest.mark.parametrize("is_behind", [True, False])
def test_a_dependency_logs_no_value(runtime, caplog, monkeypatch, mode, is_behind):
    runtime.mode = mode
    monkeypatch.setattr(runtime, "check_async", failing)
    app = FastAPI()
    if is_behind:
        app.add_middleware(ActraMiddleware, runtime=runtime)
    app.get("/x", dependencies=[Depends(admitted(lambda: {"type": "refund"}, runtime))])(lambda: "ran")
    with caplog.at_level(logging.DEBUG, "actra"):
        assert client(app).get("/x").status_code == (403 if mode == "enforce" else 200)
    assert_logged(caplog, True)


def assert_logged(caplog, is_logged):
    said = caplog.handler.format(caplog.records[-1]) if caplog.records else ""
    assert SECRET not in caplog.text and SECRET not in said
    assert ("ValueError at " in caplog.text and "test_starlette_answers.py:" in caplog.text) == is_logged
