"""Starlette and FastAPI: who is at work is known to every call of a request, and a refusal becomes an answer.

>>> app.add_middleware(ActraMiddleware)                                                # doctest: +SKIP
>>> @app.post("/refunds")                                                              # doctest: +SKIP
... @actra.admit("refund")
... async def refund(order: str, amount: Decimal): ...

Needs ``starlette``, and ``fastapi`` for :func:`admitted`.
"""

from __future__ import annotations

import contextvars
import re
import uuid
from collections.abc import Mapping
from typing import Any, Awaitable, Callable, Optional, cast

from starlette.datastructures import URL
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import _log
from .._audit import error_and_place
from .._default_runtime import default_runtime
from .._request_refusals import RequestRefusals, request_refusals
from .._words import class_with_article
from ..approval import ApprovalRequest
from ..errors import ActraApprovalRequired, ActraPolicyError, ActraSchemaError
from ..runtime import ActraContext, ActraRuntime, using
from ..types import Decision
from ._body import Body, SharedRequest
from ._held_response import HeldResponse
from ._host_call import call_host
from ._refusals import Undecided, answer, refusal, refusals, undecided_response
from ._routes import Routes, check_routes

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = ["UNGOVERNED", "ActraMiddleware", "admitted", "answer", "check_routes"]


class _Ungoverned:
    def __repr__(self) -> str:
        return "UNGOVERNED"


#: What an ``action`` function returns for a request that the policy has no say in.
#: ``None`` is refused: it is also what a function returns that forgets a route.
UNGOVERNED = _Ungoverned()

#: Of the middleware that a request came through.
_runtime: contextvars.ContextVar[Optional[ActraRuntime]] = contextvars.ContextVar("actra_runtime", default=None)

_CORRELATION = re.compile(r"[!-~]{1,128}")


class ActraMiddleware:
    """Binds the context of a request, and answers what the policy refuses.

    ``context(connection)`` gives the context that resolvers see, by default an :class:`ActraContext` with ``user`` and
    ``request``. ``action(connection)`` gives the action that a request is, or :data:`UNGOVERNED`; with it, nothing
    behind the middleware runs unless the policy allows the action. Both may be asynchronous. If one of them fails, the
    request is refused.

    What is refused is answered with 403 and ``application/problem+json``, what needs approval too: nothing was accepted.
    That holds in mounted applications, in task groups and for the first step of a generator: the head of an answer waits
    for its first piece. Once something was refused, all of it waits while somebody keeps the refusal: pieces for half a
    second or a megabyte, and the end for as long as the application is at work. Later, the answer is cut off.

    ``pending`` is told of the approval before, so that somebody can be asked; it may return the address where the
    approval can be seen, which the answer then has. Sent again after the grant, the request is handled. Nobody is asked
    about what was denied: the answer says so, and of no approval.

    ``connection`` and the application may both read the body, also at once. ``largest_body`` bytes of it are kept; of a
    longer one, ``connection`` gives none.

    The correlation id is that of the header ``correlation``, or a new one. Whoever sends requests chooses the header.

    An endpoint that is called without asking, since its decorators stand in the wrong order, is an error when the
    application starts, and at the latest with its first request, or the next one if it comes later: see
    :func:`check_routes`.
    """

    def __init__(
        self,
        app: ASGIApp,
        runtime: Optional[ActraRuntime] = None,
        *,
        action: Optional[Callable[[Any], Any]] = None,
        context: Optional[Callable[[Any], Any]] = None,
        pending: Optional[Callable[[ApprovalRequest], Any]] = None,
        correlation: str = "x-request-id",
        largest_body: int = 1 << 20,
    ) -> None:
        self.app = app
        self.runtime: ActraRuntime = runtime if runtime is not None else default_runtime()
        self.action = action
        self.context: Callable[[Any], Any] = context if context is not None else _context
        self.pending = pending
        self.correlation = correlation
        self.largest_body = largest_body
        self._routes: Optional[Routes] = None
        #: What was said of them in audit mode, where that is all.
        self._said: Optional[str] = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check_routes(scope.get("app"))
        except ActraSchemaError as error:
            if scope["type"] == "lifespan":
                await receive()
                await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        token = _runtime.set(self.runtime)
        try:
            await self._handle(scope, receive, send)
        except BaseException as error:
            _tell_around(error)
            raise
        finally:
            _runtime.reset(token)

    def _check_routes(self, app: Any) -> None:
        try:
            if self._routes is None or not self._routes.are_those_of(self.app, app):
                self._routes = Routes(self.app, app)
            self._routes.check()
        except Exception as error:
            if self.runtime.mode != "audit":
                raise
            said = str(error) if isinstance(error, ActraSchemaError) else error_and_place(error)
            if said != self._said:
                _log.error("actra: in audit mode, requests pass although %s", said)
            self._said = said

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            if self.action is not None and scope["type"] != "lifespan":
                self._handle_unknown_scope(scope["type"])
            await self.app(scope, receive, send)
            return
        refusals = RequestRefusals()
        held = HeldResponse(send, refusals)
        connection: HTTPConnection
        if scope["type"] == "http":
            body = Body(receive, self.largest_body)
            receive, connection = body.for_application, SharedRequest(scope, body)
        else:
            connection = HTTPConnection(scope)
        token = request_refusals.set(refusals)
        try:
            ctx, tied_to = await self._context_of(connection), self._correlation(connection)
            refusals.expect_block()
            with using(ctx, correlation_id=tied_to):
                if self.action is not None:
                    await self._check(connection)
                await self.app(scope, receive, held.send)
        except Exception as error:
            await held.detach()
            refused = refusal(error) or (_said_too_late(error) if held.has_head else None)
            if refused is None:
                await held.send_for_error(error)
            if refused is None or held.has_begun:
                # The answer is on its way. Cutting it off is all that is left.
                raise
        else:
            await held.detach()
            await held.flush()
            return
        finally:
            held.stop()
            request_refusals.reset(token)
        if scope["type"] == "http":
            response = await self._answer(refused)
            await response(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})

    async def _context_of(self, connection: HTTPConnection) -> Any:
        try:
            return await call_host(self.context, connection, self.runtime.mode == "audit")
        except Exception as error:
            self._handle_undecided("its context is not known", error)

    async def _check(self, connection: HTTPConnection) -> None:
        assert self.action is not None
        try:
            action = await call_host(self.action, connection, self.runtime.mode == "audit")
            if action is UNGOVERNED:
                return
            if not isinstance(action, Mapping):
                raise TypeError(f"an action must be a dictionary, but this is {class_with_article(type(action))}")
            await self.runtime.check_async(action)
        except Exception as error:
            # In audit mode it is that of another runtime, which the function has asked.
            if isinstance(error, ActraPolicyError) and self.runtime.mode != "audit":
                raise
            self._handle_undecided("it could not be turned into an action", error)

    def _handle_unknown_scope(self, kind: str) -> None:
        said = f"nobody can be asked about a scope of type `{kind}`"
        if self.runtime.mode != "audit":
            raise ActraSchemaError(said)
        _log.warning("actra: in audit mode, a request passes although %s", said)

    def _handle_undecided(self, why: str, error: Exception) -> None:
        if self.runtime.mode != "audit":
            raise Undecided(why) from error
        _log.warning("actra: in audit mode, a request passes although %s: %s", why, error_and_place(error))

    def _correlation(self, connection: HTTPConnection) -> str:
        given = connection.headers.get(self.correlation, "")
        return given if _CORRELATION.fullmatch(given) else uuid.uuid4().hex

    async def _answer(self, error: Exception) -> JSONResponse:
        if not isinstance(error, ActraPolicyError):
            cause = error.__cause__ or error
            _log.error("actra: a request is refused: %s: %s", error, error_and_place(cause))
            return undecided_response()
        approval = error.approval if isinstance(error, ActraApprovalRequired) and error._has_pending_request() else None
        link = None
        if approval is not None and self.pending is not None:
            try:
                link = await call_host(self.pending, approval, self.runtime.mode == "audit")
            except Exception as failed:
                _log.error("actra: nobody could be notified of an approval request: %s", error_and_place(failed))
            # Whoever was told may have denied it at once.
            if approval._native._is_denied():
                return answer(error, is_denied=True)
        return answer(error, str(link) if isinstance(link, (str, URL)) else None)


def _tell_around(error: BaseException) -> None:
    """Tells the middleware around this one what it could not answer: who stands between may complete the answer."""
    around = request_refusals.get()
    if around is not None:
        for one in refusals(error):
            # One that is undecided lives and dies as a refusal does.
            around.add(cast(ActraPolicyError, one))


def _said_too_late(error: Exception) -> Optional[Exception]:
    """The refusal that Starlette had a handler for when an answer had begun, of which nothing has gone out."""
    cause = error.__cause__
    return refusal(cause) if type(error) is RuntimeError and cause is not None else None


def _raise_undecided(why: str, error: Exception) -> None:
    """Refuses; whoever stands between may answer first, as with other refusals."""
    refused = Undecided(why)
    refusals = request_refusals.get()
    if refusals is not None:
        # It lives and dies as a refusal does, and is never asked for more.
        refusals.add(cast(ActraPolicyError, refused))
    try:
        raise refused from error
    finally:
        # Its traceback holds this frame: it would live until the garbage is collected.
        del refused


def _context(connection: HTTPConnection) -> ActraContext:
    return ActraContext(user=connection.scope.get("user"), request=connection)


def admitted(
    action: Callable[..., Any], runtime: Optional[ActraRuntime] = None
) -> Callable[..., Awaitable[Optional[Decision]]]:
    """A dependency for FastAPI: ``dependencies=[Depends(admitted(refund_of))]``.

    ``action`` is itself a dependency, so FastAPI gives it path, query and body; it returns the action. The endpoint runs
    only if the policy allows it. The answers come from :class:`ActraMiddleware`, and so does the runtime, unless one is
    given; without the middleware it is the one that :func:`actra.configure` set up.
    """
    from fastapi import Depends, HTTPException

    async def admit(found: Any = Depends(action)) -> Optional[Decision]:
        active_runtime = runtime or _runtime.get() or default_runtime()
        try:
            if not isinstance(found, Mapping):
                raise TypeError(f"an action must be a dictionary, but this is {class_with_article(type(found))}")
            return await active_runtime.check_async(found)
        except ActraPolicyError:
            raise
        except Exception as error:
            if active_runtime.mode == "audit":
                _log.warning("actra: in audit mode, a request passes undecided: %s", error_and_place(error))
                return None
            if _runtime.get() is not None:
                _raise_undecided("no decision could be made", error)
            _log.error("actra: a request is refused: no decision could be made: %s", error_and_place(error))
            headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
            raise HTTPException(403, "no decision could be made about this request", headers) from error

    return admit
