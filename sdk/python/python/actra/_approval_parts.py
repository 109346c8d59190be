"""Arguments of a call as an approval is bound to them: exactly, or not at all.

What is given back consists of ``None``, ``bool``, ``int``, ``str``, ``bytes``, ``list``, ``dict`` with keys of ``str``,
and ``(tag, value)`` for what no value of JSON stands for; the compiled part hashes bytes and writes tags so that no two
values look the same. :data:`UNBINDABLE` stands for what cannot be captured in full.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import pickle
import struct
import uuid
import zoneinfo
from typing import Any, Collection, Dict, Optional, Tuple

from ._introspect import attributes, is_set, offset, slots
from ._resolve import FAILURES
from ._values import _is_cached

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: No approval can be bound to what holds this.
UNBINDABLE = Ellipsis

#: Levels that a value may nest.
_MAX_DEPTH = 60
#: Values that one call may hold.
_MAX_VALUES = 200_000
#: The same of texts, by characters.
_MAX_CHARACTERS = 16 << 20
#: Bytes, of which only a hash is kept, that count as one character.
_BYTES_PER_CHARACTER = 8
#: How many of each argument are looked at in any case.
_MIN_VALUES_PER_ARGUMENT = 1_000
_MIN_CHARACTERS_PER_ARGUMENT = 100_000

#: Classes whose text says all of a value but what lies beside it.
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


#: What `enum` itself keeps in a member beside its value.
_OF_ENUM = frozenset(("_name_", "__objclass__", "_sort_order_", "_inverted_"))


class _Full(Exception):
    """There is more than is gone through."""


def approval_parts(arguments: Dict[str, Any]) -> Dict[str, Any]:
    """All arguments of a call. Never raises for what an argument does."""
    builder = _PartsBuilder()
    made: Dict[str, Any] = {}
    #: How much of what there is each has taken.
    taken: Dict[str, float] = {}
    for name, value in arguments.items():
        before = builder.share_taken()
        made[name] = _argument(builder, value)
        taken[name] = (1 if builder.is_full else builder.share_taken()) - before
        largest = max(taken, key=lambda other: taken[other])
        if builder.is_full and largest != name and made[largest] is not UNBINDABLE and not builder.is_again:
            # It left too little for this one, which may be small, and not be the matter.
            made[largest] = UNBINDABLE
            builder = _PartsBuilder(is_again=True)
            made[name] = _argument(builder, value)
    return made


def _argument(builder: _PartsBuilder, value: Any) -> Any:
    left, text = builder.left, builder.text
    builder.is_full = False
    try:
        return builder.value(value, 0)
    except FAILURES as error:
        # Whatever an object does when it is looked at: it cannot be captured in full. Arguments behind it may be small, and
        # are not the matter then.
        builder.is_full = type(error) is _Full
        builder.left, builder.text = max(left // 2, _MIN_VALUES_PER_ARGUMENT), max(text // 2, _MIN_CHARACTERS_PER_ARGUMENT)
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


class _PartsBuilder:
    """What is left of what one call may hold."""

    def __init__(self, is_again: bool = False) -> None:
        self.left, self.text = _MAX_VALUES, _MAX_CHARACTERS
        #: Whether there was one before: all together are not looked at without end.
        self.is_again = is_again
        #: Whether the last argument was too much.
        self.is_full = False

    def share_taken(self) -> float:
        """How much of it is gone, where 1 is all."""
        return max((_MAX_VALUES - self.left) / _MAX_VALUES, (_MAX_CHARACTERS - self.text) / _MAX_CHARACTERS)

    def count_text(self, text: str) -> str:
        """The same text, which counts by its length."""
        self.spend(len(text))
        return text

    def count_bytes(self, size: int) -> None:
        """Counts bytes, before they are copied."""
        self.spend(size // _BYTES_PER_CHARACTER)

    def spend(self, characters: int) -> None:
        self.text -= characters
        if self.text < 0:
            raise _Full

    def value(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0:
            raise _Full
        if depth > _MAX_DEPTH:
            raise RecursionError("nested too deeply")
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if abs(value) < 10**30 else ("int", self.count_text(hex(value)))
        if kind is str:
            self.spend(len(value))
            return value if value.isascii() else _text(value)
        if kind is bytes:
            self.count_bytes(len(value))
            return value
        if kind is list:
            return [self.value(one, depth + 1) for one in value]
        if kind is tuple:
            return ("tuple", [self.value(one, depth + 1) for one in value])
        if kind is dict:
            return self.mapping(value, depth)
        if kind is bytearray:
            self.count_bytes(len(value))
            return ("bytearray", bytes(value))
        if kind is memoryview:
            self.count_bytes(value.nbytes)
            return ("memoryview", [value.format, [*value.shape] if value.shape else [], value.tobytes()])
        if kind is set or kind is frozenset:
            # Two sets are equal whatever the order of their elements.
            return (kind.__name__, sorted((self.value(one, depth + 1) for one in value), key=repr))
        if id(kind) in _WRITTEN:
            beside = self.beside(value, depth)
            return ("value", [_class(value), self.count_text(repr(value)), *([beside] if beside else [])])
        if kind is zoneinfo.ZoneInfo:
            return ("value", [_class(value), self.zone(value)])
        if kind is datetime.datetime or kind is datetime.time:
            zone = self.zone(value.tzinfo)
            return ("value", [_class(value), repr(value.replace(tzinfo=None)), value.fold, zone])
        return self.instance(value, depth)

    def mapping(self, value: Dict[Any, Any], depth: int) -> Any:
        if all(type(key) is str and type(_text(key)) is str for key in value):
            return {self.count_text(key): self.value(one, depth + 1) for key, one in value.items()}
        # As those of texts, the order of keys does not count.
        pairs = [[self.value(key, depth + 1), self.value(one, depth + 1)] for key, one in value.items()]
        return ("dict", sorted(pairs, key=repr))

    def beside(self, value: Any, depth: int) -> Dict[str, Any]:
        """What lies beside the text of a value: by that alone, it would be another one."""
        kind = type(value)
        if kind is uuid.UUID:
            return {} if value.is_safe is uuid.SafeUUID.unknown else {"is_safe": self.value(value.is_safe, depth + 1)}
        own = _check_names(attributes(value))
        made = kind(str(value)) if own else None
        parts = {self.count_text(name): self.value(one, depth + 1) for name, one in own.items()}
        return {
            name: one
            for name, one in parts.items()
            if not hasattr(made, name) or one != self.value(getattr(made, name), depth + 1)
        }

    def zone(self, zone: Optional[datetime.tzinfo]) -> Any:
        if zone is None:
            return None
        if type(zone) is datetime.timezone:
            return repr(zone)
        if type(zone) is not zoneinfo.ZoneInfo:
            return UNBINDABLE
        try:
            # One that was read from a file has any key that it was given, and cannot be made again from it.
            zone.__reduce__()
        except pickle.PicklingError:
            return UNBINDABLE
        return f"zone {zone.key}"

    def instance(self, value: Any, depth: int) -> Any:
        """An object of a class whose instances say all that they hold."""
        kind = type(value)
        if issubclass(kind, enum.Enum):
            # No flags at all have no name, nor have several together in some versions: their value tells.
            told = _check_names(attributes(value))
            name: Any = told.get("_name_")
            if not name and not issubclass(kind, enum.Flag):
                return UNBINDABLE
            # A class can make members of one name, and change what they hold. Their order in the class is no matter.
            held = {key: one for key, one in told.items() if key not in _OF_ENUM and not _is_cached(kind, key)}
            base, content = _base(value)
            members = self.value(dict(content), depth + 1) if base is not object else None
            return ("enum", [_class(value), name or "", members, self.value(held, depth + 1)])
        state = self.state(value)
        if state is None:
            return UNBINDABLE
        return ("object", [_class(value), {self.count_text(name): self.value(one, depth + 1) for name, one in state.items()}])

    def state(self, value: Any) -> Optional[Dict[str, Any]]:
        """All that an object holds; ``None`` if it may hold more than it tells."""
        kind = type(value)
        is_data = dataclasses.is_dataclass(kind)
        is_model = hasattr(kind, "model_fields") and hasattr(kind, "model_dump")
        base, content = _base(value)
        of_slots = [(name, slot) for name, slot in slots(kind) if slot.__objclass__ is not base]
        if not (is_data or is_model or content) or not _has_nothing_else(kind, base, len(of_slots)):
            return None
        fields: Collection[str] = kind.model_fields if is_model else ()
        if is_data:
            fields = [field.name for field in dataclasses.fields(kind)]
        # What a property has found out is there or not by who has looked, unless a sender may have named it.
        is_sent = is_data and hasattr(kind, "__pydantic_fields__")
        own = _check_names(attributes(value)).items()
        told = {name: one for name, one in own if is_sent or name in fields or not _is_cached(kind, name)}
        for name, slot in of_slots:
            if name in told:
                # Two things of one name.
                return None
            if is_set(slot, value):
                told[name] = slot.__get__(value)
        if is_data:
            # A field can be what its class holds.
            for name in fields:
                told.setdefault(name, object.__getattribute__(value, name))
        return None if "" in told else {**told, **content}


def _check_names(names: Dict[str, Any]) -> Dict[str, Any]:
    """What has the names of attributes, if those are what they say: others could take their places."""
    if any(type(name) is not str for name in dict.keys(names)):
        raise TypeError("the name of an attribute is not a plain string")
    return names


def _has_nothing_else(kind: type, base: type, slots: int) -> bool:
    """Whether nothing of compiled code lies in the memory of an instance."""
    if hasattr(kind, "n_sequence_fields"):
        return False
    has_dict, has_weak_references = offset(kind, "__dictoffset__") > 0, offset(kind, "__weakrefoffset__") > 0
    pointers = slots + has_dict + has_weak_references
    # Behind what has a length of its own, the dictionary is counted in some versions.
    spare = _POINTER if base.__itemsize__ else 0
    return offset(kind, "__basicsize__") <= base.__basicsize__ + pointers * _POINTER + spare


def _base(value: Any) -> Tuple[type, Dict[str, Any]]:
    """The plain class that an object is an instance of, and what it is as one of that."""
    kind = type(value)
    if issubclass(kind, str):
        return str, {"": str.__str__(value)}
    if issubclass(kind, int):
        return int, {"": int.__index__(value)}
    if issubclass(kind, bytes):
        return bytes, {"": bytes.__getitem__(value, slice(None))}
    if issubclass(kind, float):
        return float, {"": float.__repr__(value)}
    if issubclass(kind, tuple):
        return tuple, {"": [*tuple.__iter__(value)]}
    return object, {}
