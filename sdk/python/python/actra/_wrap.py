"""A function that runs only if it may."""

from __future__ import annotations

import copy
import functools
import inspect
import types
from typing import Any, Generator

from . import _arguments
from ._deferred import GENERATOR_CONTEXT_MANAGERS
from ._enter import PendingCall, enter, enter_async, pending_call, try_fast_path
from ._site import Site
from ._stream import streaming

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def wrapper(site: Site) -> Any:
    """The function of a site, with everything that it tells of itself."""
    function: Any = site.function
    if inspect.isasyncgenfunction(function) or inspect.isasyncgenfunction(_arguments.call_of(function)):

        async def begun(*args: Any, **kwargs: Any) -> Any:
            progress = try_fast_path(site, args, kwargs, True)
            if progress is not None:
                await enter_async(site, progress, args, kwargs)
            return function(*args, **kwargs)

        return _dress(streaming(begun), function)

    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(_arguments.call_of(function)):

        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            progress = try_fast_path(site, args, kwargs, True)
            if progress is not None:
                await enter_async(site, progress, args, kwargs)
            return await function(*args, **kwargs)

        return _dress(coroutine, function)

    begins_later = _begins_later(function)

    def call(*args: Any, **kwargs: Any) -> Any:
        progress = try_fast_path(site, args, kwargs)
        if progress is None:
            return function(*args, **kwargs)
        progress = enter(site, progress, args, kwargs)
        result = function(*args, **kwargs)
        if progress is None or type(result) not in _LATER:
            return result
        pending = pending_call(site, progress, args, kwargs)
        # A body that has been may have changed them itself, and cannot be refused any more.
        return _recheck_at_begin(result, pending) if begins_later or pending.is_unchanged() else result

    return _dress(call, function)


def _begins_later(function: Any) -> bool:
    """Whether the body is one that its call does not run. Any other function may hand on one that is."""
    return any(
        kind(one)
        for one in _arguments.inside(function)
        for kind in (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    )


def _dress(wrapper: Any, function: Any) -> Any:
    _arguments.wrapper_codes.add(wrapper.__code__)
    if hasattr(function, "__name__"):
        return functools.wraps(function)(wrapper)
    # A callable without a name of its own keeps its class's.
    inner = function.func if isinstance(function, functools.partial) else type(function)
    functools.update_wrapper(wrapper, inner)
    wrapper.__wrapped__ = function
    return wrapper


#: Types of what has a body that has not begun.
_LATER = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType, *GENERATOR_CONTEXT_MANAGERS)


def _recheck_at_begin(result: Any, pending: PendingCall) -> Any:
    """What a call gave whose body has not begun: its arguments are read again when it does."""
    kind = type(result)
    if kind in GENERATOR_CONTEXT_MANAGERS:
        return _context_manager(result, pending)
    if kind is types.GeneratorType:
        is_awaitable = result.gi_code.co_flags & inspect.CO_ITERABLE_COROUTINE
        return _awaitable(result, pending) if is_awaitable else _generator(result, pending)
    if kind is types.CoroutineType:
        return _coroutine(result, pending)
    return _stream(result, pending)


def _context_manager(result: Any, pending: PendingCall) -> Any:
    """Its body begins at ``with``, and anew whenever it decorates a function that is called."""
    begun = _generator if type(result) is GENERATOR_CONTEXT_MANAGERS[0] else _stream
    again, managed = result.func, copy.copy(result)
    managed.gen = begun(result.gen, pending)
    managed.func = lambda *args, **kwargs: begun(again(*args, **kwargs), pending)
    return managed


def _generator(inner: Any, pending: PendingCall) -> Generator[Any, Any, Any]:
    pending.begin()
    return (yield from inner)


def _stream(inner: Any, pending: PendingCall) -> Any:
    async def begun() -> Any:
        pending.begin()
        return inner

    return streaming(begun)()


@types.coroutine
def _awaitable(inner: Any, pending: PendingCall) -> Generator[Any, Any, Any]:
    pending.begin()
    return (yield from inner)


async def _coroutine(inner: Any, pending: PendingCall) -> Any:
    try:
        pending.begin()
    except BaseException:
        inner.close()
        raise
    return await inner
