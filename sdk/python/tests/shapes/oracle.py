"""What the policy of these tests says about what a body received, by rules that are written down once more here."""

import collections
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import math
import pathlib
import types
import uuid

SCHEMA = """
version: 1
actions:
  act: { fields: { amount: 'number?', note: 'string?', items: 'list<string>?', data: 'any?', more: 'any?' } }
  named: { fields: { amount: { type: number, optional: true, argument: value }, kind: { type: any, optional: true, argument: type }, more: 'any?' } }
"""

RULES = """
version: 1
default: allow
rules:
  - { id: huge, scope: { action: [act, named] }, when: has(action.amount) && action.amount > 1000, effect: block }
  - { id: large, scope: { action: [act, named] }, when: has(action.amount) && action.amount > 100, effect: require_approval }
  - { id: word, scope: { action: act }, when: has(action.note) && action.note == "no", effect: block }
  - { id: items, scope: { action: act }, when: has(action.items) && "x" in action.items, effect: block }
  - { id: data, scope: { action: act }, when: has(action.data) && action.data == "x", effect: block }
  - { id: kind, scope: { action: named }, when: has(action.kind) && action.kind == "x", effect: block }
"""
FIELDS = {
    "act": {name: name for name in ("amount", "note", "items", "data", "more")},
    "named": {"amount": "value", "kind": "type", "more": "more"},
}


class Bad(Exception):
    """It has no value that a policy can read."""


class WholeBad(Exception):
    """The whole request is invalid."""


class Unsure(Exception):
    """This oracle does not know."""


#: A number that no decimal within the limits stands for.
UNREPRESENTABLE = object()
#: What marks a class that reads otherwise than its base.
_READS = ("__iter__", "__getitem__", "__len__", "keys", "items", "values", "get", "__contains__", "copy", "__reversed__")
_BUILTIN = (dict, list, tuple, collections.OrderedDict, collections.defaultdict, collections.Counter)


def plain(value, depth=0):
    """The value in JSON's types. Raises Bad, WholeBad or Unsure."""
    kind = type(value)
    if depth > 200:
        raise WholeBad
    if value is None or kind is bool:
        return value
    if kind is str:
        return _text(value)
    if kind is int:
        return value if abs(value) < 10**32 else UNREPRESENTABLE
    if kind is float:
        return value if math.isfinite(value) else UNREPRESENTABLE
    if issubclass(kind, decimal.Decimal):
        exact = decimal.Decimal(decimal.Decimal.as_tuple(value))
        return _same(value, exact) if exact.is_finite() else UNREPRESENTABLE
    if issubclass(kind, enum.Enum):
        content = value._value_
        for base in (str, int):
            if issubclass(kind, base) and base.__eq__(value, content) is not True:
                raise Bad
        return plain(content, depth + 1)
    if issubclass(kind, str):
        return _text(_compared(value))
    if issubclass(kind, int):
        return plain(_same(value, int.__add__(value, 0)), depth)
    if issubclass(kind, float):
        exact = float.__add__(value, 0.0)
        return plain(exact if math.isnan(exact) else _same(value, exact), depth)
    if issubclass(kind, (dict, list, tuple)):
        return _container(kind, value, depth)
    if issubclass(kind, datetime.datetime):
        if value.utcoffset() is None:
            raise Bad
        return value.isoformat()
    if issubclass(kind, datetime.date):
        return value.isoformat()
    if issubclass(kind, datetime.timedelta):
        raise Unsure
    if issubclass(kind, pathlib.PurePath):
        return value.as_posix()
    if issubclass(kind, (uuid.UUID, ipaddress._BaseAddress, ipaddress._BaseNetwork)):
        return str(value)
    if dataclasses.is_dataclass(kind):
        if kind.__getattribute__ is not object.__getattribute__:
            raise Unsure
        return {field.name: plain(getattr(value, field.name), depth + 1) for field in dataclasses.fields(kind)}
    if issubclass(kind, collections.abc.Mapping):
        if kind not in (types.MappingProxyType, collections.ChainMap, collections.UserDict):
            raise Bad
        return _container(dict, dict(value), depth)
    raise Bad


def _same(value, exact):
    """What its base holds, if the value says that it equals that."""
    try:
        is_same = type(value) is type(exact) or bool(value == exact)
    except BaseException:
        raise Bad from None
    if not is_same:
        raise Bad
    return exact


def _compared(text):
    """The same text, if it compares as one."""
    for one in type(text).__mro__[: type(text).__mro__.index(str)]:
        if any(vars(one).get(name, getattr(str, name)) is not getattr(str, name) for name in ("__eq__", "__ne__", "__hash__")):
            raise Bad
    return str.__str__(text)


def _text(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        raise WholeBad from None
    return text


def _container(kind, value, depth):
    for one in kind.__mro__:
        if one in _BUILTIN or one is object:
            continue
        if any(name in vars(one) for name in _READS) and not hasattr(one, "_fields"):
            raise Bad
    if depth > 62:
        raise WholeBad
    if issubclass(kind, dict):
        pairs = list(dict.items(value))
        if not all(isinstance(key, str) for key, _ in pairs):
            raise Bad
        return {_text(_compared(key)): plain(one, depth + 1) for key, one in pairs}
    if hasattr(kind, "_fields"):
        return {key: plain(one, depth + 1) for key, one in zip(kind._fields, tuple.__iter__(value))}
    base = list if issubclass(kind, list) else tuple
    return [plain(one, depth + 1) for one in base.__iter__(value)]


def _size(value):
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(map(_size, value)) + len(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values())) + len(value)
    return 1


def holds_unrepresentable(value):
    if isinstance(value, list):
        return any(map(holds_unrepresentable, value))
    if isinstance(value, dict):
        return any(map(holds_unrepresentable, value.values()))
    return value is UNREPRESENTABLE


def action(received, name):
    """The fields of the action by what a body received; Bad for those that have no value."""
    fields = {}
    for field, argument in FIELDS[name].items():
        if argument in received:
            try:
                fields[field] = plain(received[argument])
            except Bad:
                fields[field] = Bad
    if sum(_size(one) for one in fields.values() if one is not Bad) > 900_000:
        raise WholeBad
    return fields


def effect(fields, name):
    """What the rules above say."""
    found = "allow"
    order = ["allow", "require_approval", "block"]

    def rule(field, right, holds, to):
        nonlocal found
        value = fields.get(field)
        if field not in fields or value is None:
            return
        # What is not as declared leaves the rule open, and it is then as strict as if it were true.
        if value is Bad or value is UNREPRESENTABLE or not right(value) or holds(value):
            found = max(found, to, key=order.index)

    def number(value):
        return isinstance(value, (int, float, decimal.Decimal)) and not isinstance(value, bool)

    def texts(value):
        return isinstance(value, list) and len(value) <= 10_000 and all(isinstance(one, str) for one in value)

    # A text is compared with nothing but texts.
    def text(value):
        return isinstance(value, str)

    rule("amount", number, lambda value: value > 1000, "block")
    rule("amount", number, lambda value: value > 100, "require_approval")
    if name == "act":
        rule("note", text, lambda value: value == "no", "block")
        rule("items", texts, lambda value: "x" in value, "block")
        rule("data", text, lambda value: value == "x", "block")
    else:
        rule("kind", text, lambda value: value == "x", "block")
    return found


def is_as_declared(field, value):
    """Whether it can be told of in full: what is of another type is told of by its type."""
    if value is Bad or value is UNREPRESENTABLE:
        return False
    if field == "amount":
        return value is None or (isinstance(value, (int, float, decimal.Decimal)) and not isinstance(value, bool))
    if field == "note":
        return value is None or isinstance(value, str)
    if field == "items":
        return value is None or (isinstance(value, list) and all(isinstance(one, str) for one in value))
    return is_readable(value) and not too_wide(value)


def is_readable(value):
    return value is not Bad and not holds_unrepresentable(value)


def too_wide(value):
    if isinstance(value, list):
        return len(value) > 10_000 or any(map(too_wide, value))
    return isinstance(value, dict) and any(map(too_wide, value.values()))


# -- what two calls have in common


def frozen(value, depth=0):
    """A value with all types, as it is now; what cannot be told is by identity and noted as ``unknown``."""
    kind = type(value)
    unknown = ("unknown", id(value))
    if depth > 80:
        return unknown
    if value is None or kind in (bool, int, str, bytes, complex, float, decimal.Decimal, fractions.Fraction, range):
        return (kind, repr(value) if kind is not int else hex(value))
    if kind in (list, tuple):
        if len(value) > 100_000:
            return unknown
        return (kind, tuple(frozen(one, depth + 1) for one in value))
    if kind is dict:
        return (kind, tuple(sorted(((frozen(k, depth + 1), frozen(v, depth + 1)) for k, v in value.items()), key=repr)))
    if kind in (set, frozenset):
        return (kind, tuple(sorted((frozen(one, depth + 1) for one in value), key=repr)))
    if kind in (bytearray, memoryview):
        return (kind, bytes(value))
    if issubclass(kind, enum.Enum):
        return (kind, value._name_) if value._name_ else unknown
    if kind in (
        datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone, uuid.UUID,
        pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath, ipaddress.IPv4Address, ipaddress.IPv6Address,
        ipaddress.IPv4Network, ipaddress.IPv4Interface,
    ):  # fmt: skip
        return (kind, repr(value))
    if kind.__module__ == "zoneinfo":
        return (kind, value.key)
    for base in (str, bytes, int, float, tuple):
        if issubclass(kind, base):
            content = frozen(base(base.__getitem__(value, slice(None)) if base in (str, bytes, tuple) else base.__add__(value, 0)))
            return (kind, content, frozen(_state(value), depth + 1))
    if dataclasses.is_dataclass(kind) and not issubclass(kind, (list, dict, BaseException)):
        return (kind, frozen(_state(value), depth + 1))
    return unknown


def _state(value):
    state = {}
    for one in type(value).__mro__:
        for name in vars(one).get("__slots__", ()):
            if hasattr(value, name):
                state[name] = getattr(value, name)
    try:
        state.update(object.__getattribute__(value, "__dict__"))
    except AttributeError:
        pass
    return state


def is_known(value):
    """Whether nothing of it is by identity."""
    if isinstance(value, tuple):
        return value[:1] != ("unknown",) and all(map(is_known, value))
    return True
