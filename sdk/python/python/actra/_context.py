"""What a host knows about a call."""

from __future__ import annotations

import contextlib
import contextvars
from dataclasses import dataclass
from typing import Any, Generator, Optional

_context: contextvars.ContextVar[Any] = contextvars.ContextVar("actra_context", default=None)
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
    tokens = (_context.set(ctx), correlation.set(correlation_id or correlation.get()))
    try:
        yield
    finally:
        _context.reset(tokens[0])
        correlation.reset(tokens[1])


def current_context() -> Any:
    """The context of the innermost :func:`using`."""
    return _context.get()


def or_current(ctx: Any) -> Any:
    return _context.get() if ctx is None else ctx
