"""Parameters that hold what a policy reads, one level deeper."""

from __future__ import annotations

import inspect
import typing
from typing import Any, Callable, Dict, Optional, Sequence

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def hint(function: Callable[..., Any], parameters: Sequence[inspect.Parameter], name: str) -> str:
    """What to write, if a parameter is a dataclass or a model with a field of this name."""
    annotations = _annotations(function)
    for one in parameters:
        if name in _fields(annotations.get(one.name, one.annotation)):
            return (
                f"; `{one.name}` holds it: let the schema declare `{one.name}: {{ type: object, fields: {{ {name}: ... }} }}`, "
                f'or give `action_builder=lambda name, args, kwargs, ctx: {{"{name}": kwargs["{one.name}"].{name}}}`'
            )
    return ""


def _annotations(function: Callable[..., Any]) -> Dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception:
        # A name that is not there yet, or anything else that annotations may hold.
        return {}


def _fields(annotation: Optional[Any]) -> Sequence[str]:
    if not isinstance(annotation, type):
        return ()
    for of in ("model_fields", "__dataclass_fields__"):
        fields = getattr(annotation, of, None)
        if isinstance(fields, dict):
            return tuple(fields)
    return ()
