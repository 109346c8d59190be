"""A table of functions whose calls a policy decides about."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional, TypeVar

from ... import _bind
from ...errors import ActraSchemaError
from .adapter import ActraMCPAdapter

__all__ = ["ActraMCPServer"]

F = TypeVar("F", bound=Callable[..., Any])


class ActraMCPServer:
    """Functions by name; no protocol."""

    def __init__(self, adapter: ActraMCPAdapter) -> None:
        self.adapter = adapter
        self.tools: Dict[str, Callable[..., Any]] = {}

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
        given = dict(arguments)
        of = _bind.parameters(function)
        if of is not None and ctx is not None and "ctx" in _bind.names(of)[0]:
            given["ctx"] = ctx
        self.adapter.evaluate_tool(tool_name, self._fields(tool_name, function, of, given), ctx)
        return function(**given)

    def _fields(
        self, tool_name: str, function: Callable[..., Any], of: Optional[_bind.Called], given: Dict[str, Any]
    ) -> Dict[str, Any]:
        """Fields of the action, defaults included, and what the schema does not declare as it was given."""
        declared = self.adapter.runtime.policy._native.fields(tool_name) or []
        filled = {argument: field for field, _, argument in declared}
        bound = given if of is None else _bind.named(_bind.all_arguments(of), function)(**given)
        hidden = frozenset() if of is None else _bind.hidden(function, of)
        unknown = sorted((hidden & filled.keys()) - given.keys())
        if unknown:
            raise ActraSchemaError(f"`{tool_name}` is wrapped, so what `{unknown[0]}` is by default cannot be known")
        fields = {filled.get(name, name): value for name, value in given.items() if name != "ctx"}
        return {**fields, **{field: bound[argument] for argument, field in filled.items() if argument in bound}}
