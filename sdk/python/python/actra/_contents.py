"""What is inside of what a call gave: data, and what has yet to run."""

from __future__ import annotations

import asyncio
import collections
import collections.abc
import concurrent.futures
import contextlib
import copy
import gc
import inspect
import types
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from ._introspect import attributes, mro

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

_NONE: Dict[Any, Any] = {}
_VIEWS = (type(_NONE.keys()), type(_NONE.values()), type(_NONE.items()))
#: What has a body that begins at ``with``.
MANAGED = (contextlib._GeneratorContextManager, contextlib._AsyncGeneratorContextManager)
#: What has one of these is read step by step.
_STEPS = ("__next__", "__anext__", "__aiter__")
#: Gives what is in a container.
Way = Callable[[Any], Iterable[Any]]


class Endless(Exception):
    """Something that has yet to run lies in what contains itself, of which no other one can be made."""


def is_data(made: Any) -> bool:
    """Whether nothing of it has yet to run. What objects of other classes hold is not looked at."""
    # By identity, since a class may say of itself what it likes: how containers are read, and classes of which nothing
    # has yet to run, which is the same for all objects of a class.
    ways, inert = dict(_WAYS), dict(_PLAIN)
    left: List[Any] = [made]
    # The objects themselves: another one could get the number of one that is gone.
    seen: Dict[int, Any] = {}
    while left:
        one = left.pop()
        kind = type(one)
        at = id(kind)
        if at in inert:
            continue
        way = ways.get(at) or _way(kind)
        if way is None:
            if _runs(one):
                return False
            inert[at] = kind
        elif id(one) not in seen:
            ways[at] = way
            seen[id(one)] = (one, kind)
            for item in way(one):
                if id(type(item)) not in inert:
                    left.append(item)
    return True


def replaced(made: Any, each: Callable[[Any], Any], foreign: Callable[[Any], Any]) -> Any:
    """A value in which what ``each`` gives stands for everything that has yet to run; itself if nothing changes.

    What cannot be replaced is what ``foreign`` gives for it: a key, by which others find something, and a container of
    which no other one can be made. What lies in several places is one in all of them. Raises Endless.
    """
    replacing = _Replacing(each, foreign)
    try:
        return replacing.of(made)
    except BaseException:
        replacing.leave()
        raise


class _Replacing:
    def __init__(self, each: Callable[[Any], Any], foreign: Callable[[Any], Any]) -> None:
        self._each = each
        self._foreign = foreign
        #: By identity and whether it is part of a key: the object, which lives so long, and what stands for it.
        self._done: Dict[Tuple[int, bool], Tuple[Any, Any]] = {}
        #: The parts of those that are being gone through, each of which contains the next.
        self._open: Dict[Tuple[int, bool], List[Tuple[Any, bool]]] = {}
        #: Those of them that contain themselves.
        self._endless: Dict[Tuple[int, bool], Any] = {}

    def of(self, made: Any) -> Any:
        left: List[Tuple[Any, bool]] = [(made, False)]
        while left:
            one, is_key = left[-1]
            at = (id(one), is_key)
            if at in self._done:
                left.pop()
            elif at in self._open:
                left.pop()
                self._done[at] = (one, self._put_together(one, at, self._open.pop(at)))
            elif _way(type(one)) is None:
                left.pop()
                self._done[at] = (one, (self._foreign if is_key else self._each)(one) if _runs(one) else one)
            else:
                parts = self._open[at] = _parts(one, is_key)
                for part in parts:
                    within = (id(part[0]), part[1])
                    if within in self._open:
                        self._endless[within] = part[0]
                    elif within not in self._done:
                        left.append(part)
        return self._done[(id(made), False)][1]

    def leave(self) -> None:
        """Closes the coroutines that were made, since nobody is going to await them."""
        for one, other in self._done.values():
            if other is not one and type(other) is types.CoroutineType:
                other.close()

    def _put_together(self, one: Any, at: Tuple[int, bool], parts: List[Tuple[Any, bool]]) -> Any:
        # One that contains itself is met again before it is done, and stays what it is.
        after = [self._done.get((id(part), is_key), (part, part))[1] for part, is_key in parts]
        is_same = all(part is other for (part, _), other in zip(parts, after))
        if is_same and not (issubclass(type(one), _VIEWS) and not is_data(one)):
            return one
        if at in self._endless:
            raise Endless
        if issubclass(type(one), _VIEWS):
            return after
        try:
            return _filled(one, after)
        except Exception:
            # A class of its own may be made of anything.
            return self._foreign(one)


def _parts(one: Any, is_key: bool) -> List[Tuple[Any, bool]]:
    """What is in a container, and whether that is part of a key."""
    if issubclass(type(one), _VIEWS):
        # What becomes of it is a list.
        return [(part, is_key) for part in type(one).__iter__(one)]
    way = _way(type(one))
    parts = [] if way is None else [(part, is_key) for part in way(one)]
    if issubclass(type(one), dict):
        keys = dict.__len__(one)
        parts[:keys] = [(part, True) for part, _ in parts[:keys]]
    return parts


def _of_dict(made: Any) -> Iterable[Any]:
    # A class of its own may show something else than what is in it. First all keys.
    return (*dict.keys(made), *dict.values(made))


def _of_default(made: Any) -> Iterable[Any]:
    # What makes the missing ones has yet to run.
    return (*_of_dict(made), _FACTORY.__get__(made))


def _of_view(made: Any) -> Iterable[Any]:
    # Since Python 3.10, a view tells of the whole of what it is a view.
    return (*type(made).__iter__(made), getattr(made, "mapping", None))


def _held_as(name: str) -> Way:
    return lambda made: (attributes(made).get(name),)


_NAMES: Any = types.SimpleNamespace.__dict__["__dict__"]
_FACTORY: Any = collections.defaultdict.__dict__["default_factory"]
_ARGS: Any = BaseException.__dict__["args"]
_MAPPING: Any = collections.abc.MappingView.__dict__["_mapping"]

#: How the contents of a container are had, by its class or the first of the bases of that.
_CONTAINERS: Tuple[Tuple[type, Way], ...] = (
    *((kind, kind.__iter__) for kind in (list, tuple, set, frozenset, collections.deque)),
    (dict, _of_dict),
    (collections.defaultdict, _of_default),
    *((kind, _of_view) for kind in _VIEWS),
    (collections.abc.MappingView, lambda made: (_MAPPING.__get__(made),)),
    (types.MappingProxyType, lambda made: gc.get_referents(made)[:1]),
    (types.SimpleNamespace, lambda made: (_NAMES.__get__(made),)),
    (collections.UserDict, _held_as("data")),
    (collections.UserList, _held_as("data")),
    (collections.ChainMap, _held_as("maps")),
    (BaseException, lambda made: (_ARGS.__get__(made),)),
)
_WAYS: Dict[int, Way] = {id(kind): way for kind, way in _CONTAINERS}
_PLAIN: Dict[int, Any] = {id(kind): kind for kind in (type(None), bool, int, float, str, bytes)}


def _way(kind: type) -> Optional[Way]:
    """How what is in a container is had; ``None`` for a class of what is none."""
    return next((_WAYS[id(one)] for one in mro(kind) if id(one) in _WAYS), None)


def holds(made: Any) -> bool:
    """Whether a value is a container whose items can be looked at."""
    return _way(type(made)) is not None


def _filled(made: Any, items: List[Any]) -> Any:
    """Another container of the same class. What a tool gives may be its own, and others read it, too."""
    kind = type(made)
    if kind is types.MappingProxyType:
        return types.MappingProxyType(items[0])
    if issubclass(kind, BaseException):
        raise TypeError("a copy of an error would not be the one that was raised")
    if issubclass(kind, (tuple, frozenset)):
        return _fixed(made, items)
    other = copy.copy(made)
    if issubclass(kind, dict):
        # A `Counter` has another `update`, which counts.
        count = dict.__len__(made)
        for key, value in zip(items[:count], items[count:]):
            dict.__setitem__(other, key, value)
        if len(items) > 2 * count:
            _FACTORY.__set__(other, items[-1])
    elif issubclass(kind, list):
        list.__setitem__(other, slice(None), items)
    elif issubclass(kind, set):
        set.clear(other)
        set.update(other, items)
    elif issubclass(kind, collections.deque):
        collections.deque.clear(other)
        collections.deque.extend(other, items)
    elif issubclass(kind, types.SimpleNamespace):
        _NAMES.__get__(other).update(items[0])
    elif _is_of(kind, (collections.abc.MappingView,)):
        _MAPPING.__set__(other, items[0])
    else:
        attributes(other)["maps" if _is_of(kind, (collections.ChainMap,)) else "data"] = items[0]
    return other


def _fixed(made: Any, items: List[Any]) -> Any:
    """What its own class makes may need anything else."""
    base: Any = tuple if issubclass(type(made), tuple) else frozenset
    other = base.__new__(type(made), items)
    attributes(other).update(attributes(made))
    return other


def _runs(one: Any) -> bool:
    kind = type(one)
    if id(kind) in _PLAIN or issubclass(kind, type):
        return False
    return (
        callable(one)
        or any(name in each.__dict__ for each in mro(kind) for name in _STEPS)
        or is_awaited(one)
        or issubclass(kind, concurrent.futures.Future)
        or is_managed(one)
    )


def is_awaited(one: Any) -> bool:
    """Whether it can be awaited. What an object says of itself does not count."""
    kind = type(one)
    if kind is types.GeneratorType:
        return bool(one.gi_code.co_flags & inspect.CO_ITERABLE_COROUTINE)
    return issubclass(kind, asyncio.Future) or any("__await__" in each.__dict__ for each in mro(kind))


def is_managed(one: Any) -> bool:
    """Whether something begins when it is entered, as :mod:`contextlib` makes it."""
    return is_entered(one) or type(one).__module__ == "contextlib"


def is_entered(one: Any) -> bool:
    """Whether something is a context manager that :mod:`contextlib` made of a generator."""
    return _is_of(type(one), MANAGED)


def _is_of(kind: type, bases: Tuple[type, ...]) -> bool:
    """Whether a class is one of some or of their own; those that abstract classes only call theirs are not."""
    return any(each is base for each in mro(kind) for base in bases)
