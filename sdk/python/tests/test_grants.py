"""What a grant is for: exactly one call, by one actor."""

import asyncio

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
        ("def refund(amount, type): ran.append(type)", None, ((2_000, "a"), {}), ((2_000, "b"), {})),
        ("def refund(amount, type): ran.append(type)", None, ((2_000, "refund"), {}), ((2_000, open), {})),
        ("def refund(amount, *rest): ran.append(rest)", None, ((2_000, 1, open), {}), ((2_000, 2, open), {})),
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


class Broken:
    model_fields = {}

    def model_dump(self, mode):
        raise RuntimeError("it cannot be told")


@pytest.mark.parametrize(
    "other",
    [
        {"memo": "\ud800"},
        {"memo": "a" * 5_000_000},
        {"memo": [open, "b"]},
        {"memo": {"to": open}},
        {"memo": float("nan")},
        {"memo": Broken()},
        {"amount": 1},
        {"\ud800": 1},
    ],
)
def test_what_cannot_be_had_in_full_cannot_be_approved(runtime, other):
    ran = []

    @runtime.admit("refund")
    def refund(amount, /, **others):
        ran.append(others)

    assert asked(refund, 2_000, **other) is None
    asked(refund, 2_000, memo=open).grant(by="ana")
    assert asked(refund, 2_000, **other) is None
    # What has no value at all is left out.
    refund(2_000, memo=len)
    assert ran == [{"memo": len}]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_argument_that_ends_the_program_ends_it(runtime, error):
    class Ending(Broken):
        def model_dump(self, mode):
            raise error

    refund = runtime.admit("refund")(lambda amount, memo: None)
    with pytest.raises(error):
        refund(2_000, Ending())


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
    assert asked(call, 2_000) is None
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
    with pytest.raises(actra.ActraApprovalRequired, match="what was approved is not what would be done now"):
        asyncio.run(pay(2_000, order)) if waits else refund(2_000, order)
    assert ran == []
