"""Values of every standard type, and hostile ones. A maker gives an equal, fresh value each time."""

import array
import collections
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import ipaddress
import math
import pathlib
import sys
import types
import typing
import uuid
import zoneinfo


class Color(enum.Enum):
    RED = "red"
    NO = "no"
    X = "x"


class Level(enum.IntEnum):
    LOW = 1
    MIDDLE = 500
    HIGH = 5000


class Word(str, enum.Enum):
    NO = "no"
    YES = "yes"


class Bits(enum.Flag):
    A = 1
    B = 2


class Twofold(int, enum.Enum):
    """As a number it is one thing, and as a value another."""

    SMALL = 5000

    def __new__(cls, number):
        made = int.__new__(cls, number)
        made._value_ = 5
        return made


class Named(typing.NamedTuple):
    a: int
    b: str


class Typed(typing.TypedDict):
    a: int


@dataclasses.dataclass
class Data:
    x: object
    y: int = 0


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: object


class _Slots:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x


Slotted = dataclasses.dataclass(type("Slotted", (_Slots,), {"__slots__": (), "__annotations__": {"x": object}}))


@dataclasses.dataclass
class Inherits(Data):
    z: int = 3


@dataclasses.dataclass
class Init:
    x: int
    seed: dataclasses.InitVar[int]
    y: int = dataclasses.field(init=False, default=0)

    def __post_init__(self, seed):
        self.y = self.x + seed


class Text(str):
    def __str__(self):
        return "something else"

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


class Number(int):
    def __int__(self):
        return 0

    __index__ = __int__

    def __gt__(self, other):
        return False


class Real(float):
    def __float__(self):
        return 0.0


class Cash(decimal.Decimal):
    def __str__(self):
        return "1"


class Plain(dict):
    pass


class Row(list):
    pass


class Pair(tuple):
    pass


# -- hostile ones


class Interrupts(BaseException):
    """What is no ``Exception``."""


#: What hostile values do when they are looked at.
TROUBLES = [
    lambda: RuntimeError("secret-1234"), lambda: KeyError("secret-1234"), lambda: RecursionError("secret-1234"),
    lambda: MemoryError(), lambda: StopIteration(), lambda: Interrupts("secret-1234"), lambda: TypeError("secret-1234"),
]  # fmt: skip


def _raises(trouble):
    def method(self, *args, **kwargs):
        raise trouble()

    return method


#: Methods that a value has, by which it could be looked at.
LOOKS = {
    list: ["__iter__", "__getitem__", "__len__", "__eq__", "__repr__", "__str__", "__contains__", "__reversed__"],
    tuple: ["__iter__", "__getitem__", "__len__", "__eq__", "__hash__", "__repr__"],
    dict: ["__iter__", "__getitem__", "__len__", "__eq__", "keys", "items", "values", "get", "copy", "__contains__"],
    str: ["__eq__", "__hash__", "__str__", "__repr__", "__len__", "__iter__", "__getitem__", "encode", "__format__"],
    int: ["__eq__", "__hash__", "__int__", "__index__", "__str__", "__repr__", "__float__", "__lt__", "__bool__"],
    float: ["__eq__", "__hash__", "__float__", "__int__", "__str__", "__repr__", "__gt__", "__bool__"],
    decimal.Decimal: ["__eq__", "__hash__", "__str__", "__repr__", "__float__"],
    set: ["__iter__", "__len__", "__eq__", "__contains__"],
    bytes: ["__iter__", "__getitem__", "__len__", "__eq__", "__bytes__"] if sys.version_info > (3, 11) else ["__iter__"],
    object: ["__eq__", "__hash__", "__str__", "__repr__", "__iter__", "__getattribute__", "__len__", "keys", "__index__"],
}
CONTENT = {
    list: ["x"], tuple: ("x", 5), dict: {"a": "x"}, str: "no", int: 5000, float: 5000.5, decimal.Decimal: "5000",
    set: {"x"}, bytes: b"x", object: None,
}  # fmt: skip


@functools.lru_cache(maxsize=None)
def raising(base, look, number):
    """A subclass that raises when it is looked at in one way."""
    return type(f"Raises{base.__name__.title()}", (base,), {look: _raises(TROUBLES[number])})


def _lies(to):
    return type("Liar", (), {"__class__": property(lambda self: to), "_name_": "RED", "value": "y", "_value_": "y"})


class Flips(collections.abc.Mapping):
    """Another content at each look."""

    def __init__(self):
        self.looks = 0

    def __getitem__(self, key):
        self.looks += 1
        return "x" if self.looks % 2 else "y"

    def __iter__(self):
        return iter(["a"])

    def __len__(self):
        return 1


def _overriding(base, **members):
    return type(f"Other{base.__name__.title()}", (base,), members)


OtherDict = _overriding(
    dict, __iter__=lambda self: iter(["a"]), keys=lambda self: ["a"], __getitem__=lambda self, key: "y",
    items=lambda self: [("a", "y")], get=lambda self, key, default=None: "y",
)  # fmt: skip
OtherList = _overriding(list, __iter__=lambda self: iter(["y"]), __getitem__=lambda self, at: "y")
OtherTuple = _overriding(tuple, __iter__=lambda self: iter(["y"]))
GetsDict = _overriding(dict, __getitem__=lambda self, key: "y")
CountsList = _overriding(list, __len__=lambda self: 0)


class HidesState:
    """Its dictionary is not the one that it shows."""

    __dict__ = property(lambda self: {})


@dataclasses.dataclass
class HidesField:
    """A field that says another thing than what lies in its slot."""

    shown: int

    def __getattribute__(self, name):
        if name == "shown":
            return 1
        return object.__getattribute__(self, name)


def _self_list():
    loop = []
    loop.append(loop)
    return loop


def _self_dict():
    loop = {}
    loop["a"] = loop
    return loop


def _deep(depth):
    value = "x"
    for _ in range(depth):
        value = [value]
    return value


def _module():
    made = types.ModuleType("made")
    made.x = 1
    return made


UTC = datetime.timezone.utc

#: Of types that JSON has.
PLAIN = [
    lambda: None, lambda: True, lambda: False, lambda: 0, lambda: 7, lambda: -3, lambda: 500, lambda: 5000, lambda: 1000,
    lambda: 1001, lambda: 100, lambda: 101, lambda: 10**29, lambda: 0.5, lambda: -0.0, lambda: 100.5, lambda: 1e3,
    lambda: 1000.25, lambda: "", lambda: "no", lambda: "yes", lambda: "x", lambda: "é\0\n", lambda: "n" * 300,
    lambda: [], lambda: ["x"], lambda: ["y", "z"], lambda: [1, "x"], lambda: [["x"]], lambda: {}, lambda: {"a": "x"},
    lambda: {"a": {"b": [1, 2]}}, lambda: _deep(20),
]  # fmt: skip

#: Of other standard types.
STANDARD = [
    lambda: decimal.Decimal("5000"), lambda: decimal.Decimal("100.10"), lambda: decimal.Decimal("1E+2"),
    lambda: decimal.Decimal("NaN"), lambda: decimal.Decimal("Infinity"), lambda: fractions.Fraction(5000),
    lambda: complex(5000), lambda: math.nan, lambda: math.inf, lambda: 10**40, lambda: 10**5000,
    lambda: "\ud800", lambda: ["\udfff"], lambda: {"\ud800": 1}, lambda: {"a": "\ud800"},
    lambda: b"x", lambda: b"no", lambda: bytearray(b"x"), lambda: memoryview(b"x"), lambda: array.array("i", [1]),
    lambda: ("x",), lambda: (), lambda: Named(1, "x"), lambda: {"x"}, lambda: frozenset({"x"}), lambda: {1: "x"},
    lambda: {(1, 2): "x"}, lambda: collections.OrderedDict(a="x"), lambda: collections.defaultdict(list, a="x"),
    lambda: collections.Counter("x"), lambda: collections.ChainMap({"a": "x"}), lambda: collections.UserDict(a="x"),
    lambda: collections.UserList(["x"]), lambda: collections.UserString("no"), lambda: types.MappingProxyType({"a": 1}),
    lambda: types.SimpleNamespace(a=1), lambda: collections.deque(["x"]), lambda: range(3), lambda: Color.RED,
    lambda: Color.NO, lambda: Color.X, lambda: Level.LOW, lambda: Level.MIDDLE, lambda: Level.HIGH, lambda: Word.NO,
    lambda: Word.YES, lambda: Bits.A | Bits.B, lambda: Bits.A,
    lambda: datetime.datetime(2024, 5, 1, 12, tzinfo=UTC), lambda: datetime.datetime(2024, 5, 1, 12),
    lambda: datetime.datetime(2024, 5, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")), lambda: zoneinfo.ZoneInfo("UTC"),
    lambda: datetime.date(2024, 5, 1), lambda: datetime.time(12), lambda: datetime.time(12, tzinfo=UTC),
    lambda: datetime.timedelta(hours=1), lambda: UTC, lambda: uuid.UUID(int=1), lambda: pathlib.PurePosixPath("/a/b"),
    lambda: pathlib.Path("x"), lambda: pathlib.PureWindowsPath("C:\\x"), lambda: ipaddress.ip_address("10.0.0.1"),
    lambda: ipaddress.ip_address("::1%eth0"), lambda: ipaddress.ip_network("10.0.0.0/8"),
    lambda: ipaddress.ip_interface("10.0.0.1/24"), lambda: Data("x"), lambda: Data(["x"], 7), lambda: Frozen("x"),
    lambda: Slotted("x"), lambda: Inherits("x"), lambda: Init(1, 2), lambda: Typed(a=1), lambda: Text("no"),
    lambda: Text("yes"), lambda: Number(5000), lambda: Number(500), lambda: Real(5000.0), lambda: Cash("5000"),
    lambda: Plain(a="x"), lambda: Row(["x"]), lambda: Pair(["x"]), lambda: ValueError("x"), lambda: len,
    lambda: (lambda: 1), lambda: sys, _module, lambda: iter(["x"]), lambda: (x for x in "x"), lambda: io.StringIO("x"),
    lambda: int, lambda: Data, lambda: ..., lambda: NotImplemented, lambda: object(), lambda: slice(1), lambda: {}.keys(),
    lambda: {"a": 1}.items(), lambda: functools.partial(len), lambda: types.GenericAlias(list, int),
]  # fmt: skip

#: They raise, lie, change, or go on for ever.
HOSTILE = [
    lambda: Flips(), lambda: OtherDict(a="x"), lambda: OtherList(["x"]), lambda: OtherTuple(["x"]),
    lambda: GetsDict(a="x"), lambda: CountsList(["x"]), lambda: HidesState(), lambda: HidesField(7), _self_list,
    _self_dict, lambda: _deep(100),
    lambda: Twofold.SMALL,
    lambda: _lies(str)(), lambda: _lies(int)(), lambda: _lies(dict)(), lambda: _lies(list)(), lambda: _lies(Color)(),
    lambda: _lies(float)(), lambda: _lies(datetime.datetime)(), lambda: _lies(Data)(), lambda: _lies(tuple)(),
    lambda: _lies(decimal.Decimal)(), lambda: _lies(collections.abc.Mapping)(), lambda: _lies(type(None))(),
]  # fmt: skip


#: They take long.
LARGE = [lambda: ["x"] * 10_001, lambda: "n" * 1_100_000, lambda: {str(one): one for one in range(10_001)}]


def any_maker(rng):
    """A maker of any value, nested up to three deep."""
    at = rng.random()
    if at < 0.45:
        return rng.choice(PLAIN)
    if at < 0.75:
        return rng.choice(STANDARD)
    if at < 0.751:
        return rng.choice(LARGE)
    if at < 0.80:
        return rng.choice(HOSTILE)
    if at < 0.88:
        base = rng.choice(list(LOOKS))
        look, number = rng.choice(LOOKS[base]), rng.randrange(len(TROUBLES))
        content = CONTENT[base]
        made = raising(base, look, number)
        return (lambda: made()) if base is object else (lambda: made(content))
    inner = any_maker(rng)
    wrap = rng.choice(
        [
            lambda value: [value], lambda value: {"a": value}, lambda value: (value, 1), lambda value: Data(value),
            lambda value: Frozen(value), lambda value: Row([value]), lambda value: Plain(a=value),
            lambda value: collections.OrderedDict(b=value), lambda value: collections.deque([value]),
        ]  # fmt: skip
    )
    return lambda: wrap(inner())
