"""Who decides reads the body that the application reads, whoever else reads it meanwhile."""

import asyncio
import tracemalloc

import pytest

import actra

pytest.importorskip("httpx")
pytest.importorskip("starlette")
from starlette.requests import ClientDisconnect, Request  # noqa: E402
from starlette.responses import StreamingResponse  # noqa: E402

from actra.integrations.starlette import ActraMiddleware  # noqa: E402

SCHEMA = """
version: 1
actions: { export: { fields: { number: number } } }
snapshot: { fields: { wanted: string } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: secret, scope: { action: export }, when: 'snapshot.wanted.contains("secret")', effect: block }
"""
POLICY = actra.load_policy_from_string(SCHEMA, RULES)
CHUNKS = [[b"secret"], [b"secret", b" tail"], [b"s", b"", b"ecret", b" ", b"tail", b""]]


class Server:
    """Sends a body in pieces, each a moment after it is asked for."""

    def __init__(self, chunks, kind="http", pause=0.002):
        last = len(chunks) - 1
        self.left = [
            {"type": "http.request", "body": chunk, "more_body": at < last} for at, chunk in enumerate(chunks)
        ]
        self.scope = {"type": kind, "method": "POST", "path": "/", "headers": [], "query_string": b"", "asgi": {}}
        self.pause = pause
        self.sent = []

    async def receive(self):
        await asyncio.sleep(self.pause)
        return self.left.pop(0) if self.left else {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    def run(self, app, runtime=None, **settings):
        runtime = runtime or actra.ActraRuntime(POLICY, snapshot=lambda ctx: {"wanted": ""})
        asyncio.run(ActraMiddleware(app, runtime, **settings)(dict(self.scope), self.receive, self.send))
        return self.sent


async def answered(send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def of_context():
    return actra.current_context().request


async def by_body():
    return await of_context().body()


async def by_stream():
    return b"".join([chunk async for chunk in of_context().stream()])


async def by_messages():
    request = of_context()
    return await Request(request.scope, request.receive).body()


READERS = [by_body, by_stream, by_messages]


@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("reader", READERS)
def test_readers_at_once_see_all_of_it(chunks, reader):
    seen = []

    async def app(scope, receive, send):
        seen.extend(await asyncio.gather(Request(scope, receive).body(), reader(), reader(), by_body()))
        await answered(send)

    Server(chunks).run(app)
    assert seen == [b"".join(chunks)] * 4


@pytest.mark.parametrize("chunks", CHUNKS)
def test_a_resolver_reads_beside_who_listens_for_the_end(chunks):
    seen = []

    async def snapshot(ctx):
        seen.append(await ctx.request.body())
        return {"wanted": seen[-1].decode()}

    runtime = actra.ActraRuntime(POLICY, snapshot=snapshot)

    @runtime.admit("export")
    async def export(number):
        yield b"ran"

    async def app(scope, receive, send):
        await StreamingResponse(export(1))(scope, receive, send)

    sent = Server(chunks).run(app, runtime)
    assert set(seen) == {b"".join(chunks)}
    assert sent[0]["status"] == 403 and b"ran" not in b"".join(one.get("body", b"") for one in sent)


@pytest.mark.parametrize("reader", [by_body, by_stream])
def test_who_was_interrupted_reads_from_the_beginning_again(reader):
    seen = []

    async def app(scope, receive, send):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(reader(), 0.03)
        seen.append(await reader())
        seen.append(await Request(scope, receive).body())
        await answered(send)

    Server([b"aa", b"bb", b"cc", b"dd"], pause=0.02).run(app)
    assert seen == [b"aabbccdd"] * 2


def test_who_looks_whether_somebody_is_still_there_takes_nothing_away():
    seen = []

    async def app(scope, receive, send):
        request = Request(scope, receive)
        for _ in range(2):
            assert not await of_context().is_disconnected()
        seen.append(await by_body())
        seen.append(await request.body())
        while not await request.is_disconnected():
            pass
        while not await of_context().is_disconnected():
            pass
        await answered(send)

    class AtOnce(Server):
        async def receive(self):
            return self.left.pop(0) if self.left else {"type": "http.disconnect"}

    AtOnce([b"aa", b"bb"]).run(app)
    assert seen == [b"aabb"] * 2


def test_half_a_body_is_none():
    async def app(scope, receive, send):
        with pytest.raises(ClientDisconnect):
            await by_body()
        first, second = await receive(), await receive()
        assert (first["body"], first["more_body"], second["type"]) == (b"aa", True, "http.disconnect")
        await answered(send)

    server = Server([b"aa", b"bb"])
    server.left.pop()
    server.run(app)
    assert server.sent[0]["status"] == 200


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("is_first", [True, False])
def test_what_is_too_long_is_read_by_the_application_alone(reader, is_first):
    seen = []

    async def refused():
        for _ in range(2):
            with pytest.raises(ValueError, match="more than 8 bytes"):
                await reader()

    async def app(scope, receive, send):
        if is_first:
            await refused()
        seen.append(await Request(scope, receive).body())
        await refused()
        await answered(send)

    Server([b"aaaa"] * 5).run(app, largest_body=8)
    assert seen == [b"aaaa" * 5]


@pytest.mark.parametrize(
    "kind, message, most",
    [
        ("websocket", {"type": "websocket.receive", "text": "x" * 1000}, 1000),
        ("http", {"type": "http.request", "body": b"x", "more_body": True}, 1 << 20),
        ("http", {"type": "http.request", "body": b"", "more_body": True}, 1 << 20),
        ("http", {"type": "http.request", "body": b"x" * 1000, "more_body": True}, 1000),
    ],
)
def test_what_is_kept_is_bounded_whatever_the_pieces(kind, message, most):
    kept, count = [], 3000

    async def app(scope, receive, send):
        tracemalloc.start()
        try:
            for left in range(count, 0, -1):
                await receive()
            kept.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()

    server = Server([], kind)
    left = [count]

    async def receive():
        # Empty pieces are no messages of their own for the application.
        left[0] -= 1
        return dict(message) if left[0] > 0 else {"type": kind + ".disconnect"}

    server.receive = receive
    server.run(app, largest_body=most)
    assert kept[0] < 50_000


def test_a_body_that_is_replayed_without_end_is_decided_about_once():
    decided, taken = [], []

    async def snapshot(ctx):
        decided.append(await ctx.request.body())
        return {"wanted": ""}

    runtime = actra.ActraRuntime(POLICY, snapshot=snapshot)

    async def app(scope, receive, send):
        request = Request(scope, receive)
        taken.append(await request.body())
        taken.append(await request.is_disconnected())
        taken.append((await receive())["body"])
        await runtime.check_async({"type": "export", "number": 1})
        await answered(send)

    server = Server([b"data"])
    again = dict(server.left[0])

    async def receive():
        return dict(again)

    asyncio.run(ActraMiddleware(app, runtime)(dict(server.scope), receive, server.send))
    assert taken == [b"data", False, b""] and decided == [b"data"]
