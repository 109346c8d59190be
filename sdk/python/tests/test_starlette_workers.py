"""What a request began may work for others: their refusals are none of its own."""

import asyncio
import contextvars
import gc
import json

import pytest

import actra

pytest.importorskip("starlette")
from starlette.applications import Starlette  # noqa: E402
from starlette.responses import JSONResponse, Response, StreamingResponse  # noqa: E402
from starlette.routing import Route  # noqa: E402
from paying import RUNTIME, paid, pay  # noqa: E402

from actra._request_refusals import RequestRefusals, request_refusals  # noqa: E402
from actra.integrations.starlette import ActraMiddleware  # noqa: E402


def refused(amount=5000):
    try:
        paid(amount)
    except actra.ActraPolicyError as error:
        return error


class Worker:
    """Begun by the first request that needs it, and at work for all."""

    def __init__(self, carried):
        self._task = None
        self._jobs = asyncio.Queue()
        self._carried = carried

    async def _run(self):
        while True:
            ctx, function, came, amount = await self._jobs.get()
            try:
                if self._carried:
                    came.set_result(await function(amount))
                else:
                    with actra.using(ctx):
                        came.set_result(await function(amount))
            except Exception as error:
                came.set_exception(error)
            del came

    async def work(self, amount):
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        came = asyncio.get_running_loop().create_future()
        function = actra.propagate(pay) if self._carried else pay
        await self._jobs.put((actra.current_context(), function, came, amount))
        return await came


async def answered(app, path):
    sent, came = [], []

    async def receive():
        if came:
            await asyncio.Event().wait()
        came.append(1)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": []}
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:])


@pytest.mark.parametrize("carried", [False, True], ids=["using", "propagate"])
@pytest.mark.parametrize("context", [None, lambda connection: "anybody"], ids=["own contexts", "one context"])
def test_a_refusal_for_somebody_else_is_not_the_answer(carried, context):
    async def main():
        worker, has_begun, has_answered = Worker(carried), asyncio.Event(), asyncio.Event()
        has_been_refused = asyncio.Event()

        async def first(request):
            await worker.work(10)
            has_begun.set()
            await has_been_refused.wait()
            return Response(b"x" * (2 << 20))

        async def streams(request):
            await worker.work(10)
            has_begun.set()
            await has_been_refused.wait()

            async def rows():
                yield b"row"

            return StreamingResponse(rows())

        async def second(request):
            try:
                await worker.work(5000)
            except actra.ActraPolicyError:
                has_been_refused.set()
                await has_answered.wait()
                raise

        app = Starlette(routes=[Route("/first", first), Route("/streams", streams), Route("/second", second)])
        app.add_middleware(ActraMiddleware, runtime=RUNTIME, context=context)
        for path in ("/first", "/streams"):
            one = asyncio.create_task(answered(app, path))
            await has_begun.wait()
            other = asyncio.create_task(answered(app, "/second"))
            status, body = await one
            has_answered.set()
            assert (status, body[:3]) == (200, b"xxx" if path == "/first" else b"row")
            status, body = await other
            assert (status, json.loads(body)["rule"]) == (403, "large")
            for event in (has_begun, has_been_refused, has_answered):
                event.clear()
            worker._task.cancel()
            worker._task = None

    asyncio.run(main())


def in_a_block():
    with actra.using("elsewhere"):
        return refused()


def test_the_refusals_of_a_request_are_those_in_its_context():
    token, kept = request_refusals.set(RequestRefusals()), {}
    try:
        request = request_refusals.get()
        with actra.using("before"):
            # Whoever finds out the context may ask for something, too.
            kept["before"] = refused()
        elsewhere = contextvars.copy_context()
        request.expect_block()
        with actra.using("ctx"):
            kept["own"] = refused()
            with actra.using("ctx"):
                kept["of a block within"] = refused()
            kept["of a block elsewhere"] = elsewhere.run(in_a_block)
            kept["after another block"] = refused()
            later = actra.propagate(refused)
            kept["carried"] = later()
        kept["over"] = refused()
        kept["carried, over"] = later()
        found = []
        while (living := request.living_refusal()) is not None:
            found += [name for name in kept if kept[name] is living]
            del kept[found[-1]], living
            gc.collect()
        assert found == ["before", "own", "of a block within", "after another block", "carried"]
        assert not any(map(request.holds, kept.values()))
    finally:
        request_refusals.reset(token)


def test_refusals_that_are_kept_are_looked_at_once():
    class Counted(RequestRefusals):
        told = 0

    request = Counted()
    token = request_refusals.set(request)
    request.on_released = lambda: setattr(request, "told", request.told + 1)
    try:
        with actra.using("ctx"):
            kept = [refused() for _ in range(500)]
            assert request.living_refusal() is kept[0] and len(request._errors) == 500
            del kept[1:]
            gc.collect()
            assert (len(request._errors), request.told) == (1, 0)
            kept.clear()
            assert (len(request._errors), request.told) == (0, 1)
    finally:
        request_refusals.reset(token)


def test_threads_and_tasks_of_a_request_are_its_own():
    async def later(_):
        kept = []

        async def refuse():
            kept.append(refused())

        await asyncio.create_task(refuse())
        assert request_refusals.get().holds(kept.pop())
        kept.append(await asyncio.get_running_loop().run_in_executor(None, actra.propagate(refused)))
        assert request_refusals.get().holds(kept.pop())
        kept.append(await asyncio.to_thread(refused))
        assert request_refusals.get().holds(kept.pop())
        return JSONResponse([])

    app = Starlette(routes=[Route("/", later)])
    app.add_middleware(ActraMiddleware, runtime=RUNTIME)
    assert asyncio.run(answered(app, "/"))[0] == 200


@pytest.mark.parametrize("begins", [asyncio.create_task, None], ids=["in a task", "at once"])
def test_what_finds_out_the_context_may_begin_blocks_of_its_own(begins):
    async def refreshes():
        await asyncio.sleep(0)
        with actra.using("system"):
            for _ in range(5):
                await asyncio.sleep(0)

    async def context(connection):
        if begins is None:
            await refreshes()
        else:
            request_task.append(begins(refreshes()))
        return "request"

    async def later(request):
        await asyncio.gather(*request_task)
        return JSONResponse(await pay(5000))

    async def main():
        app, inner = Starlette(), Starlette(routes=[Route("/", later)])
        app.mount("/in", inner)
        app.add_middleware(ActraMiddleware, runtime=RUNTIME, context=context)
        return await answered(app, "/in/")

    request_task = []
    status, body = asyncio.run(main())
    assert (status, json.loads(body)["rule"]) == (403, "large")
