"""Asking about an action that somebody gives, without a function."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any, Callable, Dict, List, Optional

from . import _actra, _values
from ._audit import audited, unmade
from ._drive import driven, driven_async
from ._point import Configuration
from ._refusal import finish
from ._values import are_texts
from ._words import a
from .types import Decision

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def plain(action: Any) -> Dict[str, Any]:
    """An action of its own, so that nobody changes it meanwhile. A mapping that is read otherwise than it is kept is
    refused, as it is where it is a part of a request."""
    if type(action) is dict and are_texts(action):
        return dict(action)
    read = _values.plain(action) if isinstance(action, MappingType) else action
    if type(read) is not dict:
        raise TypeError(f"an action must be a dictionary with `type` and its fields, but this is {a(type(action))}")
    return read


def evaluate(config: Configuration, action: Any, ctx: Any) -> Decision:
    """What the policy says about an action. In audit mode, a block if that cannot be said."""
    admission = _begun(config, action, None)
    admission.evaluate()
    with audited(config.settings.audits, "an action is evaluated as blocked"):
        return Decision.of_native(driven(config.settings, admission, ctx, dict)[1])
    admission.no_request("it could not be evaluated")
    return Decision.of_native(admission.decision())


def check(
    config: Configuration,
    action: Any,
    ctx: Any,
    again: Optional[Callable[[], Dict[str, Any]]] = None,
    bound: Optional[Callable[[], Dict[str, Any]]] = None,
) -> Decision:
    """The decision on an action that may run now, as every one may in audit mode; raises ActraPolicyError if not.

    ``again`` makes the action once more, where it is made of arguments, which ``bound`` gives as an approval is bound
    to them.
    """
    admission = _begun(config, action, again or (lambda: plain(action)), None if bound is None else [])
    with audited(config.settings.audits, "an action passes"):
        finish(driven(config.settings, admission, ctx, bound or dict), admission)
    return Decision.of_native(admission.decision())


async def check_async(config: Configuration, action: Any, ctx: Any) -> Decision:
    """As :func:`check`, but async: resolvers, handlers and observers are awaited."""
    admission = _begun(config, action, lambda: plain(action))
    with audited(config.settings.audits, "an action passes"):
        finish(await driven_async(config.settings, admission, ctx, dict), admission)
    return Decision.of_native(admission.decision())


def _begun(
    config: Configuration,
    action: Any,
    again: Optional[Callable[[], Dict[str, Any]]],
    unbound: Optional[List[str]] = None,
) -> _actra.Admission:
    try:
        return config.native.begin(config.policy._native, plain(action), unbound, again)
    except BaseException as error:
        if not config.settings.audits:
            raise
        admission = unmade(config, _name(config, action), error)
        # What is known of it could be allowed.
        admission.no_request("it could not be turned into a request")
        return admission


def _name(config: Configuration, action: Any) -> str:
    """The type of an action of which no request can be made, if it is one that the policy knows."""
    named = action.get("type") if type(action) is dict else None
    return named if type(named) is str and named in config.policy.actions() else "unknown"
