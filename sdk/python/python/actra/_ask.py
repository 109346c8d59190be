"""Asking about an action that somebody gives, without a function."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any, Callable, Dict, Optional

from . import _actra
from ._audit import audited, unmade
from ._drive import driven, driven_async
from ._point import Standing
from ._refusal import finish
from ._values import are_texts, keyed
from ._words import a
from .types import Decision

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def plain(action: Any) -> Dict[str, Any]:
    """An action of its own, so that nobody changes it meanwhile."""
    if not isinstance(action, MappingType):
        raise TypeError(f"an action must be a dictionary with `type` and its fields, but this is {a(type(action))}")
    given: Any = action
    if issubclass(type(given), dict) and not are_texts(dict.keys(given)):
        # None takes the place of another.
        return keyed(dict.items(given))
    return dict(given)


def evaluate(now: Standing, action: Any, ctx: Any) -> Decision:
    """What the policy says about an action. In audit mode, a block if that cannot be said."""
    admission = _begun(now, action, None)
    admission.evaluate()
    with audited(now.settings.audits, "an action is evaluated as blocked"):
        return Decision.of_native(driven(now.settings, admission, ctx, dict)[1])
    admission.no_request("it could not be evaluated")
    return Decision.of_native(admission.decision())


def check(now: Standing, action: Any, ctx: Any) -> Decision:
    """The decision on an action that may run now, as every one may in audit mode; raises ActraPolicyError if not."""
    admission = _begun(now, action, lambda: plain(action))
    with audited(now.settings.audits, "an action passes"):
        finish(driven(now.settings, admission, ctx, dict), admission)
    return Decision.of_native(admission.decision())


async def check_async(now: Standing, action: Any, ctx: Any) -> Decision:
    """The same where others may go on meanwhile."""
    admission = _begun(now, action, lambda: plain(action))
    with audited(now.settings.audits, "an action passes"):
        finish(await driven_async(now.settings, admission, ctx, dict), admission)
    return Decision.of_native(admission.decision())


def _begun(now: Standing, action: Any, again: Optional[Callable[[], Dict[str, Any]]]) -> _actra.Admission:
    try:
        return now.native.begin(now.policy._native, plain(action), None, again)
    except BaseException as error:
        if not now.settings.audits:
            raise
        admission = unmade(now, _name(now, action), error)
        # What is known of it could be allowed.
        admission.no_request("it could not be turned into a request")
        return admission


def _name(now: Standing, action: Any) -> str:
    """The type of an action of which no request can be made, if it is one that the policy knows."""
    named = action.get("type") if type(action) is dict else None
    return named if type(named) is str and named in now.policy.actions() else "unknown"
