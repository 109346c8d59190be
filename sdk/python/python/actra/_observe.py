"""Events on their way to those who watch."""

from __future__ import annotations

import copy
from typing import Any, Dict, List

from . import _actra, _log, events
from ._calls import Failed, HostCall, Role, Steps
from ._context import correlation
from ._settings import Settings

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def _copy(event: Dict[str, Any], number: int) -> Dict[str, Any]:
    return event if number == 0 else {**event, "request": copy.deepcopy(event["request"])}


def tell_observers(settings: Settings, admission: _actra.Admission) -> Steps[None]:
    """Tells all observers of what happened since. One that fails is reported, and changes nothing."""
    if not settings.observers:
        return
    tied_to = correlation.get()
    for event in admission.take_events(tied_to):
        # A copy each: one that changes its event changes nobody else's.
        calls: List[HostCall] = [
            HostCall(
                Role.OBSERVER,
                observer,
                events.of_native(_copy(event, number), tied_to),
                settings.deadline,
                settings.is_audit,
            )
            for number, observer in enumerate(settings.observers)
        ]
        for outcome in (yield calls):
            if type(outcome) is Failed:
                _log.error("actra: an observer failed: %s", outcome.why, error=outcome.error)
