"""What functions of the host's give to whoever answers a request, in the task and the context of that request."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
from typing import Any, Callable, List, Optional

from .._calls import send, was_sent

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


class NotGiven(Exception):
    """A function of the host's has ended as only those do that somebody ends, and nobody has."""


async def given(function: Callable[[Any], Any], argument: Any, is_audit: bool) -> Any:
    """What a function gives, at once or later. What it raises is an Exception, unless somebody cancels or closes who asks,
    or is to end the program, which in audit mode nobody does but by an interrupt."""
    before = _ends()
    try:
        value = function(argument)
        return await _later(value) if inspect.isawaitable(value) else value
    except asyncio.CancelledError as error:
        if was_sent(error) or _ends() != before:
            raise
        raise NotGiven(type(error).__name__).with_traceback(error.__traceback__) from error
    except SystemExit as error:
        if not is_audit:
            raise
        raise NotGiven(type(error).__name__).with_traceback(error.__traceback__) from error


def _task() -> Optional[asyncio.Task[Any]]:
    try:
        return asyncio.current_task()
    except RuntimeError:
        # A loop of another kind than that of asyncio, which cancels in another way.
        return None


def _ends() -> int:
    """How many want this task to end."""
    cancelling: Optional[Callable[[], int]] = getattr(_task(), "cancelling", None)
    return 0 if cancelling is None else cancelling()


async def _later(value: Any) -> Any:
    task = _task()
    if task is None or hasattr(task, "cancelling"):
        return await value
    # Before Python 3.11 nobody counts: who waits for another task knows for whom it is.
    left: List[contextvars.Context] = []

    async def awaited() -> Any:
        try:
            return await value
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
        send(error)
        raise
    here = contextvars.copy_context()
    for var, found in left[0].items() if left else ():
        if var not in here or here[var] is not found:
            var.set(found)
    return other.result()
