"""Decorators, which keep the type of what they decorate."""

from __future__ import annotations

from typing import Any, Callable, Optional, Protocol, Sequence, TypeVar

from ._action import Builder
from ._configuration import LiveConfiguration
from ._decorations import note
from ._site import Site
from ._wrap import wrapper

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: Whatever can be decorated: it is called as before.
F = TypeVar("F", bound=Callable[..., Any])


class Decorator(Protocol):
    """Gives a function that is called as the one that it is given."""

    def __call__(self, function: F, /) -> F: ...


def decorate(
    live: LiveConfiguration,
    action_type: Any,
    fields: Optional[Sequence[str]],
    action_builder: Optional[Builder],
    audit: bool,
    unbound: Sequence[str],
    is_trusted: bool = True,
) -> Any:
    """A decorated function; a decorator if there is none yet. Of whoever is not trusted, no argument says anything
    about who acts."""

    def decorate_function(function: Any, name: Optional[str] = action_type) -> Any:
        if isinstance(function, (classmethod, staticmethod)):
            return type(function)(decorate_function(function.__func__, name))
        site = Site(live, function, name, fields, action_builder, audit, unbound, is_trusted)
        site.check(live.config, is_first=True)
        wrapped = wrapper(site)
        wrapped.__actra__ = site
        if is_trusted:
            # What a server or a queue decorates for itself is no decorator that somebody wrote.
            note(function)
        return wrapped

    if callable(action_type) or isinstance(action_type, (classmethod, staticmethod)):
        return decorate_function(action_type, None)
    return decorate_function
