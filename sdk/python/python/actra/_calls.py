"""What an enforcement point asks of its host, and the two ways of doing it: at once, or where others may go on meanwhile.

Whoever needs something is a generator: it yields a list of :class:`Call` and is sent what came of each. So no step of it
is written twice, and it never knows which of the two drives it.
"""

from __future__ import annotations

import asyncio
import enum
from time import monotonic
from typing import Any, Callable, Generator, Generic, List, NamedTuple, TypeVar, Union

from ._resolve import at_hand, is_async, is_awaitable, late
from ._threads import in_thread

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

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

    error: BaseException
    #: In a line that an event can hold.
    why: str


#: Yields calls, is sent what came of them, and returns.
Steps = Generator[List[Call], List[Any], T]


class Done(Generic[T]):
    """What steps returned."""

    __slots__ = ("result",)

    def __init__(self, result: T) -> None:
        self.result = result


def _next(steps: Steps[T], outcomes: Any) -> Union[List[Call], Done[T]]:
    # Nothing but the steps themselves is within: what hosts raise must not look like their end.
    try:
        return steps.send(outcomes)
    except StopIteration as done:
        return Done(done.value)


def drive(steps: Steps[T]) -> T:
    """Does one call after the other."""
    calls = _next(steps, None)
    while not isinstance(calls, Done):
        started = monotonic()
        calls = _next(steps, [_called(call, started) for call in calls])
    return calls.result


def _called(call: Call, started: float) -> Any:
    try:
        value = call.function(call.argument)
        if call.role is Role.OBSERVER:
            return _to_its_end(value, call.deadline) if is_awaitable(value) else value
        value = at_hand(value, call.role.value)
        # A function that blocks its thread cannot be stopped: what comes too late is thrown away.
        if monotonic() > started + call.deadline:
            raise asyncio.TimeoutError
        return value
    except _FAILURES as error:
        return Failed(error, late(error, call.deadline))


#: What functions raise and nobody else has sent: nothing is cancelled or closed while a function runs to its end.
_FAILURES = (Exception, asyncio.CancelledError, GeneratorExit)


def _is_cancelled() -> bool:
    """Whether somebody has cancelled the task that runs, and not only what it waits for."""
    task = asyncio.current_task()
    # Before Python 3.11 nobody can tell.
    cancelling = getattr(task, "cancelling", None)
    return cancelling is None or cancelling() > 0


def _to_its_end(value: Any, deadline: float) -> Any:
    """Awaits something for a synchronous call: in another thread, since this one may have a loop that runs."""

    async def awaited() -> Any:
        return await asyncio.wait_for(value, deadline)

    return in_thread(lambda _: asyncio.run(awaited()), None).result()


async def drive_async(steps: Steps[T]) -> T:
    """Does what is asked for at once at the same time, and waits."""
    calls = _next(steps, None)
    while not isinstance(calls, Done):
        started = monotonic()
        if len(calls) == 1:
            outcomes = [await _awaited(calls[0], started)]
        else:
            outcomes = await asyncio.gather(*(_awaited(call, started) for call in calls))
        calls = _next(steps, outcomes)
    return calls.result


async def _awaited(call: Call, started: float) -> Any:
    try:
        if call.role is Role.HANDLER and not is_async(call.function):
            # It may wait for a person: the loop goes on meanwhile.
            value: Any = asyncio.wrap_future(in_thread(call.function, call.argument))
            value = await asyncio.wait_for(value, call.deadline)
        else:
            try:
                value = call.function(call.argument)
            except (asyncio.CancelledError, GeneratorExit) as error:
                # Nothing is cancelled or closed while nothing waits.
                return Failed(error, late(error, call.deadline))
        if is_awaitable(value):
            value = await asyncio.wait_for(value, call.deadline)
        if call.role is not Role.OBSERVER and monotonic() > started + call.deadline:
            raise asyncio.TimeoutError
        return value
    except asyncio.CancelledError as error:
        if _is_cancelled():
            raise
        return Failed(error, late(error, call.deadline))
    except Exception as error:
        return Failed(error, late(error, call.deadline))
