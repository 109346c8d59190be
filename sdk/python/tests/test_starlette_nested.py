"""An application with the middleware, mounted in another one with it: what is refused late is cut off for both."""

import asyncio

import pytest

import actra

pytest.importorskip("starlette")
from starlette.applications import Starlette  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.middleware.base import BaseHTTPMiddleware  # noqa: E402
from starlette.responses import PlainTextResponse, StreamingResponse  # noqa: E402
from starlette.routing import Mount, Route  # noqa: E402

from actra.integrations.starlette import ActraMiddleware  # noqa: E402


@pytest.fixture
def pay(runtime):
    return runtime.admit("refund")(lambda amount: b"paid\n")


class HandsOn(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        return await call_next(request)


def single(runtime, endpoint, handlers=None):
    inner = Starlette(routes=[Route("/x", endpoint)], exception_handlers=handlers)
    return Starlette(routes=[Mount("/in", inner)], middleware=[Middleware(ActraMiddleware, runtime=runtime), Middleware(HandsOn)])


def nested(runtime, endpoint, handlers=None):
    middleware = [Middleware(ActraMiddleware, runtime=runtime)]
    inner = Starlette(routes=[Route("/x", endpoint)], middleware=middleware, exception_handlers=handlers)
    return Starlette(routes=[Mount("/in", inner)], middleware=[*middleware, Middleware(HandsOn)])


def between(runtime, endpoint, handlers=None):
    """The outer one has nothing but a middleware between it and the inner one."""
    middleware = [Middleware(ActraMiddleware, runtime=runtime), Middleware(HandsOn), Middleware(ActraMiddleware, runtime=runtime)]
    return Starlette(routes=[Mount("/in", routes=[Route("/x", endpoint)])], middleware=middleware, exception_handlers=handlers)


def answered(app):
    """The status, the body, and whether it is complete."""
    sent = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/in/x",
        "raw_path": b"/in/x",
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("x", 80),
        "client": ("y", 1),
        "asgi": {"version": "3.0"},
    }

    async def main():
        gone, asked = asyncio.Event(), []

        async def receive():
            asked.append(1)
            if len(asked) > 1:
                await gone.wait()
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        try:
            await app(scope, receive, send)
        except Exception:
            # Servers close the connection then.
            pass

    asyncio.run(main())
    head, *pieces = sent
    is_complete = any(not one.get("more_body") for one in pieces)
    return head["status"], b"".join(one.get("body", b"") for one in pieces), is_complete


applications = pytest.mark.parametrize("application", [single, nested, between])


@applications
def test_a_stream_that_is_refused_late_is_cut_off(runtime, pay, application, quiet):
    async def rows():
        for amount in (1, 2, 50_000, 3):
            yield pay(amount)

    async def export(request):
        return StreamingResponse(rows())

    status, body, is_complete = answered(application(runtime, export))
    assert (status, body, is_complete) == (200, b"paid\npaid\n", False)


@applications
def test_so_is_one_of_which_a_group_is_refused(runtime, pay, application, quiet):
    anyio = pytest.importorskip("anyio")

    async def one(amount):
        await anyio.sleep(0)
        pay(amount)

    async def rows():
        yield b"first\n"
        yield b"second\n"
        async with anyio.create_task_group() as group:
            group.start_soon(one, 50_000)
            group.start_soon(one, 60_000)

    async def export(request):
        return StreamingResponse(rows())

    status, body, is_complete = answered(application(runtime, export))
    assert (status, body, is_complete) == (200, b"first\nsecond\n", False)


@applications
def test_so_is_one_for_whose_refusal_there_is_a_handler(runtime, pay, application, quiet):
    async def rows():
        for amount in (1, 2, 50_000):
            yield pay(amount)

    async def export(request):
        return StreamingResponse(rows())

    async def page(request, error):
        return PlainTextResponse("no", 403)

    assert answered(application(runtime, export, {actra.ActraPolicyError: page}))[2] is False


@applications
def test_what_is_not_refused_is_complete(runtime, pay, application):
    async def rows():
        for amount in (1, 2):
            yield pay(amount)

    async def export(request):
        return StreamingResponse(rows())

    assert answered(application(runtime, export)) == (200, b"paid\npaid\n", True)


@applications
def test_a_refusal_before_the_first_piece_is_the_answer(runtime, pay, application, quiet):
    async def rows():
        yield pay(50_000)

    async def export(request):
        return StreamingResponse(rows())

    status, _, is_complete = answered(application(runtime, export))
    assert (status, is_complete) == (403, True)
