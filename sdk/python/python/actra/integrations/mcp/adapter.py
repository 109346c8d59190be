"""Tool calls under a policy."""

from __future__ import annotations

from typing import Any, Mapping

from ...errors import ActraSchemaError
from ...runtime import ActraRuntime
from ...types import Decision

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = ["ActraMCPAdapter"]


class ActraMCPAdapter:
    """Asks a policy about tool calls."""

    def __init__(self, runtime: ActraRuntime) -> None:
        self.runtime = runtime

    def evaluate_tool(self, tool_name: str, arguments: Mapping[str, Any], ctx: Any = None) -> Decision:
        """The decision on a tool call that may run; raises ActraPolicyError for any other, approval included."""
        given = dict(arguments)
        if "type" in given:
            raise ActraSchemaError("`type` names the action, so no argument can have this name")
        return self.runtime.check({"type": tool_name, **given}, ctx)
