"""What goes out for a request: the answer of the application, or a refusal in its place."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import sys
import time
import types
from typing import Any, Callable, Dict, List, Optional, Set

import anyio
from starlette.responses import JSONResponse
from starlette.types import Message, Send

from .._request_refusals import RequestRefusals
from ..errors import ActraApprovalRequired, ActraPolicyError

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: Bytes of an answer that waits, and what each of its messages counts beside its own.
_MOST = 1 << 20
_EACH = 256

#: How long a loop and its threads are given to let go of a refusal that somebody caught, in seconds.
_PAUSES = (0, 0, 0.001, 0.001)

#: When what waits is first looked at again, in seconds; each time after that comes twice as late. How many times are
#: enough for an answer to begin, and from which on all garbage is collected: about 0.6 s and 0.07 s.
_AGAIN = 0.01
_ENOUGH = 6
_OLD = 2

#: The longest time between two such looks, and for which not all garbage is collected, in seconds.
_SELDOM = 1.0
_RARELY = 2.0

#: Members of a collection that are looked at.
_FEW = 100

#: Of frames of these packages nobody misses anything: they wait for what another task or thread does.
_WAITING = ("asyncio", "concurrent", "anyio")

_BODY = "http.response.body"
#: The type of a message that sends a whole file.
_PATH = "http.response.pathsend"


class Undecided(Exception):
    """No request could be made of what came in, or the policy could not be asked about it."""


class Reply:
    """The answer of an application, of which nothing goes out while a refusal may still take its place.

    Its head waits for the first piece of its body: a generator that is refused is refused at its first step.

    Once something was refused, everything waits for as long as the refusal lives: who stands between may have made an
    answer of what there was, and raise the refusal when that is sent. So does an application that is mounted in
    another one, of its page for errors. What waits goes out when the refusal is let go of, and all but its end once
    that has taken long, or there is much of it: a refusal may be kept by somebody who never raises it.

    INVARIANT (no complete answer): the end waits for as long as a refusal lives and the application is at work.
    """

    def __init__(self, send: Send, refusals: RequestRefusals) -> None:
        self._send = send
        self._refusals = refusals
        #: The head and pieces that wait, before anything has gone out.
        self._held: List[Message] = []
        #: The last piece, and whatever came after it.
        self._end: List[Message] = []
        self._size = 0
        #: Bytes of the body that are yet to come, if the head announces them.
        self._left: Optional[int] = None
        #: Nothing else can be the answer any more.
        self.has_begun = False
        #: Of one message after the other.
        self._turn = anyio.Lock()
        self._going: Optional[asyncio.Task[None]] = None
        self._failed: Optional[Exception] = None
        self._is_over = False
        #: Of another kind than that of asyncio if it is ``None``: what waits goes out with the next message.
        self._loop = _loop()
        self._begin: Callable[[], None] = _nothing
        self._timer: Optional[asyncio.TimerHandle] = None
        self._looks = 0
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
        is_last = self._is_last(message)
        if self._held or (self.has_begun and is_last):
            if self._refusals.has_more:
                await self._settle()
        elif not self.has_begun and message["type"] == "http.response.start":
            self._held.append(_copy(message))
            self._left = _announced(message)
            self._look_at_what_is_handled()
            return
        if self._held and _says_nothing(message):
            return
        if self._waits(is_last):
            self._keep(_copy(message), is_last)
            if self._is_enough():
                await self._go(self._pieces())
            self._look_again()
            return
        await self.go()
        # Hints, for instance, come before an answer and are none.
        self.has_begun = self.has_begun or not message["type"].startswith("http.response.")
        await self._send(message)

    def _look_at_what_is_handled(self) -> None:
        """An answer may be that of a handler, to a refusal that came of a thread without the context of the request."""
        handled = sys.exc_info()[1]
        refused = None if handled is None else refusal(handled)
        if isinstance(refused, ActraPolicyError) and self._refusals.living() is None:
            self._refusals.add(refused)

    def _is_last(self, message: Message) -> bool:
        """Whether an answer is complete with a message, for whoever reads it."""
        if message["type"] == _PATH:
            return True
        if message["type"] != _BODY:
            return False
        if self._left is None:
            return not message.get("more_body")
        self._left -= len(message.get("body", b""))
        return not message.get("more_body") or self._left <= 0

    def _waits(self, is_last: bool) -> bool:
        waits = self._held or is_last or self._end
        # What follows upon an end without end is wrong, and for the server to say so.
        return bool(waits) and (not self._end or self._size <= _MOST) and self._refusals.living() is not None

    def _keep(self, message: Message, is_last: bool) -> None:
        if is_last and not self._end:
            # It is there already, however large.
            self._end.append(message)
            return
        self._size += len(message.get("body", b"")) + _EACH
        (self._end or self._held).append(message)

    def _is_enough(self) -> bool:
        return len(self._held) > 1 and (self._size > _MOST or self._looks >= _ENOUGH)

    async def _settle(self) -> None:
        """Gives those time that still have a caught refusal and let go of it: a loop, a thread, a cycle."""
        self._refusals.has_more = False
        for pause in _PAUSES:
            if self._refusals.living() is None:
                return
            await anyio.sleep(pause)
        self._release(0)

    def _release(self, generation: int) -> None:
        """Lets go of refusals that nobody has but cycles of references."""
        self._refusals.each(_loosen)
        if self._refusals.living() is None:
            return
        if generation < 2:
            gc.collect(generation)
        else:
            garbage.collect()

    def _look_again(self) -> None:
        if self._loop is not None and self._timer is None and not self._is_over:
            self._timer = self._loop.call_later(min(_AGAIN * 2**self._looks, _SELDOM), self._look)

    def _look(self) -> None:
        """Lets go of what it can, again and again while something waits, but ever less often."""
        self._timer = None
        if self._is_over or not (self._end or len(self._held) > 1):
            return
        # What is handled just now may be a cycle when that is done.
        self._release(1 if self._looks < _OLD else 2)
        self._looks += 1
        self._begin()
        self._look_again()

    def _goes_by_itself(self, loop: asyncio.AbstractEventLoop) -> None:
        """Has the loop send what waits as soon as no refusal lives."""
        # Whoever lets go may be at work for another request.
        context = contextvars.copy_context()
        is_told = False

        def begin() -> None:
            nonlocal is_told
            is_told = False
            if self._going is None and not self._is_over and (self._is_enough() or self._may_go()):
                self._going = context.run(loop.create_task, self._go_on())

        def let_go() -> None:
            # Many may be let go of at once.
            nonlocal is_told
            if is_told:
                return
            is_told = True
            try:
                loop.call_soon_threadsafe(begin)
            except RuntimeError:
                # The loop is closed, and the request over.
                pass

        self._begin = begin
        self._refusals.let_go = let_go

    async def _go_on(self) -> None:
        try:
            async with self._turn:
                if self._may_go():
                    await self.go()
                elif not self._is_over and self._is_enough():
                    await self._go(self._pieces())
        except Exception as error:
            self._failed = error
        finally:
            self._going = None

    def _may_go(self) -> bool:
        waits = self._end or len(self._held) > 1
        return bool(waits) and not self._is_over and self._refusals.living() is None

    async def over(self) -> None:
        """Nothing goes out by itself any more, once what is on its way has gone."""
        self._ends()
        if self._going is not None:
            await self._going

    def stop(self) -> None:
        """As :meth:`over`, but what is on its way is cancelled, and not awaited."""
        self._ends()
        if self._going is not None:
            self._going.cancel()

    def _ends(self) -> None:
        self._is_over, self._refusals.let_go, self._begin = True, None, _nothing
        if self._timer is not None:
            self._timer.cancel()

    def _pieces(self) -> List[Message]:
        """All that waits but the end."""
        pieces, self._held = self._held, []
        self._size = self._looks = 0
        return pieces

    async def go(self) -> None:
        """Sends the messages that were held back, and the end of the answer if that is among them."""
        waiting = [*self._pieces(), *self._end]
        self._end = []
        await self._go(waiting)

    async def _go(self, waiting: List[Message]) -> None:
        if self._failed is not None:
            raise self._failed
        self.has_begun = self.has_begun or bool(waiting)
        for message in waiting:
            await self._send(message)

    async def failed(self, error: BaseException) -> None:
        """Sends what the application itself says of an error, and what it had finished before: that may have been made of
        nothing if the error came of a refusal. Anything else that waits is no answer."""
        says = self._held and (self._end or len(self._held) > 1) and self._held[0]["status"] >= 500
        if says or (self._end and not _came_of_a_refusal(error)):
            await self.go()

    @property
    def has_head(self) -> bool:
        """Whether an application has begun to answer, and nothing has gone out."""
        return bool(self._held)


class _Garbage:
    """All of it, whatever its age, in at most a twentieth of the time of a process, or else not again for a while.

    Whoever can be refused could keep a server busy otherwise.
    """

    def __init__(self) -> None:
        self._next = 0.0

    def collect(self) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        gc.collect()
        over = time.monotonic()
        self._next = over + min(20 * (over - now), _RARELY)


garbage = _Garbage()


def _nothing() -> None:
    pass


def _loop() -> Optional[asyncio.AbstractEventLoop]:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _loosen(error: Exception) -> None:
    """Takes those frames out of a traceback that hold the error, or the future that holds it: such a cycle grows old."""
    before: Optional[types.TracebackType] = None
    looked_at: Optional[Set[types.FrameType]] = set() if _HOLDS_CALLER else None
    one = error.__traceback__
    while one is not None:
        following = one.tb_next
        if looked_at is not None:
            _empty_callers(one.tb_frame, error, looked_at)
        if not _is_waiting(one) and not _keeps(one.tb_frame, error):
            before = one
        elif before is None:
            error.__traceback__ = following
        else:
            before.tb_next = following
        one = following


#: Whether a frame that is over holds the one that called it, so that to take that one out of a traceback is not enough.
_HOLDS_CALLER = sys.version_info >= (3, 12)


def _empty_callers(frame: Optional[types.FrameType], error: Exception, looked_at: Set[types.FrameType]) -> None:
    """Empties a frame and its callers, as far as they are over and hold an error. Those that still run tell nothing."""
    while frame is not None and frame not in looked_at:
        looked_at.add(frame)
        caller, held = frame.f_back, gc.get_referents(frame)
        if any(one is error or _has(one, error) for one in held):
            with contextlib.suppress(RuntimeError):
                frame.clear()
        frame = caller if any(one is caller for one in held) else None


def _is_waiting(one: types.TracebackType) -> bool:
    name = one.tb_frame.f_globals.get("__name__")
    return isinstance(name, str) and name.partition(".")[0] in _WAITING


def _keeps(frame: types.FrameType, error: Exception) -> bool:
    """Whether a variable of a frame is an error, or has it. From Python 3.11 on, only a frame that is over tells."""
    return any(one is error or _has(one, error) for one in gc.get_referents(frame))


def _has(one: Any, error: Exception) -> bool:
    kind = type(one)
    if kind in (list, tuple, dict, set):
        return len(one) <= _FEW and any(two is error for two in gc.get_referents(one))
    is_holder = kind is types.CellType or issubclass(kind, asyncio.Future)
    return is_holder and any(two is error for two in gc.get_referents(one))


def _copy(message: Message) -> Message:
    """A message as it is now: who sent it may use it, or what it holds, again."""
    copied = dict(message)
    if "body" in copied:
        copied["body"] = bytes(copied["body"])
    if "headers" in copied:
        copied["headers"] = list(copied["headers"])
    return copied


def _says_nothing(message: Message) -> bool:
    return message["type"] == _BODY and not message.get("body") and bool(message.get("more_body"))


def _announced(head: Message) -> Optional[int]:
    """The length of the body, if that is said, and there is one."""
    for name, value in head.get("headers", ()):
        if bytes(name).lower() == b"content-length" and bytes(value).isdigit():
            return int(value)
    return None


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


def _came_of_a_refusal(error: BaseException) -> bool:
    left: List[Optional[BaseException]] = [error]
    seen: Dict[int, BaseException] = {}
    for one in left:
        if one is None or id(one) in seen:
            continue
        if isinstance(one, (ActraPolicyError, Undecided)):
            return True
        seen[id(one)] = one
        left += [one.__cause__, one.__context__, *(getattr(one, "exceptions", ()) if _is_group(one) else ())]
    return False


def _is_group(error: BaseException) -> bool:
    # Before Python 3.11 groups are those of a package of that name.
    return any(kind.__name__ == "BaseExceptionGroup" for kind in type(error).__mro__)


def answer(error: ActraPolicyError, link: Optional[str] = None, is_denied: bool = False) -> JSONResponse:
    """403 with ``application/problem+json`` (RFC 9457), see :meth:`ActraPolicyError.to_problem`.

    Never 2xx: what needs approval was not accepted either. ``link`` is where the approval can be seen, which nobody is
    offered who was denied it.
    """
    said = error.to_problem()
    if is_denied:
        said.pop("approval", None)
    approval = said.get("approval")
    if link is not None and isinstance(approval, dict):
        approval["link"] = link
    return _problem(said)


def undecided() -> JSONResponse:
    """403 with ``application/problem+json`` for a request about which no decision could be made."""
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
