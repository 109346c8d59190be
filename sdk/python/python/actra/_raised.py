"""Which refusals were raised for a request, and may still be its answer."""

from __future__ import annotations

import contextvars
import threading
import weakref
from typing import Any, Callable, List, Optional

from .errors import ActraPolicyError

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


class Raised:
    """The refusals of one request, wherever in it they are raised: its tasks and threads share this.

    Who catches a refusal for good lets go of it. One that still lives may be on its way, or be kept by somebody who
    raises it later.
    """

    def __init__(self) -> None:
        self._errors: List[weakref.ref[ActraPolicyError]] = []
        # What dies meanwhile may run anything, in this thread too.
        self._adding = threading.RLock()
        #: One came since this was last unset.
        self.has_more = False
        #: Called when one is let go of, in whatever thread that is.
        self.let_go: Optional[Callable[[], None]] = None

    def add(self, error: ActraPolicyError) -> None:
        one = weakref.ref(error, self._is_gone)
        with self._adding:
            self._errors = [*(other for other in self._errors if other() is not None), one]
        self.has_more = True

    def _is_gone(self, _: Any) -> None:
        tell = self.let_go
        if tell is not None:
            tell()

    def living(self) -> Optional[ActraPolicyError]:
        """One that may still be the answer."""
        for one in self._errors:
            error = one()
            if error is not None:
                return error
        return None


#: Of the request at work, if somebody answers it.
raised: contextvars.ContextVar[Optional[Raised]] = contextvars.ContextVar("actra_raised", default=None)
