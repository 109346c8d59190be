"""What a host knows about a call."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
from dataclasses import dataclass
from typing import Any, Callable, Generator, Optional, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

context: contextvars.ContextVar[Any] = contextvars.ContextVar("actra_context", default=None)
correlation: contextvars.ContextVar[Optional[str]] = contextvars.ContextVar("actra_correlation", default=None)


@dataclass
class ActraContext:
    """What a host knows about a call: a user, a request, and anything else."""

    user: Any = None
    metadata: Any = None
    request: Any = None


@contextlib.contextmanager
def using(ctx: Any, *, correlation_id: Optional[str] = None) -> Generator[None, None, None]:
    """Every call inside of the block has this context, across ``await`` too."""
    tokens = (context.set(ctx), correlation.set(correlation_id or correlation.get()))
    try:
        yield
    finally:
        context.reset(tokens[0])
        correlation.reset(tokens[1])


def propagate(function: F) -> F:
    """The same function with the context of here, for a thread or an executor: they start without one.

    >>> pool.map(actra.propagate(refund), orders)                                      # doctest: +SKIP
    """
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        # Its body begins when somebody asks for its first value, in whichever context they are.
        raise TypeError(
            "`propagate` is for functions and coroutine functions: the steps of a generator have the context of who asks for "
            "them, so enter `using` around the loop, inside of the thread"
        )
    ctx, tied_to = context.get(), correlation.get()
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def later(*args: Any, **kwargs: Any) -> Any:
            with using(ctx, correlation_id=tied_to):
                return await function(*args, **kwargs)

        return cast(F, later)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with using(ctx, correlation_id=tied_to):
            return function(*args, **kwargs)

    return cast(F, call)


def current_context() -> Any:
    """The context of the innermost :func:`using`."""
    return context.get()


def or_current(ctx: Any) -> Any:
    return context.get() if ctx is None else ctx
