"""What a policy reads of a value, and which policy and arguments a call is decided by, are what the body gets."""

import asyncio
import collections
import contextlib
import dataclasses
import functools
import types
from collections.abc import Mapping

import pytest

import actra

SCHEMA = """
version: 1
actions:
  pay: { fields: { order: { type: object, fields: { total: 'number?', _less: 'number?', note: 'string?' } } } }
  refund: { fields: { amount: number } }
  batch: { fields: { orders: list<string> } }
snapshot: { fields: { a: 'boolean?' } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: pay }, when: 'has(action.order.total) && action.order.total > 1000', effect: block }
  - { id: less, scope: { action: pay }, when: 'has(action.order._less) && action.order._less > 10', effect: block }
  - { id: mid, scope: { action: refund }, when: action.amount > 100, effect: require_approval }
"""


def policy(schema=SCHEMA, rules=RULES):
    return actra.load_policy_from_string(schema, rules)


def paying(ran):
    return actra.ActraRuntime(policy()).admit("pay")(lambda order: ran.append(order))


def models():
    pydantic = pytest.importorskip("pydantic")
    free = pydantic.ConfigDict(extra="allow")

    class Computed(pydantic.BaseModel):
        model_config = free
        price: int

        @pydantic.computed_field
        @property
        def total(self) -> int:
            return self.price

    class Aliased(pydantic.BaseModel):
        model_config = free
        total: float = pydantic.Field(alias="Total")

    class Validated(pydantic.BaseModel):
        model_config = free
        total: float = pydantic.Field(validation_alias="Total")

    class Property(pydantic.BaseModel):
        model_config = free
        price: int

        @property
        def total(self) -> int:
            return self.price

    class Cached(pydantic.BaseModel):
        model_config = free
        price: int

        @functools.cached_property
        def total(self) -> int:
            return self.price

    yield from ((model, {"price": 5000}) for model in (Computed, Property, Cached))
    yield from ((model, {"Total": 5000}) for model in (Aliased, Validated))


def test_what_a_sender_adds_hides_no_attribute():
    for model, given in models():
        ran = []
        order = model(**given, total=1)
        assert order.total == 5000
        with pytest.raises(actra.ActraPolicyError, match="by the name of what its class has|large"):
            paying(ran)(order)
        assert not ran


def test_what_a_sender_adds_counts():
    pydantic = pytest.importorskip("pydantic")

    class Model(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="allow")
        note: str

    @pydantic.dataclasses.dataclass(config=pydantic.ConfigDict(extra="allow"))
    class Data:
        note: str

    @dataclasses.dataclass
    class Plain:
        note: str

    plain = Plain("x")
    plain.total = 5000
    for order in (Model(note="x", total=5000), Data(note="x", total=5000), plain):
        ran = []
        with pytest.raises(actra.ActraPolicyError, match="large"):
            paying(ran)(order)
        assert not ran and order.total == 5000


def test_names_that_a_sender_gives_may_begin_with_anything():
    pydantic = pytest.importorskip("pydantic")

    @pydantic.dataclasses.dataclass(config=pydantic.ConfigDict(extra="allow"))
    class Data:
        note: str

    ran = []
    with pytest.raises(actra.ActraPolicyError, match="less"):
        paying(ran)(Data(note="x", _less=99))
    assert not ran


class Several(Mapping):
    """As query parameters and forms are."""

    def __init__(self, pairs):
        self.pairs = pairs

    def __getitem__(self, name):
        return [value for key, value in self.pairs if key == name][-1]

    def __iter__(self):
        return iter(dict(self.pairs))

    def __len__(self):
        return len(dict(self.pairs))

    def getlist(self, name):
        return [value for key, value in self.pairs if key == name]


class OwnGet(collections.UserDict):
    def get(self, key, default=None):
        return 5000


class OtherGet(Mapping):
    def __getitem__(self, name):
        return {"total": 1}[name]

    def __iter__(self):
        return iter(["total"])

    def __len__(self):
        return 1

    def get(self, key, default=None):
        return 5000


@pytest.mark.parametrize("order", [Several([("total", 5000), ("total", 1)]), OwnGet(total=1), OtherGet()])
def test_a_mapping_is_read_in_one_way(order):
    ran = []
    with pytest.raises(actra.ActraPolicyError):
        paying(ran)(order)
    assert not ran


@pytest.mark.parametrize(
    "make",
    [types.MappingProxyType, collections.UserDict, collections.ChainMap, collections.OrderedDict],
)
def test_common_mappings_are_read(make):
    ran = []
    paying(ran)(make({"total": 1}))
    with pytest.raises(actra.ActraPolicyError, match="large"):
        paying(ran)(make({"total": 5000}))
    assert len(ran) == 1


class Swapping(collections.UserDict):
    """An action that puts other resolvers and another policy in force while it is read."""

    def __init__(self, swap):
        self._swap = swap

    @property
    def data(self):
        swap, self._swap = self._swap, lambda: None
        swap()
        return {"type": "refund", "amount": 1}


@pytest.mark.parametrize("asks", ["check", "check_async", "evaluate"])
def test_who_asks_is_told_by_one_policy_and_its_own_resolvers(asks):
    def reading(field):
        rules = f"version: 1\ndefault: allow\nrules: [{{ id: r, scope: {{ action: refund }}, when: 'has(snapshot.{field}) && snapshot.{field}', effect: block }}]"
        schema = f"version: 1\nactions: {{ refund: {{ fields: {{ amount: number }} }} }}\nsnapshot: {{ fields: {{ {field}: 'boolean?' }} }}"
        return policy(schema, rules)

    runtime = actra.ActraRuntime(reading("a"), snapshot={"a": lambda _: True})

    def swap():
        runtime.set_snapshot_resolver(lambda _: {"a": True, "b": True})
        runtime.policy = reading("b")
        runtime.set_snapshot_resolver({"b": lambda _: True})

    if asks == "evaluate":
        assert runtime.evaluate(Swapping(swap)).effect == "block"
        return
    with pytest.raises(actra.ActraPolicyError):
        if asks == "check":
            runtime.check(Swapping(swap))
        else:
            asyncio.run(runtime.check_async(Swapping(swap)))


def granted(runtime, function, *args):
    """A call that somebody has approved."""
    with pytest.raises(actra.ActraApprovalRequired) as refused:
        function(*args)
    refused.value.approval.grant(by="max")
    return function(*args)


def test_a_body_that_has_been_is_never_refused():
    runtime = actra.ActraRuntime(policy())
    ran = []

    @contextlib.contextmanager
    def transaction():
        yield 1

    @runtime.admit("refund")
    def refund(amount):
        ran.append(amount)
        return transaction()

    with granted(runtime, refund, 500) as one:
        assert (one, ran) == (1, [500])

    @runtime.admit("batch")
    def elements(orders):
        ran.append(list(orders))
        orders.clear()
        return (x for x in (1, 2))

    assert list(elements(["a"])) == [1, 2]

    @runtime.admit("batch")
    def later(orders):
        orders.append("c")

        async def rest():
            return len(orders)

        return rest()

    assert asyncio.run(later(["a"])) == 2
    assert ran == [500, ["a"]]


def test_a_body_that_begins_later_is_decided_when_it_begins():
    runtime = actra.ActraRuntime(policy())
    ran = []

    def wrapped(function):
        @functools.wraps(function)
        def inner(orders):
            return function(orders)

        return inner

    def generator(orders):
        ran.append(orders)
        yield

    async def coroutine(orders):
        ran.append(orders)

    for body, run in ((generator, list), (coroutine, asyncio.run)):
        for made in (body, wrapped(body), functools.partial(wrapped(body))):
            if made is coroutine:
                continue
            orders = ["a"]
            begun = runtime.admit("batch")(made)(orders)
            orders.append("b")
            with pytest.raises(actra.ActraPolicyError):
                run(begun)
    assert not ran


def test_a_context_manager_below_other_decorators_is_not_admitted():
    @functools.wraps(contextlib.contextmanager(lambda amount: iter(())))
    def traced(amount):
        raise NotImplementedError

    class Paying:
        __call__ = contextlib.contextmanager(lambda self, amount: iter(()))

    for given in (traced, Paying(), functools.partial(Paying())):
        with pytest.raises(TypeError, match="below `contextmanager`"):
            actra.ActraRuntime(policy()).admit("refund")(given)


def test_a_call_that_is_cancelled_while_somebody_hears_of_it_did_not_run():
    events, ran = [], []

    async def observer(event):
        events.append(event.outcome)
        await asyncio.sleep(0.05)

    runtime = actra.ActraRuntime(policy(), on_event=observer)

    @runtime.admit("refund")
    async def refund(amount):
        ran.append(amount)

    async def main():
        task = asyncio.ensure_future(refund(5))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert (events, ran) == (["ran", "cancelled"], [])
