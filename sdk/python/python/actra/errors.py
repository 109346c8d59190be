"""What goes wrong, as exceptions. Whenever one of these is raised, the protected operation did not run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple

from . import _actra
from ._error import ActraError, picklable
from .approval import ActraApprovalError, ApprovalRequest
from .types import Decision

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = [
    "ActraApprovalError",
    "ActraApprovalRequired",
    "ActraCompileError",
    "ActraError",
    "ActraPolicyError",
    "ActraSchemaError",
]


class ActraPolicyError(ActraError):
    """A policy does not allow an operation, which did not run.

    ``decision`` says why; ``context`` holds the records it was decided about, without sensitive values.

    ``args`` holds what whoever sent the call may be told: the same decision, without ``context`` and without why a
    resolver failed. So code that knows no more of an error than its class and ``args``, for example when it writes
    JSON, passes on only that.
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
        refused: Optional[str] = None,
        problem: Optional[str] = None,
        advice: Optional[str] = None,
    ) -> None:
        self.action_type = action_type
        self.decision = decision if isinstance(decision, Decision) else Decision.of_mapping(decision)
        self.context = dict(context or {})
        self._message = message
        #: The refusal as JSON, for who sent a request, and for a language model, if an enforcement point made it.
        self._texts = (refused, problem, advice)
        #: Those texts, until somebody reads them.
        self._native: Optional[_actra.Refused] = None
        #: What somebody else has made of them.
        self._args: Optional[Tuple[Any, ...]] = None
        super().__init__(message or f"action {action_type}: {self.decision.effect}")

    if not TYPE_CHECKING:

        @property
        def args(self) -> Tuple[Any, ...]:
            if self._args is not None:
                return self._args
            _, problem, advice = self._written()
            said = self._message if problem is None else json.loads(problem)["detail"]
            return (self.action_type, self.decision.public_facts(), {}, said, None, problem, advice)

        @args.setter
        def args(self, args: Tuple[Any, ...]) -> None:
            BaseException.args.__set__(self, args)
            self._args = BaseException.args.__get__(self)

    def _written(self) -> Tuple[Optional[str], Optional[str], Optional[str]]:
        native = self._native
        if native is not None:
            # INVARIANT (no other words): another thread that finds nothing to read finds what was read of it.
            self._texts = (native.to_json(), native.to_problem_json(403), native.for_model())
            self._native = None
        return self._texts

    def to_problem(self) -> Dict[str, Any]:
        """The body of an answer with ``application/problem+json`` (RFC 9457): :meth:`to_dict` without records and
        without why a resolver failed, which is none of a stranger's business."""
        _, written, _ = self._written()
        if written is not None:
            problem: Dict[str, Any] = json.loads(written)
            return problem
        plain = self._plain()
        title = plain["type"].rpartition(":")[2].replace("_", " ")
        return {"title": title, "status": 403, "action": self.action_type, **plain}

    def for_model(self) -> str:
        """The refusal for a language model that made the call, in two sentences: what was refused, and what to do now.

        Why a resolver failed is left out: it may hold what is none of the business of the model, or of whoever reads
        its answers.
        """
        _, _, advice = self._written()
        if advice is not None:
            return advice
        return f"The call was refused: {self}. Do not make it again; tell the person you work for."

    def _plain(self) -> Dict[str, Any]:
        """Of a refusal that no enforcement point made."""
        kind = "needs_approval" if self.decision.effect == "require_approval" else "blocked"
        return {
            "type": f"urn:actra:refused:{kind}",
            "detail": str(self),
            "effect": self.decision.effect,
            "rule": self.decision.matched_rule,
            "message": self.decision.message,
        }

    @property
    def matched_rule(self) -> Optional[str]:
        """The rule that carries the effect; ``None`` if it is the default."""
        return self.decision.matched_rule

    def to_dict(self) -> Dict[str, Any]:
        """The refusal as plain data, the same in every language, with ``decision`` and ``context`` beside it.

        ``type``, ``detail`` (the text), ``action``, ``effect``, ``rule``, ``rules``, ``message``, ``required_actions``,
        ``undetermined``, ``errors``, ``failures``, ``approval`` if one was asked for, ``policy_hash``, ``event_id``.
        """
        refused, problem, _ = self._written()
        written = refused or problem
        data: Dict[str, Any] = json.loads(written) if written else self._plain()
        if not refused:
            data = {name: value for name, value in data.items() if name not in ("title", "status")}
        return {**data, "action": self.action_type, "decision": dict(self.decision), "context": self.context}

    def __reduce__(self) -> Any:
        made = (self.action_type, self.decision, self.context, self._message, *self._written())
        return (type(self), made, {"__cause__": picklable(self.__cause__)})


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
        refused: Optional[str] = None,
        problem: Optional[str] = None,
        advice: Optional[str] = None,
        approval: Optional[ApprovalRequest] = None,
    ) -> None:
        self.approval = approval
        super().__init__(action_type, decision, context, message, refused, problem, advice)

    def _has_pending_request(self) -> bool:
        """Whether there is a request that nobody has denied."""
        _, problem, _ = self._written()
        return self.approval is not None and (problem is None or "approval" in json.loads(problem))


class ActraCompileError(ActraError, ValueError):
    """A policy set does not compile, or its governance refuses it. ``diagnostics`` has all errors with their places."""

    diagnostics: List[Dict[str, Any]]

    def __init__(self, message: str, report: str = "{}") -> None:
        self._report = report
        parsed = json.loads(report)
        self.diagnostics = list(parsed.get("diagnostics", []))
        super().__init__(message)

    def __reduce__(self) -> Any:
        return (type(self), (str(self), self._report), {"__cause__": picklable(self.__cause__)})


class ActraSchemaError(ActraError, ValueError):
    """A function and the schema do not fit: an action or a field is not there."""

    original_error: Optional[BaseException]

    def __init__(self, message: str, original_error: Optional[BaseException] = None) -> None:
        self.original_error = original_error
        super().__init__(message)
