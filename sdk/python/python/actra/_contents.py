"""What is inside of what a call gave: data, and what has yet to run."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import copy
import inspect
from typing import Any, Callable, Dict, Iterable, List, Optional, Set

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

_PLAIN = frozenset((type(None), bool, int, float, str, bytes))
_NONE: Dict[Any, Any] = {}
_VIEWS = (type(_NONE.values()), type(_NONE.items()))
_HOLDERS = (list, tuple, set, frozenset, collections.deque, *_VIEWS)
#: What has a body that begins at ``with``.
MANAGED = (contextlib._GeneratorContextManager, contextlib._AsyncGeneratorContextManager)
#: What has one of these is read step by step.
_STEPS = ("__next__", "__anext__", "__aiter__")


def is_data(made: Any) -> bool:
    """Whether nothing of it has yet to run. What objects of other classes hold is not looked at."""
    left: List[Any] = [made]
    seen: Set[int] = set()
    while left:
        one = left.pop()
        if type(one) in _PLAIN:
            continue
        held = _held(one)
        if held is None:
            if _runs(one):
                return False
        elif id(one) not in seen:
            seen.add(id(one))
            left.extend(held)
    return True


def replaced(made: Any, each: Callable[[Any], Any]) -> Any:
    """The same with what ``each`` gives for everything that has yet to run; itself where that is the same."""
    held = _held(made)
    if held is None:
        return each(made) if _runs(made) else made
    before = list(held)
    after = [replaced(one, each) for one in before]
    return made if all(map(_is, before, after)) else _filled(made, after)


def _is(one: Any, other: Any) -> bool:
    return one is other


def _held(made: Any) -> Optional[Iterable[Any]]:
    if isinstance(made, dict):
        values: Iterable[Any] = made.values()
        return values
    return made if isinstance(made, _HOLDERS) else None


def _filled(made: Any, items: List[Any]) -> Any:
    """Another container of the same class. What a tool gives may be its own, and others read it, too."""
    other: Any
    if isinstance(made, dict):
        other = copy.copy(made)
        other.update(zip(made, items))
        return other
    if isinstance(made, list):
        other = copy.copy(made)
        other[:] = items
        return other
    if isinstance(made, collections.deque):
        return type(made)(items, made.maxlen)
    if isinstance(made, _VIEWS):
        return items
    make: Callable[[Any], Any] = getattr(type(made), "_make", type(made))
    return make(items)


def _runs(one: Any) -> bool:
    kind = type(one)
    if kind in _PLAIN or isinstance(one, type):
        return False
    return (
        callable(one)
        or any(hasattr(kind, step) for step in _STEPS)
        or inspect.isawaitable(one)
        or isinstance(one, concurrent.futures.Future)
        or is_managed(one)
    )


def is_managed(one: Any) -> bool:
    """Whether something begins when it is entered, as :mod:`contextlib` makes it."""
    return isinstance(one, MANAGED) or type(one).__module__ == "contextlib"
