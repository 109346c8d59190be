"""Arguments of a call as an approval is bound to them: exactly, or not at all.

What is given back consists of ``None``, ``bool``, ``int``, ``str``, ``bytes``, ``list``, ``dict`` with keys of ``str``,
and ``(tag, value)`` for what no value of JSON stands for; the compiled part hashes bytes and writes tags so that no two
values look the same. :data:`UNBINDABLE` stands for what cannot be had in full.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import struct
import types
import uuid
import zoneinfo
from typing import Any, Dict, Optional, Tuple

#: No approval can be bound to what holds this.
UNBINDABLE = Ellipsis

#: Levels that a value may nest.
_DEPTH = 60
#: Values that one call may hold.
_MOST = 200_000

#: Classes whose text says all of a value.
_WRITES: Tuple[type, ...] = (
    float, complex, decimal.Decimal, fractions.Fraction, range, uuid.UUID,
    datetime.date, datetime.timedelta, datetime.timezone,
    ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network,
    ipaddress.IPv4Interface, ipaddress.IPv6Interface,
    pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath, pathlib.WindowsPath,
)  # fmt: skip
#: By identity: a class may say of itself that it equals another one.
_WRITTEN = frozenset(map(id, _WRITES))
_POINTER = struct.calcsize("P")


class _Full(Exception):
    """There is more than can be gone through."""


def bound(arguments: Dict[str, Any]) -> Dict[str, Any]:
    """All arguments of a call. Never raises for what an argument does."""
    return {name: _argument(value) for name, value in arguments.items()}


def _argument(value: Any) -> Any:
    try:
        return _Binder().value(value, 0)
    except Exception:
        # Whatever an object does when it is looked at: it cannot be had in full.
        return UNBINDABLE


def _text(value: str) -> Any:
    try:
        value.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair.
        return ("str", value.encode("utf-8", "surrogatepass"))
    return value


def _class(value: Any) -> str:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}"


class _Binder:
    def __init__(self) -> None:
        self.left = _MOST

    def value(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0 or depth > _DEPTH:
            raise _Full
        kind = type(value)
        if value is None or kind is bool or kind is bytes:
            return value
        if kind is int:
            return value if abs(value) < 10**30 else ("int", str(value))
        if kind is str:
            return value if value.isascii() else _text(value)
        if kind is list:
            return [self.value(one, depth + 1) for one in value]
        if kind is tuple:
            return ("tuple", [self.value(one, depth + 1) for one in value])
        if kind is dict:
            return self.mapping(value, depth)
        if kind is bytearray:
            return ("bytearray", bytes(value))
        if kind is memoryview:
            return ("memoryview", [value.format, [*value.shape] if value.shape else [], value.tobytes()])
        if kind is set or kind is frozenset:
            # Two sets are equal whatever the order of their elements.
            return (kind.__name__, sorted((self.value(one, depth + 1) for one in value), key=repr))
        if id(kind) in _WRITTEN:
            return ("value", [_class(value), repr(value)])
        if kind is zoneinfo.ZoneInfo:
            return ("value", [_class(value), self.zone(value)])
        if kind is datetime.datetime or kind is datetime.time:
            zone = self.zone(value.tzinfo)
            return ("value", [_class(value), repr(value.replace(tzinfo=None)), value.fold, zone])
        return self.instance(value, depth)

    def mapping(self, value: Dict[Any, Any], depth: int) -> Any:
        if all(type(key) is str for key in value):
            return {key: self.value(one, depth + 1) for key, one in value.items()}
        pairs = [[self.value(key, depth + 1), self.value(one, depth + 1)] for key, one in value.items()]
        return ("dict", pairs)

    def zone(self, zone: Optional[datetime.tzinfo]) -> Any:
        if zone is None:
            return None
        if type(zone) is datetime.timezone:
            return repr(zone)
        # One that was read from a file has no key, and its text says where it lies in memory.
        key = getattr(zone, "key", None) if type(zone) is zoneinfo.ZoneInfo else None
        return UNBINDABLE if key is None else f"zone {key}"

    def instance(self, value: Any, depth: int) -> Any:
        """An object of a class whose instances say all that they hold."""
        if isinstance(value, enum.Enum):
            # Flags together have no name in some versions.
            name: Any = vars(value).get("_name_")
            return ("enum", [_class(value), name]) if name else UNBINDABLE
        state = self.state(value)
        if state is None:
            return UNBINDABLE
        return ("object", [_class(value), {name: self.value(one, depth + 1) for name, one in state.items()}])

    def state(self, value: Any) -> Optional[Dict[str, Any]]:
        """All that an object holds; ``None`` if it may hold more than it tells."""
        kind = type(value)
        told: Dict[str, Any] = {}
        if _has_dict(value):
            told.update(object.__getattribute__(value, "__dict__"))
        is_data = dataclasses.is_dataclass(kind)
        is_model = hasattr(kind, "model_fields") and hasattr(kind, "model_dump")
        names: Tuple[str, ...] = ()
        if is_data:
            names = tuple(field.name for field in dataclasses.fields(kind))
        elif is_model:
            names = ("__pydantic_extra__", "__pydantic_private__", "__pydantic_fields_set__")
            names = tuple(name for name in names if hasattr(value, name))
        told.update((name, object.__getattribute__(value, name)) for name in names)
        base, content = _base(value)
        if not (is_data or is_model or content) or not _tells_all(kind, base, told):
            return None
        return {**told, **content}


def _has_dict(value: Any) -> bool:
    return hasattr(type(value), "__dictoffset__") and type(value).__dictoffset__ != 0


def _tells_all(kind: type, base: type, told: Dict[str, Any]) -> bool:
    """Whether what is told of an instance is all that lies in its memory: no slot, and nothing of compiled code, besides."""
    slots = [
        name
        for one in kind.__mro__
        if one is not base
        for name, member in vars(one).items()
        if type(member) is types.MemberDescriptorType
    ]
    if not all(slot in told for slot in slots) or hasattr(kind, "n_sequence_fields"):
        return False
    pointers = len(slots) + (kind.__dictoffset__ > 0) + (kind.__weakrefoffset__ > 0)
    # Behind what has a length of its own, the dictionary is counted in some versions.
    spare = _POINTER if base.__itemsize__ else 0
    return kind.__basicsize__ <= base.__basicsize__ + pointers * _POINTER + spare


def _base(value: Any) -> Tuple[type, Dict[str, Any]]:
    """The plain class that an object is an instance of, and what it is as one of that."""
    if isinstance(value, str):
        return str, {"": str.__str__(value)}
    if isinstance(value, int):
        return int, {"": int.__index__(value)}
    if isinstance(value, bytes):
        return bytes, {"": bytes.__getitem__(value, slice(None))}
    if isinstance(value, float):
        return float, {"": float.__repr__(value)}
    if isinstance(value, tuple):
        return tuple, {"": [*tuple.__iter__(value)]}
    return object, {}
