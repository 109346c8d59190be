"""What has yet to run in the result of a call, at any depth of containers: whether there is any, and putting something in
its place."""

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

_EMPTY_DICT: Dict[Any, Any] = {}
_DICT_VIEWS = (type(_EMPTY_DICT.keys()), type(_EMPTY_DICT.values()), type(_EMPTY_DICT.items()))
#: What has a body that begins at ``with``.
GENERATOR_CONTEXT_MANAGERS = (contextlib._GeneratorContextManager, contextlib._AsyncGeneratorContextManager)
#: What has one of these is read step by step.
_ITERATOR_METHODS = ("__next__", "__anext__", "__aiter__")
#: Gives what is in a container.
ItemReader = Callable[[Any], Iterable[Any]]


class CyclicContainer(Exception):
    """Something that has yet to run lies in what contains itself, of which no other one can be made."""


def is_inert(made: Any) -> bool:
    """Whether nothing of it has yet to run. What objects of other classes hold is not looked at."""
    # By identity, since a class may say of itself what it likes: how containers are read, and classes of which nothing
    # has yet to run, which is the same for all objects of a class.
    readers, inert = dict(_ITEM_READERS), dict(_SCALAR_CLASSES)
    left: List[Any] = [made]
    # The objects themselves: another one could get the number of one that is gone.
    seen: Dict[int, Any] = {}
    while left:
        one = left.pop()
        kind = type(one)
        at = id(kind)
        if at in inert:
            continue
        reader = readers.get(at) or _item_reader(kind)
        if reader is None:
            if _is_deferred(one):
                return False
            inert[at] = kind
        elif id(one) not in seen:
            readers[at] = reader
            seen[id(one)] = (one, kind)
            for item in reader(one):
                if id(type(item)) not in inert:
                    left.append(item)
    return True


def replace_deferred(made: Any, each: Callable[[Any], Any], foreign: Callable[[Any], Any]) -> Any:
    """A value in which what ``each`` gives stands for everything that has yet to run; itself if nothing changes.

    What cannot be replaced is what ``foreign`` gives for it: a key, by which others find something, and a container of
    which no other one can be made. What lies in several places is one in all of them. Raises CyclicContainer.
    """
    replacer = _DeferredReplacer(each, foreign)
    try:
        return replacer.replace(made)
    except BaseException:
        replacer.leave()
        raise


class _DeferredReplacer:
    def __init__(self, each: Callable[[Any], Any], foreign: Callable[[Any], Any]) -> None:
        self._each = each
        self._foreign = foreign
        #: By identity and whether it is part of a key: the object, which lives so long, and what stands for it.
        self._done: Dict[Tuple[int, bool], Tuple[Any, Any]] = {}
        #: The parts of those that are being gone through, each of which contains the next.
        self._open: Dict[Tuple[int, bool], List[Tuple[Any, bool]]] = {}
        #: Those of them that contain themselves.
        self._cyclic: Dict[Tuple[int, bool], Any] = {}

    def replace(self, made: Any) -> Any:
        left: List[Tuple[Any, bool]] = [(made, False)]
        while left:
            one, is_key = left[-1]
            at = (id(one), is_key)
            if at in self._done:
                left.pop()
            elif at in self._open:
                left.pop()
                self._done[at] = (one, self._put_together(one, at, self._open.pop(at)))
            elif _item_reader(type(one)) is None:
                left.pop()
                self._done[at] = (one, (self._foreign if is_key else self._each)(one) if _is_deferred(one) else one)
            else:
                parts = self._open[at] = _parts(one, is_key)
                for part in parts:
                    within = (id(part[0]), part[1])
                    if within in self._open:
                        self._cyclic[within] = part[0]
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
        if is_same and not (issubclass(type(one), _DICT_VIEWS) and not is_inert(one)):
            return one
        if at in self._cyclic:
            raise CyclicContainer
        if issubclass(type(one), _DICT_VIEWS):
            return after
        try:
            return _copy_with_items(one, after)
        except Exception:
            # A class of its own may be made of anything.
            return self._foreign(one)


def _parts(one: Any, is_key: bool) -> List[Tuple[Any, bool]]:
    """What is in a container, and whether that is part of a key."""
    if issubclass(type(one), _DICT_VIEWS):
        # What becomes of it is a list.
        return [(part, is_key) for part in type(one).__iter__(one)]
    reader = _item_reader(type(one))
    parts = [] if reader is None else [(part, is_key) for part in reader(one)]
    if issubclass(type(one), dict):
        keys = dict.__len__(one)
        parts[:keys] = [(part, True) for part, _ in parts[:keys]]
    return parts


def _of_dict(made: Any) -> Iterable[Any]:
    # A class of its own may show something else than what is in it. First all keys.
    return (*dict.keys(made), *dict.values(made))


def _of_default(made: Any) -> Iterable[Any]:
    # What makes the missing ones has yet to run.
    return (*_of_dict(made), _DEFAULT_FACTORY.__get__(made))


def _of_view(made: Any) -> Iterable[Any]:
    # Since Python 3.10, a view tells of the whole of what it is a view.
    return (*type(made).__iter__(made), getattr(made, "mapping", None))


def _attribute_reader(name: str) -> ItemReader:
    return lambda made: (attributes(made).get(name),)


_NAMESPACE_DICT: Any = types.SimpleNamespace.__dict__["__dict__"]
_DEFAULT_FACTORY: Any = collections.defaultdict.__dict__["default_factory"]
_ARGS: Any = BaseException.__dict__["args"]
_VIEW_MAPPING: Any = collections.abc.MappingView.__dict__["_mapping"]

#: How the contents of a container are had, by its class or the first of the bases of that.
_CONTAINERS: Tuple[Tuple[type, ItemReader], ...] = (
    *((kind, kind.__iter__) for kind in (list, tuple, set, frozenset, collections.deque)),
    (dict, _of_dict),
    (collections.defaultdict, _of_default),
    *((kind, _of_view) for kind in _DICT_VIEWS),
    (collections.abc.MappingView, lambda made: (_VIEW_MAPPING.__get__(made),)),
    (types.MappingProxyType, lambda made: gc.get_referents(made)[:1]),
    (types.SimpleNamespace, lambda made: (_NAMESPACE_DICT.__get__(made),)),
    (collections.UserDict, _attribute_reader("data")),
    (collections.UserList, _attribute_reader("data")),
    (collections.ChainMap, _attribute_reader("maps")),
    (BaseException, lambda made: (_ARGS.__get__(made),)),
)
_ITEM_READERS: Dict[int, ItemReader] = {id(kind): reader for kind, reader in _CONTAINERS}
_SCALAR_CLASSES: Dict[int, Any] = {id(kind): kind for kind in (type(None), bool, int, float, str, bytes)}


def _item_reader(kind: type) -> Optional[ItemReader]:
    """How what is in a container is had; ``None`` for a class of what is none."""
    return next((_ITEM_READERS[id(one)] for one in mro(kind) if id(one) in _ITEM_READERS), None)


def is_readable_container(made: Any) -> bool:
    """Whether a value is a container whose items can be looked at."""
    return _item_reader(type(made)) is not None


def _copy_with_items(made: Any, items: List[Any]) -> Any:
    """Another container of the same class. What a tool gives may be its own, and others read it, too."""
    kind = type(made)
    if kind is types.MappingProxyType:
        return types.MappingProxyType(items[0])
    if issubclass(kind, BaseException):
        raise TypeError("a copy of an error would not be the one that was raised")
    if issubclass(kind, (tuple, frozenset)):
        return _rebuild_immutable(made, items)
    other = copy.copy(made)
    if issubclass(kind, dict):
        # A `Counter` has another `update`, which counts.
        count = dict.__len__(made)
        for key, value in zip(items[:count], items[count:]):
            dict.__setitem__(other, key, value)
        if len(items) > 2 * count:
            _DEFAULT_FACTORY.__set__(other, items[-1])
    elif issubclass(kind, list):
        list.__setitem__(other, slice(None), items)
    elif issubclass(kind, set):
        set.clear(other)
        set.update(other, items)
    elif issubclass(kind, collections.deque):
        collections.deque.clear(other)
        collections.deque.extend(other, items)
    elif issubclass(kind, types.SimpleNamespace):
        _NAMESPACE_DICT.__get__(other).update(items[0])
    elif _is_real_subclass(kind, (collections.abc.MappingView,)):
        _VIEW_MAPPING.__set__(other, items[0])
    else:
        attributes(other)["maps" if _is_real_subclass(kind, (collections.ChainMap,)) else "data"] = items[0]
    return other


def _rebuild_immutable(made: Any, items: List[Any]) -> Any:
    """What its own class makes may need anything else."""
    base: Any = tuple if issubclass(type(made), tuple) else frozenset
    other = base.__new__(type(made), items)
    attributes(other).update(attributes(made))
    return other


def _is_deferred(one: Any) -> bool:
    kind = type(one)
    if id(kind) in _SCALAR_CLASSES or issubclass(kind, type):
        return False
    return (
        callable(one)
        or any(name in each.__dict__ for each in mro(kind) for name in _ITERATOR_METHODS)
        or has_await(one)
        or issubclass(kind, concurrent.futures.Future)
        or is_contextlib_object(one)
    )


def has_await(one: Any) -> bool:
    """Whether it can be awaited. What an object says of itself does not count."""
    kind = type(one)
    if kind is types.GeneratorType:
        return bool(one.gi_code.co_flags & inspect.CO_ITERABLE_COROUTINE)
    return issubclass(kind, asyncio.Future) or any("__await__" in each.__dict__ for each in mro(kind))


def is_contextlib_object(one: Any) -> bool:
    """Whether something begins when it is entered, as :mod:`contextlib` makes it."""
    return is_generator_context_manager(one) or type(one).__module__ == "contextlib"


def is_generator_context_manager(one: Any) -> bool:
    """Whether something is a context manager that :mod:`contextlib` made of a generator."""
    return _is_real_subclass(type(one), GENERATOR_CONTEXT_MANAGERS)


def _is_real_subclass(kind: type, bases: Tuple[type, ...]) -> bool:
    """Whether a class is one of some or of their own; those that abstract classes only call theirs are not."""
    return any(each is base for each in mro(kind) for base in bases)
