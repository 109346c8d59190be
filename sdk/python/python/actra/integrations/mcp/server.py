"""A table of functions whose calls a policy decides about."""

from __future__ import annotations

import functools
import inspect
import io
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, TypeVar, cast

from ... import _arguments, _log
from ..._audit import log_in_audit
from ..._configuration import Configuration, LiveConfiguration
from ..._context import correlation
from ..._decorate import decorate
from ..._deferred import is_contextlib_object
from ..._evaluate import admit_action
from ..._propagate import ContextCarrier
from ..._site import _CONTEXT_MANAGERS, _names, check_unbound
from ..._words import class_with_article
from ...errors import ActraSchemaError
from .adapter import ActraMCPAdapter

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = ["ActraMCPServer", "ResultError"]

F = TypeVar("F", bound=Callable[..., Any])


class ResultError(RuntimeError):
    """A tool ran, and what it gave cannot be passed on. No :class:`ActraError`: of those, each says that nothing ran."""

    def __str__(self) -> str:
        return f"the tool ran, but what it returned cannot be passed on: {super().__str__()}"


class ActraMCPServer:
    """A table of tools: functions by name, which run if the policy allows the call. It speaks no protocol."""

    def __init__(self, adapter: ActraMCPAdapter) -> None:
        self.adapter = adapter
        self.tools: Dict[str, Callable[..., Any]] = {}
        #: What approvals of a tool are not bound to, as long as it is this function.
        self._unbound: Dict[str, Tuple[Callable[..., Any], List[str]]] = {}
        self._made: Dict[str, Tuple[Callable[..., Any], Configuration, Callable[..., Any]]] = {}

    def tool(self, name: Optional[str] = None, *, unbound: Sequence[str] = ()) -> Callable[[F], F]:
        """Registers a function under its name or another one.

        Functions, coroutine functions, generators and other callables; not what makes context managers, whose body
        begins at ``with``, nor a class of iterators or of callable objects.

        An approval is bound to all arguments but those that ``unbound`` names, as :meth:`ActraRuntime.admit` has it.
        """
        left_out = _names("unbound", unbound)

        def register(function: F) -> F:
            _check(function)
            callee = _arguments.callee_parameters(function)
            parameters = callee if callee.has_signature else None
            check_unbound(left_out, parameters, _arguments.captured_values(callee), self.adapter.runtime.policy)
            named = name or getattr(function, "__name__", None)
            if not named:
                raise TypeError("give the tool a name: this callable has no name of its own")
            self.tools[named] = function
            self._unbound[named] = (function, left_out)
            return function

        return register

    def handle_request(self, tool_name: str, arguments: Mapping[str, Any], ctx: Any = None) -> Any:
        """Calls a function if the policy allows it. Raises ValueError for a tool that is not there.

        Who acts is ``ctx``, which a function with a parameter of this name is given; it is never one of the arguments.
        Without it nobody acts: a block of :func:`actra.using` may be that of the program itself.
        What an asynchronous tool or a generator gives may be awaited or read anywhere: the decision is made for
        ``ctx``, and so is every other one that the tool asks for. That holds at any depth of lists, dictionaries and the
        like. Functions, iterators of other classes, and keys of dictionaries that have yet to run are a
        :class:`ResultError`, after the tool ran; what methods of other objects do is not looked at.
        """
        function = self.tools.get(tool_name)
        if function is None:
            raise ValueError(f"there is no tool `{tool_name}`")
        given = dict(arguments)
        live = self.adapter.runtime._live
        # Read once: whether the tool is declared, what a grant is bound to and the mode belong together.
        config = live.config
        named_ctx = "ctx" in given
        if named_ctx:
            with log_in_audit(config.settings.is_audit, "a tool is called without this argument"):
                raise ActraSchemaError("`ctx` says who acts, so no argument of a tool can have this name")
            del given["ctx"]
        carrier = _Tool(ctx, correlation.get(), config)
        if config.policy._native.fields(tool_name) is None:
            with carrier.using():
                _refuse(config, tool_name, given, ctx)
            called = function
        else:
            called = self._guard(live, config, tool_name, function)
        if (ctx is not None or named_ctx) and _takes_ctx(function):
            given["ctx"] = ctx
        return carrier.call(called, **given)

    def _guard(
        self, live: LiveConfiguration, config: Configuration, tool_name: str, function: Callable[..., Any]
    ) -> Callable[..., Any]:
        """The function as it is called if the policy allows it."""
        known = self._made.get(tool_name)
        if known is not None and known[0] is function and known[1] is config:
            return known[2]
        # Where somebody tells who acts, a grant is bound to that actor.
        says_who = config.settings.actor is not None and _takes_ctx(function)
        try:
            for_tool = cast(LiveConfiguration, _ConfigurationForTool(live, config))
            of, left_out = self._unbound.get(tool_name, (None, []))
            unbound = [*(left_out if of is function else ()), *(["ctx"] if says_who else ())]
            made: Callable[..., Any] = decorate(for_tool, tool_name, None, None, False, unbound, False)(function)
        except (ActraSchemaError, TypeError) as error:
            if not config.settings.is_audit:
                raise
            _log.warning("actra: in audit mode, a tool is called although %s", error)
            return function
        self._made[tool_name] = (function, config, made)
        return made


class _ConfigurationForTool:
    """What holds when a body begins; what held when the call came, if a grant would then be bound to somebody else."""

    def __init__(self, live: LiveConfiguration, at_call: Configuration) -> None:
        self._live = live
        self._at_call = at_call

    @property
    def config(self) -> Configuration:
        config, at_call = self._live.config, self._at_call
        return config if (config.settings.actor is None) == (at_call.settings.actor is None) else at_call


class _Tool(ContextCarrier):
    """The context of a call of a tool."""

    __slots__ = ("_now",)

    def __init__(self, ctx: Any, tied_to: Optional[str], config: Configuration) -> None:
        super().__init__(ctx, tied_to)
        self._now = config

    def _foreign(self, made: Any) -> Any:
        # Whoever reads a file runs nothing of a tool.
        if self._now.settings.is_audit or isinstance(made, io.IOBase):
            return made
        if is_contextlib_object(made):
            raise ResultError("its body would begin only at `with`, on behalf of whoever enters it")
        raise ResultError(
            f"what a `{type(made).__name__}` does would be decided for whoever calls or reads it; return what comes of "
            "it, as a list, or make the tool a generator"
        )

    def _carry_error(self, error: BaseException) -> None:
        # Whoever called a tool gets the error, as if it were given.
        self.carry(error)


def _check(function: Any) -> None:
    """Whether a function can be a tool. Raises TypeError if nobody could say for whom its body runs."""
    if not callable(function):
        raise TypeError(f"a tool must be callable, but {class_with_article(type(function))} is not")
    while isinstance(function, functools.partial):
        function = function.func
    if getattr(function, "__code__", None) in _CONTEXT_MANAGERS:
        raise TypeError("a function made by `contextmanager` cannot be a tool: its body would begin only at `with`, on behalf of whoever enters it")
    if inspect.isclass(function) and _gives_what_runs(function):
        raise TypeError(
            f"a tool gives data, and what a `{function.__name__}` does would be decided for whoever calls or reads it; "
            "make the tool a function that gives what comes of it"
        )


def _gives_what_runs(kind: type) -> bool:
    """Whether each object of a class has yet to run, in a way in which nobody could say for whom."""
    if kind.__module__ in ("builtins", "itertools") or issubclass(kind, io.IOBase):
        return False
    names = {name for each in kind.__mro__ for name in vars(each)}
    return "__await__" not in names and not names.isdisjoint(("__next__", "__anext__", "__aiter__", "__call__"))


def _takes_ctx(function: Callable[..., Any]) -> bool:
    of = _arguments.parameters(function)
    return of is not None and "ctx" in _arguments.names(of)[0]


def _refuse(config: Configuration, tool_name: str, given: Dict[str, Any], ctx: Any) -> None:
    """Refuses a tool that the policy does not declare; returns in audit mode only."""
    admit_action(config, {**given, "type": tool_name}, ctx)
    if not config.settings.is_audit:
        raise ActraSchemaError(f"the schema declares no action `{tool_name}`")
