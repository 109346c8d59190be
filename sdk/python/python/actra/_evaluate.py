"""Evaluates and admits an action that is given as data, without a function."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any, Callable, Dict, List, Optional

from . import _actra, _values
from ._audit import admission_without_request, log_in_audit
from ._configuration import Configuration
from ._drive import drive_admission, drive_admission_async
from ._refusal import finish
from ._values import are_texts
from ._words import class_with_article
from .types import Decision

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def copy_action(action: Any) -> Dict[str, Any]:
    """An action of its own, so that nobody changes it meanwhile. A mapping that is read otherwise than it is kept is
    refused, as it is where it is a part of a request."""
    if type(action) is dict and are_texts(action):
        return dict(action)
    read = _values.plain(action) if isinstance(action, MappingType) else action
    if type(read) is not dict:
        found = class_with_article(type(action))
        raise TypeError(f"an action must be a dictionary with `type` and its fields, but this is {found}")
    return read


def evaluate(config: Configuration, action: Any, ctx: Any) -> Decision:
    """What the policy says about an action. In audit mode, a block if that cannot be said."""
    admission = _begin_admission(config, action, None)
    admission.evaluate()
    with log_in_audit(config.settings.is_audit, "an action is evaluated as blocked"):
        return Decision.of_native(drive_admission(config.settings, admission, ctx, dict)[1])
    admission.refuse_request("it could not be evaluated")
    return Decision.of_native(admission.decision())


def admit_action(
    config: Configuration,
    action: Any,
    ctx: Any,
    make_again: Optional[Callable[[], Dict[str, Any]]] = None,
    bound: Optional[Callable[[], Dict[str, Any]]] = None,
) -> Decision:
    """The decision on an action that may run now, as every one may in audit mode; raises ActraPolicyError if not.

    ``make_again`` makes the action once more, where it is made of arguments, which ``bound`` gives as an approval is
    bound to them.
    """
    make_again = make_again or (lambda: copy_action(action))
    admission = _begin_admission(config, action, make_again, None if bound is None else [])
    with log_in_audit(config.settings.is_audit, "an action passes"):
        finish(drive_admission(config.settings, admission, ctx, bound or dict), admission)
    return Decision.of_native(admission.decision())


async def admit_action_async(config: Configuration, action: Any, ctx: Any) -> Decision:
    """As :func:`admit_action`, but async: resolvers, handlers and observers are awaited."""
    admission = _begin_admission(config, action, lambda: copy_action(action))
    with log_in_audit(config.settings.is_audit, "an action passes"):
        finish(await drive_admission_async(config.settings, admission, ctx, dict), admission)
    return Decision.of_native(admission.decision())


def _begin_admission(
    config: Configuration,
    action: Any,
    make_again: Optional[Callable[[], Dict[str, Any]]],
    unbound: Optional[List[str]] = None,
) -> _actra.Admission:
    try:
        return config.point.begin(config.policy._native, copy_action(action), unbound, make_again)
    except BaseException as error:
        if not config.settings.is_audit:
            raise
        admission = admission_without_request(config, _name(config, action), error)
        # What is known of it could be allowed.
        admission.refuse_request("it could not be turned into a request")
        return admission


def _name(config: Configuration, action: Any) -> str:
    """The type of an action of which no request can be made, if it is one that the policy knows."""
    named = action.get("type") if type(action) is dict else None
    return named if type(named) is str and named in config.policy.actions() else "unknown"
