"""Who catches a refusal answers as they like, at once, also where a loop, a thread or a cycle has not let go of it."""

import asyncio
import sys
import threading

import pytest

import actra

pytest.importorskip("starlette")
from starlette.background import BackgroundTask  # noqa: E402
from starlette.concurrency import run_in_threadpool  # noqa: E402
from starlette.responses import PlainTextResponse, StreamingResponse  # noqa: E402
from paying import RUNTIME, paid, pay  # noqa: E402

from actra._request_refusals import RequestRefusals  # noqa: E402
from actra.integrations.starlette import ActraMiddleware  # noqa: E402


async def in_a_task():
    task = asyncio.create_task(pay(5000))
    try:
        await task
    except actra.ActraPolicyError:
        pass


async def in_a_pool():
    try:
        await run_in_threadpool(paid, 5000)
    except actra.ActraPolicyError:
        pass


async def in_a_thread():
    try:
        await asyncio.get_running_loop().run_in_executor(None, actra.propagate(lambda: paid(5000)))
    except actra.ActraPolicyError:
        pass


async def in_time():
    try:
        await asyncio.wait_for(pay(5000), 1)
    except actra.ActraPolicyError:
        pass


async def among_others():
    await asyncio.gather(pay(5000), pay(1), return_exceptions=True)


async def in_a_group():
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pay(5000))
    except Exception as error:
        # "except*" is none of the grammar before Python 3.11.
        assert type(error).__name__ == "ExceptionGroup"


async def again():
    last = None
    for amount in (5000, 1):
        try:
            return await pay(amount)
        except actra.ActraPolicyError as error:
            last = error
    return last


WAYS = [in_a_task, in_a_pool, in_a_thread, in_time, among_others, again]
if sys.version_info >= (3, 11):
    WAYS.append(in_a_group)


def pieces(sent):
    return [one.get("body", b"") for one in sent if one["type"] == "http.response.body"]


async def asked(handle, until=None, sent=None):
    """All that goes out for a request; with ``until``, while the application waits for it."""
    sent = [] if sent is None else sent

    async def app(scope, receive, send):
        await (await handle())(scope, receive, send)

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    scope["asgi"] = {"version": "3.0", "spec_version": "2.4"}
    request = asyncio.ensure_future(ActraMiddleware(app, RUNTIME)(scope, receive, send))
    if until is not None:
        await asyncio.wait({request}, timeout=0.3)
        seen = pieces(sent)
        until.set()
        await request
        return seen
    await request
    return sent


@pytest.mark.parametrize("caught", WAYS)
def test_a_long_answer_upon_a_caught_refusal_arrives(caught):
    async def handle():
        await caught()
        return PlainTextResponse("x" * (2 << 20))

    sent = asyncio.run(asked(handle))
    assert sent[0]["status"] == 200 and len(pieces(sent)[0]) == 2 << 20


@pytest.mark.parametrize("caught", WAYS)
def test_a_stream_upon_a_caught_refusal_arrives_piece_by_piece(caught):
    async def steps():
        go = asyncio.Event()

        async def parts():
            yield "first"
            await go.wait()
            yield "last"

        async def handle():
            await caught()
            return StreamingResponse(parts())

        return await asked(handle, go)

    assert asyncio.run(steps()) == [b"first"]


@pytest.mark.parametrize("caught", WAYS)
def test_an_answer_does_not_wait_for_what_follows_in_the_background(caught):
    async def steps():
        go = asyncio.Event()

        async def handle():
            await caught()
            return PlainTextResponse("answer", background=BackgroundTask(go.wait))

        return await asked(handle, go)

    assert asyncio.run(steps()) == [b"answer"]


async def here():
    await pay(5000)


async def of_a_task():
    task = asyncio.ensure_future(pay(5000))
    await task


@pytest.mark.parametrize("refused", [here, of_a_task])
@pytest.mark.parametrize("said", [[b"said"], [b"said", b""], [b"said", b"more", b""]])
@pytest.mark.parametrize("begun", [[], [b"begun"]])
def test_what_was_said_while_a_refusal_was_handled_arrives_when_that_is_done(begun, said, refused):
    async def steps():
        go = asyncio.Event()

        async def app(scope, receive, send):
            async def says(piece):
                await send({"type": "http.response.body", "body": piece, "more_body": piece != b""})

            await send({"type": "http.response.start", "status": 200, "headers": []})
            for piece in begun:
                await says(piece)
            try:
                await refused()
            except actra.ActraPolicyError:
                for piece in said:
                    await says(piece)
            await go.wait()

        async def handle():
            return app

        return await asked(handle, go)

    assert asyncio.run(steps()) == [*begun, *said]


def test_a_refusal_that_is_raised_in_the_end_is_the_answer_whatever_was_let_go_of():
    async def handle():
        async def app(scope, receive, send):
            kept = asyncio.ensure_future(pay(5000))
            await asyncio.wait({kept})
            await in_a_task()
            await PlainTextResponse("made of nothing")(scope, receive, send)
            await in_a_task()
            await asyncio.sleep(0.01)
            await kept

        return app

    assert asyncio.run(asked(handle))[0]["status"] == 403


def test_a_refusal_in_the_turn_in_which_another_is_let_go_of_is_the_answer():
    async def handle():
        async def app(scope, receive, send):
            try:
                paid(5000)
            except actra.ActraPolicyError:
                await PlainTextResponse("said")(scope, receive, send)
            paid(6000)

        return app

    assert asyncio.run(asked(handle))[0]["status"] == 403


def test_a_client_that_is_gone_is_an_error_of_the_request():
    class Gone(list):
        def append(self, message):
            raise OSError("gone")

    async def handle():
        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            try:
                paid(5000)
            except actra.ActraPolicyError:
                await send({"type": "http.response.body", "body": b"said", "more_body": True})
            await asyncio.sleep(0.01)

        return app

    with pytest.raises(OSError, match="gone"):
        asyncio.run(asked(handle, sent=Gone()))


def test_a_request_that_is_given_up_sends_nothing_later():
    sent = []

    async def steps():
        async def handle():
            async def app(scope, receive, send):
                try:
                    paid(5000)
                except actra.ActraPolicyError:
                    await PlainTextResponse("said")(scope, receive, send)
                    raise asyncio.CancelledError from None

            return app

        with pytest.raises(asyncio.CancelledError):
            await asked(handle, sent=sent)
        await asyncio.sleep(0.01)

    asyncio.run(steps())
    assert sent == []


def test_no_refusal_is_lost_between_threads():
    errors = []
    for _ in range(500):
        try:
            paid(5000)
        except actra.ActraPolicyError as error:
            errors.append(error)
    refusals, interval = RequestRefusals(), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=lambda at=at: [refusals.add(one) for one in errors[at::4]]) for at in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(refusals._errors) == len(errors)
