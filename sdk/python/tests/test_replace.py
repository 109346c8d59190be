"""A policy is replaced while calls are under way."""

import asyncio
import sys
import threading

import pytest

import actra


def test_policies_are_swapped_whole(policy):
    block = actra.load_policy_from_string(
        "version: 1\nactions: { refund: { fields: { amount: number } } }",
        "version: 1\ndefault: block\nrules:\n"
        "  - { id: one, scope: { action: refund }, when: action.amount == 1, effect: allow }",
    )
    runtime = actra.ActraRuntime(policy)
    counts = {"ran": 0, "refused": 0}

    @runtime.admit("refund")
    def refund(amount):
        return amount

    stop = threading.Event()

    def work():
        while not stop.is_set():
            assert refund(1) == 1
            try:
                refund(50_000)
                counts["ran"] += 1
            except actra.ActraPolicyError:
                counts["refused"] += 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    for number in range(200):
        runtime.policy = block if number % 2 == 0 else policy
    stop.set()
    [thread.join() for thread in threads]
    assert counts["ran"] == 0 and counts["refused"] > 0
    assert runtime.health()["swaps"] == 200 and runtime.health()["stale"] is None


def policy_that_limits(field, limit=10, ask=False):
    effect = "require_approval" if ask else "block"
    return actra.load_policy_from_string(
        f"version: 1\nactions: {{ pay: {{ fields: {{ {field}: integer? }} }} }}",
        "version: 1\ndefault: allow\nrules:\n"
        f"  - {{ id: limit, scope: {{ action: pay }}, when: 'has(action.{field}) && action.{field} > {limit}',"
        f" effect: {effect} }}",
    )


def paying(runtime, ran, waits):
    """A function of two arguments, called in a loop of its own if it waits."""

    @runtime.admit("pay")
    async def pay(x, y):
        ran.append((x, y))

    if waits:
        return lambda *args: asyncio.run(pay(*args))
    return runtime.admit("pay")(lambda x, y: ran.append((x, y)))


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("watched", [False, True])
def test_an_action_made_for_one_schema_is_not_decided_by_another(watched, waits):
    first, second = policy_that_limits("x"), policy_that_limits("y")

    def swap(args, kwargs):
        # Behind the arguments and before the decision.
        runtime.policy = second

    runtime = actra.ActraRuntime(first, context=swap, on_event=(lambda event: None) if watched else None)
    ran = []

    call = paying(runtime, ran, waits)
    with pytest.raises(actra.ActraPolicyError):
        call(20, 20)
    runtime.policy = first
    # A call that has begun finishes on the policy it began with; the next one does not.
    call(1, 20)
    with pytest.raises(actra.ActraPolicyError):
        call(1, 20)
    assert ran == [(1, 20)]


@pytest.mark.parametrize("waits", [False, True])
def test_a_grant_does_not_outlive_the_schema(waits):
    first, second, third = policy_that_limits("x", ask=True), policy_that_limits("y"), policy_that_limits("x")
    after = []

    def approve(approval):
        runtime.policy = after[0]
        return approval.grant(by="ana")

    async def approve_later(approval):
        return approve(approval)

    runtime = actra.ActraRuntime(first, on_approval=approve_later if waits else approve)
    ran = []

    call = paying(runtime, ran, waits)
    for x, following, error in ((20, second, "the schema was replaced"), (30, third, "blocked")):
        after[:] = [following]
        runtime.policy = first
        with pytest.raises(actra.ActraPolicyError, match=error):
            call(x, 20)
    after[:] = [first]
    runtime.policy = first
    call(40, 20)
    assert ran == [(40, 20)]


def test_threads_never_mix_two_schemas():
    first, second = policy_that_limits("x"), policy_that_limits("y")
    runtime = actra.ActraRuntime(first)
    ran, stop = [], threading.Event()
    pay = runtime.admit("pay")(lambda x, y: ran.append((x, y)))

    def work():
        while not stop.is_set():
            with pytest.raises(actra.ActraPolicyError):
                pay(20, 20)
            pay(1, 1)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=work) for _ in range(4)]
    try:
        [thread.start() for thread in threads]
        for number in range(2000):
            runtime.policy = first if number % 2 else second
    finally:
        stop.set()
        [thread.join() for thread in threads]
        sys.setswitchinterval(interval)
    assert ran and set(ran) == {(1, 1)}


def policy_of(schema, rule):
    return actra.load_policy_from_string(f"version: 1\n{schema}", f"version: 1\ndefault: allow\nrules: [{rule}]")


ASK = "{ id: ask, scope: { action: pay }, when: true, effect: require_approval }"
TOTAL = "type: object, fields: { a: integer, total: integer? }"
PLAIN = TOTAL.replace(", total: integer?", "")
#: Where the object lies whose model finds out something that only the second policy declares.
RECORDS = {
    "action": "actions: {{ pay: {{ fields: {{ o: {{ {0} }} }} }} }}",
    "actor": "actions: {{ pay: {{}} }}\nactor: {{ fields: {{ o: {{ {0} }} }} }}",
    "snapshot": "actions: {{ pay: {{}} }}\nsnapshot: {{ fields: {{ o: {{ {0} }} }} }}",
}


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("record", RECORDS)
def test_the_policy_after_a_grant_sees_what_it_declares(record, watched):
    pydantic = pytest.importorskip("pydantic")

    class Order(pydantic.BaseModel):
        a: int = 1

        @pydantic.computed_field
        @property
        def total(self) -> int:
            return self.a * 100

    first = policy_of(RECORDS[record].format(PLAIN), ASK.replace("true", f"{record}.o.a > 0"))
    limit = f"has({record}.o.total) && {record}.o.total > 5"
    second = policy_of(
        RECORDS[record].format(TOTAL),
        f"{{ id: limit, scope: {{ action: pay }}, when: '{limit}', effect: block }}",
    )

    def approve(approval):
        runtime.policy = second
        return approval.grant(by="max")

    given = {name: (lambda ctx: {"o": Order()}) for name in ("actor", "snapshot") if name == record}
    given["on_event"] = (lambda event: None) if watched else None
    action = {"type": "pay", **({"o": Order()} if record == "action" else {})}
    ran = []

    def pay(o):
        ran.append(o)

    async def pay_later(o):
        ran.append(o)

    for call in (
        lambda runtime: runtime.admit("pay")(pay)(Order()),
        lambda runtime: asyncio.run(runtime.admit("pay")(pay_later)(Order())),
        lambda runtime: runtime.check(action),
        lambda runtime: asyncio.run(runtime.check_async(action)),
    ):
        runtime = actra.ActraRuntime(first, on_approval=approve, **given)
        with pytest.raises(actra.ActraPolicyError, match="blocked by rule limit"):
            call(runtime)
    assert ran == []


def test_a_function_that_does_not_fit_the_policy_after_a_grant_does_not_run():
    schema = "actions: { pay: { fields: { x: integer?, y: integer? } } }"
    reads_y = "{ id: y, scope: { action: pay }, when: 'has(action.y) && action.y > 5', effect: block }"
    first, second = policy_of(schema, ASK), policy_of(schema, reads_y)

    def approve(approval):
        runtime.policy = after[0]
        return approval.grant(by="max")

    runtime = actra.ActraRuntime(first, on_approval=approve)
    ran, after = [], [second]

    @runtime.admit("pay")
    def pay(x, *others):
        ran.append(others)

    @runtime.admit("pay")
    def pay_any(*args, **kwargs):
        ran.append(args)

    for call in (lambda: pay(1, 50), lambda: pay_any(1, 50)):
        runtime.policy = first
        with pytest.raises(actra.ActraPolicyError, match="no name"):
            call()
    assert ran == []
    # By itself, the second policy says the same.
    with pytest.raises((actra.ActraPolicyError, actra.ActraSchemaError), match="no name"):
        pay(1, 50)
    runtime.policy, after[:] = first, [policy_of(schema, reads_y.replace('action.y', 'action.x'))]
    pay(1, 50)
    assert ran == [(50,)]
