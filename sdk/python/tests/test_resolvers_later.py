"""Resolvers that turn out to be asynchronous only when they are called."""

import asyncio

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
