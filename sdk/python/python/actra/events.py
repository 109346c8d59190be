"""What happened at an enforcement point."""

from __future__ import annotations

import datetime
import io
import os
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, TextIO, Tuple, Union

from ._words import class_with_article
from .types import Decision

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = ["DecisionEvent", "json_lines"]


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


@dataclass(frozen=True)
class DecisionEvent:
    """One evaluation, whatever came of it. It is a copy: changing what it holds changes nothing else."""

    action: Dict[str, Any]
    decision: Mapping[str, Any]
    #: ``action``, ``actor`` and ``snapshot`` without sensitive values.
    context: Dict[str, Any]
    timestamp: datetime.datetime = field(default_factory=_now)
    #: How long the evaluation took, resolvers included.
    duration_ms: float = 0.0
    #: ``"enforce"`` or ``"audit"``
    mode: str = "enforce"
    #: ``"ran"``, ``"approved"``, ``"asked"``, ``"refused"``, ``"cancelled"`` or ``"evaluated"``
    outcome: str = "evaluated"
    #: What went wrong on the way: where and why.
    failures: Tuple[Tuple[str, str], ...] = ()
    approved_by: Optional[str] = None
    correlation_id: Optional[str] = None
    #: Which event this is; a refusal names it.
    id: str = ""
    #: ``actra/event/v1``, one line.
    line: bytes = field(default=b"", repr=False, compare=False)

    @property
    def effect(self) -> str:
        """The effect of the decision."""
        return str(self.decision["effect"])

    @property
    def matched_rule(self) -> Optional[str]:
        """The rule that carries the effect."""
        return self.decision.get("matched_rule")

    @property
    def is_blocked(self) -> bool:
        """Whether the effect is ``block``."""
        return self.effect == "block"

    @property
    def action_type(self) -> str:
        """The type of the action; ``"unknown"`` if it has none."""
        return str(self.action.get("type") or "unknown")

    def to_json(self) -> bytes:
        """``actra/event/v1``, one line of JSON."""
        return self.line


def of_native(event: Dict[str, Any], correlation: Optional[str]) -> DecisionEvent:
    """An event as the compiled part tells it."""
    request: Dict[str, Any] = event["request"]
    action = request.get("action")
    return DecisionEvent(
        action=dict(action) if isinstance(action, dict) else {},
        decision=Decision.of_native(event["decision"]),
        context=request,
        timestamp=datetime.datetime.fromtimestamp(event["at"], datetime.timezone.utc),
        duration_ms=event["duration"] * 1000.0,
        mode=event["mode"],
        outcome=event["outcome"],
        failures=tuple((stage, reason) for stage, reason in event["failures"]),
        approved_by=event["approved_by"],
        correlation_id=correlation,
        id=event["id"],
        line=event["line"],
    )


Observer = Callable[[DecisionEvent], Any]
Observers = List[Observer]


def json_lines(target: Union[str, os.PathLike[str], TextIO]) -> Observer:
    """An observer that appends every event as a line of JSON to a file: by its path, or opened as text.

    Raises TypeError for anything else, into which no event could be written.
    """
    if isinstance(target, (str, os.PathLike)):
        path = os.fspath(target)

        def append(event: DecisionEvent) -> None:
            # One write in append mode: lines of several processes do not mix.
            with open(path, "ab", buffering=0) as file:
                file.write(event.line)

        return append
    if isinstance(target, (io.RawIOBase, io.BufferedIOBase)) or not callable(getattr(target, "write", None)):
        found = class_with_article(type(target))
        raise TypeError(f"events are written to the path of a file or to one opened as text, but this is {found}")
    stream = target

    def write(event: DecisionEvent) -> None:
        stream.write(event.line.decode())

    return write
