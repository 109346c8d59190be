"""Decorators, which keep the type of what they decorate."""

from __future__ import annotations

from typing import Any, Callable, Optional, Protocol, Sequence, TypeVar

from ._action import Builder
from ._point import EnforcementPoint
from ._site import Site
from ._wrap import wrapper

#: Whatever can be decorated: it is called as before.
F = TypeVar("F", bound=Callable[..., Any])


class Decorator(Protocol):
    """Gives a function that is called as the one that it is given."""

    def __call__(self, function: F, /) -> F: ...


def decorated(
    point: EnforcementPoint,
    action_type: Any,
    fields: Optional[Sequence[str]],
    action_builder: Optional[Builder],
    audit: bool,
    unbound: Sequence[str],
) -> Any:
    """A decorated function; a decorator if there is none yet."""

    def decorate(function: Any, name: Optional[str] = action_type) -> Any:
        if isinstance(function, (classmethod, staticmethod)):
            return type(function)(decorate(function.__func__, name))
        site = Site(point, function, name, fields, action_builder, audit, unbound)
        wrapped = wrapper(site)
        wrapped.__actra__ = site
        return wrapped

    if callable(action_type) or isinstance(action_type, (classmethod, staticmethod)):
        return decorate(action_type, None)
    return decorate
