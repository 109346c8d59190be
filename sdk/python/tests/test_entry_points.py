"""One value, one verdict: in JSON, in what a policy is asked, and at every enforcement point."""

import asyncio
import contextlib
import dataclasses
import io
import json
import sys

import pytest

import actra

# The functions here take one field each.
pytestmark = pytest.mark.filterwarnings("ignore:the policy reads:UserWarning")

SCHEMA = """
version: 1
{settings}
actions:
  act:
    fields:
      text: {{ type: string, optional: true, max_length: 5 }}
      texts: {{ type: list, of: string, optional: true, max_items: 2 }}
      number: number?
      whole: integer?
      any: any?
      map: map<number>?
      unread: {{ type: list, of: number, optional: true, max_items: 2 }}
"""
RULES = """
version: 1
default: allow
rules:
  - { id: text, scope: { action: act }, when: 'has(action.text) && action.text == "b"', effect: block }
  - { id: texts, scope: { action: act }, when: 'has(action.texts) && "b" in action.texts', effect: require_approval }
  - { id: number, scope: { action: act }, when: 'has(action.number) && action.number > 5', effect: block }
  - { id: whole, scope: { action: act }, when: 'has(action.whole) && action.whole > 5', effect: block }
  - { id: any, scope: { action: act }, when: 'has(action.any) && action.any == "b"', effect: require_approval }
  - { id: map, scope: { action: act }, when: 'has(action.map) && "k" in action.map', effect: block }
"""
FIELDS = ["text", "texts", "number", "whole", "any", "map", "unread"]


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


VALUES = [
    None, True, 1, 6, 0.5, "a", "b", "a" * 5, "a" * 6, "é" * 6, "a" * 10_001, "a" * 1_048_000, "a" * 1_048_577,
    [], ["a"], ["b"], ["a"] * 3, ["a", 1], [1, 2, 3], ["a"] * 10_000, ["a"] * 10_001, {}, {"k": 1}, {"a": 1}, {"a": "x"},
    {str(key): 1 for key in range(10_000)}, {str(key): 1 for key in range(10_001)},
    *(nested(depth) for depth in (60, 61, 62, 63, 64, 65, 66)),
    "\ud800", "a\udfff", ["\ud800"], {"\ud800": 1}, {"a": ["\ud800"]}, "\0",
    10**33, 10**34, 10**35, 10**60, -(10**60), 1e33, 1e300, -1e300, 1e-30, 1e-300, [10**60], {"a": 1e300}, 2**63, 2**64,
]  # fmt: skip


def caught(call):
    """The effect of a refusal, and the codes of what is wrong."""
    try:
        call()
    except actra.ActraPolicyError as refused:
        return refused.decision.effect, [error["code"] for error in refused.decision.errors]
    return "allow", None


@pytest.mark.parametrize("settings", ["", "invalid_fields: reject"])
@pytest.mark.parametrize("field", FIELDS)
def test_every_entry_point_says_the_same(field, settings):
    policy = actra.load_policy_from_string(SCHEMA.format(settings=settings), RULES)
    runtimes = [actra.ActraRuntime(policy), actra.ActraRuntime(policy, on_event=lambda event: None)]
    ran = []
    scope = {"ran": ran}
    exec(f"def act({field}): ran.append(1)\nasync def act_later({field}): ran.append(1)", scope)
    spread = lambda **fields: ran.append(1)  # noqa: E731
    for value in VALUES:
        action = {"type": "act", field: value}
        request = {"action": action, "actor": {}, "snapshot": {}}
        expected = json.loads(policy.decide_json(json.dumps(request)))
        effect, codes = expected["effect"], [error["code"] for error in expected["errors"]]
        described = (field, repr(value)[:60])
        assert policy.decide(request).to_json() == policy.decide_json(json.dumps(request)), described
        assert policy.evaluate(request)["effect"] == effect, described
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            policy.explain(request)
            explained = runtimes[0].explain(action)
            called = runtimes[0].explain_call(scope["act"], value)
        assert (explained.effect, called.effect) == (effect, effect), described
        for runtime in runtimes:
            admitted = runtime.admit("act", fields=None)(scope["act"])
            later = runtime.admit("act")(scope["act_later"])
            other = runtime.admit("act")(spread)
            assert runtime.evaluate(action).effect == effect, described
            assert runtime.allow("act", **{field: value}) == (effect == "allow"), described
            for call in (
                lambda: admitted(value),
                lambda: asyncio.run(later(value)),
                lambda: other(**{field: value}),
                lambda: runtime.check(action),
                lambda: asyncio.run(runtime.check_async(action)),
            ):
                ran.clear()
                found, wrong = caught(call)
                assert found == effect, described
                assert found == "allow" or not ran, described
                assert wrong is None or wrong == codes, described


#: Python has them, and JSON has not.
FOREIGN = [object(), {1, 2}, b"b", 1j, {1: 2}, [object()], {"k": object()}, iter("b"), ..., range(3)]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", FOREIGN, ids=repr)
def test_what_has_no_value_is_invalid_at_every_enforcement_point(field, value):
    policy = actra.load_policy_from_string(SCHEMA.format(settings=""), RULES)
    events = []
    runtimes = [actra.ActraRuntime(policy), actra.ActraRuntime(policy, on_event=events.append)]
    effect = {"unread": "allow", "texts": "require_approval", "any": "require_approval"}.get(field, "block")
    for runtime in runtimes:
        calls = (
            lambda: runtime.admit("act")(lambda **fields: None)(**{field: value}),
            lambda: runtime.check({"type": "act", field: value}),
            lambda: asyncio.run(runtime.check_async({"type": "act", field: value})),
        )
        for call in calls:
            assert caught(call)[0] == effect
        assert runtime.evaluate({"type": "act", field: value}).effect == effect
    rejecting = actra.load_policy_from_string(SCHEMA.format(settings="invalid_fields: reject"), RULES)
    for runtime in (actra.ActraRuntime(rejecting), actra.ActraRuntime(rejecting, on_event=lambda event: None)):
        assert caught(lambda: runtime.admit("act")(lambda **fields: None)(**{field: value}))[0] == "block"
    # It is told where, and what was there.
    assert any(reason.startswith(f"action.{field}") for _, reason in events[0].failures)


def test_a_refusal_says_where_and_what_was_expected_and_no_value_and_no_key():
    policy = actra.load_policy_from_string(SCHEMA.format(settings=""), RULES)
    runtime = actra.ActraRuntime(policy)

    class Secretive:
        @property
        def model_fields(self):
            raise AssertionError

        def __getattribute__(self, name):
            raise RuntimeError("secret-1")

    class Model:
        model_fields = {"key": None}
        model_dump = None

        def __getattr__(self, name):
            raise RuntimeError("secret-2")

    call = runtime.admit("act")(lambda **fields: None)
    for value in ({"secret-3": object()}, [{"secret-4": {"secret-5", 5}}], Model(), Secretive(), {"secret-6": {1: 2}}):
        with pytest.raises(actra.ActraPolicyError, match="action.map: a map<number> is needed") as raised:
            call(map=value)
        assert "secret" not in str(raised.value) + json.dumps(raised.value.to_dict()) + repr(raised.value)
        with pytest.raises(TypeError, match="action.map") as raised:
            policy.decide({"action": {"type": "act", "map": value}, "actor": {}, "snapshot": {}})
        assert "secret" not in str(raised.value)


#: A rule that is true of no call here.
FEW = """
version: 1
default: {default}
rules:
  - {{ id: many, scope: {{ action: act }}, when: 'has(action.n) && action.n > 5', effect: {effect} }}
"""


@dataclasses.dataclass
class Held:
    first: object
    second: object


@pytest.mark.parametrize("bad", ["\ud800", nested(70), "z" * 1_048_577], ids=["surrogate", "deep", "large"])
@pytest.mark.parametrize("watched", [False, True])
def test_what_makes_a_request_invalid_does_so_beside_what_has_no_value(bad, watched):
    schema = "version: 1\nactions: { act: { fields: { n: number?, note: any? } } }\nactor: { fields: { id: string? } }"
    policy = actra.load_policy_from_string(schema, FEW.format(default="allow", effect="block"))
    actors = []
    settings = {"actor": lambda ctx: actors[-1], **({"on_event": lambda event: None} if watched else {})}
    act = actra.ActraRuntime(policy, **settings).admit("act")(lambda note: "ran")
    holders = [
        lambda value: value,
        lambda value: [object(), value],
        lambda value: (object(), [value]),
        lambda value: {1: 2, "k": value},
        lambda value: {1: value},
        lambda value: {"\x000": value, "\x001": value, 5: 1},
        lambda value: {"k": object(), "l": {"m": value}},
        lambda value: Held(object(), value),
        lambda value: [Held(object(), 1), value],
    ]
    for hold in holders:
        actors.append({"id": "ann", "more": [object()]})
        assert act(hold(1)) == "ran"
        assert caught(lambda: act(hold(bad)))[0] == "block"  # noqa: B023
        # What nobody declares counts, too.
        actors.append({"id": "ann", "more": hold(bad)})
        assert caught(lambda: act(1))[0] == "block"


def test_names_that_nobody_declares_are_not_told():
    schema = "version: 1\nactions: { act: { fields: { n: number? } } }\nactor: { fields: { id: string, meta: any? } }"
    policy = actra.load_policy_from_string(schema, FEW.format(default="block", effect="allow"))
    events = []
    for observers in (None, events.append):
        actor = {"id": "x", "tok_4711": object(), "meta": object()}
        runtime = actra.ActraRuntime(policy, actor=lambda ctx: actor, on_event=observers)  # noqa: B023
        with pytest.raises(actra.ActraPolicyError) as raised:
            runtime.admit("act")(lambda n: None)(1)
        told = str(raised.value) + json.dumps(raised.value.to_dict()) + repr([event.failures for event in events])
        assert "tok_4711" not in told and "actor.#2: " in told and "actor.meta" in told
        with pytest.raises(actra.ActraPolicyError) as raised:
            runtime.check({"type": "act", "n": 1, "tok_4712": object()})
        assert "tok_4712" not in str(raised.value) and "action.#" in str(raised.value)


@pytest.mark.parametrize("watched", [False, True])
def test_a_resolver_that_fails_is_logged_where_the_call_is_allowed_all_the_same(watched, caplog):
    schema = "version: 1\nactions: { act: { fields: { n: number } } }\nsnapshot: { fields: { flag: boolean } }"
    rules = "version: 1\ndefault: allow\nrules:\n  - { id: a, scope: { action: act }, when: 'action.n > 5 && snapshot.flag', effect: block }"
    events = []
    runtime = actra.ActraRuntime(
        actra.load_policy_from_string(schema, rules), snapshot=lambda ctx: 1 / 0, on_event=events.append if watched else None
    )
    assert runtime.admit("act")(lambda n: n)(1) == 1
    assert runtime.admit("act")(lambda n, extra: n)(1, []) == 1
    assert caplog.text.count("a resolver failed") == 2
    assert len(events) == 2 * watched


def test_what_no_rule_reads_does_not_stop_an_explanation():
    policy = actra.load_policy_from_string(SCHEMA.format(settings=""), RULES)
    request = {"action": {"type": "act", "number": 6}, "actor": {"odd": object()}, "snapshot": {}}
    assert policy.decide(request).effect == policy.explanation(request)["decision"]["effect"] == "block"
    request["action"]["number"] = object()
    for ask in (policy.decide, policy.explanation):
        with pytest.raises(TypeError, match="action.number"):
            ask(request)


class Denies:
    """It does not even say what it is."""

    @property
    def __class__(self):
        raise TypeError("secret-7")


@pytest.mark.parametrize("by_field", [False, True])
def test_an_object_that_denies_its_class_is_a_value_that_cannot_be_read(by_field):
    schema = "version: 1\nactions: { act: { fields: { n: number? } } }\nactor: { fields: { id: string } }"
    rules = "version: 1\ndefault: allow\nrules:\n  - { id: a, scope: { action: act }, when: 'actor.id == \"x\"', effect: block }"
    policy = actra.load_policy_from_string(schema, rules)
    for given in (Denies(), {"id": Denies()}):
        actor = {"id": lambda ctx: Denies()} if by_field else lambda ctx: given  # noqa: B023
        for observers in (None, lambda event: None):
            act = actra.ActraRuntime(policy, actor=actor, on_event=observers).admit("act")(lambda: None)
            with pytest.raises(actra.ActraPolicyError) as raised:
                act()
            assert "secret" not in str(raised.value) + json.dumps(raised.value.to_dict())


@dataclasses.dataclass
class Holds:
    lack: object
    one: object = None
    two: object = None


def tied(lack):
    held = Holds(lack)
    held.one = held.two = held
    return held


@pytest.mark.parametrize("value", [tied(object()), tied({1, 2}), [tied(object())] * 3], ids=["object", "set", "list"])
def test_what_holds_itself_beside_what_has_no_value_is_gone_through_for_so_long_only(value):
    policy = actra.load_policy_from_string(SCHEMA.format(settings=""), RULES)
    act = actra.ActraRuntime(policy).admit("act")(lambda any: None)
    steps = 0

    def count(frame, event, argument):
        nonlocal steps
        steps += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        with pytest.raises(actra.ActraPolicyError) as raised:
            act(value)
    finally:
        sys.setprofile(None)
    assert steps < 4_000_000
    # A record that is too large to be gone through says still which action it is.
    assert str(raised.value).startswith("action act: ")


def lacks(ctx):
    raise LookupError("no session")


@pytest.mark.parametrize("gives", [lacks, lambda ctx: 5, lambda ctx: None, lambda ctx: object(), lambda ctx: {1: 2}])
@pytest.mark.parametrize("becomes", ["refuse", "decide"])
def test_a_refusal_is_the_same_whether_a_call_waits_or_is_watched(gives, becomes):
    schema = "version: 1\nactions: { act: { fields: { n: number? } } }\nactor: { fields: { id: string } }"
    policy = actra.load_policy_from_string(schema, FEW.format(default="block", effect="allow"))

    async def gives_later(ctx):
        await asyncio.sleep(0)
        return gives(ctx)

    said = set()
    for actor in (gives, gives_later):
        for observers in (None, lambda event: None):
            runtime = actra.ActraRuntime(policy, actor=actor, on_actor_failure=becomes, on_event=observers)

            @runtime.admit("act")
            async def later(n):
                return None

            act = runtime.admit("act")(lambda n: None)
            calls = [lambda: asyncio.run(later(b"b"))]  # noqa: B023
            if actor is gives:
                calls.append(lambda: act(b"b"))  # noqa: B023
            for call in calls:
                with pytest.raises(actra.ActraPolicyError) as raised:
                    call()
                told = json.dumps(raised.value.to_dict()["failures"])
                said.add((str(raised.value), told, type(raised.value.__cause__)))
    assert len(said) == 1, said
