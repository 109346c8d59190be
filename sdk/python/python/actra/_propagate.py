"""Carries the context of a call into whatever of it runs later or elsewhere."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import inspect
import types
from typing import Any, AsyncGenerator, Awaitable, Callable, Dict, Generator, Optional, Tuple, TypeVar, cast

from ._context import context, correlation, reset, set_context
from ._deferred import (
    CyclicContainer,
    has_await,
    is_generator_context_manager,
    is_inert,
    is_readable_container,
    replace_deferred,
)
from ._request_refusals import request_refusals, using_block
from ._stream import streaming

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

F = TypeVar("F", bound=Callable[..., Any])

#: Where the types are of which a step may run functions of others, or give what has yet to run: generators, `map`,
#: `itertools.starmap`, iterators of a `deque`.
_ITERATORS = ("builtins", "itertools", "_collections", "collections")

#: The body of a generator begins when somebody asks for its first value, in whichever context they are.
_STEPS = (
    "`propagate` is for functions and coroutine functions: the steps of a generator have the context of who asks for "
    "them, so enter `using` around the loop, inside of the thread"
)


class ContextCarrier:
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
            with set_context(self._using_block, self._ctx, self._tied_to):
                yield
        finally:
            reset(request_refusals, token)

    def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """What a call gives, of which nothing happens outside of the context."""
        if _is(inspect.iscoroutinefunction, function):
            return self._later(function, args, kwargs)
        with self.using():
            made = function(*args, **kwargs)
        return self.carry(made)

    def carry(self, made: Any) -> Any:
        """What a call gave, of which everything that has yet to run does so in the context, in containers, too."""
        if is_inert(made):
            return made
        try:
            return replace_deferred(made, self._carry_one, self._foreign)
        except CyclicContainer:
            return self._unfit(made, "contains itself as well as something that has yet to run")
        except RecursionError:
            return self._unfit(made, "is nested too deeply")

    def _carry_one(self, made: Any) -> Any:
        kind = type(made)
        if issubclass(kind, asyncio.Future):
            return self._future(made)
        if issubclass(kind, concurrent.futures.Future):
            return self._chain_future(made)
        if has_await(made):
            return self._await_in_context(made)
        if kind is types.AsyncGeneratorType:
            return self._stream(made)
        if kind.__module__ in _ITERATORS and hasattr(kind, "__next__"):
            return self._generate(made)
        return self._foreign(made)

    def _foreign(self, made: Any) -> Any:
        """What cannot be carried. What runs as soon as somebody awaits it would run for them."""
        kind = type(made)
        if is_readable_container(made):
            raise TypeError(
                f"a `{kind.__name__}` holds something that has yet to run, and cannot be copied; return a list"
            )
        if has_await(made) or issubclass(kind, concurrent.futures.Future):
            raise TypeError("an awaitable cannot be a key of a dictionary; make it a value")
        return made

    def _unfit(self, made: Any, why: str) -> Any:
        """What cannot be gone through, with words of its own."""
        try:
            return self._foreign(made)
        except Exception as error:
            raise type(error)(f"what a call returns {why}: it would not be known on whose behalf it runs") from None

    def _carry_error(self, error: BaseException) -> None:
        """What an error holds that is raised, and not given, is not looked at."""

    def _future(self, made: asyncio.Future[Any]) -> Any:
        """A future runs elsewhere, with the context in which it was made; what it gives does not."""
        if not made.done():
            here = asyncio._get_running_loop() is made.get_loop()
            return made.get_loop().create_task(self._await_in_context(made)) if here else self._await_in_context(made)
        if made.cancelled():
            return made
        error = made.exception()
        if error is not None:
            self._carry_error(error)
            return made
        came = made.result()
        carried = self.carry(came)
        if carried is came:
            return made
        other: asyncio.Future[Any] = made.get_loop().create_future()
        other.set_result(carried)
        return other

    def _chain_future(self, made: concurrent.futures.Future[Any]) -> concurrent.futures.Future[Any]:
        """Carries a future that a pool gave: another one, of which the result has the context."""
        if made.done() and not made.cancelled():
            error = made.exception()
            if is_inert(made.result() if error is None else error):
                return made
        other: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def done(made: concurrent.futures.Future[Any]) -> None:
            if not other.set_running_or_notify_cancel():
                return
            try:
                failed = made.exception()
                if failed is None:
                    other.set_result(self.carry(made.result()))
                else:
                    self._carry_error(failed)
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
        return await self._await_in_context(made)

    async def _await_in_context(self, made: Awaitable[Any]) -> Any:
        with self.using():
            try:
                came = await made
            except Exception as error:
                self._carry_error(error)
                raise
        return self.carry(came)

    def _stream(self, made: Any) -> AsyncGenerator[Any, Any]:
        async def begun() -> Any:
            return made

        return streaming(begun, self.using, self.carry)()

    def _generate(self, inner: Any) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = functools.partial(next, inner)
        try:
            while True:
                with self.using():
                    try:
                        item = step()
                    except StopIteration as done:
                        return self.carry(done.value)
                item = self.carry(item)
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


def _is_steps(made: Any) -> bool:
    kind = type(made)
    return kind is types.AsyncGeneratorType or (kind is types.GeneratorType and not has_await(made))


class _CarrierIntoContainers(ContextCarrier):
    """Carries a context into what lies in a container. Generators there keep the context of whoever reads them."""

    __slots__ = ()

    def _carry_one(self, made: Any) -> Any:
        return made if _is_steps(made) else super()._carry_one(made)


class _PropagatingCarrier(ContextCarrier):
    """Carries a context into what a function of :func:`propagate` gives; a TypeError for what it cannot reach."""

    __slots__ = ("_into_containers",)

    def __init__(self, ctx: Any, tied_to: Optional[str]) -> None:
        super().__init__(ctx, tied_to)
        self._into_containers = _CarrierIntoContainers(ctx, tied_to)

    def carry(self, made: Any) -> Any:
        if _is_steps(made):
            raise TypeError(_STEPS)
        if is_generator_context_manager(made):
            raise TypeError("`propagate` cannot reach a body that begins at `with`: put `using` around the block")
        # What comes of awaiting is what the function gives.
        is_later = issubclass(type(made), concurrent.futures.Future) or has_await(made)
        return super().carry(made) if is_later else self._into_containers.carry(made)


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
    carrier = _PropagatingCarrier(context.get(), correlation.get())
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
