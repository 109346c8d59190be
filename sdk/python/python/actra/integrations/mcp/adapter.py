"""Asks a policy about the call of a tool, for programs that run tools themselves."""

from __future__ import annotations

from typing import Any, Mapping

from ..._audit import log_in_audit
from ..._evaluate import admit_action
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
        """The decision on a tool call that may run; raises ActraPolicyError for any other, approval included.

        Who acts is ``ctx``, and nobody without it: a block of :func:`actra.using` may be that of the program itself.
        """
        given, config = dict(arguments), self.runtime._live.config
        with log_in_audit(config.settings.is_audit, "a tool call passes"):
            if "type" in given:
                raise ActraSchemaError("`type` names the action, so no argument can have this name")
        return admit_action(config, {**given, "type": tool_name}, ctx)
