"""Endpoints that are called without asking, although somebody has decorated them."""

from __future__ import annotations

import functools
from typing import Any, Iterator, List, Tuple

from .._decorate import within
from ..errors import ActraSchemaError


#: Applications in each other, at most.
_MOST = 1_000


def check_routes(app: Any) -> None:
    """Raises ActraSchemaError for an endpoint or a dependency of an application that is the function below a decorator.

    A route keeps the function that it is given: with ``@admit`` above ``@app.post``, that is the one that does not ask.
    """
    for where, function in _functions(app, ""):
        while isinstance(function, functools.partial):
            function = function.func
        function = getattr(function, "__func__", function)
        if within(function) is not None:
            name = getattr(function, "__name__", "an endpoint")
            raise ActraSchemaError(
                f"{where} calls `{name}` without asking the policy: what was registered is the function below "
                f"`admit`. Write the decorator of the route first and `admit` next to the function:\n"
                f"    @app.post(...)\n    @actra.admit(...)\n    def {name}(...): ..."
            )


def routed(app: Any) -> List[Any]:
    """An application, and what is mounted in it: whatever has routes."""
    found, nested = [app], [app]
    while nested and len(found) < _MOST:
        inner = [route for route in getattr(nested.pop(), "routes", None) or () if _has_routes(route)]
        found += inner
        nested += inner
    return found


def _has_routes(route: Any) -> bool:
    return isinstance(getattr(route, "routes", None), list)


def _functions(routed: Any, before: str) -> Iterator[Tuple[str, Any]]:
    for route in getattr(routed, "routes", None) or ():
        path = before + str(getattr(route, "path", ""))
        yield f"the route {path}", getattr(route, "endpoint", None)
        yield from _dependencies(path, getattr(route, "dependant", None))
        yield from _functions(route, path)
        # Newer versions of FastAPI keep a router that is included as it is.
        yield from _functions(getattr(route, "original_router", None), path)


def _dependencies(path: str, dependant: Any) -> Iterator[Tuple[str, Any]]:
    for one in getattr(dependant, "dependencies", None) or ():
        yield f"a dependency of the route {path}", getattr(one, "call", None)
        yield from _dependencies(path, one)
