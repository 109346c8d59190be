"""Resolvers: whether they are async, and whether what they give is a record."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping as MappingType
from typing import Any, Callable, List, Mapping, Tuple, Union

from ._words import class_with_article

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

Resolver = Callable[[Any], Any]
#: One function for a record, or one for each of its fields.
Resolvers = Union[Resolver, Mapping[str, Resolver]]
Failures = List[Tuple[str, str]]


#: What counts as a failure of a function that is called at once. Cancelling and closing are among them: while such a
#: function runs nobody can send those, so it has raised them itself.
FAILURES = (Exception, asyncio.CancelledError, GeneratorExit)
#: Stands for a field that cannot be had: no field of any type holds it.
UNRESOLVED = float("nan")


def is_async(function: Any) -> bool:
    """Whether a resolver, or one for some field, has to be awaited."""
    if isinstance(function, MappingType):
        return any(is_async(one) for one in function.values())
    call = getattr(function, "__call__", None)  # noqa: B004
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


class TooLate(asyncio.TimeoutError):
    """A function of the host's took too long. One may raise an error of the base itself, at once."""


def is_awaitable(value: Any) -> bool:
    """Whether somebody has to wait for it; at once for what resolvers and observers usually give."""
    if value is None or type(value) is dict:
        return False
    try:
        return inspect.isawaitable(value)
    except Exception:
        # Whatever an object does when it is asked what it is: what it says of that may hold values.
        return False


def at_hand(value: Any, what: str) -> Any:
    """A value that nobody has to wait for."""
    return refuse_awaitable(
        value,
        f"an async {what} cannot be asked from a synchronous call; make the function `async` and put `admit` next to it, "
        f"or make the {what} a plain one",
    )


def refuse_awaitable(value: Any, why: str) -> Any:
    """The value, unless somebody would have to wait for it: it is closed then, and the error says why."""
    if is_awaitable(value):
        close = getattr(value, "close", None)
        if close is not None:
            close()
        raise TypeError(why)
    return value


def check_record(record: Any) -> Any:
    """What a resolver gave, if it can be a record; a TypeError if not."""
    at_hand(record, "resolver")
    if record is None or issubclass(type(record), (str, bytes, int, float, list, tuple)):
        raise TypeError(f"a resolver must return a dictionary, but this one returned {class_with_article(type(record))}")
    return record
