"""Values: Python's own are read as JSON is read; others are exact or refused with the path."""

import asyncio
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import json
import math
import pathlib
import uuid
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actra
from actra import _actra

SCHEMA = """
version: 1
actions:
  act:
    fields:
      number: number?
      integer: integer?
      text: string?
      flag: boolean?
      any: any?
      texts: list<string>?
      map: map<number>?
      at: timestamp?
      day: date?
      took: duration?
      address: ip?
      file: path?
"""

RULES = """
version: 1
default: allow
rules:
  - { id: number, scope: { action: act }, when: 'has(action.number) && action.number > 5', effect: block }
  - { id: integer, scope: { action: act }, when: 'has(action.integer) && action.integer < 3', effect: block }
  - { id: text, scope: { action: act }, when: 'has(action.text) && action.text.contains("a")', effect: block }
  - { id: flag, scope: { action: act }, when: 'has(action.flag) && action.flag', effect: block }
  - { id: texts, scope: { action: act }, when: 'has(action.texts) && "b" in action.texts', effect: block }
  - { id: map, scope: { action: act }, when: 'has(action.map) && "k" in action.map', effect: block }
  - { id: at, scope: { action: act }, when: 'has(action.at) && action.at > timestamp("2020-01-01T00:00:00Z")', effect: block }
  - { id: day, scope: { action: act }, when: 'has(action.day) && action.day > "2020-01-01"', effect: block }
  - { id: took, scope: { action: act }, when: 'has(action.took) && action.took > duration("1h")', effect: block }
  - { id: any, scope: { action: act }, when: 'has(action.any) && action.any == "x"', effect: block }
"""


@pytest.fixture(scope="module")
def values():
    return actra.load_policy_from_string(SCHEMA, RULES)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["a", "b", "x", "k", 5, 5.1, 3, "2024-05-01T00:00:00Z", "2024-05-01", "2h", "10.0.0.1"])
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=3) | st.just("k"), inner, max_size=4),
    max_leaves=12,
)
NAMES = "number integer text flag any texts map at day took address file undeclared".split()


@settings(max_examples=1500, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), trees, max_size=8), trees)
def test_values_are_read_as_json_is(values, arguments, actor):
    request = {"action": {"type": "act", **arguments}, "actor": actor, "snapshot": {}}
    text = json.dumps(request)
    try:
        expected = values.decide_json(text)
        native = values.decide(request)
        assert native.to_json() == expected
        assert values.evaluate(request) == {"effect": native.effect, "matched_rule": native.matched_rule}
    except ValueError as error:
        assert "digits" in str(error) or "large" in str(error)


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 7


class Named(NamedTuple):
    a: int
    b: str


@dataclasses.dataclass
class Point:
    x: int
    y: decimal.Decimal


class Moment(enum.Enum):
    START = datetime.date(2024, 5, 1)


class Money(decimal.Decimal):
    def __str__(self):
        return "1"


@dataclasses.dataclass
class Order:
    level: Level
    at: list
    inner: object = None


class Text(str):
    def __str__(self):
        return "something else"


@pytest.mark.parametrize(
    "given, expected",
    [
        (10**30, 10**30),
        (-(10**33), -(10**33)),
        (True, True),
        (1.5, 1.5),
        (0.1, 0.1),
        (decimal.Decimal("0.1"), 0.1),
        (decimal.Decimal("1E+3"), 1000),
        (decimal.Decimal("0.12345678901234567890"), decimal.Decimal("0.12345678901234567890")),
        (Color.RED, "red"),
        (Level.HIGH, 7),
        (Text("x"), "x"),
        (datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone.utc), "2024-05-01T12:00:00+00:00"),
        (
            datetime.datetime(2024, 5, 1, 12, 0, 0, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
            "2024-05-01T12:00:00.000005+02:00",
        ),
        (datetime.date(2024, 5, 1), "2024-05-01"),
        (Moment.START, "2024-05-01"),
        (Money("7.5"), 7.5),
        (decimal.Decimal("-0"), 0),
        (decimal.Decimal("1E+400"), None),
        (2**63, 2**63),
        (-(2**63) - 1, -(2**63) - 1),
        (pathlib.PureWindowsPath("C:\\a"), "C:/a"),
        (ipaddress.ip_network("10.0.0.0/8"), "10.0.0.0/8"),
        (collections.UserDict(a=(1,)), {"a": [1]}),
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (
            Order(Level.HIGH, [Moment.START, Order(Level.HIGH, [])]),
            {"level": 7, "at": ["2024-05-01", {"level": 7, "at": [], "inner": None}], "inner": None},
        ),
        ("\ud800", None),
        (datetime.timedelta(hours=1, microseconds=1), "3600.000001s"),
        (datetime.timedelta(days=-1, seconds=1), "-86399s"),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
        (ipaddress.ip_address("10.0.0.1"), "10.0.0.1"),
        (ipaddress.ip_address("::1"), "::1"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Point(1, decimal.Decimal("2.5")), {"x": 1, "y": 2.5}),
        (Named(1, "z"), {"a": 1, "b": "z"}),
        ((1, [2, (3,)]), [1, [2, [3]]]),
        (float("nan"), None),
        (math.inf, None),
        (decimal.Decimal("NaN"), None),
        (10**60, None),
    ],
)
def test_exact_values(given, expected):
    found = _actra.value(given)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    "given",
    [
        object(), {1, 2}, b"x", datetime.datetime(2024, 5, 1), datetime.time(12), lambda: 1, int, {1: 2},
        {"a": [object()]}, 1j, range(3), iter([1]), (x for x in "x"), collections.deque([1]), {}.keys(), ...,
        NotImplemented, fractions.Fraction(1, 3),
        Order(Level.HIGH, [datetime.datetime(2024, 5, 1)]), [Order(Level.HIGH, [], object())],
    ],
)
def test_what_has_no_value_is_refused_with_the_path(values, given):
    with pytest.raises(TypeError, match="action.any"):
        values.evaluate({"action": {"type": "act", "any": given}, "actor": {}, "snapshot": {}})


@pytest.mark.parametrize("given", ["\ud800", {"\ud800": 1}, [{"a": "b\udfff"}]])
@pytest.mark.parametrize("field", ["any", "undeclared"])
def test_half_a_surrogate_pair_makes_the_request_invalid_as_in_json(values, field, given):
    request = {"action": {"type": "act", field: given}, "actor": {}, "snapshot": {}}
    decision = values.decide(request).to_json()
    found = json.loads(decision)
    assert (found["effect"], [error["code"] for error in found["errors"]]) == ("block", ["lone_surrogate"])
    assert decision == values.decide_json(json.dumps(request))


class Same(str):
    """Another key of the same text."""

    def __hash__(self):
        return 0

    def __eq__(self, other):
        return self is other


@pytest.mark.filterwarnings("ignore:the policy reads:UserWarning")
@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize(
    "given, said",
    [
        ("\ud800", "holds half a surrogate pair"),
        ({Same("a"): 1, Same("a"): 2}, "the same key twice"),
        ("z" * 1_048_577, "larger than the limit"),
    ],
    ids=["surrogate", "key", "large"],
)
def test_what_makes_a_request_invalid_is_told_beside_what_has_no_value(values, given, said, waits, watched):
    runtime = actra.ActraRuntime(values, on_event=(lambda event: None) if watched else None)

    @runtime.admit("act")
    async def act_later(any=None, texts=None):
        raise AssertionError

    def call():
        if waits:
            return asyncio.run(act_later(given, {1}))
        return runtime.admit("act")(lambda any=None, texts=None: None)(given, {1})

    with pytest.raises(actra.ActraPolicyError) as refused:
        call()
    assert said in str(refused.value) and "action.texts: a set has no order" in str(refused.value)


@pytest.mark.parametrize("further", [{"\ud800": 1}, {"further": "\udfff"}, {"further": 1}])
def test_what_is_beside_the_records_is_refused_as_in_json(values, further):
    request = {"action": {"type": "act"}, "actor": {}, "snapshot": {}, **further}
    decision = values.decide(request).to_json()
    assert json.loads(decision)["effect"] == "block"
    assert decision == values.decide_json(json.dumps(request))


def test_the_path_goes_to_the_bottom(values):
    with pytest.raises(TypeError, match=r"action\.any\.#1\[1\]\.x\.#2: an object has no") as raised:
        values.evaluate({"action": {"type": "act", "any": {"key": [0, Point({"b": 1, "key": object()}, 1)]}}})
    # A key may be what nobody is to see.
    assert "key" not in str(raised.value)


def test_packages(values):
    numpy = pytest.importorskip("numpy")
    pydantic = pytest.importorskip("pydantic")

    class Model(pydantic.BaseModel):
        number: int = 6

    class Outer(pydantic.BaseModel):
        models: list = [Model(), Model(number=7)]
        price: decimal.Decimal = decimal.Decimal("0.10")
        at: datetime.datetime = datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone.utc)
        address: ipaddress.IPv4Address = ipaddress.IPv4Address("10.0.0.1")
        color: Color = Color.RED

    class Hides(pydantic.BaseModel):
        word: pydantic.SecretStr = pydantic.SecretStr("x")

    assert _actra.value(Outer()) == {
        "models": [{"number": 6}, {"number": 7}],
        "price": 0.1,
        "at": "2024-05-01T00:00:00+00:00",
        "address": "10.0.0.1",
        "color": "red",
    }
    with pytest.raises(TypeError, match="value.word: a SecretStr"):
        _actra.value(Hides())
    assert _actra.value(numpy.float32(0.1)) == float(numpy.float32(0.1))
    assert _actra.value(numpy.uint64(2**64 - 1)) == 2**64 - 1
    assert _actra.value([numpy.str_("a"), numpy.array(3)]) == ["a", 3]
    assert _actra.value(numpy.datetime64("2024-05-01")) == "2024-05-01"
    # A number of nanoseconds would be a guess, and a time without a zone is one.
    for finer in ("2024-05-01T00:00", "2024-05-01T00:00:00.000000001"):
        with pytest.raises(TypeError):
            _actra.value(numpy.datetime64(finer))
    for other in (numpy.timedelta64(1, "ns"), numpy.longdouble("0.1"), numpy.complex64(1), numpy.bytes_(b"x")):
        with pytest.raises(TypeError):
            _actra.value(other)

    assert _actra.value(numpy.float64(0.1)) == 0.1
    assert _actra.value(numpy.int64(7)) == 7 and type(_actra.value(numpy.int64(7))) is int
    assert _actra.value(numpy.bool_(True)) is True
    assert _actra.value(Model()) == {"number": 6}
    with pytest.raises(TypeError, match="tolist"):
        _actra.value(numpy.zeros(3))
    assert values.evaluate({"action": {"type": "act", "number": numpy.float64(5.5)}})["matched_rule"] == "number"


def test_what_holds_itself_ends(values):
    loop = []
    loop += [loop, loop]
    with pytest.raises((ValueError, TypeError)):
        _actra.value(loop)
    assert values.evaluate({"action": {"type": "act", "undeclared": loop}})["effect"] == "block"
    wide = [1]
    for _ in range(60):
        wide = [wide, wide]
    assert values.decide({"action": {"type": "act", "undeclared": wide}}).errors[0]["code"] == "too_large"


def test_records_of_other_classes(values):
    from types import MappingProxyType

    @dataclasses.dataclass
    class Actor:
        role: str = "x"

    assert values.evaluate({"action": MappingProxyType({"type": "act", "number": 9}), "actor": Actor()}) == {
        "effect": "block",
        "matched_rule": "number",
    }
    for nothing in (None, 1, "x", [], {"action": None}, {"action": []}, {"action": {"type": "act"}, "other": 1}):
        assert values.evaluate(nothing)["effect"] == "block"
