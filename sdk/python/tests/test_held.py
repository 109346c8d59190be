"""What an object holds beside its fields, and what reads it otherwise than a dictionary is read."""

import collections
import collections.abc
import dataclasses
import functools
import ipaddress
import os
import types
import uuid
from typing import ClassVar

import pytest

import actra
from actra import _actra

SCHEMA = """
version: 1
actions:
  pay: { fields: { order: { type: object, fields: { amount: 'integer?', urgent: 'boolean?' } } } }
  send: { fields: { headers: map<any> } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: urgent, scope: { action: pay }, when: has(action.order.urgent) && action.order.urgent, effect: block }
  - { id: admin, scope: { action: send }, when: "'x-admin' in action.headers", effect: block }
"""


@dataclasses.dataclass
class Order:
    amount: int = 1
    urgent: ClassVar[bool] = False


class Slot:
    __slots__ = ("urgent",)


@dataclasses.dataclass
class Slotted(Slot):
    amount: int = 1


@dataclasses.dataclass
class Covered(Slot):
    amount: int = 1
    urgent: ClassVar[bool] = False


@dataclasses.dataclass
class Computed:
    amount: int = 1

    @functools.cached_property
    def urgent(self):
        return True

    @property
    def size(self):
        return 7


class Named(collections.namedtuple("Named", "amount")):
    pass


class Entries(dict):
    pass


class Proxy(collections.UserDict):
    pass


def plain():
    for kind in (Order, Slotted, Named, Entries, Proxy):
        made = kind(amount=1)
        made.urgent = True
        yield made
    slotted = Covered()
    Slot.urgent.__set__(slotted, True)
    yield slotted


def sent():
    pydantic = pytest.importorskip("pydantic")
    free = pydantic.ConfigDict(extra="allow")

    @pydantic.dataclasses.dataclass(config=free)
    class Class:
        amount: int = 1
        urgent: ClassVar[bool] = False

    @pydantic.dataclasses.dataclass(config=free)
    class Method:
        amount: int = 1

        def urgent(self):
            return False

    @pydantic.dataclasses.dataclass(config=free)
    class Property:
        amount: int = 1

        @property
        def urgent(self):
            return True

    class Model(pydantic.BaseModel):
        amount: int = 1

    class Constant(Model):
        urgent: ClassVar[bool] = False

    class Root(pydantic.RootModel[dict]):
        pass

    for kind in (Class, Method, Property):
        yield kind(**{"amount": 1, "urgent": True})
    for model in (Model(), Constant(), Root({"amount": 1})):
        yield model.model_copy(update={"urgent": True})


@pytest.mark.parametrize("orders", [plain, sent])
def test_what_a_body_reads_is_no_less_than_what_a_policy_reads(orders):
    ran = []
    pay = actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES)).admit("pay")(lambda order: ran.append(order))
    for order in orders():
        with pytest.raises(actra.ActraPolicyError, match="urgent"):
            pay(order)
    assert not ran


def test_a_name_that_a_sender_took_from_the_class_is_unreadable():
    for order in list(sent())[:3]:
        with pytest.raises(TypeError, match="with the name of an attribute of its class"):
            _actra.value(order)


def test_what_a_class_keeps_for_itself_does_not_count():
    pydantic = pytest.importorskip("pydantic")

    class Model(pydantic.BaseModel):
        amount: int = 1
        _private: object = pydantic.PrivateAttr(default_factory=object)

    row = Model()
    # As SQLAlchemy does.
    row.__dict__["_sa_instance_state"] = object()
    order, named, computed = Order(), Named(1), Computed()
    order._cache = named._cache = object()
    for one in (row, order, named, computed):
        assert _actra.value(one) == {"amount": 1}
    # Whoever has looked at a property changes nothing.
    assert computed.urgent and _actra.value(computed) == {"amount": 1}


class Caseless(collections.abc.MutableMapping):
    """As the headers of several packages are."""

    def __init__(self, items):
        self.items_ = {key.lower(): (key, value) for key, value in items.items()}

    def __getitem__(self, key):
        return self.items_[key.lower()][1]

    def __setitem__(self, key, value):
        self.items_[key.lower()] = (key, value)

    def __delitem__(self, key):
        del self.items_[key.lower()]

    def __iter__(self):
        return (key for key, _ in self.items_.values())

    def __len__(self):
        return len(self.items_)


class Asks(dict):
    def __missing__(self, key):
        return "1"


@dataclasses.dataclass
class Record(collections.abc.Mapping):
    raw: object

    def __getitem__(self, key):
        return self.raw[key]

    def __iter__(self):
        return iter(self.raw)

    def __len__(self):
        return len(self.raw)


def user_dict(data):
    made = collections.UserDict()
    made.data = data
    return made


def covered(make):
    made = make({"X-Admin": "1"})
    made.get = lambda key: "1"
    return made


ODD = [
    *(lambda odd=odd: odd({"X-Admin": "1"}) for odd in (Caseless, Record)),
    *(
        lambda make=make, odd=odd: make(odd({"X-Admin": "1"}))
        for make in (types.MappingProxyType, collections.ChainMap, user_dict)
        for odd in (Asks, Caseless)
    ),
    lambda: collections.ChainMap({"a": "1"}, Asks()),
    *(
        lambda front=front: collections.ChainMap(front, {"X-Admin": "1"})
        for front in (
            collections.defaultdict(lambda: "0"),
            collections.Counter(),
            types.MappingProxyType(collections.Counter()),
            collections.ChainMap({}, collections.defaultdict(int)),
        )
    ),
    lambda: user_dict(collections.ChainMap(collections.Counter(), {"a": 1})),
    lambda: types.MappingProxyType(collections.ChainMap(collections.Counter(), {"a": 1})),
    lambda: types.MappingProxyType(types.MappingProxyType(Asks())),
    lambda: covered(collections.UserDict),
    lambda: covered(collections.ChainMap),
    lambda: dataclasses.dataclass(type("Both", (collections.UserDict,), {}))(),
    lambda: type("Chain", (collections.ChainMap,), {})({}),
    lambda: os.environ,
]


@pytest.mark.parametrize("number", range(len(ODD)))
def test_a_mapping_with_a_lookup_of_its_own_is_refused_and_says_what_to_do(number):
    ran = []
    send = actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES)).admit("send")(
        lambda headers: ran.append(headers)
    )
    with pytest.raises(actra.ActraPolicyError, match="make it a dict|beside"):
        send(ODD[number]())
    assert not ran


def test_mappings_of_frameworks_are_refused():
    pytest.importorskip("starlette")
    from starlette.datastructures import Headers, QueryParams

    for made in (Headers({"X-Admin": "1"}), QueryParams("a=1")):
        with pytest.raises(TypeError, match="make it a dict: `dict"):
            _actra.value(made)
        assert _actra.value(dict(made)) == dict(made)


def test_a_model_that_is_a_mapping_is_refused():
    pydantic = pytest.importorskip("pydantic")

    class Both(pydantic.BaseModel, collections.abc.Mapping):
        urgent: bool = True

        def __getitem__(self, key):
            raise KeyError(key)

        def __iter__(self):
            return iter(())

        def __len__(self):
            return 0

    with pytest.raises(TypeError, match="make it a dict"):
        _actra.value(Both())


@pytest.mark.parametrize(
    "given",
    [
        types.MappingProxyType({"a": 1}), types.MappingProxyType(collections.UserDict(a=1)),
        types.MappingProxyType(types.MappingProxyType({"a": 1})), collections.ChainMap({"a": 1}, {"a": 2}),
        collections.ChainMap(types.MappingProxyType({}), collections.UserDict(a=1)), Proxy(a=1), Entries(a=1),
        collections.defaultdict(list, a=1), collections.Counter(a=1), user_dict(collections.OrderedDict(a=1)),
    ],
)  # fmt: skip
def test_common_mappings_are_their_entries(given):
    assert _actra.value(given) == {"a": 1}


def test_a_dictionary_that_is_its_own_attributes_is_read():
    made = Entries(a=1)
    made.__dict__ = made
    assert _actra.value(made) == {"a": 1}


def network(make, inner=None, **members):
    made = make("10.0.0.1")
    for name, value in members.items():
        setattr(made if inner is None else getattr(made, inner), name, value)
    return made


def test_what_lies_beside_the_text_of_a_value_is_bound():
    rules = RULES.replace("effect: block", "effect: require_approval")
    send = actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, rules)).admit("send")(lambda headers, to: None)
    net, face, other = ipaddress.ip_network, ipaddress.ip_interface, ipaddress.ip_address("10.0.0.2")
    digests = []
    for to in (
        uuid.UUID(int=1), *(uuid.UUID(int=1, is_safe=one) for one in (uuid.SafeUUID.safe, uuid.SafeUUID.unsafe, 1)),
        network(net), network(net, owner=1), network(net, owner=2), network(net, netmask=other), network(face),
        network(face, owner=1), network(face, "network", owner=1), network(face, network=1),
    ):  # fmt: skip
        with pytest.raises(actra.ActraApprovalRequired) as raised:
            send({"x-admin": 1}, to)
        digests.append(raised.value.approval.digest)
    assert len(set(digests)) == len(digests)
    # What a value has found out about itself is no other value.
    seen = network(net)
    assert seen.broadcast_address and seen.hostmask
    with pytest.raises(actra.ActraApprovalRequired) as raised:
        send({"x-admin": 1}, seen)
    assert raised.value.approval.digest == digests[4]


def test_the_order_of_keys_does_not_count_for_an_approval():
    policy = actra.load_policy_from_string(
        "version: 1\nactions: { pay: { fields: { amount: 'integer?' } } }\nactor: { fields: { id: string } }",
        "version: 1\ndefault: allow\nrules: [{ id: ask, scope: { action: pay }, when: 'true', effect: require_approval }]",
    )
    runtime = actra.ActraRuntime(policy, actor=lambda ctx: {"id": "u"})
    pay = runtime.admit("pay")(lambda amount, of=None: "ran")
    for first, second in (({1: "a", 2: "b"}, {2: "b", 1: "a"}), ({(1, 2): 1, "a": 2}, {"a": 2, (1, 2): 1})):
        with pytest.raises(actra.ActraApprovalRequired) as asked:
            pay(5, first)
        asked.value.approval.grant(by="ana")
        assert pay(5, second) == "ran"
        with pytest.raises(actra.ActraApprovalRequired):
            pay(5, second)
