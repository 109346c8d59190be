"""What a function in front of a request raises, or how it ends, decides about nothing but its own request."""

import asyncio
import contextvars
import sys

import pytest

import actra

pytest.importorskip("httpx")
pytest.importorskip("fastapi")
from test_starlette import CANCELLED, RULES, SCHEMA, Service, counts, events, runtime  # noqa: E402, F401

from actra.integrations import _host_call  # noqa: E402
from actra.integrations.starlette import UNGOVERNED, ActraMiddleware  # noqa: E402


@pytest.mark.parametrize("mode", ["enforce", "audit"])
@pytest.mark.parametrize("function", CANCELLED)
@pytest.mark.parametrize("setting", ["context", "action"])
def test_what_ends_although_nobody_has_ended_it_has_failed(runtime, setting, function, mode, counts):
    runtime.mode = mode
    service = Service(runtime, **{setting: function})
    service.app.post("/refund")(lambda: service.ran.append(1))
    answer = service.refund(1)
    assert (answer.status_code, service.ran) == ((403, []) if mode == "enforce" else (200, [1]))


@pytest.mark.parametrize("setting", ["context", "action"])
def test_in_audit_mode_nothing_in_front_ends_the_program(runtime, setting, counts):
    runtime.mode = "audit"
    service = Service(runtime, **{setting: lambda request: sys.exit(1)})
    service.app.post("/refund")(lambda: service.ran.append(1))
    assert service.refund(1).status_code == 200 and service.ran == [1]


class Panic(BaseException):
    """As compiled code raises it."""


def raises(kind, later):
    async def awaited(request):
        await asyncio.sleep(0)
        raise kind("x")

    def at_once(request):
        raise kind("x")

    return awaited if later else at_once


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("kind", [Panic, GeneratorExit, SystemExit])
@pytest.mark.parametrize("setting", ["context", "action"])
def test_in_audit_mode_a_request_passes_whatever_is_raised_in_front(runtime, setting, kind, later, counts):
    runtime.mode = "audit"
    service = Service(runtime, **{setting: raises(kind, later)})
    service.app.post("/refund")(lambda: service.ran.append(1))
    assert service.refund(1).status_code == 200 and service.ran == [1]


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("setting", ["context", "action"])
def test_a_function_that_ends_as_if_somebody_had_closed_it_has_failed(runtime, setting, later, counts):
    service = Service(runtime, **{setting: raises(GeneratorExit, later)})
    service.app.post("/refund")(lambda: service.ran.append(1))
    assert service.refund(1).status_code == 403 and service.ran == []


@pytest.mark.parametrize("mode", ["enforce", "audit"])
@pytest.mark.parametrize("setting", ["context", "action"])
def test_who_is_closed_goes_away(runtime, setting, mode):
    runtime.mode = mode
    ended = []

    async def waits(request):
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    async def app(scope, receive, send):
        raise AssertionError

    async def main():
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
        steps = ActraMiddleware(app, runtime, **{setting: waits})(scope, None, None).__await__()
        next(steps)
        # Before Python 3.11 it waits in a task of its own, which has to begin.
        await asyncio.sleep(0)
        steps.close()

    asyncio.run(main())
    assert ended == [1]


@pytest.mark.parametrize("mode", ["enforce", "audit"])
@pytest.mark.parametrize("setting", ["context", "action"])
def test_who_is_cancelled_in_a_loop_of_another_kind_goes_away(setting, mode):
    trio = pytest.importorskip("trio")
    runtime = actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES))
    runtime.mode = mode

    async def waits(request):
        await trio.sleep(60)

    async def app(scope, receive, send):
        raise AssertionError

    async def main():
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
        with trio.move_on_after(0.05) as limited:
            await ActraMiddleware(app, runtime, **{setting: waits})(scope, None, None)
        return limited.cancelled_caught

    assert trio.run(main)


@pytest.mark.parametrize("is_audit", [False, True])
def test_an_interrupt_in_front_ends_the_program(is_audit):
    made = _host_call.call_host(raises(KeyboardInterrupt, False), None, is_audit)
    with pytest.raises(KeyboardInterrupt):
        made.send(None)


@pytest.mark.parametrize("mode", ["enforce", "audit"])
@pytest.mark.parametrize("setting", ["context", "action", "pending"])
def test_who_is_cancelled_goes_away(setting, mode, counts):
    async def main():
        begun, gone = asyncio.Event(), []

        async def waits(request):
            begun.set()
            try:
                await asyncio.sleep(60)
            finally:
                gone.append(1)

        runtime = actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES), actor=lambda ctx: {"role": "support"})
        refund = runtime.admit("refund")(lambda order, amount: None)
        runtime.mode = mode if setting != "pending" else "enforce"

        async def app(scope, receive, send):
            refund("o1", 500)

        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
        task = asyncio.create_task(ActraMiddleware(app, runtime, **{setting: waits})(scope, None, None))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert gone == [1]

    asyncio.run(main())


def test_what_finds_out_the_context_may_set_variables(runtime, counts):
    tenant = contextvars.ContextVar("tenant")

    async def context(request):
        await asyncio.sleep(0)
        tenant.set("t-1")
        return request

    service = Service(runtime, context=context, action=lambda request: UNGOVERNED)
    service.app.post("/refund")(lambda: tenant.get())
    assert service.refund(1).json() == "t-1"
