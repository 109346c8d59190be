"""The answer of an application to a request, held back for as long as a refusal may take its place."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from typing import Callable, List, Optional

import anyio
from starlette.types import Message, Send

from .._request_refusals import RequestRefusals
from ..errors import ActraPolicyError
from ._refusals import refusals, refusal
from ._release import collect, loosen

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: Bytes of an answer that waits, and what each of its messages counts beside its own.
_MAX_HELD_BYTES = 1 << 20
_MESSAGE_OVERHEAD = 256

#: How long a loop and its threads are given to let go of a refusal that somebody caught, in seconds.
_SETTLE_PAUSES = (0, 0, 0.001, 0.001)

#: When what waits is first looked at again, in seconds; each time after that comes twice as late. How many times are
#: enough for an answer to begin, and from which on all garbage is collected: about 0.6 s and 0.07 s.
_FIRST_LOOK_DELAY = 0.01
_LOOKS_BEFORE_FLUSH = 6
_LOOKS_BEFORE_FULL_GC = 2

#: The longest time between two such looks, in seconds.
_MAX_LOOK_DELAY = 1.0

_BODY_MESSAGE = "http.response.body"
#: The type of a message that sends a whole file.
_PATHSEND_MESSAGE = "http.response.pathsend"


class HeldResponse:
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
            self._send_when_released(self._loop)

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
            self._left = _content_length(message)
            self._look_at_what_is_handled()
            return
        if self._held and _says_nothing(message):
            return
        if self._must_hold(is_last):
            self._keep(_copy(message), is_last)
            if self._is_enough():
                await self._send_all(self._pieces())
            self._look_again()
            return
        await self.flush()
        # Hints, for instance, come before an answer and are none.
        self.has_begun = self.has_begun or not message["type"].startswith("http.response.")
        await self._send(message)

    def _look_at_what_is_handled(self) -> None:
        """An answer may be that of a handler, to a refusal that came of a thread without the context of the request."""
        handled = sys.exc_info()[1]
        refused = None if handled is None else refusal(handled)
        if isinstance(refused, ActraPolicyError) and self._refusals.living_refusal() is None:
            self._refusals.add(refused)

    def _is_last(self, message: Message) -> bool:
        """Whether an answer is complete with a message, for whoever reads it."""
        if message["type"] == _PATHSEND_MESSAGE:
            return True
        if message["type"] != _BODY_MESSAGE:
            return False
        if self._left is None:
            return not message.get("more_body")
        self._left -= len(message.get("body", b""))
        return not message.get("more_body") or self._left <= 0

    def _must_hold(self, is_last: bool) -> bool:
        waits = self._held or is_last or self._end
        # What follows upon an end without end is wrong, and for the server to say so.
        return bool(waits) and (not self._end or self._size <= _MAX_HELD_BYTES) and self._refusals.living_refusal() is not None

    def _keep(self, message: Message, is_last: bool) -> None:
        if is_last and not self._end:
            # It is there already, however large.
            self._end.append(message)
            return
        self._size += len(message.get("body", b"")) + _MESSAGE_OVERHEAD
        (self._end or self._held).append(message)

    def _is_enough(self) -> bool:
        return len(self._held) > 1 and (self._size > _MAX_HELD_BYTES or self._looks >= _LOOKS_BEFORE_FLUSH)

    async def _settle(self) -> None:
        """Gives those time that still have a caught refusal and let go of it: a loop, a thread, a cycle."""
        self._refusals.has_more = False
        for pause in _SETTLE_PAUSES:
            if self._refusals.living_refusal() is None:
                return
            await anyio.sleep(pause)
        self._release(0)

    def _release(self, generation: int) -> None:
        """Lets go of refusals that nobody has but cycles of references."""
        self._refusals.for_each(loosen)
        if self._refusals.living_refusal() is None:
            return
        collect(generation)

    def _look_again(self) -> None:
        if self._loop is not None and self._timer is None and not self._is_over:
            self._timer = self._loop.call_later(min(_FIRST_LOOK_DELAY * 2**self._looks, _MAX_LOOK_DELAY), self._look)

    def _look(self) -> None:
        """Lets go of what it can, again and again while something waits, but ever less often."""
        self._timer = None
        if self._is_over or not (self._end or len(self._held) > 1):
            return
        # What is handled just now may be a cycle when that is done.
        self._release(1 if self._looks < _LOOKS_BEFORE_FULL_GC else 2)
        self._looks += 1
        self._begin()
        self._look_again()

    def _send_when_released(self, loop: asyncio.AbstractEventLoop) -> None:
        """Has the loop send what waits as soon as no refusal lives."""
        # Whoever lets go may be at work for another request.
        context = contextvars.copy_context()
        is_told = False

        def begin() -> None:
            nonlocal is_told
            is_told = False
            if self._going is None and not self._is_over and (self._is_enough() or self._may_go()):
                self._going = context.run(loop.create_task, self._flush_in_task())

        def on_released() -> None:
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
        self._refusals.on_released = on_released

    async def _flush_in_task(self) -> None:
        try:
            async with self._turn:
                if self._may_go():
                    await self.flush()
                elif not self._is_over and self._is_enough():
                    await self._send_all(self._pieces())
        except Exception as error:
            self._failed = error
        finally:
            self._going = None

    def _may_go(self) -> bool:
        waits = self._end or len(self._held) > 1
        return bool(waits) and not self._is_over and self._refusals.living_refusal() is None

    async def detach(self) -> None:
        """Nothing goes out by itself any more, once what is on its way has gone."""
        self._stop_callbacks()
        if self._going is not None:
            await self._going

    def stop(self) -> None:
        """As :meth:`detach`, but what is on its way is cancelled, and not awaited."""
        self._stop_callbacks()
        if self._going is not None:
            self._going.cancel()

    def _stop_callbacks(self) -> None:
        self._is_over, self._refusals.on_released, self._begin = True, None, _nothing
        if self._timer is not None:
            self._timer.cancel()

    def _pieces(self) -> List[Message]:
        """All that waits but the end."""
        pieces, self._held = self._held, []
        self._size = self._looks = 0
        return pieces

    async def flush(self) -> None:
        """Sends the messages that were held back, and the end of the answer if that is among them."""
        waiting = [*self._pieces(), *self._end]
        self._end = []
        await self._send_all(waiting)

    async def _send_all(self, waiting: List[Message]) -> None:
        if self._failed is not None:
            raise self._failed
        self.has_begun = self.has_begun or bool(waiting)
        for message in waiting:
            await self._send(message)

    async def send_for_error(self, error: BaseException) -> None:
        """Sends what the application itself says of an error, and what it had finished before: that may have been made of
        nothing if the error came of a refusal. Anything else that waits is no answer."""
        says = self._held and (self._end or len(self._held) > 1) and self._held[0]["status"] >= 500
        if says or (self._end and not any(True for _ in refusals(error))):
            await self.flush()

    @property
    def has_head(self) -> bool:
        """Whether an application has begun to answer, and nothing has gone out."""
        return bool(self._held)


def _nothing() -> None:
    pass


def _loop() -> Optional[asyncio.AbstractEventLoop]:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _copy(message: Message) -> Message:
    """A message as it is now: who sent it may use it, or what it holds, again."""
    copied = dict(message)
    if "body" in copied:
        copied["body"] = bytes(copied["body"])
    if "headers" in copied:
        copied["headers"] = list(copied["headers"])
    return copied


def _says_nothing(message: Message) -> bool:
    return message["type"] == _BODY_MESSAGE and not message.get("body") and bool(message.get("more_body"))


def _content_length(head: Message) -> Optional[int]:
    """The length of the body, if that is said, and there is one."""
    for name, value in head.get("headers", ()):
        if bytes(name).lower() == b"content-length" and bytes(value).isdigit():
            return int(value)
    return None
