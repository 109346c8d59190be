"""A call is bound by what will be called, and what cannot be known of that refuses it."""

import functools
import inspect
import sqlite3
import weakref

import pytest

import actra

SCHEMA = "version: 1\nactions: { pay: { fields: { amount: 'integer?', kind: 'string?' } } }\nactor: { fields: { id: 'string?' } }"
RULES = """
version: 1
default: allow
rules:
  - { id: limit, scope: { action: pay }, when: has(action.amount) && action.amount > 100, effect: block }
  - { id: kind, scope: { action: pay }, when: 'has(action.kind) && action.kind == "wire"', effect: block }
"""


CONNECTION = sqlite3.connect(":memory:")


@pytest.fixture(autouse=True, scope="module")
def closing():
    yield
    # What is left open is an error in some versions.
    CONNECTION.close()


@pytest.fixture
def runtime():
    return actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES))


def spread(*args, **kwargs):
    return "ran"


@pytest.mark.parametrize("function", [spread, functools.partial(spread, 1), lambda kind, *args, **kwargs: "ran"])
def test_fields_make_no_argument_by_position_unseen(runtime, function):
    pay = runtime.admit("pay", fields=["amount"])(function)
    with pytest.raises(actra.ActraPolicyError, match="it could be `amount`"):
        pay("x", 10**6)
    with pytest.raises(actra.ActraPolicyError, match="limit"):
        pay("x", amount=10**6)
    assert pay("x", 10**6, amount=5) == "ran"


def test_fields_that_are_not_named_are_no_part_of_the_question(runtime):
    pay = runtime.admit("pay", fields=["amount"])(lambda amount, *args, **kwargs: "ran")
    assert pay(5, "anything") == "ran"
    with pytest.raises(actra.ActraPolicyError, match="limit"):
        pay(10**6, "anything")


def kinds_of_silence():
    """Callables of which nobody can tell which arguments they take."""
    return {
        "compiled": CONNECTION.execute,
        "kept": functools.partial(CONNECTION.execute, "drop table t"),
        "kept by name": functools.partial({}.update, amount=10**6),
        "a class": Otherwise,
    }


class Otherwise:
    def __new__(cls, amount, kind):
        raise AssertionError

    def __init__(self, kind, amount): ...


@pytest.mark.parametrize("kind", ["compiled", "kept", "kept by name", "a class"])
@pytest.mark.parametrize("builds", ["builder", "resolver", "nobody"])
def test_no_argument_is_lost_to_who_makes_the_action(runtime, kind, builds):
    build = lambda *_: {}  # noqa: E731
    if builds == "resolver":
        runtime.set_action_resolver(build)
    call = runtime.admit("pay", action_builder=build if builds == "builder" else None)(kinds_of_silence()[kind])
    with pytest.raises(TypeError, match="call it from a function with named parameters"):
        call() if kind.startswith("kept") else call("drop table t", 1)


def test_in_audit_mode_it_runs(runtime):
    runtime.mode = "audit"
    taken = {}
    runtime.admit("pay", action_builder=lambda *_: {})(taken.update)({"amount": 10**6})
    runtime.admit("pay")(taken.update)(kind="x")
    assert taken == {"amount": 10**6, "kind": "x"}


class Partly:
    def full(self, amount=0):
        raise AssertionError

    __init__ = functools.partialmethod(full, 10**6)


class NewDefault:
    def __new__(cls, amount=10**6):
        return amount

    def __init__(self, amount=1): ...


class StaticInit:
    @staticmethod
    def __init__(amount, kind="x"):
        raise AssertionError


def by_default(amount=10**6):
    return amount


@pytest.mark.parametrize("of", [Partly, NewDefault, StaticInit, weakref.proxy(by_default), dict, {}.update])
def test_a_default_that_nobody_tells_is_not_taken_for_none(runtime, of):
    call = runtime.admit("pay")(of)
    with pytest.raises(actra.ActraPolicyError, match="not decided .*the default of `amount` cannot be known"):
        call(kind="x")
    with pytest.raises(actra.ActraPolicyError, match="limit"):
        call(amount=10**6, kind="x")


@pytest.mark.parametrize("kind", [staticmethod, classmethod])
def test_a_wrapper_below_the_method_of_a_class_hides_nothing(runtime, kind):
    def real(*given, amount=500):
        return "ran"

    @functools.wraps(real)
    def wrapper(*args, **kwargs):
        return real(*args, **kwargs)

    tool = type("Tool", (), {"__call__": kind(wrapper)})()

    @functools.wraps(tool)
    def outside(*args, **kwargs):
        return tool(*args, **kwargs)

    outside.__wrapped__ = tool
    for function in (tool, outside):
        with pytest.raises(actra.ActraSchemaError, match="put `admit` below"):
            runtime.admit("pay")(function)


def test_equal_defaults_are_one(runtime):
    class Both:
        def __new__(cls, amount=10**6, kind="a b"):
            return amount

        def __init__(self, amount=int("1000000"), kind=" ".join("ab")): ...

    with pytest.raises(actra.ActraPolicyError, match="limit"):
        runtime.admit("pay")(Both)()
    assert runtime.admit("pay")(Both)(5, "x") == 5


def shown(kind, amount):
    raise AssertionError


def test_what_shows_another_function_is_not_believed(runtime):
    shown.__signature__ = inspect.signature(lambda amount, kind: None)
    with pytest.raises(TypeError, match="cannot be known"):
        runtime.admit("pay")(weakref.proxy(shown))("x", 10**6)


def meta_calls():
    def call(cls, kind, amount=10**6):
        return "ran"

    return {"plain": call, "cached": functools.lru_cache(None)(call), "static": staticmethod(functools.partial(call, None))}


@pytest.mark.parametrize("kind", ["plain", "cached", "static"])
def test_a_class_is_called_as_its_class_says(runtime, kind):
    meta = type("Meta", (type,), {"__call__": meta_calls()[kind]})
    made = runtime.admit("pay")(meta("Made", (), {"__init__": lambda self, amount, kind: None}))
    assert made("x", 5) == "ran"
    with pytest.raises(actra.ActraPolicyError, match="limit"):
        made("x")


def test_who_names_the_type_takes_nothing_away(runtime):
    runtime.set_action_type_resolver(lambda function, args, kwargs: (kwargs.pop("kind"), "pay")[1])
    given = {"kind": "wire"}
    assert runtime.resolve_action_type(None, (), given, None) == "pay" and given == {"kind": "wire"}
    with pytest.raises(actra.ActraPolicyError, match="kind"):
        runtime.admit()(lambda amount=1, kind="x": "ran")(1, "wire")


TYPED = SCHEMA.replace("actor:", "  ask: { fields: { kind: { type: string, optional: true, argument: type } } }\nactor:").replace(
    "actions: { pay: { fields: { amount: 'integer?', kind: 'string?' } } }",
    "actions:\n  pay: { fields: { amount: 'integer?', kind: 'string?' } }",
)


@pytest.mark.parametrize("watched", [False, True])
def test_whether_type_is_an_argument_depends_on_the_action(watched):
    settings = {"on_event": lambda event: None} if watched else {}
    runtime = actra.ActraRuntime(actra.load_policy_from_string(TYPED, RULES), **settings)
    runtime.set_action_type_resolver(lambda function, args, kwargs: kwargs["name"])
    call = runtime.admit()(lambda **arguments: "ran")
    for _ in range(2):
        with pytest.raises(actra.ActraPolicyError, match="two arguments are named `type`"):
            call(name="pay", type="x", amount=1)
        assert call(name="pay", amount=1) == "ran"
        assert call(name="ask", type="x") == "ran"
    kept = runtime.admit()(functools.partial(lambda **arguments: "ran", type="x"))
    assert kept(name="ask") == "ran"
    with pytest.raises(actra.ActraSchemaError, match="two arguments are named `type`"):
        kept(name="pay")


@pytest.mark.parametrize("fields", [None, ["amount"]])
def test_a_context_that_is_kept_says_who_acts(fields):
    rules = RULES + "  - { id: bob, scope: { action: pay }, when: 'has(actor.id) && actor.id == \"bob\"', effect: block }"
    runtime = actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, rules), actor=lambda ctx: {"id": ctx})
    made = functools.partial(lambda amount, **others: others["ctx"], ctx="bob")
    with pytest.raises(actra.ActraPolicyError, match="bob"):
        runtime.admit("pay", fields=fields)(made)(1)
    assert runtime.admit("pay", fields=fields)(functools.partial(made, ctx="ann"))(1) == "ann"
