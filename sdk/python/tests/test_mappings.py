"""Mappings that are read otherwise than they are kept have no value, whichever entry point they are given to."""

import asyncio
import collections
import types

import pytest

import actra

SCHEMA = """
version: 1
actions: { mail: { fields: { to: string, cc: 'string?' } } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: outside, scope: { action: mail }, when: 'has(action.cc) && action.cc.endsWith("@x")', effect: block }
"""
POLICY = actra.load_policy_from_string(SCHEMA, RULES)


class AnyCase(dict):
    """A dictionary in which the case of keys does not matter, as libraries of HTTP have them."""

    def __getitem__(self, key):
        return dict.__getitem__(self, next(one for one in self if one.lower() == key.lower()))

    def get(self, key, default=None):
        return self[key]


class Form(collections.abc.Mapping):
    """Fields of which several may have one name."""

    def __init__(self, pairs):
        self.pairs = pairs

    def __getitem__(self, key):
        return dict(self.pairs)[key]

    def __iter__(self):
        return iter(dict(self.pairs))

    def __len__(self):
        return len(dict(self.pairs))


class Beside(dict):
    """A dictionary that holds something else by an attribute."""

    def __init__(self, **entries):
        super().__init__(entries)
        self.cc = "evil@x"


WRONG = {
    "any case": lambda: AnyCase(type="mail", to="ana@corp", CC="evil@x"),
    "a form": lambda: Form([("type", "mail"), ("to", "evil@x"), ("to", "ana@corp")]),
    "beside": lambda: Beside(type="mail", to="ana@corp"),
}


def ways(runtime):
    yield POLICY.evaluate, lambda action: {"action": action, "actor": {}, "snapshot": {}}
    for ask in (runtime.evaluate, runtime.check, runtime.explain, runtime.build_context):
        yield ask, lambda action: action
    yield lambda action: asyncio.run(runtime.check_async(action)), lambda action: action
    made = runtime.admit("mail", action_builder=lambda name, args, kwargs, ctx: kwargs["action"])(lambda action: "ran")
    yield made, lambda action: action


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_read_otherwise_is_refused_alike(kind):
    for ask, given in ways(actra.ActraRuntime(POLICY)):
        with pytest.raises(TypeError):
            ask(given(WRONG[kind]()))


def test_what_hands_on_what_it_holds_is_read():
    own = {"type": "mail", "to": "ana@corp"}
    plain = (own, types.MappingProxyType(own), collections.UserDict(own), collections.OrderedDict(own), collections.ChainMap(own))
    for action in plain:
        for ask, given in ways(actra.ActraRuntime(POLICY)):
            assert ask(given(action))


def test_in_audit_mode_such_an_action_passes(quiet):
    events = []
    runtime = actra.ActraRuntime(POLICY, mode="audit", on_event=events.append)
    for make in WRONG.values():
        assert runtime.check(make())
        assert asyncio.run(runtime.check_async(make()))
    assert len(events) == 2 * len(WRONG)
