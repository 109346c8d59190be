"""Calls of the host's functions, and the two ways of making them: :func:`drive` at once, :func:`drive_async` async.

What needs such calls is a generator. It yields a list of :class:`HostCall`, and is sent the outcome of each. So its steps
are written once, and it never knows which of the two drives it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import enum
import inspect
import types
from time import monotonic
from typing import Any, Callable, Generator, Generic, List, NamedTuple, Optional, Set, Tuple, TypeVar, Union

from ._error import error_line
from ._resolve import FAILURES, TooLate, at_hand, is_async, is_awaitable
from ._threads import in_thread, is_done

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

T = TypeVar("T")


class Role(enum.Enum):
    """What a called function is for: to find out a record, to answer a request for approval, or to hear of events."""

    #: The values are the words that messages have for them.
    RESOLVER = "resolver"
    APPROVER = "handler"
    OBSERVER = "observer"


class HostCall(NamedTuple):
    """A function of the host's that is to be called."""

    role: Role
    function: Callable[[Any], Any]
    argument: Any
    #: Seconds that it may take.
    deadline: float
    #: Whether this is for a call that goes on whatever it raises.
    is_audited: bool

    def has_failed(self, error: BaseException) -> bool:
        """Whether an error is the function's own. One that interrupts the program never is, nor, of what is to be
        enforced, one that ends it."""
        of = type(error)
        return issubclass(of, FAILURES) or (self.is_audited and not issubclass(of, KeyboardInterrupt))

    def failure(self, error: BaseException) -> Failed:
        """What came of it, if it has failed."""
        is_late = issubclass(type(error), TooLate)
        return Failed(error, f"no answer within {self.deadline} s" if is_late else error_line(error))


class Failed(NamedTuple):
    """What came of a call that raised, or came too late."""

    error: BaseException
    #: In a line that an event can hold.
    why: str


#: Yields calls, is sent what came of them, and returns.
Steps = Generator[List[HostCall], List[Any], T]


class Done(Generic[T]):
    """The end of :data:`Steps`, with the value that they returned."""

    __slots__ = ("result",)

    def __init__(self, result: T) -> None:
        self.result = result


def _next(steps: Steps[T], outcomes: Any) -> Union[List[HostCall], Done[T]]:
    # Nothing but the steps themselves is within: what hosts raise must not look like their end.
    try:
        return steps.send(outcomes)
    except StopIteration as done:
        return Done(done.value)


def drive(steps: Steps[T]) -> T:
    """Does one call after the other."""
    calls = _next(steps, None)
    while not isinstance(calls, Done):
        calls = _next(steps, [_make_call(call) for call in calls])
    return calls.result


def _make_call(call: HostCall) -> Any:
    started = monotonic()
    try:
        value = call.function(call.argument)
        if call.role is Role.OBSERVER:
            return _await_in_thread(value, call.deadline) if is_awaitable(value) else value
        return _in_time(call, started, at_hand(value, call.role.value))
    except BaseException as error:
        if not call.has_failed(error):
            raise
        return call.failure(error)


def _in_time(call: HostCall, started: float, value: Any) -> Any:
    """What a function gave. One that blocks its thread cannot be stopped: what comes too late is thrown away."""
    if call.role is not Role.OBSERVER and monotonic() > started + call.deadline:
        raise TooLate
    return value


def _await_in_thread(value: Any, deadline: float) -> Any:
    """Awaits something for a synchronous call: in another thread, since this one may have a loop that runs."""

    async def awaited() -> Any:
        return await asyncio.wait_for(value, deadline)

    started = monotonic()
    try:
        # What does not let itself be stopped goes on by itself.
        return in_thread(lambda _: asyncio.run(awaited()), None).result(deadline)
    except (asyncio.TimeoutError, concurrent.futures.TimeoutError):
        # Its own comes sooner; a clock may be a little behind another.
        if monotonic() < started + deadline / 2:
            raise
        raise TooLate from None


async def drive_async(steps: Steps[T]) -> T:
    """Does what is asked for at once at the same time, and waits.

    Who is cancelled while observers hear of something goes away when all of them have heard; nobody else is asked then.
    """
    gone: Optional[asyncio.CancelledError] = None
    outcomes: List[Any] = []
    calls = _next(steps, None)
    while not isinstance(calls, Done):
        tells = bool(calls) and calls[0].role is Role.OBSERVER
        if gone is None or tells:
            outcomes, cancelled = await _outcomes(calls)
            gone = gone or cancelled
        if gone is not None and not tells:
            raise gone
        calls = _next(steps, outcomes)
    if gone is not None:
        raise gone
    return calls.result


async def _outcomes(calls: List[HostCall]) -> Tuple[List[Any], Optional[asyncio.CancelledError]]:
    """What came of each call, and the cancellation that arrived meanwhile, if one did.

    Observers go on then, and the others are to end; who sends it twice does not wait for them.
    """
    begun: List[_RunningCall] = []
    try:
        for call in calls:
            begun.append(_RunningCall(call))
        try:
            return [await one.outcome() for one in begun], None
        except asyncio.CancelledError as error:
            gone = error
        for one in begun:
            one.interrupt()
        return [await one.outcome() for one in begun], gone
    except BaseException:
        for one in begun:
            one.leave()
        raise


class _ProgramEnd(NamedTuple):
    """What is no failure of a function: somebody wants the program to end."""

    error: BaseException


#: Those that nobody waits for any more, so that they go on: a loop does not keep them.
_unattended: Set[asyncio.Task[Any]] = set()
#: Marks what was sent to who waits.
_SENT = "__actra_sent__"


def mark_external(error: BaseException) -> None:
    """Marks what somebody has sent to who waits."""
    setattr(error, _SENT, True)


def is_external(error: BaseException) -> bool:
    """Whether somebody has cancelled or closed what waits. A function of the host's may raise the same by itself."""
    return getattr(error, _SENT, None) is True


def _loop(awaited: Any) -> asyncio.AbstractEventLoop:
    """The loop that runs. RuntimeError if it is none of asyncio, where nothing can be awaited with a time limit."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise _needs_asyncio(awaited) from None


def _needs_asyncio(awaited: Any) -> RuntimeError:
    if inspect.iscoroutine(awaited):
        awaited.close()
    return RuntimeError("what is async needs an event loop of asyncio, and this is another; make it a plain function")


def _is_asyncio() -> bool:
    """Whether a loop of asyncio runs here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _RunningCall:
    """A call that was made, of which something may still have to come."""

    __slots__ = ("_call", "_came", "_future", "_started", "_task", "_value")

    def __init__(self, call: HostCall) -> None:
        self._call = call
        self._started = monotonic()
        self._came: Any = None
        self._task: Optional[asyncio.Task[Any]] = None
        #: What comes of a thread, where it cannot be waited for by a task.
        self._future: Optional[concurrent.futures.Future[Any]] = None
        try:
            # A handler may wait for a person: the loop goes on meanwhile.
            waits = call.role is Role.APPROVER and not is_async(call.function)
            if waits and not _is_asyncio():
                self._future = in_thread(_tried, call)
                return
            self._value: Any = _from_thread(call) if waits else call.function(call.argument)
            if is_awaitable(self._value):
                self._task = _loop(self._value).create_task(self._await_value(self._value))
            else:
                self._came = _in_time(call, self._started, self._value)
        except BaseException as error:
            if not call.has_failed(error):
                raise
            self._came = call.failure(error)

    async def _await_value(self, value: Any) -> Any:
        try:
            return _in_time(self._call, self._started, await value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # A task that raises SystemExit ends the loop.
            return self._call.failure(error) if self._call.has_failed(error) else _ProgramEnd(error)

    def _seconds_left(self) -> float:
        return max(self._started + self._call.deadline - monotonic(), 0.0)

    async def outcome(self) -> Any:
        """What came of it in time. What comes later is nobody's business."""
        future, self._future = self._future, None
        if future is not None:
            self._came = await self._of_thread(future)
        task = self._task
        if task is None:
            return self._came
        if not task.done():
            try:
                await asyncio.wait({task}, timeout=self._seconds_left())
            except (asyncio.CancelledError, GeneratorExit) as error:
                mark_external(error)
                raise
        if not task.done():
            # It may not let itself be stopped: nobody waits for that.
            self._stop()
            self._task, self._came = None, self._call.failure(TooLate())
            return self._came
        came = self._call.failure(asyncio.CancelledError()) if task.cancelled() else task.result()
        if type(came) is _ProgramEnd:
            raise came.error
        return came

    async def _of_thread(self, future: concurrent.futures.Future[Any]) -> Any:
        try:
            is_in_time = await is_done(future, self._seconds_left())
        except BaseException as error:
            # It comes from who waits.
            mark_external(error)
            raise
        if not is_in_time:
            return self._call.failure(TooLate())
        came = future.result()
        return self._call.failure(_needs_asyncio(came)) if is_awaitable(came) else came

    def interrupt(self) -> None:
        """Has it end, unless somebody hears of something."""
        if self._call.role is not Role.OBSERVER:
            self._stop()

    def leave(self) -> None:
        """Has it end, and does not wait for that. An observer keeps the rest of its time."""
        if self._task is None or self._task.done():
            return
        if self._call.role is not Role.OBSERVER:
            self._stop()
            return
        self._keep()
        with contextlib.suppress(RuntimeError):
            self._task.get_loop().call_later(self._seconds_left(), self._task.cancel)

    def _stop(self) -> None:
        if self._task is None or self._task.done():
            return
        self._keep()
        # With a loop that is closed, nothing goes on.
        with contextlib.suppress(RuntimeError):
            self._task.cancel()

    def _keep(self) -> None:
        assert self._task is not None
        _unattended.add(self._task)
        self._task.add_done_callback(self._is_over)

    def _is_over(self, task: asyncio.Task[Any]) -> None:
        _unattended.discard(task)
        if type(self._value) is types.CoroutineType:
            # It may not even have begun.
            self._value.close()


async def _from_thread(call: HostCall) -> Any:
    value = await asyncio.wrap_future(in_thread(_tried, call))
    return await value if is_awaitable(value) else value


def _tried(call: HostCall) -> Any:
    """What a call gives, or that it has failed: a future cannot hand on all that may be raised."""
    try:
        return call.function(call.argument)
    except BaseException as error:
        if not call.has_failed(error):
            raise
        return call.failure(error)
