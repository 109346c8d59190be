"""What is decided is what runs: arguments that can change are read again right before the body."""

import asyncio
import contextlib
import dataclasses
import enum
import inspect
import itertools
import threading
import types

import pytest

import actra

SCHEMA = "version: 1\nactions: { send: { fields: { to: { type: list, of: string }, note: string? } } }"
RULES = (
    "version: 1\ndefault: allow\nrules:\n"
    "  - { id: out, scope: { action: send }, when: '\"out\" in action.to', effect: block }"
)
POLICY = actra.load_policy_from_string(SCHEMA, RULES)
CHANGED = "action send: not decided \\(its arguments changed while it was being decided\\)"


class Alternating(enum.Enum):
    """Another text every other time."""

    ONE = "out"

    @property
    def value(self):
        return next(Alternating.shown)


def alternating(*shown):
    Alternating.shown = itertools.cycle(shown)
    return [Alternating.ONE]


def body(ran):
    async def coroutine(to, note=None):
        ran.append(list(to))

    async def stream(to, note=None):
        ran.append(list(to))
        yield 1

    def generator(to, note=None):
        ran.append(list(to))
        yield 1

    @types.coroutine
    def awaitable(to, note=None):
        ran.append(list(to))
        yield

    return {
        "awaitable": awaitable,
        "gives a block": lambda to, note=None: contextlib.contextmanager(generator)(to),
        "gives an asynchronous block": lambda to, note=None: contextlib.asynccontextmanager(stream)(to),
        "function": lambda to, note=None: ran.append(list(to)),
        "coroutine": coroutine,
        "gives a coroutine": lambda to, note=None: coroutine(to),
        "stream": stream,
        "gives a stream": lambda to, note=None: stream(to),
        "generator": generator,
    }


async def _all(stream):
    return [item async for item in stream]


async def _awaited(found):
    if not hasattr(found, "__aenter__"):
        return await found
    async with found as item:
        return item


def finished(found):
    if inspect.isasyncgen(found):
        return asyncio.run(_all(found))
    if inspect.isawaitable(found) or hasattr(found, "__aenter__"):
        return asyncio.run(_awaited(found))
    if hasattr(found, "__enter__"):
        with found as item:
            return item
    return list(found) if inspect.isgenerator(found) else found


SHAPES = list(body([]))
LATER = [shape for shape in SHAPES if shape != "function"]


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("shape", LATER)
def test_a_body_that_begins_later_has_the_arguments_of_then(shape, watched):
    ran, events = [], []
    runtime = actra.ActraRuntime(POLICY, on_event=events.append if watched else None)
    send = runtime.admit("send")(body(ran)[shape])
    to = ["in"]
    finished(send(to))
    assert ran == [["in"]]
    found = send(to)
    to.append("out")
    with pytest.raises(actra.ActraPolicyError, match=CHANGED if shape not in ("coroutine", "stream") else "rule out"):
        finished(found)
    assert ran == [["in"]]
    if watched:
        assert events[-1].outcome == "refused" and events[-1].effect == "block"


def test_a_body_that_decorates_is_asked_for_whenever_it_begins():
    ran, to = [], ["in"]
    given = actra.ActraRuntime(POLICY).admit("send")(body(ran)["gives a block"])(to)
    call = given(lambda: "called")
    assert call() == call() == "called"
    to.append("out")
    with pytest.raises(actra.ActraPolicyError, match=CHANGED):
        call()
    assert ran == [["in"]] * 2


@pytest.mark.parametrize("shape", SHAPES)
def test_what_shows_something_else_every_time_does_not_run(shape):
    ran = []
    send = actra.ActraRuntime(POLICY).admit("send")(body(ran)[shape])
    with pytest.raises(actra.ActraPolicyError, match=CHANGED):
        finished(send(alternating("a", "in")))
    assert ran == []


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("changed", ["appended", "inner"])
def test_what_a_resolver_changes_does_not_run(changed, waits):
    inner = ["in"]
    to = {"appended": inner, "inner": [*inner]}[changed]

    def actor(ctx):
        to.append("more")
        return {}

    async def actor_later(ctx):
        return actor(ctx)

    runtime = actra.ActraRuntime(POLICY, actor=actor_later if waits else actor)
    ran = []

    @runtime.admit("send")
    async def send(to):
        ran.append(to)

    with pytest.raises(actra.ActraPolicyError, match=CHANGED):
        asyncio.run(send(to))
    assert ran == []


def test_what_was_approved_is_read_again_too():
    rules = RULES.replace("block", "require_approval").replace("out", "in")
    to = ["in"]

    def ask(approval):
        granted = approval.grant(by="ana")
        return granted

    seen = []
    runtime = actra.ActraRuntime(
        actra.load_policy_from_string(SCHEMA, rules),
        actor=lambda ctx: {},
        on_approval=ask,
        on_event=lambda event: (seen.append(event.outcome), event.outcome == "asked" and to.append("later")),
    )
    ran = []
    send = runtime.admit("send")(lambda to: ran.append(list(to)))
    with pytest.raises(actra.ActraApprovalRequired, match="what was approved differs from what would be done now"):
        send(to)
    assert ran == []


@pytest.mark.parametrize("value", ["a", None])
def test_a_scalar_is_not_read_again(value):
    calls = []
    runtime = actra.ActraRuntime(POLICY, on_event=calls.append)
    found = runtime.admit("send")(lambda to, note=None: (yield note))((), value)
    # A generator of the function itself: nothing stands between it and its caller.
    assert found.gi_code.co_name == "<lambda>" and list(found) == [value]
    assert [event.outcome for event in calls] == ["ran"]


def test_audit_mode_runs_and_says_so():
    events, ran = [], []
    runtime = actra.ActraRuntime(POLICY, mode="audit", on_event=events.append)
    runtime.admit("send")(lambda to: ran.append(1))(alternating("a", "in"))
    assert ran == [1] and events[-1].outcome == "ran" and events[-1].effect == "block"
    assert events[-1].failures == (("action", "its arguments changed while it was being decided"),)


def test_a_builder_that_gives_another_action_every_time():
    numbers = itertools.count()
    runtime = actra.ActraRuntime(POLICY)
    builder = lambda *_: {"to": [str(next(numbers))]}  # noqa: E731
    with pytest.raises(actra.ActraPolicyError, match=CHANGED):
        runtime.admit("send", action_builder=builder)(lambda: None)()


@pytest.mark.parametrize("waits", [False, True])
def test_what_an_observer_changes_does_not_run(waits):
    to, ran, outcomes = ["in"], [], []

    def observe(event):
        outcomes.append(event.outcome)
        to.append("out")

    async def observe_later(event):
        await asyncio.sleep(0)
        observe(event)

    runtime = actra.ActraRuntime(POLICY, on_event=observe_later if waits else observe)

    @runtime.admit("send")
    async def send(to):
        ran.append(to)

    with pytest.raises(actra.ActraPolicyError, match=CHANGED):
        asyncio.run(send(to))
    with pytest.raises(actra.ActraPolicyError, match=CHANGED):
        to.clear()
        runtime.admit("send")(lambda to: ran.append(to))(to)
    assert ran == [] and outcomes == ["ran", "refused"] * 2


def test_a_generator_that_can_be_awaited_still_can():
    send = actra.ActraRuntime(POLICY).admit("send")(body([])["awaitable"])
    assert inspect.isawaitable(send(["in"]))


@dataclasses.dataclass
class Text:
    """Reading it does something else first."""

    text: str
    first = None

    def __getattribute__(self, name):
        if name == "text" and Text.first is not None:
            Text.first()
        return super().__getattribute__(name)


@pytest.fixture
def told():
    """A block that is entered anew with each call of what it decorates, and a list for those calls."""
    policy = actra.load_policy_from_string(
        "version: 1\nactions: { say: { fields: { what: { type: object, fields: { text: string } } } } }",
        "version: 1\ndefault: allow\nrules:\n"
        "  - { id: out, scope: { action: say }, when: 'action.what.text == \"out\"', effect: block }",
    )
    @contextlib.contextmanager
    def block(what):
        yield

    @actra.ActraRuntime(policy).admit("say")
    def say(what):
        return block(what)

    yield say(Text("in")), []
    Text.first = None


def test_threads_begin_one_block_at_the_same_time(told):
    block, ran = told
    work = block(lambda: ran.append("ran"))
    both = threading.Barrier(2)
    # Each meets the other while its arguments are read.
    Text.first = lambda: both.wait(10)
    threads = [threading.Thread(target=work) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert ran == ["ran", "ran"]


def test_a_block_begins_while_its_arguments_are_read_for_another_time(told):
    block, ran = told
    work = block(lambda: ran.append("ran"))

    def first():
        Text.first = None
        work()

    Text.first = first
    work()
    assert ran == ["ran", "ran"]
