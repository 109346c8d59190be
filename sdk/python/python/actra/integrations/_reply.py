"""What goes out for a request: the answer of the application, or a refusal in its place."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from starlette.responses import JSONResponse
from starlette.types import Message, Send

from .._raised import Raised
from ..errors import ActraApprovalRequired, ActraPolicyError

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: Bytes of an answer that waits, and what each of its messages counts beside its own.
_MOST = 1 << 20
_EACH = 256


class Undecided(Exception):
    """No request could be made of what came in, or the policy could not be asked about it."""


class Reply:
    """The answer of an application, of which nothing goes out while a refusal may still take its place.

    Its head waits for the first piece of its body: a generator that is refused is refused at its first step. What says
    that something failed waits for the end of the application, which may raise what failed only then, as a mounted one
    does; and so does an empty end that nobody announced, since it may be that of a generator in another task.

    Once something was refused, everything waits for as long as the refusal lives: who stands between may have made an
    answer of what there was, and raise the refusal when that is sent.
    """

    def __init__(self, send: Send, raised: Raised) -> None:
        self._send = send
        self._raised = raised
        self._held: List[Message] = []
        self._end: List[Message] = []
        self._size = 0
        #: Nothing else can be the answer any more.
        self.has_begun = False
        #: The answer, since more followed upon it than can wait.
        self.refused: Optional[ActraPolicyError] = None

    async def send(self, message: Message) -> None:
        if self.refused is not None:
            raise self.refused
        if self._ends_late(message) if self.has_begun else self._waits(message):
            return
        await self.go()
        # Hints, for instance, come before an answer and are none.
        self.has_begun = self.has_begun or not message["type"].startswith("http.response.")
        await self._send(message)

    def _waits(self, message: Message) -> bool:
        """Whether a message was kept, or says nothing."""
        kind: str = message["type"]
        piece = message.get("body", b"")
        if not self._held:
            if kind == "http.response.start":
                self._held.append(message)
            return kind == "http.response.start"
        is_body = kind == "http.response.body"
        if is_body and not piece and message.get("more_body"):
            return True
        refused = self._raised.living()
        if refused is None and not (is_body and self._may_fail(message)):
            return False
        self._size += len(piece) + _EACH
        if self._size <= _MOST:
            self._held.append(message)
            return True
        if refused is not None:
            self._held.clear()
            self.refused = refused
            raise refused
        return False

    def _may_fail(self, message: Message) -> bool:
        return self._fails or _is_unannounced(self._held[0], message)

    def _ends_late(self, message: Message) -> bool:
        """Whether the end of an answer was kept, which is cut off if a refusal still comes."""
        is_end = message["type"] == "http.response.body" and not message.get("more_body")
        if not is_end or self._raised.living() is None:
            return False
        self._end.append(message)
        return True

    async def go(self) -> None:
        """Sends what waits."""
        waiting = [*self._held, *self._end]
        self.has_begun = self.has_begun or bool(waiting)
        self._held, self._end = [], []
        for message in waiting:
            await self._send(message)

    async def failed(self) -> None:
        """Sends what the application itself says of an error. What waits besides is no answer."""
        if self._fails and len(self._held) > 1:
            await self.go()

    @property
    def _fails(self) -> bool:
        return bool(self._held) and self._held[0]["status"] >= 500


def _is_unannounced(head: Message, message: Message) -> bool:
    if message.get("body") or message.get("more_body") or head["status"] in (204, 304):
        return False
    return all(bytes(name).lower() != b"content-length" for name, _ in head.get("headers", ()))


def refusal(error: BaseException) -> Optional[Exception]:
    """The refusal that an error is, or the strictest of those that are all that a group of errors holds."""
    found: List[Exception] = []
    left = [error]
    while left:
        one = left.pop()
        inner = getattr(one, "exceptions", None) if _is_group(one) else None
        if inner:
            left.extend(reversed(inner))
        elif isinstance(one, (ActraPolicyError, Undecided)):
            found.append(one)
        else:
            return None
    # A grant for one of them does not help the others.
    return min(found, key=lambda one: isinstance(one, ActraApprovalRequired))


def _is_group(error: BaseException) -> bool:
    # Before Python 3.11 groups are those of a package of that name.
    return any(kind.__name__ == "BaseExceptionGroup" for kind in type(error).__mro__)


def answer(error: ActraPolicyError, link: Optional[str] = None) -> JSONResponse:
    """403 with ``application/problem+json`` (RFC 9457), see :meth:`ActraPolicyError.to_problem`.

    Never 2xx: what needs approval was not accepted either. ``link`` is where the approval can be seen.
    """
    said = error.to_problem()
    approval = said.get("approval")
    if link is not None and isinstance(approval, dict):
        approval["link"] = link
    return _problem(said)


def undecided() -> JSONResponse:
    """The same where nobody decided."""
    return _problem(
        {
            "type": "urn:actra:refused:not_decided",
            "title": "not decided",
            "status": 403,
            "detail": "no decision could be made about this request",
        }
    )


def _problem(said: Dict[str, Any]) -> JSONResponse:
    headers = {"cache-control": "no-store"}
    return JSONResponse(said, 403, headers, media_type="application/problem+json")
