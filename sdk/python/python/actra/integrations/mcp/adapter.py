"""Asks a policy about the call of a tool, for programs that run tools themselves."""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict, Mapping, Optional

from ..._action import build_action
from ..._approval_parts import approval_parts
from ..._audit import log_in_audit
from ..._configuration import Configuration
from ..._evaluate import admit_action
from ..._values import are_texts
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

        Arguments fill the fields that they fill when :meth:`ActraMCPServer.handle_request` calls a function, and an
        approval is bound to all of them. Defaults are those of a function, which this does not know.

        Who acts is ``ctx``, and nobody without it: a block of :func:`actra.using` may be that of the program itself.
        """
        given, config = dict(arguments), self.runtime._live.config
        is_audit = config.settings.is_audit
        if "ctx" in given:
            with log_in_audit(is_audit, "a tool call passes"):
                raise ActraSchemaError("`ctx` says who acts, so no argument of a tool can have this name")
            del given["ctx"]
        make = functools.partial(_action, config, tool_name, given, ctx)
        action: Dict[str, Any] = {**given, "type": tool_name}
        make_again: Optional[Callable[[], Dict[str, Any]]] = None
        with log_in_audit(is_audit, "a tool call passes"):
            action, make_again = make(), make
        return admit_action(config, action, ctx, make_again, functools.partial(approval_parts, given))


def _action(config: Configuration, tool_name: str, given: Dict[str, Any], ctx: Any) -> Dict[str, Any]:
    """The action of a tool call, as that of a function with these arguments."""
    declared = config.policy._native.fields(tool_name)
    builder = None if declared is None else config.settings.action_resolver
    if not are_texts(given):
        raise ActraSchemaError("the name of an argument is not a plain string")
    if "type" in given and builder is None and all(argument != "type" for _, _, argument in declared or ()):
        raise ActraSchemaError("`type` names the action, so no argument can have this name")
    return build_action(config.policy, tool_name, given, ctx, None, builder)
