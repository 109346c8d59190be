"""Asynchronous generators that stand before others."""

from __future__ import annotations

import contextlib
from typing import Any, AsyncGenerator, Awaitable, Callable, Optional

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def streaming(
    begun: Callable[..., Awaitable[Any]],
    within: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
    each: Optional[Callable[[Any], Any]] = None,
) -> Callable[..., AsyncGenerator[Any, Any]]:
    """An asynchronous generator that passes everything on to the one that it is given at its first step.

    Each step of that one is taken inside of ``within()``, and what it gives is handed on as ``each`` makes it.
    """

    async def stream(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        inner = await begun(*args, **kwargs)
        step, value = inner.asend, None
        try:
            while True:
                with within():
                    try:
                        item = await step(value)
                    except StopAsyncIteration:
                        return
                if each is not None:
                    item = each(item)
                try:
                    step, value = inner.asend, (yield item)
                except GeneratorExit:
                    raise
                except BaseException as error:
                    step, value = inner.athrow, error
        finally:
            with within():
                await inner.aclose()

    return stream
