"""A table of tools: whatever a tool is, the decision is made for who calls it."""

import asyncio
import contextlib
import functools
import inspect
import re
import types

import pytest

import actra
from actra.integrations.mcp import ActraMCPAdapter, ActraMCPServer, ResultError

SCHEMA = """
version: 1
actions:
  refund: { fields: { amount: number, order: 'string?' } }
  inner: { fields: { amount: number } }
actor: { fields: { id: string, role: string } }
"""

RULES = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: refund }, when: action.amount > 100, effect: require_approval }
  - { id: guest, scope: { action: refund }, when: actor.role == "guest", effect: block }
  - { id: inner, scope: { action: inner }, when: actor.role == "admin", effect: block }
"""

SERVICE = {"id": "svc", "role": "admin"}
GUEST = {"id": "eve", "role": "guest"}
STAFF = {"id": "sam", "role": "staff"}


def loaded(rules=RULES, schema=SCHEMA):
    return actra.load_policy_from_string(schema, rules)


@pytest.fixture
def events():
    return []


@pytest.fixture
def runtime(events):
    return actra.ActraRuntime(loaded(), actor=lambda ctx: ctx, on_event=events.append)


@pytest.fixture
def server(runtime):
    return ActraMCPServer(ActraMCPAdapter(runtime))


@pytest.fixture
def asks(runtime):
    """What a body asks: refused for the context of the server, and allowed for that of the caller."""

    @runtime.admit("inner")
    def inner(amount):
        return actra.current_context()["id"]

    return inner


class Waits:
    def __init__(self, made):
        self.made = made

    def __await__(self):
        return self.made.__await__()


def tools(asks):
    def plain(amount):
        return asks(amount)

    async def coroutine(amount):
        await asyncio.sleep(0)
        return asks(amount)

    def generator(amount):
        yield asks(amount)

    async def stream(amount):
        await asyncio.sleep(0)
        yield asks(amount)

    @types.coroutine
    def of_a_generator(amount):
        yield
        return asks(amount)

    async def gives_stream(amount):
        return stream(amount)

    class Plain:
        def __call__(self, amount):
            return asks(amount)

    class Coroutine:
        async def __call__(self, amount):
            await asyncio.sleep(0)
            return asks(amount)

    class Stream:
        async def __call__(self, amount):
            await asyncio.sleep(0)
            yield asks(amount)

    class Method:
        async def method(self, amount):
            return asks(amount)

    return {
        "a function": plain,
        "a coroutine function": coroutine,
        "a generator": generator,
        "an asynchronous generator": stream,
        "a coroutine of a generator": of_a_generator,
        "a coroutine that gives a stream": gives_stream,
        "gives a coroutine": lambda amount: coroutine(amount),
        "gives a generator": lambda amount: generator(amount),
        "gives a stream": lambda amount: stream(amount),
        "gives what can be awaited": lambda amount: Waits(coroutine(amount)),
        "gives a task": lambda amount: asyncio.get_running_loop().create_task(coroutine(amount)),
        "gives what begins later": lambda amount: map(asks, [amount]),
        "an object": Plain(),
        "an asynchronous object": Coroutine(),
        "a streaming object": Stream(),
        "a method": Method().method,
        "a partial": functools.partial(plain),
        "a partial of a coroutine function": functools.partial(coroutine),
        "a partial of an object": functools.partial(Coroutine()),
        "a partial of a streaming object": functools.partial(Stream()),
    }


NAMES = tuple(tools(None))


async def outcome(made):
    """What a tool gives in the end."""
    while inspect.isawaitable(made):
        made = await made
    if hasattr(made, "__anext__"):
        return [one async for one in made][0]
    return list(made)[0] if hasattr(made, "__next__") else made


@pytest.mark.parametrize("name", NAMES)
def test_the_decision_is_made_for_the_caller(server, asks, events, name):
    server.tool("refund")(tools(asks)[name])

    async def main():
        with actra.using(SERVICE):
            # Within the server, or later, in another task.
            with pytest.raises(actra.ActraPolicyError, match="guest"):
                await outcome(server.handle_request("refund", {"amount": 5}, ctx=GUEST))
            made = server.handle_request("refund", {"amount": 5}, ctx=STAFF)
            assert actra.current_context() == SERVICE
            assert await asyncio.get_running_loop().create_task(outcome(made)) == "sam"
            assert actra.current_context() == SERVICE

    asyncio.run(main())
    assert [(event.outcome, event.context["actor"]["id"]) for event in events] == [
        ("refused", "eve"), ("ran", "sam"), ("ran", "sam"),
    ]


# What a call is bound to has to be had in full, and an object of one's own is not.
@pytest.mark.parametrize("name", [name for name in NAMES if not re.search("object|method|of a generator", name)])
def test_a_grant_is_for_the_caller(server, asks, name):
    server.tool("refund")(tools(asks)[name])

    async def main():
        with actra.using(SERVICE):
            with pytest.raises(actra.ActraApprovalRequired) as raised:
                await outcome(server.handle_request("refund", {"amount": 500}, ctx=STAFF))
            assert raised.value.approval.context["actor"] == STAFF
            raised.value.approval.grant(by="ana")
            for other in (GUEST, {"id": "mallory", "role": "staff"}, SERVICE):
                with pytest.raises(actra.ActraPolicyError):
                    await outcome(server.handle_request("refund", {"amount": 500}, ctx=other))
            assert await outcome(server.handle_request("refund", {"amount": 500}, ctx=STAFF)) == "sam"

    asyncio.run(main())


def test_what_an_approval_is_not_bound_to(server):
    @server.tool(unbound=["connection"])
    def refund(amount, connection=None):
        return amount

    with pytest.raises(actra.ActraApprovalRequired) as raised:
        server.handle_request("refund", {"amount": 500, "connection": object()}, ctx=STAFF)
    raised.value.approval.grant(by="ana")
    assert server.handle_request("refund", {"amount": 500, "connection": object()}, ctx=STAFF) == 500
    # Another function in its place has names of its own.
    server.tools["refund"] = lambda amount, connection=None: amount
    with pytest.raises(actra.ActraApprovalRequired) as raised:
        server.handle_request("refund", {"amount": 500, "connection": object()}, ctx=STAFF)
    assert raised.value.approval is None


@pytest.mark.parametrize("unbound", [["amonut"], ["snapshot.nothing"], "amount", [5]])
def test_what_is_unbound_is_looked_at_when_registered(server, unbound):
    with pytest.raises((actra.ActraSchemaError, TypeError), match="unbound"):
        server.tool("refund", unbound=unbound)(lambda amount: amount)
    assert server.tools == {}


def test_streams_pass_everything_on(server):
    seen = []

    def generator(amount):
        try:
            while True:
                try:
                    seen.append((yield actra.current_context()["id"]))
                except KeyError as error:
                    seen.append(type(error))
        finally:
            seen.append(actra.current_context()["id"])

    async def stream(amount):
        try:
            while True:
                try:
                    seen.append((yield actra.current_context()["id"]))
                except KeyError as error:
                    seen.append(type(error))
        finally:
            seen.append(actra.current_context()["id"])

    def counted(amount):
        yield 1
        return amount

    def delegating():
        return (yield from server.handle_request("refund", {"amount": 5}, ctx=STAFF))

    async def main():
        server.tool("refund")(stream)
        made = server.handle_request("refund", {"amount": 5}, ctx=STAFF)
        assert await made.asend(None) == "sam" and actra.current_context() == SERVICE
        assert await made.asend(1) == await made.athrow(KeyError()) == "sam"
        await made.aclose()

    with actra.using(SERVICE):
        asyncio.run(main())
        server.tool("refund")(generator)
        made = server.handle_request("refund", {"amount": 5}, ctx=STAFF)
        assert next(made) == "sam" and actra.current_context() == SERVICE
        assert made.send(1) == made.throw(KeyError()) == "sam"
        made.close()
        server.tool("refund")(counted)
        made = delegating()
        assert next(made) == 1
        with pytest.raises(StopIteration) as stopped:
            next(made)
        assert stopped.value.value == 5
    assert seen == [1, KeyError, "sam"] * 2


def test_who_calls_by_no_context_is_nobody(server, events):
    @server.tool("refund")
    async def refund(amount):
        return actra.current_context()

    async def main():
        with actra.using(SERVICE):
            await server.handle_request("refund", {"amount": 5})

    with pytest.raises(actra.ActraPolicyError):
        asyncio.run(main())
    assert "actor" not in events[-1].context or events[-1].context["actor"] != SERVICE


def test_the_correlation_is_that_of_the_call(server, events):
    @server.tool("refund")
    async def refund(amount):
        return amount

    async def main():
        with actra.using(SERVICE, correlation_id="r-1"):
            made = server.handle_request("refund", {"amount": 5}, ctx=STAFF)
        with actra.using(SERVICE, correlation_id="r-2"):
            await made

    asyncio.run(main())
    assert [event.correlation_id for event in events] == ["r-1"]


def test_a_call_that_nobody_awaits_is_one_warning_at_most(server, events, recwarn):
    @server.tool("refund")
    async def refund(amount):
        raise AssertionError

    async def main():
        task = asyncio.get_running_loop().create_task(server.handle_request("refund", {"amount": 5}, ctx=STAFF))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert (events, len(recwarn)) == ([], 0)


def test_what_cannot_be_guaranteed_is_not_registered(server):
    @contextlib.contextmanager
    def paying(amount):
        yield amount

    @contextlib.asynccontextmanager
    async def paying_later(amount):
        yield amount

    for body in (paying, paying_later, functools.partial(paying)):
        with pytest.raises(TypeError, match="contextmanager"):
            server.tool("refund")(body)
    for body in (5, None, classmethod(lambda cls, amount: None)):
        with pytest.raises(TypeError, match="must be callable"):
            server.tool("refund")(body)
    with pytest.raises(TypeError, match="no name"):
        server.tool()(functools.partial(paying.__wrapped__))
    assert server.tools == {}


def test_what_turns_out_to_begin_at_with_is_refused(server, runtime):
    @contextlib.contextmanager
    def paying(amount):
        yield amount

    server.tool("refund")(lambda amount: paying(amount))
    with pytest.raises(ResultError, match="the tool ran, .* at `with`"):
        server.handle_request("refund", {"amount": 5}, ctx=STAFF)
    # Past `tool`, too.
    server.tools["refund"] = paying
    with pytest.raises(TypeError, match="contextmanager"):
        server.handle_request("refund", {"amount": 5}, ctx=STAFF)
    runtime.mode = "audit"
    with server.handle_request("refund", {"amount": 5}, ctx=STAFF) as amount:
        assert amount == 5


OTHER = "version: 1\nactions: { other: { fields: { a: number } } }\n"
OTHER_RULES = """
version: 1
default: allow
rules:
  - { id: z, scope: { action: other }, when: action.a > 5, effect: block }
"""
OPTIONAL = "version: 1\nactions: { refund: { fields: { order: string, amount: number? } } }\n"
OPTIONAL_RULES = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: refund }, when: 'has(action.amount) && action.amount > 1000', effect: block }
"""


class Flipping(actra.ActraRuntime):
    """A runtime for which something changes between any two looks at what holds."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        live, self.changes, self.looks = self._live, [], 0
        runtime = self

        class Changing(type(live)):
            @property
            def config(self):
                held = self.held
                runtime.looks += 1
                if runtime.changes:
                    runtime.changes.pop(0)()
                return held

            @config.setter
            def config(self, config):
                self.held = config

        held = live.__dict__.pop("config")
        live.__class__ = Changing
        live.config = held


@pytest.mark.parametrize("at", range(6))
@pytest.mark.parametrize("first", ["other", "refund"])
def test_a_reload_between_two_looks_runs_nothing(quiet, at, first):
    both = {"other": loaded(OTHER_RULES, OTHER), "refund": loaded(OPTIONAL_RULES, OPTIONAL)}
    runtime, ran = Flipping(both[first]), []
    server = ActraMCPServer(ActraMCPAdapter(runtime))

    @server.tool()
    def refund(order, amount=1_000_000):
        ran.append(amount)

    def swap():
        runtime.policy = both["refund" if first == "other" else "other"]

    runtime.changes = [lambda: None] * at + [swap]
    with pytest.raises(actra.ActraError):
        server.handle_request("refund", {"order": "o"})
    assert ran == []


@pytest.mark.parametrize("at", range(6))
def test_a_grant_is_bound_to_the_actor_or_to_the_context(at):
    def asked(ctx):
        runtime.set_actor_resolver(lambda ctx: {"id": ctx})
        runtime.changes = [lambda: None] * at + [lambda: runtime.set_actor_resolver(None)]
        with pytest.raises(actra.ActraApprovalRequired) as raised:
            server.handle_request("refund", {"amount": 500}, ctx=ctx)
        runtime.changes = []
        return raised.value.approval

    rules = (
        "version: 1\ndefault: allow\nrules:\n"
        "  - { id: large, scope: { action: refund }, when: action.amount > 100, effect: require_approval }\n"
    )
    schema = "version: 1\nactions: { refund: { fields: { amount: number } } }\nactor: { fields: { id: 'string?' } }\n"
    runtime = Flipping(loaded(rules, schema))
    server = ActraMCPServer(ActraMCPAdapter(runtime))
    server.tool("refund")(lambda amount, ctx: ctx)
    asked("alice").grant(by="ana")
    asked("mallory")


def test_a_mode_that_changes_meanwhile_changes_nothing(quiet):
    for at in range(6):
        runtime, ran = Flipping(loaded()), []
        server = ActraMCPServer(ActraMCPAdapter(runtime))
        server.tool("wipe")(lambda amount: ran.append(amount))
        server.tool("refund")(lambda cents: ran.append(cents))
        for tool, given in (("wipe", {"amount": 5}), ("refund", {"cents": 5})):
            runtime.mode = "enforce"
            runtime.changes = [lambda: None] * at + [lambda: setattr(runtime, "mode", "audit")]
            try:
                server.handle_request(tool, given)
            except actra.ActraError:
                pass
            else:
                raise AssertionError(f"{tool} ran, with a change at look {at}")
        assert ran == []


@pytest.mark.parametrize("name", ["a coroutine function", "an asynchronous generator", "an asynchronous object"])
def test_what_begins_later_is_decided_by_what_holds_then(server, runtime, asks, name):
    server.tool("refund")(tools(asks)[name])
    made = server.handle_request("refund", {"amount": 50}, ctx=STAFF)
    runtime.policy = loaded(RULES.replace("action.amount > 100", "action.amount > 10"))
    with pytest.raises(actra.ActraApprovalRequired):
        asyncio.run(outcome(made))
    # Nor is it bound to nobody if nobody tells any more who acts.
    server.tool("refund")(lambda amount, ctx: waits(amount, ctx))

    async def waits(amount, ctx):
        return ctx

    made = server.handle_request("refund", {"amount": 5}, ctx=STAFF)
    runtime.set_actor_resolver(None)
    with pytest.raises(actra.ActraPolicyError):
        server.handle_request("refund", {"amount": 5}, ctx=STAFF)
    assert asyncio.run(made) == STAFF


def test_in_audit_mode_an_undeclared_tool_runs_whatever_it_is_given(runtime, server, events, quiet):
    server.tool("wipe")(lambda **given: given)
    runtime.mode = "audit"
    runtime.set_actor_resolver(lambda ctx: {}["id"])
    for given in ({"amount": 5}, {"type": "refund", "amount": 5}, {"amount": object()}, {"amount": float("nan")}):
        assert server.handle_request("wipe", given, ctx=STAFF) == given
    assert {event.action_type for event in events} <= {"wipe"}
    runtime.mode = "enforce"
    runtime.set_actor_resolver(lambda ctx: ctx)
    with pytest.raises(actra.ActraPolicyError, match="declares no such action"):
        server.handle_request("wipe", {"type": "refund", "amount": 5}, ctx=STAFF)


@pytest.mark.parametrize("tool", ["refund", "wipe"])
@pytest.mark.parametrize("given", [{"ctx": SERVICE}, {"type": "inner"}, {"amount": object()}, {"a\ud800": 1}], ids=repr)
def test_in_audit_mode_any_argument_passes(server, runtime, events, tool, given, quiet):
    runtime.mode, seen = "audit", []
    runtime.policy = loaded(RULES.replace("action.amount > 100", "true"))
    server.tool(tool)(lambda ctx=None, **others: seen.append((ctx, others)))
    server.handle_request(tool, given)
    server.handle_request(tool, given, ctx=STAFF)
    others = {name: value for name, value in given.items() if name != "ctx"}
    # Not even here do arguments say who acts.
    assert seen == [(None, others), (STAFF, others)]
    assert server.adapter.evaluate_tool(tool, given, STAFF)
    assert [event.outcome for event in events] == ["ran"] * 3
    runtime.mode = "enforce"
    with pytest.raises(actra.ActraError):
        server.handle_request(tool, given, ctx=STAFF)


def test_arguments_are_looked_at_once(server):
    class Changing(dict):
        def __contains__(self, name):
            return False

    server.tool("refund")(lambda amount, ctx=None: ctx)
    with pytest.raises(actra.ActraSchemaError, match="`ctx` says who acts"):
        server.handle_request("refund", Changing(amount=5, ctx=SERVICE), ctx=GUEST)
    with pytest.raises(actra.ActraSchemaError, match="`type` names the action"):
        server.adapter.evaluate_tool("refund", Changing(amount=500, type="inner"), ctx=STAFF)


@pytest.mark.parametrize("tool", ["refund", "unknown"])
@pytest.mark.parametrize("given", [None, GUEST, STAFF])
def test_who_acts_is_said_with_the_call_whoever_asks(runtime, events, tool, given):
    server, found = ActraMCPServer(ActraMCPAdapter(runtime)), []
    server.tool(tool)(lambda amount: None)
    for ask in (server.handle_request, server.adapter.evaluate_tool):
        with actra.using(SERVICE), contextlib.suppress(actra.ActraError):
            ask(tool, {"amount": 5}, ctx=given)
        found.append((events[-1].context.get("actor"), events[-1].effect))
    assert found[0] == found[1] and found[0][0] == given
