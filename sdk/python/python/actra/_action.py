"""From arguments to an action."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any, Callable, Dict, Optional, Sequence

from ._values import plain
from ._words import class_with_article
from .errors import ActraSchemaError
from .policy import Policy

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

Builder = Callable[..., Any]


def build_action(
    policy: Policy,
    action_type: str,
    arguments: Dict[str, Any],
    ctx: Any,
    fields: Optional[Sequence[str]],
    builder: Optional[Builder],
) -> Dict[str, Any]:
    """The action of these arguments: by the builder, or what the schema declares."""
    if builder is not None:
        made = builder(action_type, (), dict(arguments), ctx)
        if not isinstance(made, MappingType):
            raise TypeError(f"an action must be a dictionary, but the builder returned {class_with_article(type(made))}")
        return {"type": action_type, **(made if type(made) is dict else _mapping(made))}
    picked = _pick_fields(policy, action_type, arguments, fields)
    if "type" in picked:
        raise ActraSchemaError("`type` names the action, so no argument can have this name")
    return {"type": action_type, **picked}


def _mapping(made: Any) -> Dict[str, Any]:
    read = plain(made)
    if type(read) is not dict:
        raise TypeError(f"an action must be a dictionary, but the builder returned {class_with_article(type(made))}")
    return read


def _pick_fields(
    policy: Policy, action_type: str, arguments: Dict[str, Any], fields: Optional[Sequence[str]]
) -> Dict[str, Any]:
    declared = policy._native.fields(action_type)
    if declared is not None:
        return {
            field: arguments[argument]
            for field, _, argument in declared
            if argument in arguments and (fields is None or field in fields)
        }
    if fields is not None:
        return {name: arguments[name] for name in fields if name in arguments}
    return {name: value for name, value in arguments.items() if name != "ctx"}
