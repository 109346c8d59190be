"""What was ever decorated: the functions below decorators, which ask nobody when they are called themselves."""

from __future__ import annotations

import contextlib
import itertools
import threading
import types
import weakref
from collections import deque
from typing import Any, Deque, Iterator, Optional, Set, Tuple

from . import _arguments

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: By identity, what stands below a decorator and asks nobody when it is called itself.
_originals: weakref.WeakValueDictionary[Any, Any] = weakref.WeakValueDictionary()

#: How much was ever decorated, and what the last of it is known by.
_count = 0
_last: Deque[Any] = deque(maxlen=1000)
_counting = threading.Lock()


def decorations() -> int:
    """How much was ever decorated: a number that changes when something is."""
    return _count


def decorated_since(count: int) -> Optional[Tuple[int, Set[Any]]]:
    """How much was ever decorated, and what the functions decorated since it was ``count`` are known by.

    ``None`` if they are more than are remembered.
    """
    with _counting:
        new = _count - count
        return None if new > len(_last) else (_count, set(itertools.islice(_last, len(_last) - new, None)))


def note(function: Any) -> None:
    """Notes that a function was decorated, with those that it says that it wraps."""
    for one in _below(function):
        with contextlib.suppress(TypeError):
            # Few callables cannot be referred to weakly; those are not looked for.
            known, living = _identity(one)
            _originals[known] = living
            _count_decoration(known)


def _count_decoration(known: Any) -> None:
    global _count
    with _counting:
        _last.append(known)
        _count += 1


def _below(function: Any) -> Iterator[Any]:
    """A function, and those that its other decorators say that they wrap, down to one that asks itself."""
    for _ in range(50):
        if function is None or is_guarded(function):
            return
        yield function
        function = getattr(function, "__wrapped__", None)


def known_by(function: Any) -> Any:
    """What a function is known by while it lives."""
    return _identity(function)[0]


def _identity(function: Any) -> Tuple[Any, Any]:
    """What a function is known by, and what lives as long as it: a method is another object each time it is looked up."""
    if isinstance(function, types.MethodType):
        return (id(function.__func__), id(function.__self__)), function.__self__
    return id(function), function


def guarded_original(function: Any) -> Optional[Any]:
    """The function itself, if somebody has decorated it: called as it is, it asks nobody."""
    known, living = _identity(function)
    return function if _originals.get(known) is living else None


def is_guarded(function: Any) -> bool:
    """Whether a function is one that a decorator gave."""
    return getattr(function, "__code__", None) in _arguments.wrapper_codes
