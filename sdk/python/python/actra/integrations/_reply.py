"""What goes out for a request: the answer of the application, or a refusal in its place."""

from __future__ import annotations

import asyncio
import contextvars
import gc
from typing import Any, Dict, List, Optional, Tuple

import anyio
from starlette.responses import JSONResponse
from starlette.types import Message, Send

from .._raised import Raised
from ..errors import ActraApprovalRequired, ActraPolicyError

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: Bytes of an answer that waits, and what each of its messages counts beside its own.
_MOST = 1 << 20
_EACH = 256

#: How long a loop and its threads are given to let go of a refusal that somebody caught, in seconds.
_PAUSES = (0, 0, 0.001, 0.001)

#: The same before the refusal becomes the answer, since too much waits.
_LAST = (0.01, 0.05)


_BODY = "http.response.body"


class Undecided(Exception):
    """No request could be made of what came in, or the policy could not be asked about it."""


class Reply:
    """The answer of an application, of which nothing goes out while a refusal may still take its place.

    Its head waits for the first piece of its body: a generator that is refused is refused at its first step. What says
    that something failed waits for the end of the application, which may raise what failed only then, as a mounted one
    does; and so does an empty end that nobody announced, since it may be that of a generator in another task.

    Once something was refused, everything waits for as long as the refusal lives: who stands between may have made an
    answer of what there was, and raise the refusal when that is sent. What waits goes out when it is let go of.
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
        #: Of one message after the other.
        self._turn = anyio.Lock()
        self._going: Optional[asyncio.Task[None]] = None
        self._failed: Optional[Exception] = None
        self._is_over = False
        #: Of another kind than that of asyncio if it is ``None``: what waits goes out with the next message.
        self._loop = _loop()
        if self._loop is not None:
            self._goes_by_itself(self._loop)

    async def send(self, message: Message) -> None:
        try:
            self._turn.acquire_nowait()
        except anyio.WouldBlock:
            await self._turn.acquire()
        try:
            await self._take(message)
        finally:
            self._turn.release()

    async def _take(self, message: Message) -> None:
        if self.refused is not None:
            raise self.refused
        pauses = self._pauses(message)
        if pauses:
            await self._settle(pauses)
        if self._ends_late(message) if self.has_begun else self._waits(message):
            return
        await self.go()
        # Hints, for instance, come before an answer and are none.
        self.has_begun = self.has_begun or not message["type"].startswith("http.response.")
        await self._send(message)

    def _pauses(self, message: Message) -> Tuple[Tuple[float, ...], ...]:
        """Some, if a message waits for refusals that nobody has looked at yet, and more if it is the last that can."""
        if self._held and self._size + _size(message) > _MOST:
            return (_PAUSES, _LAST)
        waits = self._held or (self.has_begun and _is_end(message))
        return (_PAUSES,) if waits and self._raised.has_more else ()

    async def _settle(self, many: Tuple[Tuple[float, ...], ...]) -> None:
        """Gives those time that still have a caught refusal and let go of it: a loop, a thread, a cycle."""
        self._raised.has_more = False
        for generation, pauses in enumerate(many):
            for pause in pauses:
                if self._raised.living() is None:
                    return
                await anyio.sleep(pause)
            self._collect(generation)
        if self._loop is not None:
            # What is handled just now may be a cycle when that is done. What is collected too early grows old.
            self._loop.call_later(_LAST[0], self._collect, 1)

    def _collect(self, generation: int) -> None:
        # Young ones only: whoever can be refused could keep a server busy with all.
        if not self._is_over and self._raised.living() is not None:
            gc.collect(generation)

    def _goes_by_itself(self, loop: asyncio.AbstractEventLoop) -> None:
        """Has the loop send what waits as soon as no refusal lives."""
        # Whoever lets go may be at work for another request.
        context = contextvars.copy_context()

        def begin() -> None:
            if self._going is None and self._may_go():
                self._going = loop.create_task(self._go_on())

        def let_go() -> None:
            try:
                loop.call_soon_threadsafe(begin, context=context)
            except RuntimeError:
                # The loop is closed, and the request over.
                pass

        self._raised.let_go = let_go

    async def _go_on(self) -> None:
        try:
            async with self._turn:
                if self._may_go():
                    await self.go()
        except Exception as error:
            self._failed = error
        finally:
            self._going = None

    def _may_go(self) -> bool:
        if self._is_over or self._raised.living() is not None:
            return False
        return bool(self._end) or (len(self._held) > 1 and not self._may_fail(self._held[1]))

    async def over(self) -> None:
        """Nothing goes out by itself any more, once what is on its way has gone."""
        self._is_over, self._raised.let_go = True, None
        if self._going is not None:
            await self._going

    def stop(self) -> None:
        """The same at once."""
        self._is_over, self._raised.let_go = True, None
        if self._going is not None:
            self._going.cancel()

    def _waits(self, message: Message) -> bool:
        """Whether a message was kept, or says nothing."""
        kind: str = message["type"]
        if not self._held:
            if kind == "http.response.start":
                self._held.append(message)
            return kind == "http.response.start"
        if kind == _BODY and not message.get("body") and message.get("more_body"):
            return True
        refused = self._raised.living()
        if refused is None and not self._may_fail(message):
            return False
        self._size += _size(message)
        if self._size <= _MOST:
            self._held.append(message)
            return True
        if refused is not None:
            self._held.clear()
            self.refused = refused
            raise refused
        return False

    def _may_fail(self, message: Message) -> bool:
        return message["type"] == _BODY and (self._fails or _is_unannounced(self._held[0], message))

    def _ends_late(self, message: Message) -> bool:
        """Whether the end of an answer was kept, which is cut off if a refusal still comes."""
        if not _is_end(message) or self._raised.living() is None:
            return False
        self._end.append(message)
        return True

    async def go(self) -> None:
        """Sends what waits."""
        if self._failed is not None:
            raise self._failed
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


def _loop() -> Optional[asyncio.AbstractEventLoop]:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _is_end(message: Message) -> bool:
    return message["type"] == _BODY and not message.get("more_body")


def _size(message: Message) -> int:
    return len(message.get("body", b"")) + _EACH


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
