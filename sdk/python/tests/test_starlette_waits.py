"""What waits for a refusal does so for as long as is needed, and nothing waits where nothing was refused."""

import asyncio
import gc
import json
import sys
from types import SimpleNamespace

import pytest

import actra

pytest.importorskip("httpx")
pytest.importorskip("fastapi")
from fastapi import Depends, FastAPI, HTTPException  # noqa: E402
from starlette.background import BackgroundTask  # noqa: E402
from starlette.concurrency import run_in_threadpool  # noqa: E402
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse  # noqa: E402
from paying import RULES, RUNTIME, SCHEMA, paid, pay  # noqa: E402

from actra.integrations import _release  # noqa: E402
from actra.integrations.starlette import ActraMiddleware, admitted, answer  # noqa: E402

START = {"type": "http.response.start", "status": 200, "headers": []}


def scope_of(path="/x", kind="http"):
    scope = {"type": kind, "method": "GET", "path": path, "headers": [], "query_string": b""}
    return {**scope, "asgi": {"version": "3.0", "spec_version": "2.4"}}


async def asked(app, path="/x", sent=None):
    """All that goes out for a request, and what is raised."""
    sent = [] if sent is None else sent

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    try:
        await app(scope_of(path), receive, send)
    except Exception as error:
        return sent, error
    return sent, None


def guarded(app, **settings):
    return ActraMiddleware(app, RUNTIME, **settings)


def body_of(sent):
    return b"".join(one.get("body", b"") for one in sent if one["type"] == "http.response.body")


def piece(body, more=True):
    return {"type": "http.response.body", "body": body, "more_body": more}


async def in_time():
    await asyncio.wait_for(pay(5000), 10)


async def in_a_pool():
    await run_in_threadpool(paid, 5000)


async def in_a_group():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pay(5000))


async def raised_again():
    try:
        await pay(5000)
    except actra.ActraPolicyError as error:
        last = error
    raise last


CYCLES = [in_time, in_a_pool, raised_again, *([in_a_group] if sys.version_info >= (3, 11) else [])]


async def caught_and_aged(refused):
    """Nothing is kept, and what a cycle holds of it has grown old."""
    try:
        await refused()
    except Exception:
        gc.collect(0)
        gc.collect(1)


@pytest.mark.parametrize("refused", CYCLES)
def test_a_large_answer_upon_a_refusal_in_an_old_cycle_arrives(refused):
    async def app(scope, receive, send):
        await caught_and_aged(refused)
        await PlainTextResponse("x" * (2 << 20))(scope, receive, send)

    sent, failed = asyncio.run(asked(guarded(app)))
    assert failed is None and sent[0]["status"] == 200 and len(body_of(sent)) == 2 << 20


async def begun(refused, keeps=False):
    """Whether a stream arrives while the application is at work, which waits for it."""
    kept, arrived = [], asyncio.Event()

    class Sent(list):
        def append(self, message):
            super().append(message)
            if message.get("body"):
                arrived.set()

    async def app(scope, receive, send):
        if keeps:
            try:
                await refused()
            except actra.ActraPolicyError as error:
                kept.append(error)
        else:
            await caught_and_aged(refused)
        await send(START)
        await send(piece(b"begun"))
        await asyncio.wait_for(arrived.wait(), 60)
        await send(piece(b"end", False))

    return await asked(guarded(app), sent=Sent())


@pytest.mark.parametrize("refused", CYCLES)
def test_a_stream_upon_a_refusal_in_an_old_cycle_begins(refused):
    sent, failed = asyncio.run(begun(refused))
    assert failed is None and body_of(sent) == b"begunend"


def test_a_stream_begins_although_a_refusal_is_kept():
    sent, failed = asyncio.run(begun(lambda: pay(5000), keeps=True))
    assert failed is None and body_of(sent) == b"begunend"


def test_many_at_once_do_not_make_each_other_wait():
    async def steps():
        return await asyncio.gather(*[begun(in_time) for _ in range(20)])

    assert all(failed is None and body_of(sent) == b"begunend" for sent, failed in asyncio.run(steps()))


async def in_a_variable():
    said = None
    try:
        await pay(5000)
    except actra.ActraPolicyError as error:
        said = error
    return str(said)


async def in_a_closure():
    said = await_error = None
    try:
        await pay(5000)
    except actra.ActraPolicyError as error:
        said = error
    await_error = lambda: said  # noqa: E731
    return str(await_error())


async def in_a_list():
    errors = []
    for _ in range(2):
        try:
            await pay(5000)
        except actra.ActraPolicyError as error:
            errors.append(error)
    return str(errors)


async def in_a_variable_of_a_task():
    task = asyncio.create_task(pay(5000))
    try:
        await task
    except actra.ActraPolicyError:
        return str(task)


HELD = [in_a_variable, in_a_closure, in_a_list, in_a_variable_of_a_task]


@pytest.mark.parametrize("held", HELD)
def test_what_a_frame_that_is_over_holds_is_let_go_of_without_collecting_all_garbage(held, monkeypatch):
    # As on a heap on which that takes long.
    monkeypatch.setattr(_release.garbage, "_next", float("inf"))
    monkeypatch.setattr(_release, "gc", SimpleNamespace(collect=lambda generation: None, get_referents=gc.get_referents))

    async def main():
        arrived = asyncio.Event()

        class Sent(list):
            def append(self, message):
                super().append(message)
                if message.get("body"):
                    arrived.set()

        async def app(scope, receive, send):
            await PlainTextResponse(await held())(scope, receive, send)
            await asyncio.wait_for(arrived.wait(), 20)

        return await asked(guarded(app), sent=Sent())

    gc.disable()
    try:
        sent, failed = asyncio.run(main())
    finally:
        gc.enable()
    assert failed is None and sent[0]["status"] == 200


def test_no_garbage_waits_long_however_long_it_takes_to_collect_all(monkeypatch):
    now, collected = [100.0], []

    def collect():
        collected.append(now[0])
        now[0] += takes

    monkeypatch.setattr(_release, "gc", SimpleNamespace(collect=collect))
    monkeypatch.setattr(_release, "time", SimpleNamespace(monotonic=lambda: now[0]))
    for takes, between in ((0.01, 0.2), (5, 2)):
        garbage = _release._Garbage()
        collected.clear()
        for _ in range(10_000):
            garbage.collect()
            now[0] += 0.01
        assert collected[1] - collected[0] == pytest.approx(takes + between, abs=0.02)


def test_a_traceback_keeps_all_frames_but_those_of_who_waits():
    kept = []

    async def app(scope, receive, send):
        try:
            await in_time()
        except actra.ActraPolicyError as error:
            kept.append(error)
        await PlainTextResponse("said")(scope, receive, send)

    asyncio.run(asked(guarded(app)))
    names, one = [], kept[0].__traceback__
    while one is not None:
        names.append(one.tb_frame.f_code.co_name)
        one = one.tb_next
    assert names[:2] == ["app", "in_time"] and "finish" in names and "wait_for" not in names


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("is_raised", [True, False])
def test_an_answer_is_never_complete_before_a_refusal_is_let_go_of(is_raised, announced):
    kept, came = [], []

    async def app(scope, receive, send):
        headers = [(b"Content-Length", b"2000006")] if announced else []
        await send({**START, "headers": headers})
        try:
            await pay(5000)
        except actra.ActraPolicyError as error:
            kept.append(error)
        for body in (b"x" * 2_000_000, b"abc", b"def"):
            await send(piece(body))
        await send(piece(b"", False))
        came.extend(sent)
        if is_raised:
            raise kept.pop()

    sent = []
    _, failed = asyncio.run(asked(guarded(app), sent=sent))
    assert len(body_of(came)) == (2_000_003 if announced else 2_000_006)
    assert all(one.get("more_body", True) for one in came)
    assert isinstance(failed, actra.ActraPolicyError) == is_raised
    assert (sent[-1].get("more_body", True) is False and len(body_of(sent)) == 2_000_006) != is_raised


def test_a_file_is_an_end_of_its_own():
    file = {"type": "http.response.pathsend", "path": "/x"}

    async def app(scope, receive, send):
        try:
            await pay(5000)
        except actra.ActraPolicyError as error:
            kept = [error]
        await send(START)
        await send(file)
        # Much longer than pieces wait.
        for _ in range(40):
            await asyncio.sleep(0.05)
        assert sent == []
        raise kept.pop()

    sent = []
    _, failed = asyncio.run(asked(guarded(app), sent=sent))
    assert failed is None and [one.get("status", 0) for one in sent] == [403, 0]


def test_trailers_wait_with_the_end():
    trailers = {"type": "http.response.trailers", "headers": [], "more_trailers": False}
    came, kept = [], []

    async def app(scope, receive, send):
        await send({**START, "trailers": True})
        await send(piece(b"begun"))
        try:
            await pay(5000)
        except actra.ActraPolicyError as error:
            kept.append(error)
        await send(piece(b"end", False))
        await send(trailers)
        came.extend(sent)

    sent = []
    asyncio.run(asked(guarded(app), sent=sent))
    assert body_of(came) == b"begun" and trailers not in came
    assert body_of(sent) == b"begunend" and sent[-1] == trailers


def test_what_waits_is_what_was_sent():
    head, buffer = {**START, "headers": [(b"content-type", b"text/plain")]}, bytearray(2)

    async def app(scope, receive, send):
        await send(head)
        head["status"] = 299
        head["headers"].append((b"x-late", b"1"))
        try:
            await pay(5000)
        except actra.ActraPolicyError as error:
            kept = [error]
        for each in (b"ab", b"cd"):
            buffer[:] = each
            await send(piece(memoryview(buffer)))
        kept.clear()
        await send(piece(b"", False))

    sent, _ = asyncio.run(asked(guarded(app)))
    assert (sent[0]["status"], len(sent[0]["headers"]), body_of(sent)) == (200, 1, b"abcd")


def plain_and_guarded(endpoint):
    """What becomes of a request without us, and with us."""
    found = []
    for is_guarded in (False, True):
        app = FastAPI()
        app.get("/x")(endpoint)
        if is_guarded:
            app.add_middleware(ActraMiddleware, runtime=RUNTIME)
        sent, failed = asyncio.run(asked(app))
        found.append(([one.get("status") for one in sent[:1]], body_of(sent), type(failed)))
    return found


async def fails():
    raise ZeroDivisionError


async def of_nothing():
    return
    yield


def empty():
    return StreamingResponse(of_nothing(), background=BackgroundTask(fails))


def unavailable():
    return JSONResponse({"down": True}, 503, background=BackgroundTask(fails))


@pytest.mark.parametrize("endpoint", [empty, unavailable])
def test_where_nothing_was_refused_an_answer_is_as_without_us(endpoint):
    plain, with_us = plain_and_guarded(endpoint)
    assert plain == with_us and plain[2] is ZeroDivisionError


@pytest.mark.parametrize("status", [200, 503])
def test_where_nothing_was_refused_nothing_waits(status):
    came, sent = [], []

    async def looks():
        came.extend(sent)

    def endpoint():
        return StreamingResponse(of_nothing(), status, background=BackgroundTask(looks))

    app = FastAPI()
    app.get("/x")(endpoint)
    app.add_middleware(ActraMiddleware, runtime=RUNTIME)
    asyncio.run(asked(app, sent=sent))
    assert len(came) == 2 and came == sent


def other_error(refused):
    return ZeroDivisionError()


def of_it(refused):
    error = ZeroDivisionError()
    error.__cause__ = refused
    return error


def while_it_was_handled(refused):
    try:
        try:
            raise refused
        except actra.ActraPolicyError:
            raise ZeroDivisionError
    except ZeroDivisionError as error:
        return error


@pytest.mark.parametrize("is_begun", [False, True], ids=["at once", "begun"])
@pytest.mark.parametrize("error", [other_error, of_it, while_it_was_handled])
def test_no_error_takes_a_finished_answer_away_unless_it_came_of_a_refusal(error, is_begun):
    kept = []

    async def app(scope, receive, send):
        try:
            await pay(5000)
        except actra.ActraPolicyError as refused:
            kept.append(refused)
        await send(START)
        if is_begun:
            await send(piece(b"x" * (2 << 20)))
        await send(piece(b"made of nothing", more=False))
        raise error(kept[0])

    sent, failed = asyncio.run(asked(guarded(app)))
    assert type(failed) is ZeroDivisionError
    is_whole = bool(sent) and not sent[-1].get("more_body", True)
    assert is_whole == (error is other_error) and bool(sent) == (is_whole or is_begun)


def test_a_background_task_that_fails_takes_no_answer_away():
    kept = []

    async def endpoint():
        try:
            await pay(5000)
        except actra.ActraPolicyError as refused:
            kept.append(refused)
        return JSONResponse({"paid": 5}, background=BackgroundTask(fails))

    plain, with_us = plain_and_guarded(endpoint)
    assert plain == with_us and plain[2] is ZeroDivisionError


@pytest.mark.parametrize("path", ["/plain", "/stream"])
def test_who_answers_refusals_by_a_handler_need_not_care_for_streams(path):
    app = FastAPI()
    app.exception_handler(actra.ActraPolicyError)(lambda request, error: answer(error))
    app.get("/plain")(lambda: paid(5000))

    async def parts():
        yield await pay(5000)

    app.get("/stream")(lambda: StreamingResponse(parts()))
    app.add_middleware(ActraMiddleware, runtime=RUNTIME)
    sent, failed = asyncio.run(asked(app, path))
    assert failed is None and sent[0]["status"] == 403 and json.loads(body_of(sent))["rule"] == "large"


@pytest.mark.parametrize("error", [RuntimeError, ValueError, HTTPException])
def test_another_error_that_came_of_a_refusal_is_that_error(error):
    app = FastAPI()

    async def other():
        try:
            await pay(5000)
        except actra.ActraPolicyError as refused:
            raise (HTTPException(409) if error is HTTPException else error("other")) from refused

    app.get("/x")(other)
    app.add_middleware(ActraMiddleware, runtime=RUNTIME)
    sent, failed = asyncio.run(asked(app))
    assert sent[0]["status"] == (409 if error is HTTPException else 500)
    assert failed is None if error is HTTPException else type(failed) is error


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("made", [None, {"type": "pay", "amount": 5000}, {"type": "pay", 1: 2}], ids=str)
def test_no_page_for_errors_is_the_answer_to_what_is_refused_or_not_decided(made, status):
    app, inner = FastAPI(), FastAPI()
    inner.exception_handler(Exception)(lambda request, error: JSONResponse({"page": 1}, status))
    inner.get("/x", dependencies=[Depends(admitted(lambda: made))])(lambda: Response("ran"))
    app.mount("/inner", inner)
    app.add_middleware(ActraMiddleware, runtime=RUNTIME)
    sent, failed = asyncio.run(asked(app, "/inner/x"))
    assert failed is None and sent[0]["status"] == 403
    assert json.loads(body_of(sent))["type"].startswith("urn:actra:refused:")


@pytest.mark.parametrize("settings", [{}, {"debug": True}])
def test_no_page_for_errors_is_the_answer_to_what_is_refused_in_a_foreign_thread(settings):
    app, inner = FastAPI(), FastAPI(**settings)

    @inner.get("/x")
    async def foreign():
        await asyncio.get_running_loop().run_in_executor(None, paid, 5000)

    app.mount("/inner", inner)
    app.add_middleware(ActraMiddleware, runtime=RUNTIME)
    sent, failed = asyncio.run(asked(app, "/inner/x"))
    assert failed is None and sent[0]["status"] == 403


@pytest.mark.parametrize("mode", ["enforce", "audit"])
def test_where_every_request_is_an_action_no_other_scope_passes_unasked(mode):
    ran = []

    async def app(scope, receive, send):
        ran.append(scope["type"])

    runtime = actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES), mode=mode)
    settings = {"action": lambda request: {"type": "pay", "amount": 5000}}
    asyncio.run(ActraMiddleware(app, runtime, **settings)(scope_of(kind="lifespan"), None, None))
    if mode == "audit":
        asyncio.run(ActraMiddleware(app, runtime, **settings)(scope_of(kind="webtransport"), None, None))
    else:
        with pytest.raises(actra.ActraSchemaError, match="webtransport"):
            asyncio.run(ActraMiddleware(app, runtime, **settings)(scope_of(kind="webtransport"), None, None))
    asyncio.run(ActraMiddleware(app, runtime)(scope_of(kind="webtransport"), None, None))
    assert ran == ["lifespan", *(["webtransport"] if mode == "audit" else []), "webtransport"]
