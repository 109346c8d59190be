"""What an enforcement point asks of its host, and the two ways of doing it: at once, or where others may go on meanwhile.

Whoever needs something is a generator: it yields a list of :class:`Call` and is sent what came of each. So no step of it
is written twice, and it never knows which of the two drives it.
"""

from __future__ import annotations

import asyncio
import enum
from time import monotonic
from typing import Any, Callable, Generator, List, NamedTuple, TypeVar

from ._resolve import at_hand, is_async, is_awaitable, late
from ._threads import in_thread

T = TypeVar("T")


class Role(enum.Enum):
    """Who is called."""

    RESOLVER = "resolver"
    HANDLER = "handler"
    OBSERVER = "observer"


class Call(NamedTuple):
    """A function of the host's that is to be called."""

    role: Role
    function: Callable[[Any], Any]
    argument: Any
    #: Seconds that it may take.
    deadline: float


class Failed(NamedTuple):
    """What came of a call that raised, or came too late."""

    error: Exception
    #: In a line that an event can hold.
    why: str


#: Yields calls, is sent what came of them, and returns.
Steps = Generator[List[Call], List[Any], T]


def drive(steps: Steps[T]) -> T:
    """Does one call after the other."""
    try:
        calls = next(steps)
        while True:
            started = monotonic()
            calls = steps.send([_called(call, started) for call in calls])
    except StopIteration as done:
        result: T = done.value
        return result


def _called(call: Call, started: float) -> Any:
    try:
        value = call.function(call.argument)
        if call.role is Role.OBSERVER:
            return _to_its_end(value, call.deadline) if is_awaitable(value) else value
        value = at_hand(value, call.role.value)
        # A function that blocks its thread cannot be stopped: what comes too late is thrown away.
        if call.role is Role.RESOLVER and monotonic() > started + call.deadline:
            raise asyncio.TimeoutError
        return value
    except Exception as error:
        return Failed(error, late(error, call.deadline))


def _to_its_end(value: Any, deadline: float) -> Any:
    """Awaits something for a synchronous call: in another thread, since this one may have a loop that runs."""

    async def awaited() -> Any:
        return await asyncio.wait_for(value, deadline)

    return in_thread(lambda _: asyncio.run(awaited()), None).result()


async def drive_async(steps: Steps[T]) -> T:
    """Does what is asked for at once at the same time, and waits."""
    try:
        calls = next(steps)
        while True:
            started = monotonic()
            if len(calls) == 1:
                outcomes = [await _awaited(calls[0], started)]
            else:
                outcomes = await asyncio.gather(*(_awaited(call, started) for call in calls))
            calls = steps.send(outcomes)
    except StopIteration as done:
        result: T = done.value
        return result


async def _awaited(call: Call, started: float) -> Any:
    try:
        if call.role is Role.HANDLER and not is_async(call.function):
            # It may wait for a person: the loop goes on meanwhile.
            value: Any = asyncio.wrap_future(in_thread(call.function, call.argument))
            value = await asyncio.wait_for(value, call.deadline)
        else:
            value = call.function(call.argument)
        if is_awaitable(value):
            value = await asyncio.wait_for(value, call.deadline)
        if call.role is Role.RESOLVER and monotonic() > started + call.deadline:
            raise asyncio.TimeoutError
        return value
    except Exception as error:
        return Failed(error, late(error, call.deadline))
