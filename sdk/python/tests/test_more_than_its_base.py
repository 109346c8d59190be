"""An object that is more than its base holds of it, or says itself what it equals, has no value that a policy can read."""

import collections
import datetime
import decimal
import enum
import ipaddress
import types
import uuid

import pytest

import actra
from actra import _actra

# Not every function here takes every field.
pytestmark = pytest.mark.filterwarnings("ignore:the policy reads:UserWarning")

SCHEMA = """
version: 1
actor: { fields: { id: string } }
snapshot: { fields: {} }
actions:
  lend: { fields: { ttl: duration? } }
  send: { fields: { headers: map<any>?, to: { type: object, optional: true, fields: { amount: number? } }, role: string? } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: long, scope: { action: lend }, when: 'has(action.ttl) && action.ttl > duration("24h")', effect: block }
  - { id: admin, scope: { action: send }, when: 'has(action.headers) && "x-admin" in action.headers', effect: block }
  - { id: large, scope: { action: send }, when: 'has(action.to) && has(action.to.amount) && action.to.amount > 10', effect: block }
  - { id: role, scope: { action: send }, when: 'has(action.role) && action.role == "admin"', effect: block }
"""
POLICY = actra.load_policy_from_string(SCHEMA, RULES)


def points():
    for on_event in (None, lambda event: None):
        yield actra.ActraRuntime(POLICY, actor=lambda ctx: {"id": "ana"}, on_event=on_event)


class Longer(datetime.timedelta):
    """What its base cannot hold lies beside that, as in pandas."""

    def __new__(cls, days):
        made = datetime.timedelta.__new__(cls, days if days < 10**9 else 0)
        made.told = days
        return made

    @property
    def days(self):
        return self.told

    def total_seconds(self):
        return self.told * 86400

    def __eq__(self, other):
        return self.total_seconds() == other.total_seconds()

    def __le__(self, other):
        return self.total_seconds() <= other.total_seconds()


class Seconds(datetime.timedelta):
    def total_seconds(self):
        return 10**9


class Days(datetime.timedelta):
    @property
    def days(self):
        return 10**9


class Equals(datetime.timedelta):
    def __eq__(self, other):
        return False


class Towards(datetime.timedelta):
    """It counts days towards zero."""

    @property
    def days(self):
        return int(self.total_seconds() / 86400)


class Sub(datetime.timedelta):
    pass


@pytest.mark.parametrize("ttl", [Longer(10**12), Seconds(hours=1), Days(hours=1), Equals(hours=1)], ids=lambda it: type(it).__name__)
def test_a_duration_that_is_another_one_than_its_base_is_refused(ttl):
    for runtime in points():
        with pytest.raises(actra.ActraPolicyError, match="action.ttl: an? "):
            runtime.admit("lend")(lambda ttl: "ran")(ttl)
    with pytest.raises(TypeError):
        POLICY.decide({"action": {"type": "lend", "ttl": ttl}, "actor": {"id": "ana"}, "snapshot": {}})


@pytest.mark.parametrize("kind", [datetime.timedelta, Sub, Towards])
def test_a_duration_of_another_class_is_what_its_base_holds(kind):
    assert _actra.value(kind(days=-1, hours=-1.5)) == "-91800s"
    assert _actra.value(kind(days=-2)) == "-172800s"
    assert _actra.value(kind(microseconds=1_500_000)) == "1.5s"
    assert _actra.value(kind(0)) == "0s"


def unequal(base, *args):
    kind = type("Unequal", (base,), {"__eq__": lambda self, other: False, "__hash__": None})
    return kind(*args)


@pytest.mark.parametrize(
    "given",
    [
        unequal(datetime.date, 2024, 5, 1),
        unequal(datetime.datetime, 2024, 5, 1, 0, 0, 0, 0, datetime.timezone.utc),
        unequal(decimal.Decimal, "1.5"),
        unequal(int, 5),
        unequal(float, 5.5),
        unequal(str, "a"),
        unequal(ipaddress.IPv4Address, "10.0.0.1"),
        unequal(ipaddress.IPv6Network, "fe80::/64"),
        unequal(uuid.UUID, "12345678123456781234567812345678"),
    ],
    ids=lambda given: type(given).__mro__[1].__name__,
)
def test_what_does_not_equal_what_its_base_holds_is_refused(given):
    with pytest.raises(TypeError, match="value: .*an? Unequal"):
        _actra.value(given)
    base = type(given).__mro__[1]
    if base not in (ipaddress.IPv4Address, ipaddress.IPv6Network, uuid.UUID):
        assert _actra.value(type("Sub", (base,), {})(*_arguments(given, base))) == _actra.value(base(*_arguments(given, base)))


def _arguments(given, base):
    if base is datetime.datetime:
        return (2024, 5, 1, 0, 0, 0, 0, datetime.timezone.utc)
    return (2024, 5, 1) if base is datetime.date else (base.__str__(given),)


class NoTime(datetime.datetime):
    def __eq__(self, other):
        return False

    def __ne__(self, other):
        return True


def test_what_is_no_time_is_said_to_be_none():
    with pytest.raises(TypeError, match="value: a NoTime is no point in time"):
        _actra.value(NoTime(1, 1, 1))


def test_numbers_that_are_none_stay_unreadable():
    for nan in (type("Float", (float,), {})("nan"), type("Dec", (decimal.Decimal,), {})("nan")):
        assert _actra.value([nan]) == [None]


@pytest.mark.filterwarnings("ignore:.*generic units:DeprecationWarning")
def test_what_stands_for_nothing_in_numpy_is_refused():
    numpy = pytest.importorskip("numpy")
    nothing = (
        numpy.datetime64("NaT", "s"),
        numpy.timedelta64("NaT", "h"),
        numpy.array(numpy.timedelta64("NaT", "s")),
        numpy.array(None, dtype=object),
    )
    for given in nothing:
        with pytest.raises(TypeError, match="stands for nothing"):
            _actra.value(given)
        for runtime in points():
            with pytest.raises(actra.ActraPolicyError, match="stands for nothing"):
                runtime.admit("lend")(lambda ttl=None: "ran")(given)
    assert _actra.value(numpy.timedelta64(30, "h")) == "108000s"


class AnyCase(str):
    """A name whose case does not matter."""

    def __eq__(self, other):
        return str.casefold(self) == str.casefold(other)

    def __hash__(self):
        return hash(str.casefold(self))


class Below(AnyCase):
    pass


class Unlike(str):
    def __ne__(self, other):
        return False


class Hashed(str):
    __eq__ = str.__eq__

    def __hash__(self):
        return 1


class Plain(str):
    pass


class Restored(str):
    __eq__ = str.__eq__
    __hash__ = str.__hash__


class Name(str, enum.Enum):
    ADMIN = "x-admin"


class Odd(Plain, enum.Enum):
    ADMIN = "x-admin"


def held(kind, entries):
    made = kind()
    made.data = entries
    return made


MAPPINGS = {
    "dict": dict,
    "ordered": collections.OrderedDict,
    "counter": collections.Counter,
    "subclass": type("Subclass", (dict,), {}),
    "user": lambda entries: held(collections.UserDict, entries),
    "proxy": types.MappingProxyType,
    "chain": lambda entries: collections.ChainMap({}, entries),
    "inside": lambda entries: {"x": [entries]},
}


@pytest.mark.parametrize("make", MAPPINGS.values(), ids=MAPPINGS)
@pytest.mark.parametrize("key", [AnyCase("X-Admin"), Below("X-Admin"), Hashed("X-Admin")], ids=lambda key: type(key).__name__)
def test_a_key_that_others_find_by_another_text_is_refused(make, key):
    given = make({key: 1})
    for runtime in points():
        with pytest.raises(actra.ActraPolicyError, match=f"this key is an? {type(key).__name__}, which says itself"):
            runtime.admit("send")(lambda headers: "ran")(given)
    with pytest.raises(TypeError, match="which says itself"):
        _actra.value(given)
    with pytest.raises(TypeError, match="which says itself"):
        POLICY.decide({"action": {"type": "send", "headers": given}, "actor": {"id": "ana"}, "snapshot": {}})


def test_a_member_that_others_find_by_another_text_is_refused():
    for runtime in points():
        with pytest.raises(actra.ActraPolicyError, match="action.to: this key is an AnyCase"):
            runtime.admit("send")(lambda to: to["amount"])({AnyCase("Amount"): 1_000_000})


def test_a_text_that_says_itself_what_it_equals_is_refused():
    for runtime in points():
        for role in (AnyCase("Admin"), Unlike("Admin")):
            with pytest.raises(actra.ActraPolicyError, match="which says itself what it equals"):
                runtime.admit("send")(lambda role: role == "admin")(role)


def test_an_action_of_such_keys_is_refused():
    for runtime in points():
        for action in ({"type": "send", AnyCase("Role"): "admin"}, collections.OrderedDict({"type": "send", AnyCase("Role"): "admin"})):
            with pytest.raises((actra.ActraPolicyError, TypeError), match="which says itself"):
                runtime.check(action)


@pytest.mark.parametrize("make", MAPPINGS.values(), ids=MAPPINGS)
@pytest.mark.parametrize("key", [Plain("x-admin"), Restored("x-admin"), Name.ADMIN, Odd.ADMIN], ids=repr)
def test_a_key_that_compares_as_its_text_is_read(make, key):
    for runtime in points():
        if make is MAPPINGS["inside"]:
            assert runtime.admit("send")(lambda headers: "ran")(make({key: 1})) == "ran"
            continue
        with pytest.raises(actra.ActraPolicyError, match="blocked by rule admin"):
            runtime.admit("send")(lambda headers: "ran")(make({key: 1}))


def test_keys_of_numpy_are_texts():
    numpy = pytest.importorskip("numpy")
    assert _actra.value({numpy.str_("a"): numpy.str_("b")}) == {"a": "b"}
