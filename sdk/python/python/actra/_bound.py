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
import uuid
import zoneinfo
from typing import Any, Dict, List, Optional, Tuple

#: No approval can be bound to what holds this.
UNBINDABLE = Ellipsis

#: Levels that a value may nest.
_DEPTH = 60
#: Values that one call may hold.
_MOST = 200_000

#: Classes whose text says all of a value.
_WRITTEN: Tuple[type, ...] = (
    float, complex, decimal.Decimal, fractions.Fraction, range, uuid.UUID,
    datetime.date, datetime.timedelta, datetime.timezone, zoneinfo.ZoneInfo,
    ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network,
    ipaddress.IPv4Interface, ipaddress.IPv6Interface,
    pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath, pathlib.WindowsPath,
)  # fmt: skip


class _Full(Exception):
    """There is more than can be gone through."""


def bound(arguments: Dict[str, Any]) -> Dict[str, Any]:
    """All arguments of a call. Never raises for what an argument does."""
    return {name: _argument(value) for name, value in arguments.items()}


def _argument(value: Any) -> Any:
    try:
        return _Binder().value(value, 0)
    except (Exception, RecursionError):
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
        if kind in _WRITTEN:
            return ("value", [_class(value), repr(value)])
        if kind is datetime.datetime or kind is datetime.time:
            zone = self.zone(value.tzinfo)
            return UNBINDABLE if zone is UNBINDABLE else ("value", [_class(value), repr(value.replace(tzinfo=None)), value.fold, zone])
        return self.instance(value, depth)

    def mapping(self, value: Dict[Any, Any], depth: int) -> Any:
        if all(type(key) is str for key in value):
            return {key: self.value(one, depth + 1) for key, one in value.items()}
        pairs = [[self.value(key, depth + 1), self.value(one, depth + 1)] for key, one in value.items()]
        return ("dict", pairs)

    def zone(self, zone: Optional[datetime.tzinfo]) -> Any:
        if zone is None:
            return None
        return repr(zone) if type(zone) in (datetime.timezone, zoneinfo.ZoneInfo) else UNBINDABLE

    def instance(self, value: Any, depth: int) -> Any:
        """An object of a class whose instances say all that they hold."""
        if isinstance(value, enum.Enum):
            # Flags together have no name in some versions.
            name: Any = value.name
            return UNBINDABLE if name is None else ("enum", [_class(value), name])
        state = self.state(value)
        if state is None:
            return UNBINDABLE
        return ("object", [_class(value), {name: self.value(one, depth + 1) for name, one in state.items()}])

    def state(self, value: Any) -> Optional[Dict[str, Any]]:
        kind = type(value)
        of_instance: Dict[str, Any] = dict(object.__getattribute__(value, "__dict__")) if _has_dict(value) else {}
        if dataclasses.is_dataclass(kind):
            fields = {field.name: object.__getattribute__(value, field.name) for field in dataclasses.fields(kind)}
            base = _base(value)
            return None if base is UNBINDABLE or not _slots_told(kind, fields) else {**of_instance, **fields, **base}
        if hasattr(kind, "model_fields") and hasattr(kind, "model_dump"):
            told: List[Tuple[str, Any]] = [
                (name, object.__getattribute__(value, name))
                for name in ("__pydantic_extra__", "__pydantic_private__", "__pydantic_fields_set__")
                if hasattr(value, name)
            ]
            return {**of_instance, **dict(told)}
        base = _base(value)
        if base is UNBINDABLE or not base or not _slots_told(kind, {}):
            return None
        return {**of_instance, **base}


def _has_dict(value: Any) -> bool:
    return hasattr(type(value), "__dictoffset__") and type(value).__dictoffset__ != 0


def _slots_told(kind: type, told: Dict[str, Any]) -> bool:
    """Whether all slots of a class are among what is told."""
    slots = (slot for one in kind.__mro__ for slot in _as_list(one.__dict__.get("__slots__", ())))
    return all(slot in told or slot in ("__dict__", "__weakref__") for slot in slots)


def _as_list(slots: Any) -> List[str]:
    return [slots] if isinstance(slots, str) else list(slots)


def _base(value: Any) -> Any:
    """What a subclass of a plain class is as one of that; ``{}`` for what is none."""
    if isinstance(value, str):
        return {"": str.__str__(value)}
    if isinstance(value, int):
        return {"": int.__index__(value)}
    if isinstance(value, bytes):
        return {"": bytes.__getitem__(value, slice(None))}
    if isinstance(value, float):
        return {"": float.__repr__(value)}
    if isinstance(value, tuple):
        return {"": [*tuple.__iter__(value)]}
    # Others of Python's own containers keep what they hold where nothing tells of it.
    return UNBINDABLE if isinstance(value, (list, dict, set, frozenset, bytearray, BaseException)) else {}
