"""A function that runs only if it may."""

from __future__ import annotations

import copy
import functools
import inspect
import types
from typing import Any, Generator

from . import _arguments
from ._contents import MANAGED
from ._enter import Entered, enter, enter_async, entered, try_fast_path
from ._site import Site
from ._stream import streaming

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def wrapper(site: Site) -> Any:
    """The function of a site, with everything that it tells of itself."""
    function: Any = site.function
    if inspect.isasyncgenfunction(function) or inspect.isasyncgenfunction(_arguments.call_of(function)):

        async def begun(*args: Any, **kwargs: Any) -> Any:
            passed = try_fast_path(site, args, kwargs, True)
            if passed is not None:
                await enter_async(site, passed, args, kwargs)
            return function(*args, **kwargs)

        return _dressed(streaming(begun), function)

    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(_arguments.call_of(function)):

        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            passed = try_fast_path(site, args, kwargs, True)
            if passed is not None:
                await enter_async(site, passed, args, kwargs)
            return await function(*args, **kwargs)

        return _dressed(coroutine, function)

    begins_later = _begins_later(function)

    def call(*args: Any, **kwargs: Any) -> Any:
        passed = try_fast_path(site, args, kwargs)
        if passed is None:
            return function(*args, **kwargs)
        passed = enter(site, passed, args, kwargs)
        result = function(*args, **kwargs)
        if passed is None or type(result) not in _LATER:
            return result
        later = entered(site, passed, args, kwargs)
        # A body that has been may have changed them itself, and cannot be refused any more.
        return _begun_later(result, later) if begins_later or later.is_unchanged() else result

    return _dressed(call, function)


def _begins_later(function: Any) -> bool:
    """Whether the body is one that its call does not run. Any other function may hand on one that is."""
    return any(
        kind(one)
        for one in _arguments.inside(function)
        for kind in (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    )


def _dressed(wrapper: Any, function: Any) -> Any:
    _arguments.handing_on.add(wrapper.__code__)
    if hasattr(function, "__name__"):
        return functools.wraps(function)(wrapper)
    # A callable without a name of its own keeps its class's.
    inner = function.func if isinstance(function, functools.partial) else type(function)
    functools.update_wrapper(wrapper, inner)
    wrapper.__wrapped__ = function
    return wrapper


#: Types of what has a body that has not begun.
_LATER = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType, *MANAGED)


def _begun_later(result: Any, entered: Entered) -> Any:
    """What a call gave whose body has not begun: its arguments are read again when it does."""
    kind = type(result)
    if kind in MANAGED:
        return _managed(result, entered)
    if kind is types.GeneratorType:
        is_awaitable = result.gi_code.co_flags & inspect.CO_ITERABLE_COROUTINE
        return _awaitable(result, entered) if is_awaitable else _generator(result, entered)
    if kind is types.CoroutineType:
        return _coroutine(result, entered)
    return _stream(result, entered)


def _managed(result: Any, entered: Entered) -> Any:
    """Its body begins at ``with``, and anew whenever it decorates a function that is called."""
    begun, again, managed = _generator if type(result) is MANAGED[0] else _stream, result.func, copy.copy(result)
    managed.gen = begun(result.gen, entered)
    managed.func = lambda *args, **kwargs: begun(again(*args, **kwargs), entered)
    return managed


def _generator(inner: Any, entered: Entered) -> Generator[Any, Any, Any]:
    entered.begin()
    return (yield from inner)


def _stream(inner: Any, entered: Entered) -> Any:
    async def begun() -> Any:
        entered.begin()
        return inner

    return streaming(begun)()


@types.coroutine
def _awaitable(inner: Any, entered: Entered) -> Generator[Any, Any, Any]:
    entered.begin()
    return (yield from inner)


async def _coroutine(inner: Any, entered: Entered) -> Any:
    try:
        entered.begin()
    except BaseException:
        inner.close()
        raise
    return await inner
