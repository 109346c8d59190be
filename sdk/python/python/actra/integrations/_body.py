"""The body of a request, for everybody who asks for it."""

from __future__ import annotations

from typing import AsyncGenerator, Callable, Optional, TypeVar

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

T = TypeVar("T")


class Body:
    """What a server sends of a request, for the application and for whoever decides about it, each from the beginning.

    As many as ``most`` bytes are kept, in one piece, whatever the pieces were that they came in. Who decides gets all of
    a body or an error; the application also gets what is longer.
    """

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._receiving = anyio.Lock()
        self._most = most
        #: INVARIANT (nothing is lost): all that came; once that is more than `most`, what the application has not taken.
        self._kept = bytearray()
        self._size = 0
        self._is_complete = False
        self._last: Optional[Message] = None
        self._taken = _Place()

    async def for_application(self) -> Message:
        """The next message for the application."""
        message = await self._until(lambda: self._next(self._taken))
        if self._size > self._most:
            self._kept.clear()
            self._taken.at = 0
        return message

    def reader(self) -> Receive:
        """Gives the same, from the beginning, to somebody who decides."""
        place = _Place()

        def look() -> Optional[Message]:
            self._check_size()
            return self._next(place)

        async def read() -> Message:
            return await self._until(look)

        return read

    async def whole(self) -> bytes:
        """All of it, however often it is asked for, also after somebody was interrupted."""
        return await self._until(self._all)

    async def _until(self, look: Callable[[], Optional[T]]) -> T:
        """What there is to see, as soon as enough came. Who had to wait for another one's message looks again first."""
        while True:
            found = look()
            if found is not None:
                return found
            try:
                # Who asks without waiting, as `Request.is_disconnected` does, must get as far as the server.
                self._receiving.acquire_nowait()
            except anyio.WouldBlock:
                await self._receiving.acquire()
            try:
                found = look()
                if found is not None:
                    return found
                self._take(await self._receive())
            finally:
                self._receiving.release()

    def _take(self, message: Message) -> None:
        if message["type"] != "http.request":
            self._last = message
            return
        if self._is_complete:
            # Whoever replays a body may do so without end. What was decided about is all of it.
            self._last = {"type": "http.request", "body": b"", "more_body": False}
            return
        body = message.get("body") or b""
        self._kept += body
        self._size += len(body)
        self._is_complete = not message.get("more_body", False)

    def _next(self, place: _Place) -> Optional[Message]:
        if place.at == len(self._kept) and place.is_at_end == self._is_complete:
            last = self._last
            if last is not None and last["type"] == "http.request":
                self._last = None
            return last
        body = bytes(self._kept[place.at :])
        place.at, place.is_at_end = len(self._kept), self._is_complete
        return {"type": "http.request", "body": body, "more_body": not self._is_complete}

    def _all(self) -> Optional[bytes]:
        self._check_size()
        if self._is_complete:
            return bytes(self._kept)
        if self._last is not None:
            raise ClientDisconnect
        return None

    def _check_size(self) -> None:
        if self._size > self._most:
            raise ValueError(f"the body has more than {self._most} bytes")


class _Place:
    """How far one reader has come in the body."""

    def __init__(self) -> None:
        self.at = 0
        self.is_at_end = False


class SharedRequest(Request):
    """A request whose body does not depend on who asked for it before, at the same time, or in vain."""

    def __init__(self, scope: Scope, body: Body) -> None:
        super().__init__(scope, body.reader())
        self._shared = body

    @property
    def receive(self) -> Receive:
        return self._shared.reader()

    async def body(self) -> bytes:
        return await self._shared.whole()

    async def stream(self) -> AsyncGenerator[bytes, None]:
        yield await self._shared.whole()
        yield b""
