"""A function that runs only if it may."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, AsyncIterator

from . import _bind

if TYPE_CHECKING:
    from ._site import Site
    from .runtime import ActraRuntime


def wrapper(runtime: ActraRuntime, site: Site, function: Any) -> Any:
    enter = runtime._enter

    if inspect.isasyncgenfunction(function) or inspect.isasyncgenfunction(_call_of(function)):

        async def stream(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            await runtime._enter_async(site, args, kwargs)
            inner = function(*args, **kwargs)
            step, value = inner.asend, None
            try:
                while True:
                    try:
                        item = await step(value)
                    except StopAsyncIteration:
                        return
                    try:
                        step, value = inner.asend, (yield item)
                    except GeneratorExit:
                        raise
                    except BaseException as error:
                        step, value = inner.athrow, error
            finally:
                await inner.aclose()

        return _dressed(stream, function)

    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(_call_of(function)):

        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            if runtime._short and not site.audit and runtime._on_approval is None:
                enter(site, args, kwargs)
            else:
                await runtime._enter_async(site, args, kwargs)
            return await function(*args, **kwargs)

        return _dressed(coroutine, function)

    def call(*args: Any, **kwargs: Any) -> Any:
        enter(site, args, kwargs)
        return function(*args, **kwargs)

    return _dressed(call, function)


def _call_of(function: Any) -> Any:
    """The method that is called of an object that is no function."""
    return None if inspect.isroutine(function) or isinstance(function, type) else getattr(type(function), "__call__", None)


def _dressed(wrapper: Any, function: Any) -> Any:
    _bind.handing_on.add(wrapper.__code__)
    if hasattr(function, "__name__"):
        return functools.wraps(function)(wrapper)
    # A callable without a name of its own keeps its class's.
    inner = function.func if isinstance(function, functools.partial) else type(function)
    functools.update_wrapper(wrapper, inner)
    wrapper.__wrapped__ = function
    return wrapper
