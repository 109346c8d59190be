"""Keys of classes of their own count by their text, or are refused if that is not what others find them by, whoever
watches; and what holds itself without end is too large."""

import asyncio
import collections
import dataclasses
import enum
import types

import pytest

import actra
from actra import _actra

# Not every function here takes every field.
pytestmark = pytest.mark.filterwarnings("ignore:the policy reads:UserWarning")

SCHEMA = """
version: 1
actions:
  pay: { fields: { amount: number, node: any?, map: map<number>? } }
actor: { fields: { id: string, suspended: boolean?, note: any? } }
snapshot: { fields: { frozen: boolean?, note: any? } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: suspended, scope: { action: pay }, when: has(actor.suspended) && actor.suspended, effect: block }
  - { id: frozen, scope: { action: pay }, when: has(snapshot.frozen) && snapshot.frozen, effect: block }
  - { id: key, scope: { action: pay }, when: 'has(action.map) && "k" in action.map', effect: block }
"""
POLICY = actra.load_policy_from_string(SCHEMA, RULES)


class Own(str):
    """It equals nothing else."""

    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other


class Kind(str):
    """It equals a text, and another one of its own kind only."""

    __hash__ = str.__hash__

    def __new__(cls, kind, text):
        made = str.__new__(cls, text)
        made.kind = kind
        return made

    def __eq__(self, other):
        return not (isinstance(other, Kind) and other.kind != self.kind) and str.__eq__(self, other)


class Other(str):
    """It equals a text that it is not."""

    def __eq__(self, other):
        return str.__eq__(other, "suspended") or str.__eq__(other, "frozen")

    def __hash__(self):
        return hash("suspended")


class Sub(str):
    pass


class Names(str, enum.Enum):
    SUSPENDED = "suspended"
    FROZEN = "frozen"


def twice(text):
    return {Kind("a", text): True, Kind("b", text): True}


#: What is said of a record that somebody could find something else in than the policy.
ALONE = "which says itself what it equals"
CASES = [
    ({"id": "u", Own("suspended"): True}, {}, ALONE),
    ({"id": "u", Sub("suspended"): True}, {}, "suspended"),
    ({"id": "u", Names.SUSPENDED: True}, {}, "suspended"),
    ({"id": "u", Other("else"): True}, {}, ALONE),
    ({"id": "u", "suspended": False, Own("suspended"): True}, {}, ALONE),
    ({"id": "u", "note": twice("x")}, {}, "the same key twice"),
    ({"id": "u", "note": [{"a": twice("x")}]}, {}, "the same key twice"),
    ({"id": "u", **twice("suspended")}, {}, ALONE),
    ({"id": "u"}, {Own("frozen"): True}, "frozen"),
    ({"id": "u"}, {Names.FROZEN: True}, "frozen"),
    ({"id": "u"}, {"note": twice("x")}, "the same key twice"),
    ({"id": "u"}, {"frozen": False, Own("frozen"): True}, "frozen"),
    ({"id": "u", "note": {1: {2: 3}}}, {}, None),
    ({"id": "u", "note": {1: "\ud800"}}, {}, "not decided"),
]


def said(call):
    try:
        call()
    except actra.ActraPolicyError as refused:
        return str(refused)
    return None


@pytest.mark.parametrize("actor, snapshot, expected", CASES, ids=str)
def test_a_key_counts_by_its_text_for_everybody(actor, snapshot, expected):
    for watched in (False, True):
        runtime = actra.ActraRuntime(
            POLICY, actor=lambda ctx: actor, snapshot=lambda ctx: snapshot, on_event=(lambda event: None) if watched else None
        )

        @runtime.admit("pay")
        def pay(amount, node=None):
            return "ran"

        @runtime.admit("pay")
        async def pay_later(amount, node=None):
            return "ran"

        action = {"type": "pay", "amount": 1}
        calls = [lambda: pay(1), lambda: pay(1, [1]), lambda: asyncio.run(pay_later(1)), lambda: runtime.check(action)]
        for call in calls:
            found = said(call)
            assert found is None if expected is None else expected in (found or "ran"), (watched, found)
        effect = runtime.evaluate(action).effect
        assert effect == ("allow" if expected is None else "block")
    if ("note" not in actor or expected is not None) and not any(type(key) is Other for key in actor):
        request = {"action": action, "actor": actor, "snapshot": snapshot}
        assert POLICY.evaluate(request)["effect"] == effect


@pytest.mark.parametrize("key, blocks", [("k", True), (Own("k"), True), (Sub("k"), True), (Sub("j"), False), (Other("j"), True)], ids=repr)
def test_a_key_of_an_argument_counts_by_its_text(key, blocks):
    runtime = actra.ActraRuntime(POLICY, actor=lambda ctx: {"id": "u"})
    pay = runtime.admit("pay")(lambda amount, map=None: "ran")
    assert (said(lambda: pay(1, {key: 1})) is not None) == blocks
    assert (runtime.evaluate({"type": "pay", "amount": 1, "map": {key: 1}}).effect == "block") == blocks


class Counted:
    """How often something was looked at."""

    count = 0

    def __getattribute__(self, name):
        if name == "friends":
            Counted.count += 1
        return object.__getattribute__(self, name)


@dataclasses.dataclass
class Person(Counted):
    friends: list = dataclasses.field(default_factory=list)


def test_objects_that_hold_each_other_are_soon_too_large():
    one, other = Person(), Person()
    one.friends, other.friends = [other, other], [one, one]
    pay = actra.ActraRuntime(POLICY, actor=lambda ctx: {"id": "u"}).admit("pay")(lambda amount, node=None: "ran")
    Counted.count = 0
    assert "larger than the limit" in said(lambda: pay(1, one))
    # Of four million values that a conversion goes through, an object counts as many.
    assert Counted.count < 300_000


@dataclasses.dataclass
class Short:
    a: int = 1


class Number(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize("value, size", [(Short(), len('{"a":1},')), (Number.ONE, len("1,"))], ids=repr)
def test_what_is_no_larger_than_a_request_may_be_is_converted(value, size):
    full, rest = divmod((1 << 20) // size - 400, 10_000)
    lists = [*([[value] * 10_000] * full), [value] * rest]
    assert len(_actra.value(lists)) == len(lists)


class Type(str, enum.Enum):
    PAY = "pay"


@pytest.mark.parametrize("named", ["pay", Type.PAY, Sub("pay")], ids=repr)
def test_what_is_too_large_says_of_what(named):
    runtime = actra.ActraRuntime(POLICY)
    for size in (2_000_000, 5_000_000):
        for action in ({"type": named, "node": "x" * size}, {"node": "x" * size, "type": named}):
            assert said(lambda action=action: runtime.check(action)).startswith("action pay: not decided")


class Equal(str):
    """It equals every other one once it lies where it is."""

    is_equal = False

    def __hash__(self):
        return 7 if Equal.is_equal else str.__hash__(self)

    def __eq__(self, other):
        return Equal.is_equal or str.__eq__(self, other)


@pytest.fixture
def equal():
    """Two keys, one of which a rule is about, and what becomes of dictionaries of both once they say that they are one."""

    def made(make):
        entries = {Equal("a"): 1, Equal("k"): 2}
        dictionary = make(entries)
        Equal.is_equal = True
        return dictionary

    yield made
    Equal.is_equal = False


def user_dict(entries):
    made = collections.UserDict()
    made.data = entries
    return made


def shrunk(entries):
    """One that is copied key by key."""
    made = {**{Equal(number): number for number in range(9)}, **entries}
    for number in range(9):
        del made[Equal(number)]
    return made


class Subclass(dict):
    pass


DICTIONARIES = {
    "dict": lambda entries: entries,
    "shrunk": shrunk,
    "ordered": collections.OrderedDict,
    "default": lambda entries: collections.defaultdict(int, entries),
    "subclass": Subclass,
    "user": user_dict,
    "proxy": types.MappingProxyType,
    "proxy of an ordered one": lambda entries: types.MappingProxyType(collections.OrderedDict(entries)),
    "chain": collections.ChainMap,
    "chain of two": lambda entries: collections.ChainMap(*({key: item} for key, item in entries.items())),
}


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("make", DICTIONARIES.values(), ids=DICTIONARIES)
def test_no_key_takes_the_place_of_another(make, watched, equal):
    runtime = actra.ActraRuntime(POLICY, on_event=(lambda event: None) if watched else None)
    pay = runtime.admit("pay")(lambda amount, map: "ran")
    given = equal(make)
    for call in (
        lambda: pay(5, given),
        lambda: runtime.check({"type": "pay", "amount": 5, "map": given}),
    ):
        with pytest.raises(actra.ActraPolicyError, match="blocked by rule key"):
            call()
    Equal.is_equal = False
    assert pay(5, {"a": 1}) == "ran"


@pytest.mark.parametrize("record", ["actor", "snapshot"])
@pytest.mark.parametrize("make", [*DICTIONARIES.values()], ids=DICTIONARIES)
def test_no_key_of_a_record_takes_the_place_of_another(make, record, equal):
    read = {"actor": "suspended", "snapshot": "frozen"}[record]

    def resolve(ctx):
        Equal.is_equal = False
        return equal(lambda _: make({Equal("id"): "ana", Equal(read): True}))

    pay = actra.ActraRuntime(POLICY, **{record: resolve}).admit("pay")(lambda amount: "ran")
    # No actor is known then, and a rule about the snapshot counts as true.
    with pytest.raises(actra.ActraPolicyError, match=f"(blocked by rule {read}|actor could not be resolved).*{ALONE}"):
        pay(5)


def test_no_key_of_an_action_takes_the_place_of_another(equal):
    runtime = actra.ActraRuntime(POLICY)
    for make in (dict, shrunk, collections.OrderedDict):
        Equal.is_equal = False
        action = equal(lambda _, make=make: make({Equal("note"): 1, Equal("type"): "pay", Equal("map"): {"k": 1}}))
        with pytest.raises(TypeError, match=ALONE):
            runtime.check(action)
        assert POLICY.evaluate(runtime.build_context(action))["matched_rule"] == "key"


@pytest.mark.parametrize("make", DICTIONARIES.values(), ids=DICTIONARIES)
def test_a_text_that_is_there_twice_makes_the_request_invalid(make):
    pay = actra.ActraRuntime(POLICY).admit("pay")(lambda amount, map: "ran")
    with pytest.raises(actra.ActraPolicyError, match="the same key twice"):
        pay(5, make({Own("a"): 1, Own("a"): 2}))


def test_the_first_of_several_mappings_counts():
    pay = actra.ActraRuntime(POLICY).admit("pay")(lambda amount, map: "ran")
    assert pay(5, collections.ChainMap({"a": 1}, {"a": "no number"})) == "ran"
    assert pay(5, collections.ChainMap({Names.FROZEN: 1}, {Names.FROZEN: "no number"})) == "ran"


def test_attributes_of_odd_names_are_refused():
    @dataclasses.dataclass
    class Node:
        k: int = 1

    node = Node()
    vars(node)[Own("k")] = 2
    with pytest.raises(actra.ActraPolicyError, match="whose name is not a plain string"):
        actra.ActraRuntime(POLICY).admit("pay")(lambda amount, map: "ran")(5, node)
