"""Endpoints that are called without asking, although somebody has decorated them."""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any, Iterator, List, Optional, Set, Tuple

from .._decorations import decorated_since, decorations, guarded_original, is_guarded, known_by
from ..errors import ActraSchemaError
from ._apps import cells, find_routed_apps, path_of

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def check_routes(app: Any) -> None:
    """Raises ActraSchemaError for an endpoint or a dependency of an application that is the function below a decorator.

    A route keeps the function that it is given: with ``@admit`` above ``@app.post``, that is the one that does not ask.
    What is mounted, included or wrapped is looked at, too.
    """
    Routes(app).check()


class Routes:
    """The functions that requests to applications come to."""

    def __init__(self, *apps: Any) -> None:
        self._apps = apps
        self._routed = find_routed_apps(*apps)
        self._functions: List[Tuple[str, Any]] = [
            one
            for found in self._routed
            for route in [*found.routes, *_last(found.app)]
            for one in _functions(route, found.path)
        ]
        self._functions += [one for found in self._routed for each in found.overrides for one in _instead(each)]
        self._checked = -1
        self._wrong: Optional[str] = None
        #: What each endpoint is known by.
        self._known: Set[Any] = set()

    def are_those_of(self, *apps: Any) -> bool:
        """Whether nobody has added, taken or exchanged one since."""
        return self._apps == apps and all(found.is_as_it_was() for found in self._routed)

    def check(self) -> None:
        """See :func:`check_routes`. Looks at all of them only if one of them was decorated since the last time."""
        count = decorations()
        if self._checked != count:
            since = decorated_since(self._checked) if self._checked >= 0 and self._wrong is None else None
            if since is None or not self._known.isdisjoint(since[1]):
                self._wrong = next(self._find_unguarded(), None)
            self._checked = count if since is None else since[0]
        if self._wrong is not None:
            raise ActraSchemaError(self._wrong)

    def _find_unguarded(self) -> Iterator[str]:
        known: Set[Any] = set()
        for where, function in self._functions:
            for one in _functions_called(function):
                known.add(known_by(one))
                if guarded_original(one) is not None:
                    yield _message(where, getattr(one, "__name__", "an endpoint"))
        self._known = known


def _last(app: Any) -> Any:
    """The routes of low priority, which FastAPI asks after all others."""
    return getattr(getattr(app, "router", app), "_low_priority_routes", None) or ()


def _message(where: str, name: str) -> str:
    return (
        f"{where} calls `{name}` without asking the policy: what was registered is the function below "
        f"`admit`. Write the decorator of the route first and `admit` next to the function:\n"
        f"    @app.post(...)\n    @actra.admit(...)\n    def {name}(...): ..."
    )


def _functions(route: Any, before: str) -> Iterator[Tuple[str, Any]]:
    path = before + path_of(route)
    yield f"the route {path}", getattr(route, "endpoint", None)
    yield from _dependencies(path, getattr(route, "dependant", None))
    # Of a router that FastAPI includes, the routes with what they depend on there.
    for name in ("effective_route_contexts", "effective_low_priority_routes"):
        for context in getattr(route, name, tuple)():
            yield from _functions(context, before)
            yield from _functions(getattr(context, "starlette_route", None), before)


def _dependencies(path: str, dependant: Any) -> Iterator[Tuple[str, Any]]:
    for one in getattr(dependant, "dependencies", None) or ():
        yield f"a dependency of the route {path}", getattr(one, "call", None)
        yield from _dependencies(path, one)


def _instead(override: Any) -> Iterator[Tuple[str, Any]]:
    """What stands in for a dependency, and what that depends on in its turn."""
    yield "an override of a dependency", override
    try:
        from fastapi.dependencies.utils import get_dependant

        dependant = get_dependant(path="/", call=override)
    except Exception:
        # It can be called by nobody.
        return
    for _, function in _dependencies("", dependant):
        yield "a dependency of an override", function


def _functions_called(function: Any) -> Iterator[Any]:
    """A function, and what it calls in its turn, down to what asks."""
    left: List[Any] = [function]
    seen: List[Any] = []
    for one in left:
        if one is None or is_guarded(one) or any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        left += _inner(one)


def _inner(function: Any) -> List[Any]:
    if isinstance(function, functools.partial):
        return [function.func]
    if isinstance(function, types.MethodType):
        receiver = function.__self__
        is_call = getattr(type(receiver), "__call__", None) is function.__func__
        return [function.__func__, receiver] if is_call else [function.__func__]
    wrapped = getattr(function, "__wrapped__", None)
    if isinstance(function, types.FunctionType):
        # What it only says that it wraps, it need not call.
        return [wrapped] if any(one is wrapped for one in cells(function)) else []
    if inspect.isclass(function):
        return []
    call = getattr(function, "__call__", None)
    return [wrapped, call if isinstance(call, types.MethodType) else None]
