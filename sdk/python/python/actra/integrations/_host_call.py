"""What functions of the host's give to whoever answers a request, in the task and the context of that request."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import inspect
from typing import Any, Callable, Coroutine, Generator, List, Optional, Tuple, Type

import anyio

from .._calls import is_external, mark_external
from .._error import class_name

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


class HostCallFailed(Exception):
    """A function of the host's has ended as only those do that somebody ends, and nobody has."""


async def call_host(function: Callable[[Any], Any], argument: Any, is_audit: bool) -> Any:
    """What a function gives, at once or later. What it raises is an Exception, unless somebody cancels or closes who asks,
    or is to end the program, which in audit mode nobody does but by an interrupt."""
    before, awaited = _ends(), None
    try:
        value = function(argument)
        if not inspect.isawaitable(value):
            return value
        awaited = _Awaited(_later(value))
        return await awaited
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        is_closed = awaited is not None and awaited.is_closed
        if is_closed or is_external(error) or not _is_own(error, before, is_audit):
            raise
        raise HostCallFailed(class_name(error)).with_traceback(error.__traceback__) from error


def _is_own(error: BaseException, before: int, is_audit: bool) -> bool:
    """Whether an error is the function's own, unless it is marked as what somebody has sent."""
    if isinstance(error, asyncio.CancelledError):
        return _ends() == before
    # A loop of another kind does not count, and a function does not make up what it cancels with.
    return not isinstance(error, _cancellation()) and (is_audit or isinstance(error, GeneratorExit))


def _cancellation() -> Tuple[Type[BaseException], ...]:
    """What the loop that runs cancels with; nothing if none does."""
    try:
        return (anyio.get_cancelled_exc_class(),)
    except Exception:
        return ()


class _Awaited:
    """A coroutine of which it is known whether somebody closes it: a function may raise the same by itself."""

    __slots__ = ("_of", "is_closed")

    def __init__(self, of: Coroutine[Any, Any, Any]) -> None:
        self._of = of
        self.is_closed = False

    def __await__(self) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = functools.partial(self._of.send, None)
        while True:
            try:
                item = step()
            except StopIteration as done:
                return done.value
            try:
                step = functools.partial(self._of.send, (yield item))
            except GeneratorExit:
                # Each of those that wait gets another one.
                self.is_closed = True
                self._of.close()
                raise
            except BaseException as error:
                step = functools.partial(self._of.throw, error)


def _task() -> Optional[asyncio.Task[Any]]:
    try:
        return asyncio.current_task()
    except RuntimeError:
        # A loop of another kind than that of asyncio, which cancels in another way.
        return None


def _ends() -> int:
    """How many requests to cancel this task there are (0 before Python 3.11)."""
    cancelling: Optional[Callable[[], int]] = getattr(_task(), "cancelling", None)
    return 0 if cancelling is None else cancelling()


async def _later(value: Any) -> Any:
    task = _task()
    if task is None or hasattr(task, "cancelling"):
        return await value
    # Before Python 3.11 nobody counts: who waits for another task knows for whom it is.
    left: List[contextvars.Context] = []
    ends: List[SystemExit] = []

    async def awaited() -> Any:
        try:
            return await value
        except SystemExit as error:
            # A task that raises it ends the loop.
            ends.append(error)
        finally:
            left.append(contextvars.copy_context())

    other = asyncio.get_running_loop().create_task(awaited())
    try:
        await asyncio.wait({other})
    except (asyncio.CancelledError, GeneratorExit) as error:
        other.cancel()
        if not isinstance(error, GeneratorExit):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({other})
        mark_external(error)
        raise
    here = contextvars.copy_context()
    for var, found in left[0].items() if left else ():
        if var not in here or here[var] is not found:
            var.set(found)
    if ends:
        raise ends[0]
    return other.result()
