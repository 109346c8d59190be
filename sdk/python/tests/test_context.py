"""What a host knows about a call holds for all that the call begins."""

import asyncio
import contextlib
import contextvars
import functools
import inspect
import io

import pytest

import actra


async def who():
    await asyncio.sleep(0)
    return actra.current_context()


class Who:
    async def __call__(self):
        return await who()


class Waits:
    def __await__(self):
        return who().__await__()


async def twice():
    return who()


CALLABLES = {
    "a coroutine function": who,
    "an object": Who(),
    "a partial": functools.partial(who),
    "a partial of an object": functools.partial(Who()),
    "a partial of a partial": functools.partial(functools.partial(Who())),
    "a function that gives a coroutine": lambda: who(),
    "a function that gives what can be awaited": lambda: Waits(),
    "a method": Who().__call__,
}


@pytest.mark.parametrize("function", CALLABLES.values(), ids=CALLABLES)
def test_a_context_is_carried_to_whatever_is_awaited(function):
    async def main():
        with actra.using("sam"):
            carried = actra.propagate(function)
        with actra.using("admin"):
            made = carried()
            assert (await made, actra.current_context()) == ("sam", "admin")
            return await asyncio.gather(who(), carried())

    assert asyncio.run(main()) == ["admin", "sam"]


@pytest.mark.parametrize("name", ["a coroutine function", "an object", "a partial of an object"])
def test_what_was_asynchronous_says_so(name):
    assert inspect.iscoroutinefunction(actra.propagate(CALLABLES[name]))


def test_what_awaiting_gives_is_carried_too():
    async def main():
        with actra.using("sam"):
            carried = actra.propagate(twice)
        return await (await carried())

    assert asyncio.run(main()) == "sam"


def test_a_task_stays_a_task():
    async def main():
        with actra.using("sam"):
            carried = actra.propagate(lambda: asyncio.get_running_loop().create_task(who()))
        with actra.using("admin"):
            made = carried()
            assert isinstance(made, asyncio.Task)
            return await made

    assert asyncio.run(main()) == "sam"


def test_what_begins_with_a_first_step_begins_in_the_context():
    with actra.using("sam"):
        carried = actra.propagate(lambda: map(lambda number: (number, actra.current_context()), [1, 2]))
    with actra.using("admin"):
        assert list(carried()) == [(1, "sam"), (2, "sam")]


def numbers():
    yield 1


async def later_numbers():
    yield 1


class Numbers:
    def __call__(self):
        yield 1


class LaterNumbers:
    async def __call__(self):
        yield 1


@pytest.mark.parametrize("function", [numbers, later_numbers, Numbers(), LaterNumbers()])
def test_generators_are_not_propagated(function):
    for one in (function, functools.partial(function)):
        with pytest.raises(TypeError, match="around the loop"):
            actra.propagate(one)
    # Only when it is called it turns out what it gives.
    with pytest.raises(TypeError, match="around the loop"):
        actra.propagate(lambda: function())()


def test_generators_that_awaiting_gives_are_not_propagated():
    async def gives(function):
        return function()

    for function in (numbers, later_numbers):
        with pytest.raises(TypeError, match="around the loop"):
            asyncio.run(actra.propagate(gives)(function))


class Text(str):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize("given", [17, 0, b"r-1", ["r-1"], {"a": 1}, "\ud800", object()], ids=repr)
def test_a_correlation_id_is_text(given):
    with pytest.raises(TypeError, match="a correlation id must be text"):
        with actra.using("sam", correlation_id=given):
            raise AssertionError
    assert actra.current_context() is None


def test_a_correlation_id_of_a_class_of_its_own_is_text(policy):
    events = []
    with actra.using(None, correlation_id="r-1"), actra.using(None, correlation_id=Text("r-2")):
        with actra.using(None), actra.using(None, correlation_id=""):
            actra.ActraRuntime(policy, on_event=events.append).check({"type": "refund", "amount": 1})
    assert [(event.correlation_id, type(event.correlation_id)) for event in events] == [("r-2", str)]


def test_what_is_inside_of_what_a_call_gives_is_carried():
    async def main():
        with actra.using("sam"):
            carried = actra.propagate(lambda: {"a": [who()], "b": print})
        with actra.using("admin"):
            made = carried()
            assert made["b"] is print
            return await made["a"][0]

    assert asyncio.run(main()) == "sam"


@contextlib.contextmanager
def entered():
    yield


@pytest.mark.parametrize("made", [
    [numbers()], (1, numbers()), {"rows": numbers()}, {numbers(): 1}, [later_numbers()], [entered()],
    contextlib.ExitStack(), contextlib.nullcontext(), contextlib.suppress(), contextlib.closing(io.StringIO()),
    contextlib.redirect_stdout(io.StringIO()),
], ids=lambda made: type(made).__name__)
def test_what_cannot_be_carried_is_handed_on(made):
    assert actra.propagate(lambda: made)() is made


def test_generators_in_what_is_carried_are_handed_on():
    async def gives():
        return numbers()

    async def main():
        (made,) = actra.propagate(lambda: [gives()])()
        return await made

    assert list(asyncio.run(main())) == [1]
    (made,) = actra.propagate(lambda: map(lambda _: numbers(), [1]))()
    assert list(made) == [1]


def test_a_body_that_begins_at_with_is_not_propagated():
    with pytest.raises(TypeError, match="around the block"):
        actra.propagate(entered)()


def test_a_block_that_ends_in_another_context_raises_what_was_raised_in_it(runtime):
    refund = runtime.admit("refund")(lambda amount: "ran")

    def steps(amount):
        with actra.using("sam", correlation_id="c-1"):
            yield
            yield refund(amount)

    def step(made):
        return contextvars.copy_context().run(next, made, "done")

    made = steps(20_000)
    step(made)
    with pytest.raises(actra.ActraPolicyError) as raised:
        step(made)
    assert raised.value.__context__ is None
    made = steps(5)
    assert [step(made), step(made), step(made)] == [None, "ran", "done"]
    made = actra.propagate(lambda: map(refund, [5, 20_000]))()
    assert step(made) == "ran"
    with pytest.raises(actra.ActraPolicyError):
        step(made)
    assert actra.current_context() is None
