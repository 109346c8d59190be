"""Spans and metrics of decisions, for OpenTelemetry.

>>> actra.configure("policy", on_event=observer())                                     # doctest: +SKIP

Needs ``opentelemetry-api``. Arguments and facts stay out: a span says what was decided, not about what.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Optional, Set

from opentelemetry import metrics, trace
from opentelemetry.trace import StatusCode

from .. import _actra
from ..events import DecisionEvent, Observer

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = ["observer"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


def observer(
    tracer_provider: Optional[trace.TracerProvider] = None,
    meter_provider: Optional[metrics.MeterProvider] = None,
) -> Observer:
    """Hears of decisions and makes of each a span ``actra.decide``, a count and a duration.

    The span is a child of the current one. The counter ``actra.decisions`` and the histogram
    ``actra.decision.duration``, in seconds, are told apart by action, effect, mode and outcome. An action that the policy
    does not declare is ``(undeclared)``, and one of which that is not known yet ``(unknown)``. The providers are the
    global ones unless others are given. What fails in here or in an exporter is logged, and decides nothing.
    """
    version = _actra.version()
    tracer = trace.get_tracer("actra", version, tracer_provider)
    meter = metrics.get_meter("actra", version, meter_provider)
    decisions = meter.create_counter("actra.decisions", "{decision}", "Decisions of policies")
    duration = meter.create_histogram("actra.decision.duration", "s", "Time to decide, resolvers included")

    declared: Set[str] = set()

    def observe(event: DecisionEvent) -> None:
        told = {
            "actra.action": _action_name(event, declared),
            "actra.effect": event.effect,
            "actra.mode": event.mode,
            "actra.outcome": event.outcome,
        }
        decisions.add(1, told)
        duration.record(event.duration_ms / 1000.0, told)
        begin = (event.timestamp - _EPOCH) // _MICROSECOND * 1000
        span = tracer.start_span("actra.decide", start_time=begin, attributes={**told, **_more(event)})
        # Why something failed may hold what it failed on.
        for stage, _ in event.failures:
            span.add_event("actra.failure", {"stage": stage})
        if event.failures:
            span.set_status(StatusCode.ERROR, event.failures[0][0])
        span.end(begin + int(event.duration_ms * 1_000_000))

    return observe


def _action_name(event: DecisionEvent, declared: Set[str]) -> str:
    """The action, if a policy is known to declare it: callers can make up names, and each would be a time series of its
    own."""
    name, faults = event.action_type, _list(event, "errors")
    if any(fault["code"] == "undeclared_action" for fault in faults):
        return "(undeclared)"
    # A fault without a path is one for which nobody looked at the action.
    if all(fault["path"] for fault in faults) and hasattr(event.decision, "errors") and event.outcome != "cancelled":
        declared.add(name)
    return name if name in declared else "(unknown)"


def _more(event: DecisionEvent) -> Dict[str, Any]:
    more = {
        "actra.rule": event.matched_rule,
        "actra.policy_hash": getattr(event.decision, "policy_hash", None),
        "actra.approved_by": event.approved_by,
        "actra.correlation_id": event.correlation_id,
        "actra.undetermined": [found["rule"] for found in _list(event, "undetermined")],
        "actra.shadow": [found["rule"] for found in _list(event, "shadow")],
    }
    return {name: value for name, value in more.items() if value}


def _list(event: DecisionEvent, name: str) -> Any:
    return getattr(event.decision, name, [])
