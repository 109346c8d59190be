"""What is inside of what a call gave: data, and what has yet to run."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import copy
import inspect
import types
from typing import Any, Callable, Dict, Iterable, List, Optional, Set, Tuple

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

_PLAIN = frozenset((type(None), bool, int, float, str, bytes))
_NONE: Dict[Any, Any] = {}
_VIEWS = (type(_NONE.keys()), type(_NONE.values()), type(_NONE.items()))
_MAPPINGS = (dict, types.MappingProxyType)
_ITEMS = (list, tuple, set, frozenset, collections.deque)
#: What holds another container, and the name of it there.
_AROUND = ((collections.UserDict, "data"), (collections.UserList, "data"), (collections.ChainMap, "maps"))
#: What has a body that begins at ``with``.
MANAGED = (contextlib._GeneratorContextManager, contextlib._AsyncGeneratorContextManager)
#: What has one of these is read step by step.
_STEPS = ("__next__", "__anext__", "__aiter__")


def is_data(made: Any) -> bool:
    """Whether nothing of it has yet to run. What objects of other classes hold is not looked at."""
    # Classes of which nothing has yet to run: that is the same for all objects of a class.
    inert: Set[Any] = set(_PLAIN)
    left: List[Any] = [made]
    # The objects themselves: another one could get the number of one that is gone.
    seen: Dict[int, Any] = {}
    while left:
        one = left.pop()
        kind = type(one)
        if kind in inert:
            continue
        held = one if kind is list or kind is tuple else _held(one)
        if held is None:
            if _runs(one):
                return False
            inert.add(kind)
        elif id(one) not in seen:
            seen[id(one)] = one
            for item in held:
                if type(item) not in inert:
                    left.append(item)
    return True


def replaced(made: Any, each: Callable[[Any], Any], foreign: Callable[[Any], Any]) -> Any:
    """The same with what ``each`` gives for everything that has yet to run; itself where that is the same.

    What cannot be replaced is what ``foreign`` gives for it: a key, by which others find something, and what is in a
    container of which no other one can be made.
    """
    if isinstance(made, _VIEWS):
        return made if is_data(made) else [replaced(one, each, foreign) for one in made]
    held = _held(made)
    if held is None:
        return each(made) if _runs(made) else made
    before = list(held)
    keys = len(before) // 2 if isinstance(made, _MAPPINGS) else 0
    after = [replaced(one, foreign, foreign) for one in before[:keys]]
    after += [replaced(one, each, foreign) for one in before[keys:]]
    if all(map(_is, before, after)):
        return made
    try:
        return _filled(made, after)
    except Exception:
        # A class of its own may be made of anything.
        return foreign(made)


def _is(one: Any, other: Any) -> bool:
    return one is other


def _held(made: Any) -> Optional[Iterable[Any]]:
    """What is in a container: of a mapping, first all keys."""
    if issubclass(type(made), dict):
        # A class of its own may show something else than what is in it.
        return (*dict.keys(made), *dict.values(made))
    if isinstance(made, _ITEMS):
        return made
    if isinstance(made, types.MappingProxyType):
        return [*made.keys(), *made.values()]
    if isinstance(made, _VIEWS):
        # Since Python 3.10, a view tells of the whole of what it is a view.
        return [*made, getattr(made, "mapping", None)]
    if isinstance(made, types.SimpleNamespace):
        return [vars(made)]
    name = _around(made)
    return None if name is None else [vars(made).get(name)]


def _around(made: Any) -> Optional[str]:
    return next((name for kind, name in _AROUND if isinstance(made, kind)), None)


def _filled(made: Any, items: List[Any]) -> Any:
    """Another container of the same class. What a tool gives may be its own, and others read it, too."""
    if isinstance(made, types.MappingProxyType):
        return types.MappingProxyType(dict(_pairs(items)))
    if isinstance(made, (tuple, frozenset)):
        return _fixed(made, items)
    other = copy.copy(made)
    if isinstance(made, dict):
        # A `Counter` has another `update`, which counts.
        for key, value in _pairs(items):
            dict.__setitem__(other, key, value)
    elif isinstance(made, list):
        list.__setitem__(other, slice(None), items)
    elif isinstance(made, set):
        set.clear(other)
        set.update(other, items)
    elif isinstance(made, collections.deque):
        collections.deque.clear(other)
        collections.deque.extend(other, items)
    elif isinstance(made, types.SimpleNamespace):
        vars(other).update(items[0])
    else:
        vars(other)[_around(made)] = items[0]
    return other


def _pairs(items: List[Any]) -> Iterable[Tuple[Any, Any]]:
    half = len(items) // 2
    return zip(items[:half], items[half:])


def _fixed(made: Any, items: List[Any]) -> Any:
    """What its own class makes may need anything else."""
    base: Any = tuple if isinstance(made, tuple) else frozenset
    other = base.__new__(type(made), items)
    if hasattr(made, "__dict__"):
        vars(other).update(vars(made))
    return other


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
