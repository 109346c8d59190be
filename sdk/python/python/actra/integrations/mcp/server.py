"""A table of functions whose calls a policy decides about."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional, TypeVar

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
        """Calls a function if the policy allows it. Raises ValueError for a tool that is not there."""
        function = self.tools.get(tool_name)
        if function is None:
            raise ValueError(f"there is no tool `{tool_name}`")
        self.adapter.evaluate_tool(tool_name, arguments, ctx)
        return function(**arguments)
