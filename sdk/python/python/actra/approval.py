"""Approvals: a grant is valid for exactly what was shown, once, until it expires."""

from __future__ import annotations

import datetime
import html
import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, List

from . import _actra
from ._error import ActraError

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = ["ActraApprovalError", "ApprovalRequest", "Denial", "Grant"]


class ActraApprovalError(ActraError, ValueError):
    """A request for approval cannot be answered: there is none, it has expired, it was answered before, or the person
    who answers made it."""


def answer_request(answer: Callable[[], None]) -> None:
    """Answers a request; what prevents it is an ActraApprovalError."""
    try:
        answer()
    except ValueError as error:
        raise ActraApprovalError(str(error)) from None


@dataclass(frozen=True)
class Grant:
    """The answer that grants a request: its ``id``, and ``by`` whom."""

    id: str
    by: str


@dataclass(frozen=True)
class Denial:
    """Somebody has denied a request."""

    id: str
    by: str
    reason: str


class ApprovalRequest:
    """What somebody is asked to approve."""

    __slots__ = ("_native",)

    def __init__(self, native: _actra.ApprovalRequest) -> None:
        self._native = native

    @property
    def id(self) -> str:
        """Which request this is. Knowing it grants nothing."""
        return self._native.id

    @property
    def digest(self) -> str:
        """The digest of exactly what a grant is valid for: action with arguments, actor, facts read, policy and
        reasons."""
        return self._native.digest

    @property
    def expires_at(self) -> datetime.datetime:
        """Until when a grant can be given and used."""
        return datetime.datetime.fromtimestamp(self._native._expires, datetime.timezone.utc)

    @property
    def action(self) -> Dict[str, Any]:
        """The action without sensitive values."""
        action: Dict[str, Any] = self._native._records.get("action", {})
        return action

    @property
    def context(self) -> Dict[str, Any]:
        """All records without sensitive values."""
        return self._native._records

    @property
    def arguments(self) -> Dict[str, str]:
        """Arguments of the call that the schema does not declare, by type and size: a grant is for these, too."""
        return self._native.arguments

    @property
    def reasons(self) -> List[str]:
        """What the rules tell people."""
        return self._native.reasons

    @property
    def rules(self) -> List[str]:
        """The rules that ask for approval."""
        return self._native.rules

    @property
    def required_actions(self) -> List[Dict[str, Any]]:
        """What the rules want done."""
        return self._native.required_actions

    def grant(self, by: str) -> Grant:
        """Lets exactly this be done, once, by the next call that asks for it.

        Raises ActraApprovalError if the request has expired or was answered before, or was made by the person who
        grants it.
        """
        answer_request(lambda: self._native._answer(by, None))
        return Grant(self.id, by)

    def deny(self, by: str, reason: str = "") -> Denial:
        """Says no. Raises ActraApprovalError if the request has expired or was answered before."""
        answer_request(lambda: self._native._answer(by, reason))
        return Denial(self.id, by, reason)

    def __repr__(self) -> str:
        return f"ApprovalRequest({self.id}, {self.action!r}, reasons={self.reasons!r})"

    def _repr_html_(self) -> str:
        reasons = "".join(f"<li>{html.escape(reason)}</li>" for reason in self.reasons)
        action = html.escape(json.dumps(self.action, default=str, ensure_ascii=False))
        until = html.escape(self.expires_at.isoformat())
        return f"<b>Approval wanted</b> until {until}<ul>{reasons}</ul><pre>{action}</pre>"
