"""Resolvers that turn out to be asynchronous only when they are called."""

import asyncio
import dataclasses
import functools

import pytest

import actra

SCHEMA = """
version: 1
actions: { pay: { fields: { amount: number } } }
actor: { fields: { id: string } }
snapshot: { fields: { open: boolean? } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: eve, scope: { action: pay }, when: actor.id == "eve", effect: block }
  - { id: closed, scope: { action: pay }, when: '!has(snapshot.open) || !snapshot.open', effect: block }
"""
POLICY = actra.load_policy_from_string(SCHEMA, RULES)


class Asked:
    """Resolvers that give what ``way`` makes of a record, and how often they were asked."""

    def __init__(self, **records):
        self.records = records
        self.names = []

    def of(self, name, later):
        async def load():
            await asyncio.sleep(0)
            return self.given(name)

        def ask(ctx):
            self.names.append(name)
            return load() if later else self.given(name)

        return ask

    def given(self, name):
        record = self.records[name]
        if isinstance(record, BaseException):
            raise record
        return record


def outcome(records, later, **settings):
    asked = Asked(**records)
    resolvers = {name: asked.of(name, name in later) for name in records}
    runtime = actra.ActraRuntime(POLICY, **resolvers, **settings)

    @runtime.admit("pay")
    async def pay(amount):
        return "ran"

    @runtime.admit("pay")
    async def stream(amount):
        yield "ran"

    found = []
    for call in (lambda: pay(1), lambda: stream(1).__anext__(), lambda: check(runtime), lambda: pay([1][0])):
        asked.names.clear()

        async def main(call=call):
            return await call()

        try:
            found.append((asyncio.run(main()), tuple(asked.names)))
        except actra.ActraPolicyError as refused:
            found.append((str(refused), tuple(asked.names)))
    assert len(set(found)) == 1, found
    return found[0]


async def check(runtime):
    await runtime.check_async({"type": "pay", "amount": 1})
    return "ran"


SAM, EVE = {"id": "sam"}, {"id": "eve"}
OPEN, CLOSED = {"open": True}, {"open": False}
WAYS = [(), ("actor",), ("snapshot",), ("actor", "snapshot")]


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("later", WAYS, ids=str)
def test_a_record_is_awaited_and_nobody_is_asked_twice(later, watched):
    settings = {"on_event": lambda event: None} if watched else {}
    ask = lambda actor, snapshot: outcome({"actor": actor, "snapshot": snapshot}, later, **settings)  # noqa: E731
    assert ask(SAM, OPEN) == ("ran", ("actor", "snapshot"))
    assert ask(SAM, CLOSED) == ("action pay: blocked by rule closed", ("actor", "snapshot"))
    assert ask(EVE, OPEN)[0] == "action pay: blocked by rule eve"


@pytest.mark.parametrize("later", WAYS, ids=str)
def test_what_fails_fails_in_the_same_words(later, quiet):
    lost = ValueError("lost")
    actor = outcome({"actor": lost, "snapshot": OPEN}, later)
    assert "ValueError: lost" in actor[0] and actor[1] == ("actor",)
    snapshot = outcome({"actor": SAM, "snapshot": lost}, later)
    assert "ValueError: lost" in snapshot[0] and snapshot[1] == ("actor", "snapshot")
    loose = outcome({"actor": lost, "snapshot": OPEN}, later, on_actor_failure="decide")
    assert "ValueError: lost" in loose[0]


def test_one_of_its_own_is_awaited():
    assert outcome({"actor": SAM}, ("actor",), snapshot=lambda ctx: OPEN)[0] == "ran"
    assert outcome({"snapshot": OPEN}, ("snapshot",), actor=lambda ctx: SAM)[0] == "ran"


def test_a_synchronous_call_still_waits_for_nobody(quiet):
    pay = actra.ActraRuntime(POLICY, actor=Asked(actor=SAM).of("actor", True)).admit("pay")(lambda amount: "ran")
    with pytest.raises(actra.ActraPolicyError, match="make the function `async`"):
        pay(1)


@pytest.mark.parametrize("later", [(), ("actor",)], ids=str)
@pytest.mark.parametrize("raised", [GeneratorExit(), asyncio.TimeoutError("the database is slow")], ids=repr)
def test_what_a_resolver_raises_by_itself_is_its_failure(raised, later, quiet):
    said, _ = outcome({"actor": raised, "snapshot": OPEN}, later)
    assert type(raised).__name__ in said and "no answer within" not in said


ASKING = actra.load_policy_from_string(
    SCHEMA,
    """
version: 1
default: block
rules:
  - { id: sam, scope: { action: pay }, when: actor.id == "sam", effect: allow }
  - { id: closed, scope: { action: pay }, when: '!has(snapshot.open) || !snapshot.open', effect: block }
  - { id: ask, scope: { action: pay }, when: action.amount > 0, effect: require_approval }
""",
)


def afterwards(later, gives, **become):
    """What comes of a call and of an action that somebody grants while what resolvers say becomes something else."""
    asked = Asked(actor=SAM, snapshot=OPEN)

    def resolver(name):
        ask = asked.of(name, name in later)
        return lambda ctx: gives(ask(ctx)) if name in later else ask(ctx)

    def grant(approval):
        asked.records.update(become)
        return approval.grant(by="max")

    runtime = actra.ActraRuntime(ASKING, actor=resolver("actor"), snapshot=resolver("snapshot"), on_approval=grant)

    @runtime.admit("pay")
    async def pay(amount):
        return "ran"

    async def check_ran(amount):
        await runtime.check_async({"type": "pay", "amount": amount})
        return "ran"

    found = []
    for call in (pay, check_ran):

        async def main(call=call):
            return await call(1)

        asked.names.clear()
        asked.records.update(actor=SAM, snapshot=OPEN)
        try:
            found.append((asyncio.run(main()), tuple(asked.names)))
        except actra.ActraPolicyError as refused:
            found.append((str(refused), tuple(asked.names)))
    assert len(set(found)) == 1, found
    return found[0]


#: What a plain function gives that is awaited.
GIVEN = {"a coroutine": lambda made: made, "a task": asyncio.ensure_future}


@pytest.mark.parametrize("gives", GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("later", WAYS, ids=str)
def test_everybody_is_asked_anew_after_a_grant(later, gives):
    twice = ("actor", "snapshot", "actor", "snapshot")
    assert afterwards(later, gives) == ("ran", twice)
    said, names = afterwards(later, gives, actor=EVE)
    assert said.startswith("action pay: needs approval") and names == twice, said
    assert afterwards(later, gives, snapshot=CLOSED) == ("action pay: blocked by rule closed", twice)


@pytest.mark.parametrize("later", [("snapshot",)], ids=str)
def test_who_is_gone_after_a_grant_does_not_run(later, quiet):
    said, names = afterwards(later, GIVEN["a task"], actor=ValueError("gone"))
    assert "ValueError: gone" in said and names == ("actor", "snapshot", "actor")


def test_what_a_decorator_hides_is_told(quiet):
    @actra.ActraRuntime(POLICY, actor=Asked(actor=SAM).of("actor", True)).admit("pay")
    @functools.lru_cache(maxsize=None)
    async def pay(amount):
        return "ran"

    with pytest.raises(actra.ActraPolicyError, match="make the function `async` and put `admit` next to it"):
        pay(1)


class Interrupts:
    """A record, or a value in one, that raises by itself what others would send."""

    def __init__(self, raised):
        self.raised = raised

    def of(self, deep):
        raised = self.raised

        @dataclasses.dataclass
        class Record:
            id: str = "sam"
            open: bool = True

            def __getattribute__(self, name):
                if name in ("id", "open"):
                    raise raised
                return super().__getattribute__(name)

        return {"id": Record(), "open": Record()} if deep else Record()


@pytest.mark.parametrize("raised", [asyncio.CancelledError(), GeneratorExit()], ids=repr)
@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("record", ["actor", "snapshot"])
@pytest.mark.parametrize("way", ["whole", "deep", "by field"])
def test_what_a_value_raises_by_itself_interrupts_nobody(way, record, watched, raised, quiet):
    broken, field = Interrupts(raised).of(way != "whole"), {"actor": "id", "snapshot": "open"}[record]
    resolvers = {"actor": lambda ctx: SAM, "snapshot": lambda ctx: OPEN}
    resolvers[record] = {field: lambda ctx: broken[field]} if way == "by field" else lambda ctx: broken
    runtime = actra.ActraRuntime(POLICY, on_event=(lambda event: None) if watched else None, **resolvers)

    @runtime.admit("pay")
    async def pay(amount):
        return "ran"

    for call in (lambda: runtime.admit("pay")(lambda amount: "ran")(1), lambda: asyncio.run(pay(1))):
        with pytest.raises(actra.ActraPolicyError, match=type(raised).__name__):
            call()


@pytest.mark.parametrize("raised", [asyncio.CancelledError(), GeneratorExit()], ids=repr)
def test_what_an_argument_raises_by_itself_interrupts_nobody(raised):
    broken = Interrupts(raised).of(False)
    pay = actra.ActraRuntime(POLICY, actor=lambda ctx: SAM, snapshot=lambda ctx: OPEN).admit("pay")(lambda amount: "ran")
    with pytest.raises(actra.ActraPolicyError, match=type(raised).__name__):
        actra.ActraRuntime(AMOUNTS).admit("pay")(lambda amount: "ran")(broken)
    # No rule reads it.
    assert pay(broken) == "ran"


AMOUNTS = actra.load_policy_from_string(
    SCHEMA,
    "version: 1\ndefault: allow\nrules: [{ id: r, scope: { action: pay }, when: action.amount > 5, effect: block }]",
)


def test_what_is_async_says_that_it_needs_asyncio(runtime):
    trio = pytest.importorskip("trio")

    async def somebody(ctx):
        return {}

    other = actra.ActraRuntime(runtime.policy, actor=somebody)

    @other.admit("refund")
    async def refund(amount, order_id=None):
        raise AssertionError

    with pytest.raises(actra.ActraPolicyError, match="what is async needs an event loop of asyncio, and this is another"):
        trio.run(refund, 5, "o1")
