"""From the arguments of a call to the fields of an action, at the speed of a call.

Of a function's signature a binder is made: a function with the same parameters that returns them as a dictionary.
So arguments are bound as Python itself binds them, errors included.
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, FrozenSet, List, Optional, Sequence, Tuple

Parameter = inspect.Parameter
#: ``binder(*args, **kwargs) -> dictionary``
Binder = Callable[..., Dict[str, Any]]


def parameters(function: Callable[..., Any]) -> Optional[List[inspect.Parameter]]:
    """The parameters of a function; ``None`` for one that does not tell."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None


def names(of: Sequence[inspect.Parameter]) -> Tuple[List[str], bool]:
    """The names that arguments can have, and whether any other can come by ``**``."""
    named = [one.name for one in of if one.kind is not Parameter.VAR_KEYWORD]
    return named, any(one.kind is Parameter.VAR_KEYWORD for one in of)


def colliding(of: Sequence[inspect.Parameter]) -> FrozenSet[str]:
    """Names that an argument by ``**`` may have beside a parameter that cannot be named in a call."""
    if not any(one.kind is Parameter.VAR_KEYWORD for one in of):
        return frozenset()
    unnamed = (Parameter.POSITIONAL_ONLY, Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return frozenset(one.name for one in of if one.kind in unnamed)


def all_arguments(of: Sequence[inspect.Parameter]) -> Binder:
    """A binder of all arguments, defaults included."""
    named, _ = names(of)
    spread = [one.name for one in of if one.kind is Parameter.VAR_KEYWORD]
    items = [f"**{name}" for name in spread] + [f"{name!r}: {name}" for name in named]
    return _binder(of, "{" + ", ".join(items) + "}")


def fields(
    of: Sequence[inspect.Parameter], action_type: str, wanted: Sequence[Tuple[str, str]]
) -> Optional[Binder]:
    """A binder of an action with these fields of these arguments; ``None`` if some can only come by ``**``."""
    named, _ = names(of)
    if not {argument for _, argument in wanted} <= set(named):
        return None
    items = [f"'type': {str.__repr__(action_type)}"] + [f"{field!r}: {argument}" for field, argument in wanted]
    return _binder(of, "{" + ", ".join(items) + "}")


def _binder(of: Sequence[inspect.Parameter], result: str) -> Binder:
    written: List[str] = []
    scope: Dict[str, Any] = {}
    positional_only = any(one.kind is Parameter.POSITIONAL_ONLY for one in of)
    starred = False
    for number, one in enumerate(of):
        if not one.name.isidentifier():
            raise TypeError(f"a parameter cannot be called {one.name!r}")
        if one.kind is not Parameter.POSITIONAL_ONLY and positional_only:
            written.append("/")
            positional_only = False
        if one.kind is Parameter.KEYWORD_ONLY and not starred:
            written.append("*")
            starred = True
        text = one.name
        if one.kind is Parameter.VAR_POSITIONAL:
            text, starred = f"*{one.name}", True
        elif one.kind is Parameter.VAR_KEYWORD:
            text = f"**{one.name}"
        elif one.default is not Parameter.empty:
            scope[f"_actra_default_{number}"] = one.default
            text = f"{one.name}=_actra_default_{number}"
        written.append(text)
    if positional_only:
        written.append("/")
    code = f"def _actra_bind({', '.join(written)}):\n    return {result}\n"
    exec(compile(code, "<actra: arguments>", "exec"), scope)  # noqa: S102
    binder: Binder = scope["_actra_bind"]
    return binder
