"""What a tool gives, at any depth: data stays what it is, and what has yet to run is decided for who called."""

import asyncio
import atexit
import collections
import collections.abc
import concurrent.futures
import contextlib
import csv
import dataclasses
import functools
import inspect
import io
import pickle
import sqlite3
import struct
import types

import pytest

import actra
from actra.integrations.mcp import ActraMCPAdapter, ActraMCPServer, ResultError

SCHEMA = """
version: 1
actions:
  refund: { fields: { amount: number } }
  inner: { fields: { amount: number } }
actor: { fields: { id: string, role: string } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: refund }, when: action.amount > 100, effect: require_approval }
  - { id: inner, scope: { action: inner }, when: actor.role == "admin", effect: block }
"""
SERVICE = {"id": "svc", "role": "admin"}
STAFF = {"id": "sam", "role": "staff"}


@pytest.fixture
def runtime():
    return actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES), actor=lambda ctx: ctx)


@pytest.fixture
def server(runtime):
    return ActraMCPServer(ActraMCPAdapter(runtime))


@pytest.fixture
def works(runtime):
    """What is refused for the context of the server, and allowed for that of the caller, by how it is read."""

    @runtime.admit("inner")
    async def coroutine(amount):
        return actra.current_context()["id"]

    @runtime.admit("inner")
    async def stream(amount):
        yield actra.current_context()["id"]

    @runtime.admit("inner")
    def plain(amount):
        return actra.current_context()["id"]

    def generator(amount):
        yield plain(amount)

    return {"coroutine": coroutine, "stream": stream, "generator": generator}


def had(came):
    made = concurrent.futures.Future()
    made.set_result(came)
    return made


async def had_later(came):
    made = asyncio.get_running_loop().create_future()
    made.set_result(came)
    return made


async def comes_later(came):
    async def comes():
        await asyncio.sleep(0)
        return came

    return asyncio.get_running_loop().create_task(comes())


def steps(came):
    yield came


async def later_steps(came):
    yield came


def returns(came):
    yield 5
    return came


Pair = collections.namedtuple("Pair", "first second")


class Two(tuple):
    def __new__(cls, first, second):
        return tuple.__new__(cls, (first, second))


class Chosen(frozenset):
    def __new__(cls, first, second):
        return frozenset.__new__(cls, (first, second))


class Listed(list):
    def __init__(self, first, second):
        super().__init__((first, second))


class Uncopied(list):
    def __copy__(self):
        raise TypeError


HOLDERS = [
    lambda came: [5, came], lambda came: (came,), lambda came: {"a": came}, lambda came: {"a": came}.values(),
    lambda came: {came}, lambda came: Pair(5, [{"a": came}]), lambda came: collections.OrderedDict(a=came),
    lambda came: collections.deque([came], 3), lambda came: map(lambda _: came, [1]), lambda came: iter([came]),
    lambda came: [{"b": came}.items(), {"a": 1}.items()], lambda came: [*{came: 5}.items()],
    lambda came: {came: 5}.keys(), lambda came: collections.Counter(a=came), lambda came: collections.defaultdict(list, a=came),
    lambda came: collections.UserDict(a=came), lambda came: collections.UserList([came]),
    lambda came: collections.ChainMap({}, {"a": came}), lambda came: types.MappingProxyType({"a": came}),
    lambda came: types.SimpleNamespace(a=[came]), lambda came: Two(5, came), lambda came: Listed(5, came),
    lambda came: Chosen(5, came),
    had, had_later, comes_later, steps, later_steps, returns,
]


async def all_of(made):
    """Everything that can be read of something and awaited."""
    if inspect.isawaitable(made):
        return await all_of(await made)
    if isinstance(made, concurrent.futures.Future):
        return await all_of(made.result())
    if hasattr(made, "__anext__"):
        made = [one async for one in made]
    if hasattr(made, "__next__"):
        made = [*drained(made)]
    if isinstance(made, types.SimpleNamespace):
        made = vars(made)
    if isinstance(made, collections.abc.Mapping):
        made = list(made.values())
    if isinstance(made, collections.abc.Collection) and not isinstance(made, str):
        return [found for one in made for found in await all_of(one)]
    return [made]


def drained(made):
    yield (yield from made)


@pytest.mark.parametrize("kind", ["coroutine", "stream", "generator"])
@pytest.mark.parametrize("holder", HOLDERS)
def test_what_is_inside_is_decided_for_the_caller(server, works, holder, kind):
    work = works[kind]
    server.tool("refund")(lambda amount: holder(work(amount)))

    async def main():
        with actra.using(SERVICE):
            return await all_of(server.handle_request("refund", {"amount": 5}, ctx=STAFF))

    assert "sam" in asyncio.run(main())


@pytest.mark.parametrize("data", [
    [1, [2, {"a": (3, {4})}]], Pair(1, [2]), {"kind": int}, io.StringIO("text"), object(), had([1]),
    dataclasses.make_dataclass("Paid", ["amount"])(5), collections.Counter("aab"), collections.UserDict(a=[5]),
    collections.ChainMap({"a": 5}), types.MappingProxyType({(5,): 5}), types.SimpleNamespace(a=5), {"a": 5}.items(),
], ids=lambda data: type(data).__name__)
def test_data_stays_what_it_is(server, data):
    server.tool("refund")(lambda amount: data)
    assert server.handle_request("refund", {"amount": 5}, ctx=STAFF) is data


def test_what_a_tool_keeps_stays_its_own(server, works):
    work = works["coroutine"](5)
    kept = [work]
    server.tool("refund")(lambda amount: kept)
    (carried,) = server.handle_request("refund", {"amount": 5}, ctx=STAFF)
    assert kept == [work] and carried is not work
    assert asyncio.run(carried) == "sam"


@pytest.mark.parametrize("holder", [
    lambda came: collections.Counter(a=came), lambda came: collections.OrderedDict(a=came), lambda came: Two(5, came),
    lambda came: collections.UserDict(a=came), lambda came: collections.ChainMap({"a": came}, {"b": 5}),
    lambda came: types.MappingProxyType({"a": came}), lambda came: types.SimpleNamespace(a=came),
])
def test_what_is_inside_is_carried_in_the_same_class(server, holder):
    kept = holder(steps(5))
    before = str(kept)
    server.tool("refund")(lambda amount: kept)
    made = server.handle_request("refund", {"amount": 5}, ctx=STAFF)
    assert type(made) is type(kept) and str(made) != before and str(kept) == before


class Reads:
    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration


class ReadsLater:
    def __aiter__(self):
        return self


@pytest.mark.parametrize("holder", [lambda came: came, lambda came: [{"a": came}], steps])
@pytest.mark.parametrize(
    "foreign", [Reads(), ReadsLater(), print, lambda: 5, functools.partial(print), contextlib.nullcontext()]
)
def test_what_cannot_be_carried_is_refused(server, runtime, foreign, holder):
    server.tool("refund")(lambda amount: holder(foreign))
    with pytest.raises(ResultError, match="the tool ran, .* whoever"):
        next(iter(server.handle_request("refund", {"amount": 5}, ctx=STAFF)))
    runtime.mode = "audit"
    found = server.handle_request("refund", {"amount": 5}, ctx=STAFF)
    assert found is foreign or next(iter(found)) in (foreign, {"a": foreign})


@pytest.mark.parametrize("holder", [
    lambda came: {came: 5}, lambda came: [{(came,): 5}], lambda came: collections.UserDict({came: 5}),
    lambda came: types.MappingProxyType({came: 5}), lambda came: Uncopied([came]),
])
def test_what_cannot_be_replaced_is_refused(server, runtime, holder):
    made = holder(steps(5))
    server.tool("refund")(lambda amount: made)
    with pytest.raises(ResultError, match="the tool ran, .* whoever"):
        server.handle_request("refund", {"amount": 5}, ctx=STAFF)
    runtime.mode = "audit"
    assert server.handle_request("refund", {"amount": 5}, ctx=STAFF) is made


#: Closed at the end of the process, since Python 3.13 warns of one that is forgotten.
DATABASE = sqlite3.connect(":memory:", check_same_thread=False)
atexit.register(DATABASE.close)


@pytest.mark.parametrize("made", [
    lambda: DATABASE.execute("select 1"), lambda: csv.reader(io.StringIO("a,b")), lambda: [list[int]],
    lambda: struct.iter_unpack("i", bytes(4)), lambda: contextlib.nullcontext(), lambda: print,
])
@pytest.mark.parametrize("is_later", [False, True])
def test_no_error_of_ours_says_that_a_tool_did_not_run_which_did(server, made, is_later):
    ran = []

    def at_once(amount):
        ran.append(amount)
        return made()

    async def later(amount):
        return at_once(amount)

    server.tool("refund")(later if is_later else at_once)
    with pytest.raises(ResultError, match="^the tool ran, but what it returned cannot be passed on: ") as raised:
        came = server.handle_request("refund", {"amount": 5}, ctx=STAFF)
        asyncio.run(came)
    assert ran == [5] and not isinstance(raised.value, actra.ActraError)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


class Called:
    def __init__(self, amount):
        self.amount = amount

    def __call__(self):
        return 5


class Stepped(Called):
    __call__ = None

    def __next__(self):
        return 5


def test_a_class_of_what_would_run_later_is_no_tool(server):
    for kind in (Called, Stepped, functools.partial(Called, 5)):
        with pytest.raises(TypeError, match="decided for whoever"):
            server.tool("refund")(kind)
    for kind in (Pair, zip, io.StringIO, collections.UserDict, asyncio.Future):
        server.tool("refund")(kind)


@pytest.mark.skipif(not hasattr({}.keys(), "mapping"), reason="before Python 3.10, views do not tell of what they are")
def test_what_a_view_shows_is_looked_at(server, works):
    server.tool("refund")(lambda amount: {"a": works["generator"](5)}.keys())
    assert server.handle_request("refund", {"amount": 5}, ctx=STAFF) == ["a"]
    server.tool("refund")(lambda amount: {works["generator"](5): "a"}.values())
    assert server.handle_request("refund", {"amount": 5}, ctx=STAFF) == ["a"]
