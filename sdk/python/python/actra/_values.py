"""What objects of the standard library and of common packages stand for, in JSON's types.

A value is exact or refused; nothing is guessed. What an object is follows from its class, not from what it says that its
class is; and a container whose class reads it otherwise than its base would be two things at once, and is refused.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import gc
import ipaddress
import math
import pathlib
import sys
import types
import uuid
from collections.abc import Mapping
from typing import Any, Collection, Dict, Iterable, List, Tuple

from ._introspect import attributes, is_set, mro, slots
from ._words import class_with_article

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: Methods by which a container can be read.
_READS = frozenset(
    """__iter__ __getitem__ __len__ __contains__ __reversed__ __missing__ __getattribute__
    keys items values get copy pop popitem setdefault index count""".split()
)
#: Methods by which a path is written, or read.
_WRITES = frozenset("__str__ __fspath__ __bytes__ as_posix __getattribute__ _str parts".split())
#: Those whose own way to be read is what they hold.
_CONTAINERS = (
    *(dict, list, tuple, object, collections.OrderedDict, collections.defaultdict, collections.Counter),
    *type.__dict__["__mro__"].__get__(collections.UserDict),
)
#: Classes whose text is their value; those before their bases.
_WRITTEN = (
    ipaddress.IPv4Interface,
    ipaddress.IPv6Interface,
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
    uuid.UUID,
)


class NoValue(TypeError):
    """An object has no value that a policy can read. Its text holds nothing of the object but its class."""


class Attributes(Dict[str, Any]):
    """What an object holds, by names that stand in the host's code, so that errors may name them."""

    #: Those that it finds out when it is asked: they are left out where nothing reads them.
    computed: Collection[str] = ()


class SentAttributes(Attributes):
    """The same, but a sender has named some: errors name none."""


def plain(value: Any) -> Any:
    """A value as ``None``, ``bool``, ``int``, ``float``, ``str``, ``list``, ``tuple`` or ``dict``, one level deep.

    Raises NoValue for an object of a class that has no value.
    """
    kind = type(value)
    if issubclass(kind, enum.Enum):
        return _member(value, kind)
    for base in (str, int, float):
        if issubclass(kind, base):
            return _item(value, base)
    if issubclass(kind, decimal.Decimal):
        exact = decimal.Decimal(decimal.Decimal.__str__(value))
        return exact if exact.is_nan() else _same(value, exact)
    if issubclass(kind, datetime.date):
        return _moment(value)
    if issubclass(kind, datetime.timedelta):
        return _duration(value)
    if issubclass(kind, pathlib.PurePath):
        return _path(value, kind)
    for written in _WRITTEN:
        if issubclass(kind, written):
            text = written.__str__(value)
            if kind is not written:
                _same(value, written(text))
            return text
    if issubclass(kind, (dict, list, tuple, Mapping)) and dataclasses.is_dataclass(kind):
        raise NoValue(f"{class_with_article(kind)} has fields besides its entries; make it a dict or a list")
    if issubclass(kind, (dict, list, tuple)):
        return _container(value, kind)
    if issubclass(kind, Mapping):
        return _mapping(value, kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass(value, kind)
    return _foreign(value)


def _dataclass(value: Any, kind: Any) -> Any:
    fields = Attributes((field.name, getattr(value, field.name)) for field in dataclasses.fields(kind))
    is_sent = hasattr(kind, "__pydantic_fields__")
    others = _beside(value, fields, is_sent)
    if is_sent:
        _check_sent(kind, [name for name in others if not _is_cached(kind, name)])
    return {**others, **fields} if others else fields


def _beside(value: Any, fields: Collection[str] = (), is_sent: bool = False) -> Dict[str, Any]:
    """What an object holds beside its fields: a function reads it, too. What begins with `_` is a class's own matter,
    unless a sender may have named it, and so is what a property has found out: it would be there or not by who has
    looked."""
    kind = type(value)
    own = dict.items(_check_names(attributes(value), kind))
    others = {name: item for name, item in own if name not in fields and (is_sent or name[:1] != "_")}
    if not is_sent:
        others = {name: item for name, item in others.items() if not _is_cached(kind, name)}
    for name, slot in slots(kind):
        if name[:1] != "_" and name not in fields and is_set(slot, value):
            others.setdefault(name, slot.__get__(value))
    if any(getattr(value, name, None) is not item for name, item in others.items()):
        raise NoValue(f"{class_with_article(kind)} holds something with the name of an attribute of its class")
    return others


def _check_names(names: Dict[str, Any], kind: type) -> Dict[str, Any]:
    """What has the names of attributes, if those are what they say: what is put beside them could take their place."""
    if not are_texts(dict.keys(names)):
        raise NoValue(f"{class_with_article(kind)} holds something whose name is not a plain string")
    return names


def check_key(key: str) -> None:
    """Raises NoValue for a key that others find by another text than its own, so that a policy would not find it."""
    kind = type(key)
    if kind is not _Again:
        _check_compares(getattr(key, "of") if kind is _Odd else kind, "this key")


class _Again(str):
    """A key of the same text as another one, and yet another key: what holds both has the same key twice."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: Any) -> bool:
        return self is other


class _Odd(_Again):
    """The same for a key whose class says itself what it equals."""

    #: That class.
    of: type


def dict_by_text(entries: Iterable[Tuple[Any, Any]]) -> Dict[Any, Any]:
    """A dictionary of entries, whatever their keys say that they equal: it is their text that counts, and none takes the
    place of another. Whoever reads it looks at them by :func:`check_key`."""
    made: Dict[Any, Any] = {}
    for key, item in entries:
        text: Any = key
        if type(key) is not str:
            if issubclass(type(key), str):
                text = str.__str__(key)
                if _compares_alone(type(key)):
                    text = _Odd(text)
                    text.of = type(key)
            elif type(key) not in _PLAIN_KEYS:
                raise NoValue(f"keys must be strings, but this one is {class_with_article(type(key))}")
        made[text if text not in made else _Again(text)] = item
    return made


#: Classes of keys that are no texts and equal none.
_PLAIN_KEYS = (type(None), bool, int, float, bytes)


def are_texts(names: Iterable[Any]) -> bool:
    """Whether all names are of ``str`` itself: one of a subclass may equal another text than it shows."""
    return all(type(name) is str for name in names)


def _own(value: Any) -> Dict[Any, Any]:
    """The entries of a dictionary of any class."""
    return dict(dict.items(value)) if are_texts(dict.keys(value)) else dict_by_text(dict.items(value))


def _mapping(value: Any, kind: type) -> Dict[Any, Any]:
    return dict_by_text(_within(value, kind))


def _within(value: Any, kind: type) -> Iterable[Tuple[Any, Any]]:
    """What lies in a mapping that only hands it on."""
    if kind is types.MappingProxyType:
        return _entries(gc.get_referents(value)[0])
    if kind is collections.ChainMap and not _is_covered(value) and not _beside(value, ("maps",)):
        if any(map(_makes_missing, value.maps[:-1])):
            # It would stand before what lies in the maps behind it.
            raise _reads_alone(kind)
        return _in_front(value.maps)
    reads_as_told = issubclass(kind, collections.UserDict) and not _reads_otherwise(kind) and not _is_covered(value)
    if not reads_as_told or _beside(value, ("data",)):
        raise _reads_alone(kind)
    return _entries(value.data)


def _in_front(maps: Iterable[Any]) -> Iterable[Tuple[Any, Any]]:
    """What lies in several mappings, the first of which stand before those behind them."""
    found: List[Tuple[Any, Any]] = []
    known: Dict[str, Any] = {}
    for one in maps:
        further: Dict[str, Any] = {}
        for key, item in _entries(one):
            is_text = issubclass(type(key), str)
            before = known.get(str.__str__(key)) if is_text else None
            # Keys of other classes may stand beside those of the same text.
            if before is not None and (before is key or type(before) is type(key) is str):
                continue
            if is_text:
                further.setdefault(str.__str__(key), key)
            found.append((key, item))
        known = {**further, **known}
    return found


def _makes_missing(mapping: Any) -> bool:
    """Whether a mapping has a value for a key that is not there."""
    kind = type(mapping)
    if kind is types.MappingProxyType:
        return _makes_missing(gc.get_referents(mapping)[0])
    if kind is collections.ChainMap:
        return any(map(_makes_missing, mapping.maps))
    return _has(kind, "__missing__")


def _entries(mapping: Any) -> Iterable[Tuple[Any, Any]]:
    kind = type(mapping)
    if not issubclass(kind, Mapping) or issubclass(kind, _NO_MAPPINGS) or dataclasses.is_dataclass(kind):
        raise _reads_alone(kind)
    if not issubclass(kind, dict):
        return _within(mapping, kind)
    _check_dict(mapping, kind)
    return dict.items(mapping)


#: What is read as something else, whatever mapping it is besides.
_NO_MAPPINGS = (enum.Enum, str, int, float, decimal.Decimal, datetime.date, datetime.timedelta, pathlib.PurePath, list, tuple)


def _reads_alone(kind: type) -> NoValue:
    return NoValue(f"{class_with_article(kind)} overrides how it is read; make it a dict: `dict(...)`")


def _has(kind: type, name: str) -> bool:
    """Whether objects of a class have an attribute by it, whatever they hold themselves."""
    return any(name in one.__dict__ for one in mro(kind))


def _is_cached(kind: type, name: str) -> bool:
    """Whether it is what a property has found out."""
    return any(isinstance(one.__dict__.get(name), functools.cached_property) for one in mro(kind))


def _check_sent(kind: type, names: Iterable[str]) -> None:
    # The class's own stands before it for who reads the attribute, or for who asks the class.
    if any(_has(kind, name) for name in names):
        raise NoValue(f"{class_with_article(kind)} was sent something with the name of an attribute of its class")


def _item(value: Any, base: type) -> Any:
    # What a subclass makes of itself does not count.
    if base is str:
        _check_compares(type(value), "this text")
        return str.__str__(value)
    exact = int.__index__(value) if base is int else float.__float__(value)
    return exact if exact != exact else _same(value, exact)


def _same(value: Any, exact: Any) -> Any:
    """What an object is as one of a plain class, unless it says that it is another value than that: a class of its own, or
    compiled code, can hold more than its base does."""
    if type(value) is not type(exact) and not value == exact:
        own, base = class_with_article(type(value)), class_with_article(type(exact))
        raise NoValue(f"{own} says that it is not the value that {base} would hold of it")
    return exact


def _compares_alone(kind: type) -> bool:
    """Whether texts of a class say themselves what they equal, as those do whose case does not matter."""
    # Those of numpy compare as texts, in code of their own.
    texts = (str, getattr(sys.modules.get("numpy"), "str_", str))
    for one in mro(kind):
        if one is texts[0] or one is texts[1]:
            return False
        if any(one.__dict__.get(name, told) is not told for name, told in _COMPARES):
            return True
    return False


#: By what a text is found, and what finds it.
_COMPARES = tuple((name, str.__dict__[name]) for name in ("__eq__", "__ne__", "__hash__"))


def _check_compares(kind: type, what: str) -> None:
    if kind is not str and _compares_alone(kind):
        raise NoValue(f"{what} is {class_with_article(kind)}, which says itself what it equals; make it a string: `str(...)`")


def _member(value: Any, kind: Any) -> Any:
    content = value.value
    base = kind._member_type_
    # Of two things that it says it is, a policy would read one and the function perhaps the other.
    if base is not object and base.__eq__(value, content) is not True:
        raise NoValue(f"{class_with_article(kind)} is {class_with_article(base)}, but its value is a different one")
    return content


def _path(value: Any, kind: type) -> str:
    for one in mro(kind):
        if one is not object and one.__module__.partition(".")[0] != "pathlib" and not _WRITES.isdisjoint(one.__dict__):
            raise NoValue(f"{class_with_article(kind)} overrides how it is written; make it a string")
    return pathlib.PurePath.as_posix(value)


def _moment(value: Any) -> str:
    base = datetime.date
    if issubclass(type(value), datetime.datetime):
        base = datetime.datetime
        if type(value) is not base and value != value:
            raise NoValue(f"{class_with_article(type(value))} is no point in time; use None where there is none")
        if value.tzinfo is None or value.utcoffset() is None:
            raise NoValue("a datetime without a time zone is not a point in time; give it a time zone")
    text = base.isoformat(value)
    if value.isoformat() != text or not value == _exact(value, base):
        raise NoValue(f"{class_with_article(type(value))} is more precise than Python's own class can hold")
    return text


def _exact(value: Any, base: Any) -> Any:
    """What the own class of Python holds of a date or a time."""
    names: Tuple[str, ...] = ("year", "month", "day")
    further: Dict[str, Any] = {}
    if base is datetime.datetime:
        names += ("hour", "minute", "second", "microsecond", "tzinfo")
        further["fold"] = base.fold.__get__(value)
    return base(*(getattr(base, name).__get__(value) for name in names), **further)


def _duration(value: datetime.timedelta) -> str:
    base = datetime.timedelta
    exact = base(*(getattr(base, name).__get__(value) for name in ("days", "seconds", "microseconds")))
    if type(value) is not base:
        _same(value, exact)
        # Some count the days of what is negative towards zero.
        days = (exact.days, -(-exact // base(days=1)) if exact.days < 0 else exact.days)
        # What some sum up of parts is a little off.
        is_sum = math.isclose(value.total_seconds(), exact.total_seconds(), rel_tol=1e-15, abs_tol=1e-10)
        found = class_with_article(type(value))
        if not is_sum or value.days not in days:
            raise NoValue(f"{found} is longer or more precise than Python's own class can hold")
        if _is_of_calendar(value):
            raise NoValue(f"{found} of years or months is of no certain length; make it one of days")
    micros = exact // base(microseconds=1)
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, micros = divmod(micros, 1_000_000)
    fraction = f".{micros:06d}".rstrip("0") if micros else ""
    return f"{sign}{seconds}{fraction}s"


def _is_of_calendar(value: datetime.timedelta) -> bool:
    """Whether it is so many years or months, unless it says between which moments."""
    parts = (getattr(value, name, None) for name in ("years", "months"))
    return any(isinstance(part, (int, float)) and part for part in parts) and not hasattr(value, "start")


def _container(value: Any, kind: type) -> Any:
    if issubclass(kind, dict):
        _check_dict(value, kind)
        return _own(value)
    _check_read(value, kind)
    if issubclass(kind, list):
        return list(list.__iter__(value))
    elements: Tuple[Any, ...] = tuple(tuple.__iter__(value))
    fields = getattr(kind, "_fields", None)
    if isinstance(fields, tuple) and len(fields) == len(elements):
        if any(getattr(value, field) is not element for field, element in zip(fields, elements)):
            raise NoValue(f"{class_with_article(kind)} has elements that differ from its named fields")
        named = Attributes(zip(fields, elements))
        others = _beside(value, named)
        return {**named, **others} if others else named
    return list(elements)


def _check_read(value: Any, kind: type) -> None:
    if _reads_otherwise(kind) or _is_covered(value):
        raise NoValue(f"{class_with_article(kind)} overrides how it is read; make it {class_with_article(_base(kind))}")


def _check_dict(value: Any, kind: type) -> None:
    _check_read(value, kind)
    # What makes the missing ones is code of the host, and no entry.
    beside = _beside(value, ("default_factory",))
    if any(dict.get(value, name, ...) is not item for name, item in beside.items()):
        raise NoValue(f"{class_with_article(kind)} has attributes besides its entries; make it a dict: `dict(...)`")


def _base(kind: type) -> type:
    return next(base for base in (dict, list, tuple) if issubclass(kind, base))


def _reads_otherwise(kind: type) -> bool:
    for one in mro(kind):
        if one not in _CONTAINERS and not _READS.isdisjoint(one.__dict__):
            # The names of the elements of a named tuple are no methods.
            fields = getattr(one, "_fields", ())
            if not _READS.intersection(one.__dict__) <= set(fields):
                return True
    return False


def _is_covered(value: Any) -> bool:
    """Whether attributes of the object itself stand before the ways to read it."""
    return not _READS.isdisjoint(attributes(value))


def _scalar(value: Any) -> Any:
    item = value.item()
    if item is None:
        # No time at all, or an object: an argument that is there would count as none.
        raise NoValue(f"{class_with_article(type(value))} that stands for nothing has no value; use None")
    # Times finer than Python's become a count of nanoseconds, and long doubles stay what they are.
    if type(item) is type(value) or (isinstance(item, int) and type(value).__name__ in ("datetime64", "timedelta64")):
        raise NoValue(f"{class_with_article(type(value))} of this precision has no exact value in Python")
    return item


def _foreign(value: Any) -> Any:
    """Of other packages, recognized by what they offer: nothing is imported for it."""
    kind = type(value)
    if hasattr(kind, "model_dump") and hasattr(kind, "model_fields"):
        return _model(value, kind)
    numpy = sys.modules.get("numpy")
    if numpy is not None and issubclass(kind, (numpy.generic, numpy.ndarray)):
        if value.shape == () and (issubclass(kind, numpy.generic) or kind is numpy.ndarray):
            return _scalar(value)
        raise NoValue(f"{class_with_article(kind)} has no value that a policy can read; use `.tolist()`")
    if issubclass(kind, fractions.Fraction):
        raise NoValue("a Fraction has no exact decimal; use `decimal.Decimal`")
    if issubclass(kind, (set, frozenset)):
        raise NoValue("a set has no order; make it a list with `sorted`")
    if issubclass(kind, (bytes, bytearray, memoryview)):
        raise NoValue("bytes are not text; decode them")
    raise NoValue(f"{class_with_article(kind)} has no value that a policy can read")


def _model(value: Any, kind: Any) -> Any:
    """What a function reads of a model: its attributes, whatever it makes of itself when it is written down."""
    if getattr(kind, "__pydantic_root_model__", False):
        if _beside(value, ("root",)):
            raise NoValue(f"{class_with_article(kind)} holds something besides its root")
        return value.root
    computed = getattr(kind, "model_computed_fields", {})
    declared = {**kind.model_fields, **computed}
    fields = Attributes((name, _read(value, name, field)) for name, field in declared.items())
    others, extra = _beside(value, fields), _check_names(getattr(value, "__pydantic_extra__", None) or {}, kind)
    _check_sent(kind, extra)
    if extra or others:
        merged = {**extra, **others, **fields}
        if not computed:
            return merged
        fields = SentAttributes(merged)
    if computed:
        fields.computed = tuple(computed)
    return fields


def _read(value: Any, name: str, field: Any) -> Any:
    """An attribute of a model. That one is deprecated is no matter here: who wrote what reads it is warned of that."""
    kind: Any = type(value)
    if getattr(field, "deprecated", None) and kind.__getattribute__ is object.__getattribute__:
        told = next((one.__dict__[name] for one in mro(kind) if name in one.__dict__), None)
        if type(told).__name__ == "_DeprecatedFieldDescriptor":
            by = getattr(told, "wrapped_property", None)
            return attributes(value)[name] if by is None else by.__get__(value, kind)
    return getattr(value, name)
