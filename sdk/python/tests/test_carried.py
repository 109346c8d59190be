"""What is inside of what a call gives acts for who called, or not at all, however it is held."""

import asyncio
import collections
import concurrent.futures
import functools
import types
from unittest import mock

import pytest

import actra
from actra.integrations.mcp import ActraMCPAdapter, ActraMCPServer, ResultError

POLICY = actra.load_policy_from_string(
    "version: 1\nactions: { pay: { fields: { amount: number } }, tool: { fields: {} } }\nactor: { fields: { id: string } }",
    "version: 1\ndefault: block\nrules:\n"
    "  - { id: root, scope: { action: pay }, when: actor.id == \"root\", effect: allow }\n"
    "  - { id: tools, scope: { action: tool }, when: 'true', effect: allow }\n",
)
RUNTIME = actra.ActraRuntime(POLICY, actor=lambda ctx: {"id": ctx})


@RUNTIME.admit("pay")
async def pay(amount):
    return f"ran as {actra.current_context()}"


@RUNTIME.admit("pay")
def paid(amount=1):
    return f"ran as {actra.current_context()}"


def made_by_guest(function):
    with actra.using("guest"):
        make = actra.propagate(function)
    with actra.using("root"):
        return make()


async def by_guest(function, found=lambda made: made):
    made = made_by_guest(function)
    with actra.using("root"):
        return await found(made)


def linked(length, job):
    node = job
    for _ in range(length):
        node = {"next": node}
    return node


def last(node):
    while isinstance(node, dict):
        node = node["next"]
    return node


@pytest.mark.parametrize("length", [1, 600, 5_000])
def test_what_lies_deep_is_carried(length):
    with pytest.raises(actra.ActraPolicyError):
        asyncio.run(by_guest(lambda: linked(length, pay(1)), last))


def own(container, put):
    put(container)
    return container


class Waits:
    """As a coroutine, which would have to be awaited."""

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return paid()


ENDLESS = [
    lambda: own({"job": Waits()}, lambda made: made.update(root=made)),
    lambda: own([Waits()], lambda made: made.append(made)),
    lambda: own([Waits()], lambda made: made.append((made,))),
    lambda: own(collections.UserDict(job=Waits()), lambda made: made.data.update(made=made)),
    lambda: own({"job": Waits()}, lambda made: made.update(views=made.values())),
]


@pytest.mark.parametrize("make", ENDLESS)
def test_what_contains_itself_and_has_yet_to_run_is_refused(make):
    with pytest.raises(TypeError, match="contains itself"):
        asyncio.run(by_guest(make))


def test_what_contains_itself_and_does_nothing_by_itself_is_handed_on():
    for held in (5, print, (number for number in [1])):
        made = own([held], lambda made: made.append(made))
        assert made_by_guest(lambda made=made: made) is made


def test_futures_within_futures_without_end_are_refused():
    def make():
        held = Waits()
        for _ in range(1_000):
            held, inner = asyncio.get_running_loop().create_future(), held
            held.set_result([inner])
        return [held]

    with pytest.raises(TypeError, match="nested too deeply"):
        asyncio.run(by_guest(make))


@pytest.mark.parametrize("make", [lambda: {Waits(): 5}, lambda: {(Waits(),): 5}, lambda: Kept([Waits()]), lambda: [ValueError(Waits())]])
def test_what_is_awaited_and_cannot_be_replaced_is_refused(make):
    with pytest.raises(TypeError, match="has yet to run|cannot be a key"):
        asyncio.run(by_guest(make))


class Kept(list):
    def __copy__(self):
        raise TypeError


def test_what_lies_in_several_places_is_one_in_all():
    def make():
        shared = [pay(1)]
        return [shared, {"a": shared}, shared[0]]

    async def main():
        first, second, job = made_by_guest(make)
        assert first is second["a"] and job is first[0]
        with pytest.raises(actra.ActraPolicyError):
            await job

    asyncio.run(main())


def test_a_shared_structure_is_gone_through_once():
    def make():
        made = [len, iter([])]
        for _ in range(200):
            made = [made, made]
        return made

    assert made_by_guest(make)


def failed(error):
    made = concurrent.futures.Future()
    made.set_exception(error)
    return made


async def failed_later(error):
    made = asyncio.get_running_loop().create_future()
    made.set_exception(error)
    return made


async def fails_later(error):
    async def fails():
        raise error

    return asyncio.get_running_loop().create_task(fails())


def tool_gives(make, use):
    """What comes of using what a tool gives to a guest, and who then acted."""
    server = ActraMCPServer(ActraMCPAdapter(RUNTIME))
    server.tool("tool")(make)
    with actra.using("root"):
        return use(server.handle_request("tool", {}, ctx="guest"))


def steps():
    yield paid()


VIEWS = [
    (lambda: collections.UserDict(a=steps()).values(), lambda made: next(next(iter(made)))),
    (lambda: collections.UserDict(a=steps()).items(), lambda made: next(next(iter(made))[1])),
    (lambda: collections.ChainMap({}, {"a": steps()}).values(), lambda made: next(next(iter(made)))),
    (lambda: {"v": collections.ChainMap({"a": pay(1)}).values()}, lambda made: asyncio.run(next(iter(made["v"])))),
    (lambda: collections.UserDict(a=pay(1)).keys(), lambda made: asyncio.run(made._mapping["a"])),
]


@pytest.mark.parametrize("make, use", VIEWS)
def test_views_of_other_mappings_are_carried(make, use):
    with pytest.raises(actra.ActraPolicyError):
        tool_gives(make, use)


@pytest.mark.parametrize("make", [
    lambda: collections.defaultdict(paid), lambda: types.MappingProxyType(collections.defaultdict(paid)),
    lambda: [collections.defaultdict(functools.partial(paid, 1))], lambda: ValueError(steps()), lambda: [ValueError(5, [steps()])],
    lambda: collections.UserDict({steps(): 5}).keys(),
])
def test_what_would_run_for_who_reads_is_refused(make):
    with pytest.raises(ResultError, match="for whoever"):
        tool_gives(make, lambda made: made)


def test_what_an_error_of_a_future_holds_is_looked_at():
    with pytest.raises(ResultError, match="for whoever"):
        tool_gives(lambda: failed(ValueError(steps())), lambda made: made.result())

    async def main(make):
        server = ActraMCPServer(ActraMCPAdapter(RUNTIME))
        server.tool("tool")(lambda: make(ValueError(steps())))
        await (await server.handle_request("tool", {}, ctx="guest"))

    for make in (failed_later, fails_later):
        with pytest.raises(ResultError, match="for whoever"):
            asyncio.run(main(make))
    with pytest.raises(ValueError, match="5"):
        tool_gives(lambda: failed(ValueError(5)), lambda made: made.result())


@pytest.mark.parametrize("make", [
    lambda: collections.defaultdict(list, a=[5]), lambda: ValueError("a", [5]), lambda: collections.UserDict(a=5).items(),
    lambda: types.MappingProxyType(collections.UserDict(a=5)),
])  # fmt: skip
def test_data_of_these_is_data(make):
    made = make()
    assert tool_gives(lambda: made, lambda given: given) is made


def test_a_tool_gives_nothing_that_contains_itself_and_has_yet_to_run():
    for make in ENDLESS[:-1]:
        with pytest.raises(ResultError, match="contains itself"):
            tool_gives(make, lambda made: made)


class Unhashed(type):
    def __eq__(cls, other):
        return NotImplemented


class Odd(metaclass=Unhashed):
    pass


class Unread(list):
    def __iter__(self):
        raise RuntimeError


@pytest.mark.parametrize("make", [
    Odd, lambda: [Odd()], lambda: mock.Mock(spec=list), lambda: mock.Mock(spec=asyncio.Future), lambda: Unread([1]),
    lambda: [Unread([print]), {"a": Unread()}],
])  # fmt: skip
def test_a_body_that_has_run_is_not_failed_by_what_its_result_says_of_itself(make):
    made = make()
    assert made_by_guest(lambda: made) is made


class Held(Exception):
    """An error that holds something that has yet to run."""


async def fails(error):
    raise error


def given_up(error):
    raise error


RAISES = {
    "at once": given_up,
    "awaited": fails,
    "a task": lambda error: asyncio.get_running_loop().create_task(fails(error)),
    "a future": lambda error: failed_in(asyncio.get_running_loop().create_future(), error),
    "a future of a pool": lambda error: asyncio.wrap_future(failed(error)),
    "of a pool": failed,
    "later of a pool": lambda error: concurrent.futures.ThreadPoolExecutor().submit(given_up, error),
    "in a list": lambda error: [fails(error)],
}


def failed_in(made, error):
    made.set_exception(error)
    return made


@pytest.mark.parametrize("raises", RAISES.values(), ids=RAISES)
def test_an_error_that_is_raised_is_not_looked_at(raises):
    work = pay(1)

    async def found(made):
        made = made[0] if isinstance(made, list) else made
        return made.result() if isinstance(made, concurrent.futures.Future) else await made

    error = Held(work)
    with pytest.raises(Held) as raised:
        asyncio.run(by_guest(lambda: raises(error), found))
    work.close()
    assert raised.value is error and error.__context__ is None


@pytest.mark.parametrize("steps", [iter, reversed], ids=["iter", "reversed"])
@pytest.mark.parametrize("held", [lambda made: made, lambda made: [made]], ids=["itself", "in a list"])
def test_what_an_iterator_of_a_deque_gives_is_carried(steps, held):
    async def found(made):
        return await next(made[0] if isinstance(made, list) else made)

    with pytest.raises(actra.ActraPolicyError):
        asyncio.run(by_guest(lambda: held(steps(collections.deque([pay(1)]))), found))
