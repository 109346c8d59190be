"""A handler of an asynchronous call waits beside the loop, whichever loop it is and whatever the handler raises."""

import asyncio
import concurrent.futures
import logging
import threading

import pytest

import actra

DEADLINE = 60


@pytest.fixture
def refund(policy):
    """Makes a function that asks a handler; its body has run if it gives the amount."""

    def made(handler, **settings):
        runtime = actra.ActraRuntime(policy, on_approval=handler, **{"approval_deadline": DEADLINE, **settings})

        @runtime.admit("refund")
        async def refund(amount):
            return amount

        return refund

    return made


def in_asyncio(function, *args):
    async def main():
        return await function(*args)

    return asyncio.run(main())


def in_trio(function, *args):
    return pytest.importorskip("trio").run(function, *args)


def in_none(function, *args):
    try:
        function(*args).send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits for a loop that is not there")


ways = pytest.mark.parametrize("run", [in_asyncio, in_trio, in_none])


@ways
def test_a_plain_handler_is_asked_in_any_loop(refund, run):
    asked = refund(lambda approval: approval.grant(by="max"))
    assert run(asked, 5000) == 5000
    denied = refund(lambda approval: approval.deny(by="max", reason="no"))
    with pytest.raises(actra.ActraPolicyError, match="denied by max: no"):
        run(denied, 5000)


@ways
@pytest.mark.parametrize(
    "raised",
    [
        ValueError,
        StopIteration,
        StopAsyncIteration,
        GeneratorExit,
        asyncio.CancelledError,
        asyncio.InvalidStateError,
        asyncio.TimeoutError,
        concurrent.futures.CancelledError,
        concurrent.futures.InvalidStateError,
    ],
)
def test_a_handler_that_raises_has_failed_at_once(refund, run, raised, quiet):
    def handler(approval):
        raise raised

    with pytest.raises(actra.ActraPolicyError) as refused:
        run(refund(handler), 5000)
    # Nobody has waited for the time that it may take.
    assert raised.__name__ in str(refused.value) and "no answer" not in str(refused.value)


@ways
def test_who_ends_the_program_ends_it(refund, run):
    def handler(approval):
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        run(refund(handler), 5000)


@ways
def test_a_handler_has_its_time_in_any_loop(refund, run, quiet):
    ends = threading.Event()
    asked = refund(lambda approval: ends.wait(DEADLINE) and approval.grant(by="max"), approval_deadline=0.05)
    try:
        with pytest.raises(actra.ActraPolicyError, match="no answer within 0.05 s"):
            run(asked, 5000)
    finally:
        ends.set()


def test_a_loop_of_trio_goes_on_meanwhile(refund):
    trio = pytest.importorskip("trio")
    others, seen = threading.Event(), []

    def handler(approval):
        # Without the loop, nobody else would come to this.
        assert others.wait(DEADLINE)
        return approval.grant(by="max")

    async def main():
        async def other():
            others.set()

        async def one():
            seen.append(await refund(handler)(5000))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(one)
            nursery.start_soon(other)

    trio.run(main)
    assert seen == [5000]


def test_who_is_cancelled_in_trio_goes_away(policy, caplog):
    trio = pytest.importorskip("trio")
    ends, begun, events, ran = threading.Event(), threading.Event(), [], []

    def handler(approval):
        begun.set()
        ends.wait(DEADLINE)

    runtime = actra.ActraRuntime(policy, on_approval=handler, on_event=events.append, approval_deadline=DEADLINE)

    @runtime.admit("refund")
    async def refund(amount):
        ran.append(amount)

    async def main():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(refund, 5000)
            while not begun.is_set():
                await trio.sleep(0)
            nursery.cancel_scope.cancel()

    with caplog.at_level(logging.WARNING):
        trio.run(main)
    # It is told of a loop that is over.
    ends.set()
    assert ran == [] and events[-1].outcome == "cancelled" and not caplog.records


def test_what_a_handler_gives_to_await_needs_asyncio(refund, quiet):
    async def later(approval):
        return approval.grant(by="max")

    handler = refund(lambda approval: later(approval))
    assert in_asyncio(handler, 5000) == 5000
    with pytest.raises(actra.ActraPolicyError, match="what is async needs an event loop of asyncio, and this is another"):
        in_trio(handler, 5000)
