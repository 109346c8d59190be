"""What a callable works on counts for an approval, in whichever way it comes to it."""

import functools
import os
import sqlite3
import types

import pytest

import actra

POLICY = actra.load_policy_from_string(
    "version: 1\nactions: { sql: { fields: { sql: string } } }",
    "version: 1\ndefault: block\nrules: [{ id: ask, scope: { action: sql }, when: 'true', effect: require_approval }]",
)


class Closing:
    """A descriptor that makes a function which does not tell its receiver."""

    def __init__(self, function):
        self.function = function

    def __get__(self, instance, owner=None):
        return lambda sql: self.function(instance, sql)


class Base:
    def __init__(self, name):
        self.name = name


class Dispatched(Base):
    @functools.singledispatchmethod
    def run(self, sql):
        return self.name


class Shown(Base):
    @property
    def __call__(self):
        return lambda sql: self.name


class Made(Base):
    @Closing
    def __call__(self, sql):
        return self.name


class Twice(Base):
    __call__ = functools.singledispatchmethod(lambda self, sql: self.name)


class Meta(type):
    def __call__(cls, sql):
        return cls.__name__


class Cached(type):
    @functools.lru_cache(None)  # noqa: B019
    def __call__(cls, sql):
        return cls.__name__


#: What is left open is an error in some versions.
OPEN = []


@pytest.fixture(autouse=True)
def closing():
    yield
    while OPEN:
        OPEN.pop().close()


def connection_script(name):
    OPEN.append(sqlite3.connect(":memory:"))
    return OPEN[-1].executescript


def hidden(name):
    """A cache that tells of another function than it calls."""
    return functools.wraps(print)(functools.lru_cache(types.MethodType(lambda self, sql: self, name)))


MAKES = {
    "a method of compiled code": lambda name: [name].append,
    "what tells no parameters": lambda name: {"k": name}.update,
    "what holds a connection": connection_script,
    "a method wrapper": lambda name: (name + "-%s").__mod__,
    "a partial": lambda name: functools.partial([name].append),
    "a partial that tells no parameters": lambda name: functools.partial({"k": name}.update),
    "a cache that hides it": hidden,
    "a method that dispatches": lambda name: Dispatched(name).run,
    "a property": Shown,
    "a descriptor": Made,
    "dispatched when it is called": Twice,
    "a class of a class": lambda name: Meta(name, (), {}),
    "a class of a class that remembers": lambda name: Cached(name, (), {}),
}


def admitted(make, *names, **settings):
    runtime = actra.ActraRuntime(POLICY)
    build = lambda *_: {"sql": "x"}  # noqa: E731
    made = [runtime.admit("sql", action_builder=build, **settings)(make(name)) for name in names]
    return [functools.partial(one, **({"sql": "x"} if one.__actra__.parameters is None else {})) for one in made]


def called(call):
    return call() if call.keywords else call("select 1")


def asked(call):
    with pytest.raises(actra.ActraApprovalRequired) as raised:
        called(call)
    return raised.value.approval


@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_a_grant_is_for_one_receiver(make):
    test, prod = admitted(make, "test", "prod")
    approval = asked(test)
    if approval is not None:
        approval.grant(by="sam")
        asked(prod)
        called(test)
    else:
        assert asked(prod) is None


@pytest.mark.parametrize("kind", ["a method of compiled code", "what tells no parameters", "a method wrapper"])
def test_equal_receivers_are_one(kind):
    one, same = admitted(MAKES[kind], "test", "test")
    asked(one).grant(by="sam")
    called(same)


@pytest.mark.parametrize("kind", ["a method of compiled code", "a property", "a method that dispatches"])
def test_a_receiver_can_be_left_out(kind):
    one, other = admitted(MAKES[kind], "test", "prod", unbound=["self"])
    asked(one).grant(by="sam")
    called(other)


def test_the_refusal_names_the_receiver():
    (call,) = admitted(connection_script, "prod")
    with pytest.raises(actra.ActraApprovalRequired, match="argument `self` cannot be captured in full.*`unbound`: `self`"):
        called(call)


def test_a_receiver_has_a_name_that_no_parameter_has():
    class Account(Base):
        @property
        def __call__(self):
            return functools.partial(Account.run, self.name)

        def run(self, sql):
            raise AssertionError

    (call,) = admitted(Account, "prod")
    with pytest.raises(actra.ActraApprovalRequired, match="argument `self2`"):
        called(call)


@pytest.mark.parametrize("make", [lambda name: {"k": name}.update, lambda name: Spread(name)])
def test_no_argument_takes_the_name_of_a_receiver(make):
    call = actra.ActraRuntime(POLICY).admit("sql")(make("prod"))
    with pytest.raises(actra.ActraPolicyError, match="two arguments are named `self`"):
        call(sql="x", self="y")


class Spread(Base):
    @property
    def __call__(self):
        return lambda **others: self.name


class Static(Base):
    __call__ = staticmethod(lambda sql: "ran")


@pytest.mark.parametrize("make", [Static, lambda name: len, lambda name: os.fspath])
def test_what_has_no_receiver_needs_none(make):
    one, other = admitted(make, "test", "prod")
    asked(one).grant(by="sam")
    called(other)
