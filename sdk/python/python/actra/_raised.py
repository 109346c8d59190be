"""Which refusals were raised for a request, and may still be its answer."""

from __future__ import annotations

import contextvars
import weakref
from typing import List, Optional

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

    def add(self, error: ActraPolicyError) -> None:
        self._errors = [*(one for one in self._errors if one() is not None), weakref.ref(error)]

    def living(self) -> Optional[ActraPolicyError]:
        """One that may still be the answer."""
        for one in self._errors:
            error = one()
            if error is not None:
                return error
        return None


#: Of the request at work, if somebody answers it.
raised: contextvars.ContextVar[Optional[Raised]] = contextvars.ContextVar("actra_raised", default=None)
