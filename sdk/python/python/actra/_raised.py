"""Which refusals were raised for a request, and may still be its answer."""

from __future__ import annotations

import contextvars
import weakref
from typing import Callable, Dict, Optional

from .errors import ActraPolicyError

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


class Block:
    """A block of :func:`actra.using`, by which all that it begins is known, its tasks and threads too."""

    __slots__ = ()


#: The innermost block.
block: contextvars.ContextVar[Optional[Block]] = contextvars.ContextVar("actra_block", default=None)


class Raised:
    """The refusals of one request, wherever in it they are raised: its tasks and threads share this.

    Who catches a refusal for good lets go of it. One that still lives may be on its way, or be kept by somebody who
    raises it later.

    A request has the context of the outermost block of :func:`actra.using` in it. What it began may live longer and
    work for others, in blocks of their own: what is refused there is none of its refusals.
    """

    def __init__(self) -> None:
        #: INVARIANT (living): by identity; one is taken out before another can have its number.
        self._errors: Dict[int, weakref.ref[ActraPolicyError]] = {}
        #: The block around the request, and that of its context.
        self._around = block.get()
        self._block: Optional[Block] = None
        self._is_over = False
        #: One came since this was last unset.
        self.has_more = False
        #: Called when the last is let go of, in whatever thread that is.
        self.let_go: Optional[Callable[[], None]] = None

    def begin(self, begun: Block, around: Optional[Block]) -> None:
        """Takes the context of a block that nothing of the request is around."""
        if around is self._around:
            self._block, self._is_over = begun, False

    def end(self, begun: Block) -> None:
        """The same at its end."""
        if begun is self._block:
            self.over()

    def over(self) -> None:
        """Nothing can be its answer any more that comes from now on."""
        self._is_over = True

    def add(self, error: ActraPolicyError) -> None:
        """Takes a refusal that was decided here, if the request is at work and this is its context."""
        if self._is_over or (self._block is not None and block.get() is not self._block):
            return
        at = id(error)

        def gone(one: weakref.ref[ActraPolicyError]) -> None:
            self._forget(at, one)

        self._errors[at] = weakref.ref(error, gone)
        self.has_more = True

    def _forget(self, at: int, one: weakref.ref[ActraPolicyError]) -> None:
        if self._errors.get(at) is one:
            self._errors.pop(at, None)
        tell = self.let_go
        if tell is not None and not self._errors:
            tell()

    def holds(self, error: BaseException) -> bool:
        """Whether it is one of these."""
        one = self._errors.get(id(error))
        return one is not None and one() is error

    def living(self) -> Optional[ActraPolicyError]:
        """One that may still be the answer."""
        while True:
            try:
                at, one = next(iter(self._errors.items()), (None, None))
            except RuntimeError:
                # Another thread has added one.
                continue
            if at is None or one is None:
                return None
            error = one()
            if error is not None:
                return error
            # It is about to be taken out.
            if self._errors.get(at) is one:
                self._errors.pop(at, None)


#: Of the request at work, if somebody answers it.
raised: contextvars.ContextVar[Optional[Raised]] = contextvars.ContextVar("actra_raised", default=None)
