"""Whom a grant is for, and who may give it: actors whose fields no rule reads count, too."""

import asyncio

import pytest

import actra


@pytest.fixture
def payments():
    """A policy whose rules do not read the actor's `id`."""
    return actra.load_policy_from_string(
        "version: 1\nactions: { pay: { fields: { amount: number } } }\n"
        "actor: { fields: { role: string, id: string } }",
        "version: 1\ndefault: allow\nrules:\n"
        "  - { id: no, scope: { action: pay }, when: actor.role == 'none', effect: block }\n"
        "  - { id: large, scope: { action: pay }, when: action.amount > 10, effect: require_approval }",
    )


def asked(call, *args, **kwargs):
    with pytest.raises(actra.ActraApprovalRequired) as raised:
        call(*args, **kwargs)
    return raised.value.approval


def fields_of_an_actor(waits):
    who = {"id": "sam"}

    def known():
        if who["id"] is None:
            raise LookupError("no directory")
        return who["id"]

    async def known_later(ctx):
        await asyncio.sleep(0)
        return known()

    return who, {"role": lambda ctx: "clerk", "id": known_later if waits else lambda ctx: known()}


def test_nobody_grants_their_own(payments):
    runtime = actra.ActraRuntime(payments, actor=lambda ctx: {"role": "clerk", "id": "sam"})
    pay = runtime.admit("pay")(lambda amount: amount)
    approval = asked(pay, 2_000)
    with pytest.raises(ValueError, match="nobody may grant their own request"):
        approval.grant(by="sam")
    assert [one.id for one in runtime.pending()] == [approval.id]
    assert runtime.approval(approval.id).reasons == approval.reasons
    approval.grant(by="ana")
    assert runtime.pending() == []
    assert pay(2_000) == 2_000
    assert runtime.approval(approval.id) is None


@pytest.mark.parametrize("waits", [False, True])
def test_a_grant_is_for_one_actor_also_where_no_rule_reads_who_it_is(payments, waits):
    who, fields = fields_of_an_actor(waits)
    runtime = actra.ActraRuntime(payments, actor=fields)
    ran = []

    @runtime.admit("pay")
    async def pay_later(amount):
        ran.append(who["id"])

    pay = runtime.admit("pay")(lambda amount: ran.append(who["id"]))
    call = (lambda amount: asyncio.run(pay_later(amount))) if waits else pay
    asked(call, 2_000).grant(by="ana")
    who["id"] = "eve"
    asked(call, 2_000)
    # Who is not known could be anybody.
    who["id"] = None
    with pytest.raises(actra.ActraPolicyError, match="not decided .*the actor could not be resolved: id: LookupError"):
        call(2_000)
    who["id"] = "sam"
    call(2_000)
    assert ran == ["sam"]


def test_fields_that_no_rule_reads_are_asked_for_only_before_somebody_is_asked(payments):
    calls = []
    fields = {name: lambda ctx, name=name: calls.append(name) or name for name in ("role", "id")}
    runtime = actra.ActraRuntime(payments, actor=fields, on_approval=lambda approval: approval.grant(by="ana"))
    pay = runtime.admit("pay")(lambda amount: amount)
    pay(1)
    assert calls == ["role"]
    pay(11)
    assert calls == ["role"] + ["role", "id"] * 2


@pytest.mark.parametrize("way", ["short", "fields", "watched", "async"])
def test_a_refusal_has_the_cause(payments, caplog, way):
    def who(ctx):
        raise KeyError("nobody")

    async def who_async(ctx):
        raise KeyError("nobody")

    actor = {"fields": {"role": who}, "async": who_async}.get(way, who)
    runtime = actra.ActraRuntime(payments, actor=actor, on_event=(lambda event: None) if way == "watched" else None)
    with pytest.raises(actra.ActraPolicyError) as raised:
        if way == "async":
            asyncio.run(runtime.check_async({"type": "pay", "amount": 5}))
        else:
            runtime.admit("pay")(lambda amount: None)(5)
    assert isinstance(raised.value.__cause__, KeyError)
    assert caplog.text.count("a resolver failed") == 1


def test_blanks_make_nobody_else_of_one(payments):
    runtime = actra.ActraRuntime(payments, actor=lambda ctx: {"role": "clerk", "id": "ana"})
    approval = asked(runtime.admit("pay")(lambda amount: None), 2_000)
    with pytest.raises(actra.ActraApprovalError, match="their own request"):
        runtime.grant(approval.id, by=" ana ")
