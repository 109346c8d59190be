"""Which refusals were raised for a request, and may still be its answer."""

from __future__ import annotations

import contextvars
import threading
import weakref
from typing import Callable, Dict, List, Optional

from .errors import ActraPolicyError

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


class UsingBlock:
    """A block of :func:`actra.using`, by which all that it begins is known, its tasks and threads too."""

    __slots__ = ("_outermost",)

    def __init__(self) -> None:
        around = using_block.get()
        # Not all of them: a task that begins its successor in a block would keep those of all before it.
        self._outermost: Optional[UsingBlock] = None if around is None else around.outermost

    @property
    def outermost(self) -> UsingBlock:
        """The block of the request that this one is in.

        In no request, it is the first of the blocks around this one, or itself if there are none.
        """
        return self if self._outermost is None else self._outermost

    def start_request(self) -> None:
        """Those around it do not count any more."""
        self._outermost = None


#: The innermost block of :func:`actra.using` around what runs now.
using_block: contextvars.ContextVar[Optional[UsingBlock]] = contextvars.ContextVar("actra_using_block", default=None)


class RequestRefusals:
    """The refusals of one request, wherever in it they are raised: its tasks and threads share this.

    Who catches a refusal for good lets go of it. One that still lives may be on its way, or be kept by somebody who
    raises it later.

    A request has the context of a block of :func:`actra.using`, and what is in it may have blocks of its own: a
    dependency that says who acts, for instance. What was begun before that block, or carried from elsewhere, may live
    longer and work for others: what is refused there is none of its refusals.
    """

    def __init__(self) -> None:
        #: INVARIANT (living): by identity; one is taken out before another can have its number.
        self._errors: Dict[int, weakref.ref[ActraPolicyError]] = {}
        #: The block of its context.
        self._block: Optional[UsingBlock] = None
        #: The thread in which that block begins next.
        self._begins_in: Optional[int] = None
        self._is_over = False
        #: Whether a refusal came since this was last unset.
        self.has_more = False
        #: Called when the last is let go of, in whatever thread that is.
        self.on_released: Optional[Callable[[], None]] = None

    def expect_block(self) -> None:
        """The next block is that of its context. There must be nothing to wait for in between."""
        self._begins_in = threading.get_ident()

    def begin(self, begun: UsingBlock) -> None:
        """Takes a block, if it is that of its context: whatever else there is may begin others."""
        if self._begins_in == threading.get_ident():
            self._block, self._begins_in = begun, None
            begun.start_request()

    def end(self, begun: UsingBlock) -> None:
        """Is told that a block ended. If it is that of its context, the request is over."""
        if begun is self._block:
            self.close()

    def close(self) -> None:
        """Nothing can be its answer any more that comes from now on."""
        self._is_over = True

    def add(self, error: ActraPolicyError) -> None:
        """Takes a refusal that was decided here, if the request is at work and this is in its context."""
        if self._is_over or not self._is_here():
            return
        at = id(error)

        def gone(one: weakref.ref[ActraPolicyError]) -> None:
            self._forget(at, one)

        self._errors[at] = weakref.ref(error, gone)
        self.has_more = True

    def _is_here(self) -> bool:
        here = using_block.get()
        return self._block is None or (here is not None and here.outermost is self._block)

    def _forget(self, at: int, one: weakref.ref[ActraPolicyError]) -> None:
        if self._errors.get(at) is one:
            self._errors.pop(at, None)
        tell = self.on_released
        if tell is not None and not self._errors:
            tell()

    def holds(self, error: BaseException) -> bool:
        """Whether an error is one of the refusals of this request."""
        one = self._errors.get(id(error))
        return one is not None and one() is error

    def for_each(self, do: Callable[[ActraPolicyError], None]) -> None:
        """Does something with each that may still be the answer, and keeps none of them."""
        for one in self._all():
            error = one()
            if error is not None:
                do(error)
            del error

    def _all(self) -> List[weakref.ref[ActraPolicyError]]:
        while True:
            try:
                return list(self._errors.values())
            except RuntimeError:
                # Another thread has added one.
                continue

    def living_refusal(self) -> Optional[ActraPolicyError]:
        """A refusal that still lives and may be the answer to the request, if there is one."""
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
request_refusals: contextvars.ContextVar[Optional[RequestRefusals]] = contextvars.ContextVar(
    "actra_request_refusals", default=None
)
