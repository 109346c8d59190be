"""What goes wrong, as exceptions. Whenever one of these is raised, the protected operation did not run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional

if TYPE_CHECKING:
    from .approval import ApprovalRequest
    from .types import Decision

__all__ = [
    "ActraApprovalRequired",
    "ActraCompileError",
    "ActraError",
    "ActraPolicyError",
    "ActraSchemaError",
]


class ActraError(Exception):
    """The base of all errors of this package. They can be pickled, their causes included."""

    def __reduce__(self) -> Any:
        return (type(self), self.args, {**self.__dict__, "__cause__": self.__cause__})

    def __setstate__(self, state: Optional[Dict[str, Any]]) -> None:
        for name, value in (state or {}).items():
            setattr(self, name, value)


class ActraPolicyError(ActraError):
    """A policy does not allow an operation, which did not run.

    ``decision`` says why; ``context`` holds the records it was decided about, without sensitive values.
    """

    action_type: str
    decision: Decision
    context: Dict[str, Any]

    def __init__(
        self,
        action_type: str,
        decision: Any,
        context: Optional[Mapping[str, Any]] = None,
        message: Optional[str] = None,
    ) -> None:
        from .types import Decision

        self.action_type = action_type
        self.decision = decision if isinstance(decision, Decision) else Decision.of_mapping(decision)
        self.context = dict(context or {})
        self._message = message
        super().__init__(message or self._said())

    def _said(self) -> str:
        decision = self.decision
        what = "needs approval" if decision.effect == "require_approval" else "is blocked"
        rule = f" by rule `{decision.matched_rule}`" if decision.matched_rule else ""
        why = f": {decision.message}" if decision.message else ""
        if not why and decision.errors:
            first = decision.errors[0]
            why = f": `{first['path']}`: {first['message']}" if first["path"] else f": {first['message']}"
        return f"action `{self.action_type}` {what}{rule}{why}"

    @property
    def matched_rule(self) -> Optional[str]:
        """The rule that carries the effect; ``None`` if it is the default."""
        return self.decision.matched_rule

    def to_dict(self) -> Dict[str, Any]:
        """``action``, ``decision`` and ``context`` as plain dictionaries."""
        return {"action": self.action_type, "decision": dict(self.decision), "context": self.context}

    def __reduce__(self) -> Any:
        made = (self.action_type, self.decision, self.context, self._message)
        return (type(self), made, {"__cause__": self.__cause__})


class ActraApprovalRequired(ActraPolicyError):
    """An operation needs a grant, and there is none. ``approval`` is what can be granted.

    ``approval`` is ``None`` if nothing can be granted, and in another process.
    """

    approval: Optional[ApprovalRequest]

    def __init__(
        self,
        action_type: str,
        decision: Any,
        context: Optional[Mapping[str, Any]] = None,
        message: Optional[str] = None,
        approval: Optional[ApprovalRequest] = None,
    ) -> None:
        self.approval = approval
        super().__init__(action_type, decision, context, message)


class ActraCompileError(ActraError, ValueError):
    """A policy set does not compile, or its governance refuses it. ``diagnostics`` has all errors with their places."""

    diagnostics: List[Dict[str, Any]]

    def __init__(self, message: str, report: str = "{}") -> None:
        self._report = report
        parsed = json.loads(report)
        self.diagnostics = list(parsed.get("diagnostics", []))
        super().__init__(message)

    def __reduce__(self) -> Any:
        return (type(self), (str(self), self._report), {"__cause__": self.__cause__})


class ActraSchemaError(ActraError, ValueError):
    """A function and the schema do not fit: an action or a field is not there."""

    original_error: Optional[BaseException]

    def __init__(self, message: str, original_error: Optional[BaseException] = None) -> None:
        self.original_error = original_error
        super().__init__(message)
