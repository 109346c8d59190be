"""What a grant is for: exactly one call, by one actor."""

import asyncio
import collections
import copy
import dataclasses
import datetime
import enum
import functools
import os
import pathlib
import uuid
import zoneinfo
from decimal import Decimal
from typing import NamedTuple

import pytest

import actra


def test_grants_are_for_exactly_one_call(runtime):
    ran = []

    @runtime.admit("refund")
    def refund(amount, order_id=None, memo=None):
        ran.append((amount, memo))

    def asked(*args, **kwargs):
        with pytest.raises(actra.ActraApprovalRequired) as raised:
            refund(*args, **kwargs)
        return raised.value.approval

    approval = asked(2_000, "o1")
    assert approval.id == asked(2_000, "o1").id
    assert approval.grant(by="ana").by == "ana"
    with pytest.raises(ValueError, match="already"):
        approval.grant(by="ana")
    with pytest.raises(ValueError, match="empty"):
        approval.grant(by=" ")
    asked(2_001, "o1"), asked(2_000, "o2")
    # What rules do not see is bound, too.
    asked(2_000, "o1", memo="changed")
    refund(2_000, "o1")
    asked(2_000, "o1")
    assert ran == [(2_000, None)]


def asked(call, *args, **kwargs):
    with pytest.raises(actra.ActraApprovalRequired) as raised:
        call(*args, **kwargs)
    return raised.value.approval


def builds(action_type, args, kwargs, ctx):
    return {"amount": kwargs["amount"]["total"]}


@pytest.mark.parametrize(
    ("define", "builder", "first", "second"),
    [
        ("def refund(amount, kind): ran.append(kind)", None, ((2_000, "a"), {}), ((2_000, "b"), {})),
        ("def refund(amount, kind): ran.append(kind)", None, ((2_000, "refund"), {}), ((2_000, b"refund"), {})),
        ("def refund(amount, *rest): ran.append(rest)", None, ((2_000, 1, b"x"), {}), ((2_000, 2, b"x"), {})),
        (
            "def refund(amount): ran.append(amount)",
            builds,
            (({"total": 2_000, "to": "ana"},), {}),
            (({"total": 2_000, "to": "eve"},), {}),
        ),
        (
            "def refund(amount, ctx=None): ran.append(ctx)",
            None,
            ((2_000,), {"ctx": "ana"}),
            ((2_000,), {"ctx": "eve"}),
        ),
    ],
)
def test_a_grant_is_for_arguments_that_the_action_does_not_hold(policy, define, builder, first, second):
    ran = []
    scope = {"ran": ran}
    exec(define, scope)
    runtime = actra.ActraRuntime(policy, context_from_arguments=False)
    refund = runtime.admit("refund", action_builder=builder)(scope["refund"])
    asked(refund, *first[0], **first[1]).grant(by="ana")
    assert asked(refund, *second[0], **second[1]) is not None
    refund(*first[0], **first[1])
    assert len(ran) == 1


class Session:
    """An open connection."""


@dataclasses.dataclass
class Held:
    what: object


@dataclasses.dataclass
class Other:
    what: object


class Inner(list):
    pass


@dataclasses.dataclass
class Queue(collections.deque):
    what: object


class SlottedModel:
    """It looks like a model, and what it holds lies in a slot."""

    __slots__ = ("secret",)
    model_fields = {}

    def __init__(self, secret):
        self.secret = secret

    def model_dump(self, mode):
        return {}


class ForgottenSlots(SlottedModel):
    __slots__ = (name for name in ["hidden"])

    def __init__(self, hidden):
        super().__init__("x")
        self.hidden = hidden

    def __deepcopy__(self, memo):
        return ForgottenSlots(self.hidden)


class Same(type):
    """A class of classes that equal any other one."""

    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return hash(datetime.date)


class Says(metaclass=Same):
    def __repr__(self):
        return "always the same"


class Text(str):
    pass


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


class Pair(NamedTuple):
    left: int
    right: int


class Zone(datetime.tzinfo):
    def utcoffset(self, when):
        return datetime.timedelta(0)


class Broken:
    model_fields = {}

    def model_dump(self, mode):
        raise RuntimeError("it cannot be told")


@dataclasses.dataclass
class Hides:
    """It shows another dictionary than it has."""

    what: object
    __dict__ = property(lambda self: {})


class PretendsToBeALevel:
    __class__ = property(lambda self: Level)

    def __init__(self, what):
        self.what, self._name_ = what, "LOW"


@pytest.mark.parametrize(
    "other",
    [
        {"memo": object()},
        {"memo": [open, "b"]},
        {"memo": {"to": lambda: 1}},
        {"memo": {1: (2, Session())}},
        {"memo": Held(Session())},
        {"memo": iter([1])},
        {"memo": (one for one in "a")},
        {"memo": Inner([1])},
        {"memo": datetime.datetime(2026, 1, 1, tzinfo=Zone())},
        {"\ud800": 1},
        {"\ud800": 1, "": 2},
        {"": 2, "\ud800": 1},
        {"memo": Queue([1])},
        {"memo": os.stat(".")},
        {"memo": collections.deque([1])},
        {"memo": Says()},
        {"memo": Hides(1)},
        {"memo": PretendsToBeALevel(1)},
        {"memo": [1] * 300_000},
        {"memo": functools.reduce(lambda inner, _: [inner], range(100), 1)},
    ],
)
def test_what_cannot_be_had_in_full_cannot_be_approved(runtime, other):
    ran = []

    @runtime.admit("refund")
    def refund(amount, /, **others):
        ran.append(others)

    assert asked(refund, 2_000, **other) is None
    asked(refund, 2_000, memo="fine").grant(by="ana")
    assert asked(refund, 2_000, **other) is None
    refund(2_000, memo="fine")
    assert ran == [{"memo": "fine"}]


def test_the_refusal_names_what_cannot_be_had(runtime):
    refund = runtime.admit("refund")(lambda amount, body: None)
    with pytest.raises(actra.ActraApprovalRequired, match=r"argument `body` cannot be captured in full.*`unbound`: `body`"):
        refund(2_000, {"to": ["ana", object()]})


DIFFERENT = [
    None, True, 1, 1.0, Decimal(1), "1", b"1", bytearray(b"1"), memoryview(b"1"), Text("1"), 10**40, 10**40 + 1,
    float("nan"), float("inf"), "\ud800", "\udfff", "a" * 100_000, "a" * 99_999 + "b",
    [1], (1,), [True], [1.0], {1}, frozenset({1}), {1, 2}, {"x": 1}, {1: "x"}, {"$bytes": [1, "x"]}, {"$tuple": [1]},
    {"$$tuple": [1]}, Held(1), Held(True), Other(1), {"what": 1}, Held(b"a"), Held(b"b"), [Held({1})], [Held({2})],
    Level.LOW, Level.HIGH, Pair(1, 2), (1, 2), [1, 2], range(3), range(4),
    datetime.datetime(2026, 1, 1), datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    datetime.datetime(2026, 1, 1, fold=1), datetime.date(2026, 1, 1), datetime.time(1), datetime.time(2),
    SlottedModel("a"), SlottedModel("b"), ForgottenSlots("a"), ForgottenSlots("b"),
    pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("a"), uuid.UUID(int=1), uuid.UUID(int=2),
]  # fmt: skip


def test_no_two_values_look_the_same_and_equal_ones_do(runtime):
    refund = runtime.admit("refund")(lambda amount, memo: None)
    digests = [asked(refund, 2_000, value).digest for value in DIFFERENT]
    same = {digest: value for digest, value in zip(digests, DIFFERENT)}
    assert len(same) == len(DIFFERENT)
    assert [asked(refund, 2_000, copy.deepcopy(value)).digest for value in DIFFERENT if type(value) is not memoryview] == [
        digest for digest, value in zip(digests, DIFFERENT) if type(value) is not memoryview
    ]
    assert asked(refund, 2_000, {3, 1, 2}).digest == asked(refund, 2_000, {2, 3, 1}).digest
    assert asked(refund, 2_000, {"a": 1, "b": 2}).digest == asked(refund, 2_000, {"b": 2, "a": 1}).digest


def test_the_receiver_of_a_method_counts(runtime):
    @dataclasses.dataclass
    class Account:
        number: str

        @runtime.admit("refund")
        def refund(self, amount):
            return self.number

    class Session:
        @runtime.admit("refund")
        def refund(self, amount):
            raise AssertionError

        @runtime.admit("refund", unbound=["self"])
        def refund_by_any(self, amount):
            return "ran"

    first = asked(Account("a").refund, 2_000)
    assert first.digest != asked(Account("b").refund, 2_000).digest
    first.grant(by="ana")
    assert asked(Account("b").refund, 2_000) is not None
    assert Account("a").refund(2_000) == "a"
    assert asked(Session().refund, 2_000) is None
    asked(Session().refund_by_any, 2_000).grant(by="ana")
    assert Session().refund_by_any(2_000) == "ran"


def test_unbound_names_what_is_there(runtime):
    for unbound in (["memmo"], ["snapshot.nothing"], ["memo", "self"]):
        with pytest.raises(actra.ActraSchemaError, match="`unbound`"):
            runtime.admit("refund", unbound=unbound)(lambda amount, memo: None)
    for unbound in ("memo", [1]):
        with pytest.raises(TypeError, match="a list of names"):
            runtime.admit("refund", unbound=unbound)(lambda amount, memo: None)


def test_a_callable_that_does_not_tell_its_parameters_is_bound_whole(runtime):
    class Opaque:
        """One of its methods takes the other's arguments the other way round."""

        def __new__(cls, amount, memo):
            return memo

        def __init__(self, memo, amount):
            raise AssertionError

    build = lambda name, args, kwargs, ctx: {"amount": 2_000}  # noqa: E731
    call = runtime.admit("refund", action_builder=build)(Opaque)
    asked(call, amount=2_000, memo="a").grant(by="ana")
    assert asked(call, amount=2_000, memo="b") is not None
    assert call(amount=2_000, memo="a") == "a"


def test_a_setting_that_cannot_be_used_is_not_kept(runtime):
    refund = runtime.admit("refund")(lambda amount: amount)
    for change in (
        runtime.set_actor_resolver, runtime.set_snapshot_resolver, runtime.set_approval_handler,
        runtime.set_context_resolver, runtime.set_action_resolver, runtime.set_action_type_resolver,
        runtime.add_observer, runtime.set_decision_observer, lambda mode: setattr(runtime, "mode", mode),
    ):  # fmt: skip
        with pytest.raises((TypeError, ValueError)):
            change(5)
        assert refund(10) == 10


def test_audit_mode_runs_whatever_an_error_says(policy):
    class Unsayable(Exception):
        def __str__(self):
            raise RuntimeError

    def fails(ctx):
        raise Unsayable

    runtime = actra.ActraRuntime(policy, actor=fails, snapshot=fails, mode="audit")
    assert runtime.admit("refund")(lambda amount: amount)(20_000) == 20_000


@pytest.mark.parametrize("waits", [False, True])
def test_two_arguments_of_one_name_are_refused(runtime, waits):
    def refund(amount, *others, **named):
        raise AssertionError

    async def refund_later(amount, *others, **named):
        raise AssertionError

    call = runtime.admit("refund")(refund_later if waits else refund)
    for named in ({"others": 1}, {"named": 1}):
        with pytest.raises(actra.ActraPolicyError, match="not decided .*two arguments are named"):
            asyncio.run(call(1, **named)) if waits else call(1, **named)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_argument_that_ends_the_program_ends_it(runtime, error):
    @dataclasses.dataclass
    class Ending:
        what: object = dataclasses.field(init=False)

    def end(self):
        raise error

    Ending.what = property(end)

    refund = runtime.admit("refund")(lambda amount, memo: None)
    with pytest.raises(error):
        refund(2_000, Ending())


@pytest.mark.parametrize("waits", [False, True])
def test_a_grant_is_not_for_what_the_arguments_became(runtime, waits):
    order = {"to": ["ana"]}
    ran = []

    def approve(approval):
        order["to"].append("eve")
        return approval.grant(by="ana")

    async def approve_later(approval):
        return approve(approval)

    runtime.set_approval_handler(approve_later if waits else approve)

    @runtime.admit("refund")
    async def pay(amount, order):
        ran.append(order)

    refund = runtime.admit("refund")(lambda amount, order: ran.append(order))
    with pytest.raises(actra.ActraApprovalRequired, match="what was approved differs from what would be done now"):
        asyncio.run(pay(2_000, order)) if waits else refund(2_000, order)
    assert ran == []


def granted(runtime, call, *args):
    runtime.grant(asked(call, *args).id, by="ana")


@dataclasses.dataclass
class Shop:
    at: str

    def pay(self, amount, to):
        raise AssertionError(self.at)
        yield


@pytest.mark.parametrize("kind", ["generator", "coroutine", "observer", "receiver"])
def test_an_approved_call_runs_with_what_was_approved(runtime, kind):
    """Also where its body begins later than the call, and in what the schema does not declare."""
    ran, to = [], ["ana"]

    shop = Shop("test")

    def pay(amount, to):
        ran.append(tuple(to))
        yield

    async def pay_async(amount, to):
        ran.append(tuple(to))

    def pay_now(amount, to):
        ran.append(tuple(to))

    if kind == "observer":
        runtime.add_observer(lambda event: to.append("eve") if event.outcome == "approved" else None)
    function = {"generator": pay, "coroutine": lambda amount, to: pay_async(amount, to), "observer": pay_now}
    call = runtime.admit("refund")(function.get(kind, shop.pay))
    granted(runtime, call, 2_000, to)
    with pytest.raises(actra.ActraPolicyError, match="not those that were approved"):
        begun = call(2_000, to)
        if kind == "receiver":
            shop.at = "prod"
        else:
            to.append("eve")
        if kind == "coroutine":
            asyncio.run(wait(begun))
        next(begun)
    assert ran == []


async def wait(begun):
    await begun


def test_an_approved_generator_runs_where_nothing_has_changed(runtime):
    ran = []

    @runtime.admit("refund")
    def pay(amount, to):
        ran.append(tuple(to))
        yield

    granted(runtime, pay, 2_000, ["ana"])
    assert list(pay(2_000, ["ana"])) == [None] and ran == [("ana",)]


def test_what_cannot_be_had_names_no_key(runtime):
    with pytest.raises(actra.ActraApprovalRequired, match="argument `headers` cannot be captured in full") as raised:
        runtime.admit("refund")(lambda amount, headers: None)(2_000, {"s3cret": {"s3cret": object.__new__(Opaque)}})
    assert "s3cret" not in str(raised.value) + str(raised.value.to_dict())


class Opaque:
    @property
    def __dict__(self):
        raise RuntimeError


def test_what_partial_keeps_has_a_name_of_its_own(runtime):
    def pay(amount, /, **others):
        raise AssertionError

    with pytest.raises(actra.ActraSchemaError, match="two arguments are named `amount`"):
        runtime.admit("refund")(functools.partial(pay, 1, amount=10**6))
    with pytest.raises(actra.ActraSchemaError, match="two arguments are named `type`"):
        runtime.admit("refund")(functools.partial(pay, type="other"))


def test_a_builder_that_fails_in_audit_mode_tells_no_value(policy):
    events = []
    runtime = actra.ActraRuntime(policy, mode="audit", on_event=events.append)

    def build(action_type, args, kwargs, ctx):
        return {"amount": int(kwargs["card"])}

    runtime.admit("refund", action_builder=build)(lambda card: None)("4111-s3cret")
    assert list(events[-1].failures) == [("action", "ValueError")] and "s3cret" not in repr(events[-1])


class OpenText(str, enum.Enum):
    """An enumeration that makes a member of whatever it is asked for."""

    KNOWN = "known"

    @classmethod
    def _missing_(cls, value):
        made = str.__new__(cls, value)
        made._name_, made._value_ = "UNKNOWN", value
        return made


def test_a_member_is_what_it_holds(runtime):
    refund = runtime.admit("refund")(lambda amount, to: None)
    granted(runtime, refund, 2_000, OpenText("x1"))
    assert asked(refund, 2_000, OpenText("x2")) is not None
    refund(2_000, OpenText("x1"))


def test_a_zone_is_not_the_key_that_it_was_given(runtime):
    try:
        file = open("/usr/share/zoneinfo/Asia/Tokyo", "rb")
    except OSError:
        pytest.skip("there are no files of zones")
    with file:
        tokyo = zoneinfo.ZoneInfo.from_file(file, key="Europe/Berlin")
    refund = runtime.admit("refund")(lambda amount, at: None)
    assert asked(refund, 2_000, datetime.datetime(2026, 1, 1, tzinfo=tokyo)) is None
    assert asked(refund, 2_000, datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))) is not None


class Renamed(NamedTuple):
    amount: int


class TwoFaced(Renamed):
    amount = property(lambda self: 10**9)


class Filled(dict):
    def __missing__(self, key):
        return 10**9


class Own(dict):
    pass


@pytest.mark.parametrize("kind", ["named tuple", "missing", "attribute"])
def test_a_container_that_can_be_read_in_two_ways_has_no_value(kind):
    schema = "version: 1\nactions: { pay: { fields: { order: { type: object, fields: { amount: 'integer?' } } } } }"
    rules = "version: 1\ndefault: block\nrules:\n  - id: small\n    scope: { action: pay }\n    when: 'has(action.order.amount) && action.order.amount < 10'\n    effect: allow"
    runtime = actra.ActraRuntime(actra.load_policy_from_string(schema, rules))
    pay = runtime.admit("pay")(lambda order: order)
    own = Own(amount=5)
    own.get = lambda *_: 10**9
    order = {"named tuple": TwoFaced(5), "missing": Filled(amount=5), "attribute": own}[kind]
    assert pay({"amount": 5}) == {"amount": 5} and pay(Renamed(5)) == (5,) and pay(Own(amount=5)) == {"amount": 5}
    with pytest.raises(actra.ActraPolicyError):
        pay(order)


def test_what_is_said_of_a_request_is_one_line(runtime):
    with pytest.raises(actra.ActraPolicyError) as raised:
        runtime.check({"type": "re\x1b[31m\nfund", "amount": 5})
    said = str(raised.value) + raised.value.for_model()
    assert "\x1b" not in said and "\n" not in said


def test_a_generator_is_not_propagated():
    def numbers():
        yield 1

    with pytest.raises(TypeError, match="around the loop"):
        actra.propagate(numbers)


class Mode(enum.Flag):
    READ = 1
    WRITE = 2


class Bits(enum.IntFlag):
    LOW = 1
    HIGH = 2


def test_flags_are_captured_whatever_is_set(runtime):
    refund = runtime.admit("refund")(lambda amount, flags: None)
    all_flags = [Mode(0), Mode.READ, Mode.READ | Mode.WRITE, Bits(0), Bits.LOW, Bits.LOW | Bits.HIGH, Bits(8), Bits(9)]
    granted(runtime, refund, 2_000, Mode(0))
    for flags in all_flags[1:]:
        assert asked(refund, 2_000, flags) is not None, flags
    refund(2_000, Mode(0))
    for flags in all_flags:
        before = asked(refund, 2_000, flags)
        # Who asks for the others has them kept beside these.
        assert ~flags is not None and before is not None
        assert asked(refund, 2_000, flags).digest == before.digest, flags
