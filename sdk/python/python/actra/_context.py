"""What a host knows about a call."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import functools
import inspect
import types
from dataclasses import dataclass
from typing import Any, AsyncGenerator, Awaitable, Callable, Dict, Generator, Optional, Tuple, TypeVar, cast

from ._contents import Endless, holds, is_awaited, is_data, is_entered, replaced
from ._request_refusals import UsingBlock, request_refusals, using_block
from ._stream import streaming
from ._words import a

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

context: contextvars.ContextVar[Any] = contextvars.ContextVar("actra_context", default=None)
correlation: contextvars.ContextVar[Optional[str]] = contextvars.ContextVar("actra_correlation", default=None)


@dataclass
class ActraContext:
    """What a host knows about a call: a user, a request, and anything else."""

    user: Any = None
    metadata: Any = None
    request: Any = None


@contextlib.contextmanager
def using(ctx: Any, *, correlation_id: Optional[str] = None) -> Generator[None, None, None]:
    """Every call inside of the block has this context, across ``await`` too.

    Raises TypeError for a correlation id that is not text, since no event could name it.
    """
    tied_to = correlation.get() if correlation_id is None else _text(correlation_id)
    refusals, begun = request_refusals.get(), UsingBlock()
    if refusals is not None:
        refusals.begin(begun)
    try:
        with _within(begun, ctx, tied_to):
            yield
    finally:
        if refusals is not None:
            refusals.end(begun)


@contextlib.contextmanager
def _within(begun: Optional[UsingBlock], ctx: Any, tied_to: Optional[str]) -> Generator[None, None, None]:
    tokens = (using_block.set(begun), context.set(ctx), correlation.set(tied_to or correlation.get()))
    try:
        yield
    finally:
        _reset(using_block, tokens[0])
        _reset(context, tokens[1])
        _reset(correlation, tokens[2])


def _reset(variable: contextvars.ContextVar[T], token: contextvars.Token[T]) -> None:
    """Ends a block. What steps in several threads may end it where it has not begun, and nothing is to be reset: what is
    raised there is the matter."""
    with contextlib.suppress(ValueError):
        variable.reset(token)


def _text(correlation_id: Any) -> str:
    if not isinstance(correlation_id, str):
        raise TypeError(f"a correlation id must be text, but this is {a(type(correlation_id))}; make it one with `str`")
    # A class of its own could do anything when it is written.
    exact = str.__str__(correlation_id)
    try:
        exact.encode()
    except UnicodeEncodeError:
        raise TypeError("a correlation id must be text, and half of a surrogate pair is not text") from None
    return exact


def accepted_id(*given: Any) -> Optional[str]:
    """The first of several that can be a correlation id, where strangers choose them: a short line. ``None`` if none can."""
    return next((one for one in given if type(one) is str and 0 < len(one) <= 128 and one.isprintable()), None)


class Carrier:
    """A context, for a call and for whatever of it begins later: who takes the next step of it may have another one."""

    __slots__ = ("_ctx", "_refusals", "_tied_to", "_using_block")

    def __init__(self, ctx: Any, tied_to: Optional[str]) -> None:
        self._ctx = ctx
        self._tied_to = tied_to
        self._using_block = using_block.get()
        self._refusals = request_refusals.get()

    @contextlib.contextmanager
    def using(self) -> Generator[None, None, None]:
        """Everything inside of the block has the context, and is of the request in which this was made."""
        # In another thread nobody knows of it, and a worker may be of another one.
        token = request_refusals.set(self._refusals or request_refusals.get())
        try:
            with _within(self._using_block, self._ctx, self._tied_to):
                yield
        finally:
            _reset(request_refusals, token)

    def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """What a call gives, of which nothing happens outside of the context."""
        if _is(inspect.iscoroutinefunction, function):
            return self._later(function, args, kwargs)
        with self.using():
            made = function(*args, **kwargs)
        return self.carried(made)

    def carried(self, made: Any) -> Any:
        """What a call gave, of which everything that has yet to run does so in the context, in containers, too."""
        if is_data(made):
            return made
        try:
            return replaced(made, self._one, self._foreign)
        except Endless:
            return self._unfit(made, "contains itself as well as something that has yet to run")
        except RecursionError:
            return self._unfit(made, "is nested too deeply")

    def _one(self, made: Any) -> Any:
        kind = type(made)
        if issubclass(kind, asyncio.Future):
            return self._future(made)
        if issubclass(kind, concurrent.futures.Future):
            return self._chained(made)
        if is_awaited(made):
            return self._awaited(made)
        if kind is types.AsyncGeneratorType:
            return self._streaming(made)
        if kind.__module__ in _ITERATORS and hasattr(kind, "__next__"):
            return self._stepping(made)
        return self._foreign(made)

    def _foreign(self, made: Any) -> Any:
        """What cannot be carried. What runs as soon as somebody awaits it would run for them."""
        kind = type(made)
        if holds(made):
            raise TypeError(
                f"a `{kind.__name__}` holds something that has yet to run, and cannot be copied; return a list"
            )
        if is_awaited(made) or issubclass(kind, concurrent.futures.Future):
            raise TypeError("an awaitable cannot be a key of a dictionary; make it a value")
        return made

    def _unfit(self, made: Any, why: str) -> Any:
        """What cannot be gone through, with words of its own."""
        try:
            return self._foreign(made)
        except Exception as error:
            raise type(error)(f"what a call returns {why}: it would not be known on whose behalf it runs") from None

    def _failed(self, error: BaseException) -> None:
        """What an error holds that is raised, and not given, is not looked at."""

    def _future(self, made: asyncio.Future[Any]) -> Any:
        """A future runs elsewhere, with the context in which it was made; what it gives does not."""
        if not made.done():
            here = asyncio._get_running_loop() is made.get_loop()
            return made.get_loop().create_task(self._awaited(made)) if here else self._awaited(made)
        if made.cancelled():
            return made
        error = made.exception()
        if error is not None:
            self._failed(error)
            return made
        came = made.result()
        carried = self.carried(came)
        if carried is came:
            return made
        other: asyncio.Future[Any] = made.get_loop().create_future()
        other.set_result(carried)
        return other

    def _chained(self, made: concurrent.futures.Future[Any]) -> concurrent.futures.Future[Any]:
        """Carries a future that a pool gave: another one, of which the result has the context."""
        if made.done() and not made.cancelled():
            error = made.exception()
            if is_data(made.result() if error is None else error):
                return made
        other: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def done(made: concurrent.futures.Future[Any]) -> None:
            if not other.set_running_or_notify_cancel():
                return
            try:
                failed = made.exception()
                if failed is None:
                    other.set_result(self.carried(made.result()))
                else:
                    self._failed(failed)
                    other.set_exception(failed)
            except BaseException as error:
                other.set_exception(error)

        made.add_done_callback(done)
        other.add_done_callback(lambda other: made.cancel() if other.cancelled() else None)
        return other

    async def _later(self, function: Callable[..., Any], args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Any:
        # Called here, there is nothing that is never awaited if nobody awaits this.
        with self.using():
            made = function(*args, **kwargs)
        return await self._awaited(made)

    async def _awaited(self, made: Awaitable[Any]) -> Any:
        with self.using():
            try:
                came = await made
            except Exception as error:
                self._failed(error)
                raise
        return self.carried(came)

    def _streaming(self, made: Any) -> AsyncGenerator[Any, Any]:
        async def begun() -> Any:
            return made

        return streaming(begun, self.using, self.carried)()

    def _stepping(self, inner: Any) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = functools.partial(next, inner)
        try:
            while True:
                with self.using():
                    try:
                        item = step()
                    except StopIteration as done:
                        return self.carried(done.value)
                item = self.carried(item)
                try:
                    sent = yield item
                except GeneratorExit:
                    raise
                except BaseException as error:
                    if not hasattr(inner, "throw"):
                        raise
                    step = functools.partial(inner.throw, error)
                else:
                    step = functools.partial(next, inner) if sent is None else functools.partial(inner.send, sent)
        finally:
            if hasattr(inner, "close"):
                with self.using():
                    inner.close()


#: Where the types are of which a step may run functions of others, or give what has yet to run: generators, `map`,
#: `itertools.starmap`, iterators of a `deque`.
_ITERATORS = ("builtins", "itertools", "_collections", "collections")


def _is_steps(made: Any) -> bool:
    kind = type(made)
    return kind is types.AsyncGeneratorType or (kind is types.GeneratorType and not is_awaited(made))


class _Within(Carrier):
    """Carries a context into what lies in a container. Generators there keep the context of whoever reads them."""

    __slots__ = ()

    def _one(self, made: Any) -> Any:
        return made if _is_steps(made) else super()._one(made)


class _Propagated(Carrier):
    """Carries a context into what a function of :func:`propagate` gives; a TypeError for what it cannot reach."""

    __slots__ = ("_within",)

    def __init__(self, ctx: Any, tied_to: Optional[str]) -> None:
        super().__init__(ctx, tied_to)
        self._within = _Within(ctx, tied_to)

    def carried(self, made: Any) -> Any:
        if _is_steps(made):
            raise TypeError(_STEPS)
        if is_entered(made):
            raise TypeError("`propagate` cannot reach a body that begins at `with`: put `using` around the block")
        # What comes of awaiting is what the function gives.
        is_later = issubclass(type(made), concurrent.futures.Future) or is_awaited(made)
        return super().carried(made) if is_later else self._within.carried(made)


#: The body of a generator begins when somebody asks for its first value, in whichever context they are.
_STEPS = (
    "`propagate` is for functions and coroutine functions: the steps of a generator have the context of who asks for "
    "them, so enter `using` around the loop, inside of the thread"
)


def propagate(function: F) -> F:
    """The same function with the context of the place where `propagate` is called, for a thread or an executor, which
    start without one.

    What it returns has this context when it is awaited, also inside Python's own containers. What objects of other
    classes hold, such as a dataclass, is not looked at, and runs on behalf of whoever awaits it; so do functions, and
    the steps of generators inside containers.

    >>> pool.map(actra.propagate(refund), orders)                                      # doctest: +SKIP
    """
    if _is(inspect.isgeneratorfunction, function) or _is(inspect.isasyncgenfunction, function):
        raise TypeError(_STEPS)
    carrier = _Propagated(context.get(), correlation.get())
    if _is(inspect.iscoroutinefunction, function):

        @functools.wraps(function)
        async def later(*args: Any, **kwargs: Any) -> Any:
            return await carrier.call(function, *args, **kwargs)

        return cast(F, later)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return carrier.call(function, *args, **kwargs)

    return cast(F, call)


def _is(kind: Callable[[Any], bool], function: Any) -> bool:
    """Whether what a call comes to is a function of a kind."""
    while isinstance(function, functools.partial):
        function = function.func
    return kind(function) or kind(getattr(type(function), "__call__", None))


def current_context() -> Any:
    """The context of the innermost :func:`using`."""
    return context.get()


def or_current(ctx: Any) -> Any:
    return context.get() if ctx is None else ctx
