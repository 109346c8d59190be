"""What lies in an ASGI application: routers, and what is mounted in them, included in them and wrapped by others."""

from __future__ import annotations

import collections
import functools
import inspect
import operator
import types
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: Objects that are looked at, at most.
_MAX_OBJECTS = 10_000


class RoutedApp(NamedTuple):
    """What has routes, below which path, and when somebody looked, its routes and what stands in for dependencies."""

    app: Any
    path: str
    routes: List[Any]
    overrides: List[Any]

    def is_as_it_was(self) -> bool:
        return _are(_routes(self.app) or [], self.routes) and _are(_overrides(self.app), self.overrides)


def _are(now: List[Any], before: List[Any]) -> bool:
    # By identity: routes are equal that call the same with other dependencies.
    return len(now) == len(before) and all(map(operator.is_, now, before))


def find_routed_apps(*apps: Any) -> List[RoutedApp]:
    """Whatever has routes and can be called through one of the applications."""
    found: List[RoutedApp] = []
    left: List[Tuple[str, Any]] = [("", app) for app in apps]
    # An identity is one while what has it lives.
    seen: Dict[int, Any] = {}
    for path, app in left:
        if app is None or id(app) in seen or len(seen) > _MAX_OBJECTS:
            continue
        seen[id(app)] = app
        routes = _routes(app)
        if routes is None:
            left += [(path, inner) for inner in _apps_inside(app)]
            continue
        left += [(path, inner) for inner in _beside(app)]
        if id(routes) not in seen:
            seen[id(routes)] = routes
            found.append(RoutedApp(app, path, list(routes), _overrides(app)))
            left += [(path + path_of(route), inner) for route in routes for inner in _behind(route)]
    return found


def path_of(route: Any) -> str:
    """The path of a route, or that of what it includes."""
    included = getattr(route, "include_context", None)
    return str(getattr(route, "path", None) or getattr(included, "prefix", None) or "")


def _routes(app: Any) -> Any:
    routes = _attribute(app, "routes")
    return routes if isinstance(routes, list) else None


def _overrides(app: Any) -> List[Any]:
    """What FastAPI calls in place of dependencies."""
    overrides = _attribute(app, "dependency_overrides")
    return list(overrides.values()) if isinstance(overrides, dict) else []


def _behind(route: Any) -> Iterator[Any]:
    if _routes(route) is not None:
        yield route.app if hasattr(route, "app") else route
    # Newer versions of FastAPI keep a router that is included as it is.
    yield getattr(route, "original_router", None)
    endpoint = getattr(route, "endpoint", None)
    if not inspect.isroutine(endpoint) and not inspect.isclass(endpoint):
        yield endpoint


def _beside(app: Any) -> Iterator[Any]:
    """What an application calls that are none of its routes."""
    for one in _attribute(app, "user_middleware") or ():
        yield from _apps([getattr(one, name, None) for name in ("args", "kwargs", "options")])
    router = _attribute(app, "router")
    yield router
    yield _attribute(router if router is not None else app, "default")


def _apps_inside(app: Any) -> Iterator[Any]:
    """What an application without routes may call."""
    if isinstance(app, functools.partial):
        yield from _apps([app.func, app.args, app.keywords])
    elif isinstance(app, types.MethodType):
        yield app.__self__
    elif isinstance(app, types.FunctionType):
        yield from _apps(cells(app))
    else:
        for name, value in _attributes_of(app):
            # By such a name, an application need not look like one.
            yield from [value] if name.strip("_") in _NAMES else _apps(value)


_NAMES = ("app", "application", "asgi_app", "inner", "wrapped")


def cells(function: types.FunctionType) -> List[Any]:
    """What a function has of the functions around it."""
    found: List[Any] = []
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:
            # Nothing yet.
            continue
    return found


def _attributes_of(thing: Any) -> Iterator[Tuple[str, Any]]:
    held = _attribute(thing, "__dict__")
    yield from list(held.items()) if isinstance(held, dict) else ()
    for kind in type(thing).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else tuple(slots):
            yield name, _attribute(thing, name)
        for name, value in list(kind.__dict__.items()):
            yield name, value.__func__ if isinstance(value, staticmethod) else value


def _apps(value: Any) -> List[Any]:
    """What looks like an application, in a value or in a collection of some, at any depth."""
    found: List[Any] = []
    left: List[Any] = [value]
    seen: Dict[int, Any] = {}
    for one in left:
        if not isinstance(one, _COLLECTIONS):
            found += [one] if _is_app(one) else []
        elif id(one) not in seen and len(left) <= _MAX_OBJECTS:
            seen[id(one)] = one
            left += one.values() if isinstance(one, (dict, types.MappingProxyType)) else one
    return found


_COLLECTIONS = (dict, list, tuple, set, frozenset, collections.deque, types.MappingProxyType)


def _is_app(value: Any) -> bool:
    while isinstance(value, functools.partial):
        value = value.func
    if inspect.isclass(value):
        return False
    called = value if inspect.isroutine(value) else getattr(type(value), "__call__", None)
    code = getattr(called, "__code__", None)
    return inspect.iscoroutinefunction(called) or "send" in getattr(code, "co_varnames", ())


def _attribute(thing: Any, name: str) -> Any:
    try:
        return getattr(thing, name, None)
    except Exception:
        # Whatever it is, it is no application that tells its routes.
        return None
