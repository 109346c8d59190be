"""What lies in an object, whatever its class says of it."""

from __future__ import annotations

import types
import weakref
from typing import Any, Dict, Optional, Tuple

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def attributes(value: Any) -> Dict[str, Any]:
    """Attributes of an object; it can show another dictionary than it has."""
    if offset(type(value), "__dictoffset__") == 0:
        return {}
    for one in mro(type(value)):
        member = one.__dict__.get("__dict__")
        if member is not None and one is not type:
            if type(member) is not types.GetSetDescriptorType:
                raise TypeError("an object hides its attributes")
            found: Dict[str, Any] = member.__get__(value)
            return found
    found = object.__getattribute__(value, "__dict__")
    return found


def offset(kind: type, name: str) -> int:
    """Where something lies in an instance, whatever the class of its class says."""
    found: int = type.__dict__[name].__get__(kind)
    return found


def mro(kind: type) -> Tuple[type, ...]:
    """A class and its bases, in the order in which attributes are looked for."""
    found: Optional[Tuple[type, ...]] = type.__dict__["__mro__"].__get__(kind)
    if found is None:
        # In older versions of Python, some classes of compiled code are made ready when an attribute is looked for first.
        type.__getattribute__(kind, "__name__")
        found = type.__dict__["__mro__"].__get__(kind)
    return found or (kind, object)


#: By identity, since a class may say that it equals another one: the slots of those that were looked at.
_known: Dict[int, Tuple[weakref.ref[type], Tuple[Tuple[str, Any], ...]]] = {}


def slots(kind: type) -> Tuple[Tuple[str, Any], ...]:
    """Slots of all classes, whatever stands before them by the same name."""
    at = id(kind)
    known = _known.get(at)
    if known is not None and known[0]() is kind:
        return known[1]
    members = ((name, member) for one in mro(kind) for name, member in tuple(one.__dict__.items()))
    found = tuple((name, member) for name, member in members if type(member) is types.MemberDescriptorType)
    _known[at] = (weakref.ref(kind, lambda _: _known.pop(at, None)), found)
    return found


def is_set(slot: Any, value: Any) -> bool:
    """Whether anything lies in a slot."""
    try:
        slot.__get__(value)
    except AttributeError:
        return False
    return True
