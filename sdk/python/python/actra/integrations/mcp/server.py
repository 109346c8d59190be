"""A table of functions whose calls a policy decides about."""

from __future__ import annotations

import logging
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, TypeVar

from ... import _bind
from ..._decorate import decorated
from ...errors import ActraSchemaError
from ...runtime import using
from .adapter import ActraMCPAdapter

__all__ = ["ActraMCPServer"]

log: logging.Logger = logging.getLogger("actra")

F = TypeVar("F", bound=Callable[..., Any])


class ActraMCPServer:
    """Functions by name; no protocol."""

    def __init__(self, adapter: ActraMCPAdapter) -> None:
        self.adapter = adapter
        self.tools: Dict[str, Callable[..., Any]] = {}
        self._called: Dict[str, Tuple[Tuple[Any, ...], Callable[..., Any]]] = {}

    def tool(self, name: Optional[str] = None) -> Callable[[F], F]:
        """Registers a function under its name or another one."""

        def register(function: F) -> F:
            self.tools[name or function.__name__] = function
            return function

        return register

    def handle_request(self, tool_name: str, arguments: Mapping[str, Any], ctx: Any = None) -> Any:
        """Calls a function if the policy allows it. Raises ValueError for a tool that is not there.

        Who acts is ``ctx``, which a function with a parameter of this name is given; it is never one of the arguments.
        """
        function = self.tools.get(tool_name)
        if function is None:
            raise ValueError(f"there is no tool `{tool_name}`")
        if "ctx" in arguments:
            raise ActraSchemaError("`ctx` says who acts, so no argument of a tool can have this name")
        of = _bind.parameters(function)
        takes_ctx = of is not None and "ctx" in _bind.names(of)[0]
        given = {**arguments, "ctx": ctx} if takes_ctx and ctx is not None else dict(arguments)
        runtime = self.adapter.runtime
        if tool_name not in runtime.policy.actions():
            # The policy says so; in audit mode the tool runs.
            self.adapter.evaluate_tool(tool_name, arguments, ctx)
            return function(**given)
        try:
            called = self._guarded(tool_name, function, takes_ctx)
        except ActraSchemaError as error:
            if runtime.mode != "audit":
                raise
            log.warning("actra: in audit mode, a tool is called although %s", error)
            called = function
        with using(ctx):
            return called(**given)

    def _guarded(self, tool_name: str, function: Callable[..., Any], takes_ctx: bool) -> Callable[..., Any]:
        """The function as it is called if the policy allows it."""
        point = self.adapter.runtime._point
        # Where somebody tells who acts, a grant is bound to that actor.
        says_who = takes_ctx and point.now.settings.actor is not None
        of = (function, point, says_who)
        known = self._called.get(tool_name)
        if known is not None and known[0] == of:
            return known[1]
        unbound = ["ctx"] if says_who else []
        made: Callable[..., Any] = decorated(point, tool_name, None, None, False, unbound, False)(function)
        self._called[tool_name] = (of, made)
        return made
