"""What a host knows about a call: its context and correlation id, and the blocks in which they hold."""

from __future__ import annotations

import contextlib
import contextvars
from dataclasses import dataclass
from typing import Any, Generator, Optional, TypeVar

from ._request_refusals import UsingBlock, request_refusals, using_block
from ._words import class_with_article

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

T = TypeVar("T")

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
    """Every call inside of the block has this context, across ``await`` too.

    Raises TypeError for a correlation id that is not text, since no event could name it.
    """
    tied_to = correlation.get() if correlation_id is None else _text(correlation_id)
    refusals, begun = request_refusals.get(), UsingBlock()
    if refusals is not None:
        refusals.begin(begun)
    try:
        with set_context(begun, ctx, tied_to):
            yield
    finally:
        if refusals is not None:
            refusals.end(begun)


@contextlib.contextmanager
def set_context(begun: Optional[UsingBlock], ctx: Any, tied_to: Optional[str]) -> Generator[None, None, None]:
    """Everything inside of the block has this context and correlation id, and belongs to this block of :func:`using`."""
    tokens = (using_block.set(begun), context.set(ctx), correlation.set(tied_to or correlation.get()))
    try:
        yield
    finally:
        reset(using_block, tokens[0])
        reset(context, tokens[1])
        reset(correlation, tokens[2])


def reset(variable: contextvars.ContextVar[T], token: contextvars.Token[T]) -> None:
    """Ends a block. What steps in several threads may end it where it has not begun, and nothing is to be reset: what is
    raised there is the matter."""
    with contextlib.suppress(ValueError):
        variable.reset(token)


def _text(correlation_id: Any) -> str:
    if not isinstance(correlation_id, str):
        given = class_with_article(type(correlation_id))
        raise TypeError(f"a correlation id must be text, but this is {given}; make it one with `str`")
    # A class of its own could do anything when it is written.
    exact = str.__str__(correlation_id)
    try:
        exact.encode()
    except UnicodeEncodeError:
        raise TypeError("a correlation id must be text, and half of a surrogate pair is not text") from None
    return exact


def accepted_id(*given: Any) -> Optional[str]:
    """The first of several that can be a correlation id, where strangers choose them: a short line. ``None`` if none can."""
    return next((one for one in given if type(one) is str and 0 < len(one) <= 128 and one.isprintable()), None)


def current_context() -> Any:
    """The context of the innermost :func:`using`."""
    return context.get()


def or_current(ctx: Any) -> Any:
    return context.get() if ctx is None else ctx
