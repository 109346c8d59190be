"""What objects of the standard library and of common packages stand for, in JSON's types.

A value is exact or refused; nothing is guessed.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import fractions
import ipaddress
import pathlib
import uuid
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """The same value as ``None``, ``bool``, ``int``, ``float``, ``str``, ``list``, ``tuple`` or ``dict``, one level deep.

    Raises TypeError for an object of a class that has no value.
    """
    if isinstance(value, enum.Enum):
        return value.value
    for base in (str, int, float):
        if isinstance(value, base):
            return _item(value, base)
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None or value.utcoffset() is None:
            raise TypeError("a datetime without a time zone is no point in time; give it one")
        return value.isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return _duration(value)
    if isinstance(value, pathlib.PurePath):
        return value.as_posix()
    if isinstance(
        value,
        (
            ipaddress.IPv4Address,
            ipaddress.IPv6Address,
            ipaddress.IPv4Network,
            ipaddress.IPv6Network,
            uuid.UUID,
        ),
    ):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (list, tuple)):
        return _named(value)
    return _foreign(value)


def _item(value: Any, base: type) -> Any:
    if type(value).__module__.partition(".")[0] == "numpy":
        return value.item()
    # What a subclass makes of itself does not count.
    if base is str:
        return str.__str__(value)
    return int.__index__(value) if base is int else float.__float__(value)


def _duration(value: datetime.timedelta) -> str:
    micros = value // datetime.timedelta(microseconds=1)
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, micros = divmod(micros, 1_000_000)
    fraction = f".{micros:06d}".rstrip("0") if micros else ""
    return f"{sign}{seconds}{fraction}s"


def _named(value: Any) -> Any:
    fields = getattr(value, "_fields", None)
    if isinstance(value, tuple) and isinstance(fields, tuple):
        return dict(zip(fields, value))
    return list(value)


def _scalar(value: Any) -> Any:
    item = value.item()
    # Times finer than Python's become a count of nanoseconds, and long doubles stay what they are.
    if type(item) is type(value) or (isinstance(item, int) and type(value).__name__ in ("datetime64", "timedelta64")):
        raise TypeError(f"a {type(value).__name__} of this precision has no exact value in Python")
    return item


def _foreign(value: Any) -> Any:
    """Of other packages, recognized by what they offer: nothing is imported for it."""
    kind = type(value)
    if hasattr(kind, "model_dump") and hasattr(kind, "model_fields"):
        return value.model_dump(mode="python")
    package = kind.__module__.partition(".")[0]
    if package == "numpy" and hasattr(value, "item"):
        if getattr(value, "shape", None) == ():
            return _scalar(value)
        raise TypeError(f"a {kind.__name__} has no value that a policy can read; use `.tolist()`")
    if isinstance(value, fractions.Fraction):
        raise TypeError("a Fraction has no exact decimal; use `decimal.Decimal`")
    if isinstance(value, (set, frozenset)):
        raise TypeError("a set has no order; make it a list with `sorted`")
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError("bytes are no text; decode them")
    raise TypeError(f"a {kind.__name__} has no value that a policy can read")
