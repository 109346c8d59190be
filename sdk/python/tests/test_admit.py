"""Every kind of callable: the body runs if and only if the policy allows the call."""

import asyncio
import functools
import inspect
import pickle
import sys
import threading

import pytest

import actra


def asking(value):
    return pytest.raises(actra.ActraApprovalRequired)


def test_a_plain_function_keeps_what_it_is(runtime):
    calls = []

    @runtime.admit(action_type="refund")
    def refund(order_id: str, amount: int, *, currency: str = "EUR") -> str:
        """Pays money back."""
        calls.append((order_id, amount, currency))
        return "done"

    assert refund("o1", 10) == "done"
    assert refund(order_id="o2", amount=20, currency="USD") == "done"
    assert refund.__name__ == "refund" and refund.__doc__ == "Pays money back."
    assert list(inspect.signature(refund).parameters) == ["order_id", "amount", "currency"]
    with pytest.raises(actra.ActraPolicyError) as raised:
        refund("o3", 20_000)
    assert (raised.value.matched_rule, raised.value.action_type) == ("huge", "refund")
    with pytest.raises(actra.ActraApprovalRequired):
        refund("o4", 2_000)
    assert calls == [("o1", 10, "EUR"), ("o2", 20, "USD")]
    with pytest.raises(TypeError, match="refund.*missing"):
        refund("o5")


def test_bare_and_by_the_name_of_the_function(runtime):
    @runtime.admit
    def refund(amount):
        return amount

    @runtime.admit()
    def note(text="x"):
        return text

    assert (refund(1), note()) == (1, "x")
    with pytest.raises(actra.ActraPolicyError):
        refund(20_000)


@pytest.mark.parametrize(
    "define",
    [
        "def refund(amount, /): ran.append(amount)",
        "def refund(amount, *rest): ran.append(amount)",
        "def refund(*, amount): ran.append(amount)",
        "def refund(amount=None, **other): ran.append(amount)",
        "def refund(order_id=None, amount=None, /, currency='EUR', *args, x=1, **kw): ran.append(amount)",
        "def refund(**kw): ran.append(kw['amount'])",
    ],
)
def test_parameters_of_all_kinds(runtime, define):
    ran = []
    scope = {"ran": ran}
    exec(define, scope)
    refund = runtime.admit(scope["refund"])
    named = inspect.signature(scope["refund"]).parameters
    positional = [one for one in named.values() if one.kind is one.POSITIONAL_ONLY]

    def call(amount):
        if positional:
            given = [None] * (len(positional) - 1) + [amount]
            return refund(*given)
        return refund(amount=amount)

    call(10)
    with pytest.raises(actra.ActraPolicyError):
        call(20_000)
    assert ran == [10]


def test_methods(runtime):
    class Bank:
        ran = 0

        @runtime.admit("refund")
        def plain(self, amount):
            Bank.ran += 1
            return self

        @classmethod
        @runtime.admit("refund")
        def inside(cls, amount):
            Bank.ran += 1
            return cls

        @runtime.admit("refund")
        @classmethod
        def outside(cls, amount):
            Bank.ran += 1
            return cls

        @staticmethod
        @runtime.admit("refund")
        def static(amount):
            Bank.ran += 1
            return amount

        @runtime.admit("refund")
        @staticmethod
        def static_outside(amount):
            Bank.ran += 1
            return amount

    bank = Bank()
    assert bank.plain(1) is bank
    assert Bank.inside(1) is Bank and bank.outside(1) is Bank
    assert Bank.static(1) == bank.static_outside(1) == 1
    assert Bank.ran == 5
    for forbidden in (bank.plain, Bank.inside, bank.outside, Bank.static, bank.static_outside):
        with pytest.raises(actra.ActraPolicyError):
            forbidden(20_000)
    assert Bank.ran == 5


def test_coroutines_generators_and_streams(runtime):
    ran = []

    @runtime.admit("refund")
    async def pay(amount):
        ran.append("pay")
        return amount

    @runtime.admit("refund")
    def parts(amount):
        ran.append("parts")
        yield from range(amount)

    @runtime.admit("refund")
    async def stream(amount):
        ran.append("stream")
        try:
            got = yield 1
            while True:
                try:
                    got = yield got
                except KeyError:
                    got = "caught"
        finally:
            ran.append("closed")

    assert inspect.iscoroutinefunction(pay) and inspect.isasyncgenfunction(stream)

    async def main():
        assert await pay(3) == 3
        assert list(parts(3)) == [0, 1, 2]
        items = stream(3)
        assert await items.__anext__() == 1
        assert await items.asend("x") == "x"
        assert await items.athrow(KeyError()) == "caught"
        assert await items.asend("y") == "y"
        await items.aclose()
        for forbidden in (pay(20_000), stream(20_000).__anext__()):
            with pytest.raises(actra.ActraPolicyError):
                await forbidden
        with pytest.raises(actra.ActraPolicyError):
            parts(20_000)

    asyncio.run(main())
    assert ran == ["pay", "parts", "stream", "closed"]


def test_partials_callables_and_classes(runtime):
    ran = []

    def refund(amount, currency):
        ran.append(currency)

    class Tool:
        def __call__(self, amount):
            ran.append(amount)

    class Order:
        def __init__(self, amount):
            ran.append(amount)

    runtime.admit(functools.partial(refund, currency="EUR"))(10)
    runtime.admit("refund")(Tool())(20)
    runtime.admit("refund")(Order)(30)
    for forbidden in (functools.partial(refund, currency="EUR"), Tool(), Order):
        with pytest.raises(actra.ActraPolicyError):
            runtime.admit("refund")(forbidden)(20_000)
    assert ran == ["EUR", 20, 30]


def test_what_cannot_arrive_is_an_error_when_it_is_decorated(runtime):
    for decorate in (
        lambda: runtime.admit("refund")(lambda amout: None),
        lambda: runtime.admit("refunds")(lambda amount: None),
        lambda: runtime.admit("refund", fields=["amout"])(lambda amout: None),
        lambda: runtime.admit("refund", fields=["currency"])(lambda amount, currency: None),
        lambda: runtime.admit("refund", fields=["amount"])(lambda total: None),
    ):
        with pytest.raises(actra.ActraSchemaError):
            decorate()


def test_an_argument_cannot_say_what_the_action_is(runtime):
    ran = []

    @runtime.admit("note")
    def note(type, text="x"):
        ran.append(type)

    note("refund")
    assert ran == ["refund"]
    runtime.set_action_resolver(lambda name, args, kwargs, ctx: {"type": "refund", "amount": 20_000})
    with pytest.raises(actra.ActraPolicyError):
        note("x")
    assert ran == ["refund"]


def test_fields_builders_and_contexts(runtime):
    seen = []

    def actor(ctx):
        seen.append(ctx)
        return {"role": getattr(ctx, "user", None)}

    runtime.set_actor_resolver(actor)

    @runtime.admit("refund", fields=["amount"])
    def first(amount, currency, ctx=None):
        return amount

    @runtime.admit("refund", action_builder=lambda name, args, kwargs, ctx: {"amount": kwargs["total"]})
    def second(total):
        return total

    assert first(1, "EUR", ctx=actra.ActraContext(user="ana")) == 1
    with actra.using("outer"):
        assert second(2) == 2
    with pytest.raises(actra.ActraPolicyError):
        second(20_000)
    assert [getattr(ctx, "user", ctx) for ctx in seen] == ["ana", "outer", None]
    # A runtime for tools that agents call takes no identity from arguments.
    strict = actra.ActraRuntime(runtime.policy, actor=actor, context_from_arguments=False)
    strict.admit("refund")(first.__wrapped__)(1, "EUR", ctx=actra.ActraContext(user="eve"))
    assert seen[-1] is None


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


def test_errors_can_be_pickled(runtime, policy):
    @runtime.admit("refund")
    def refund(amount):
        raise AssertionError

    for amount in (2_000, 20_000):
        with pytest.raises(actra.ActraPolicyError) as raised:
            refund(amount)
        error = raised.value
        error.__cause__ = KeyError("cause")
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
        assert again.decision == error.decision and again.decision.message == error.decision.message
        assert again.context == error.context and repr(again.__cause__) == "KeyError('cause')"
        assert set(error.to_dict()) == {"action", "decision", "context"}
    assert pickle.loads(pickle.dumps(policy)) == policy
    with pytest.raises(actra.ActraCompileError) as wrong:
        actra.load_policy_from_string("version: 1\nactions: {}", "rules: [")
    again = pickle.loads(pickle.dumps(wrong.value))
    assert again.diagnostics == wrong.value.diagnostics and again.diagnostics[0]["code"]
    assert isinstance(again, ValueError)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_keeps_its_cause(protocol):
    decision = {"effect": "block", "matched_rule": "huge"}
    for error in (
        actra.ActraError("x"),
        actra.ActraPolicyError("refund", decision, {"action": {"type": "refund"}}, "said"),
        actra.ActraApprovalRequired("refund", {**decision, "effect": "require_approval"}),
        actra.ActraCompileError("x", '{"diagnostics":[{"code":"E0101"}]}'),
        actra.ActraSchemaError("x", KeyError("inner")),
    ):
        again = pickle.loads(pickle.dumps(error, protocol))
        assert again.__cause__ is None
        error.__cause__ = actra.ActraError("outer")
        error.__cause__.__cause__ = KeyError("inner")
        again = pickle.loads(pickle.dumps(error, protocol))
        assert (type(again), again.args, str(again)) == (type(error), error.args, str(error))
        assert repr(again.__cause__.__cause__) == "KeyError('inner')"
        for name in ("action_type", "decision", "context", "matched_rule", "diagnostics"):
            assert getattr(again, name, None) == getattr(error, name, None)
        assert repr(getattr(again, "original_error", None)) == repr(getattr(error, "original_error", None))


def test_a_cancelled_call_never_runs(policy):
    async def slow(ctx):
        await asyncio.sleep(60)

    runtime = actra.ActraRuntime(policy, snapshot=slow)
    ran = []

    @runtime.admit("refund")
    async def refund(amount):
        ran.append(amount)

    async def main():
        task = asyncio.ensure_future(refund(1))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert ran == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("watched", [False, True])
def test_what_is_no_exception_passes_and_nothing_runs(policy, error, watched):
    def interrupted(ctx):
        raise error

    runtime = actra.ActraRuntime(policy, actor=interrupted, on_event=(lambda event: None) if watched else None)
    ran = []

    @runtime.admit("refund")
    def refund(amount):
        ran.append(amount)

    with pytest.raises(error):
        refund(1)
    assert ran == []


def test_the_body_may_fail_and_call_itself(runtime):
    ran = []

    @runtime.admit("refund")
    def refund(amount):
        ran.append(amount)
        if amount > 1:
            refund(amount - 1)
        if amount == 3:
            raise KeyError(amount)

    with pytest.raises(KeyError):
        refund(3)
    assert ran == [3, 2, 1]


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


def test_events(policy):
    events = []
    runtime = actra.ActraRuntime(policy, actor=lambda ctx: {"role": "clerk"}, on_event=events.append)

    @runtime.admit("refund")
    def refund(amount):
        return amount

    with actra.using(None, correlation_id="c1"):
        refund(1)
    with pytest.raises(actra.ActraPolicyError):
        refund(20_000)
    assert [(event.effect, event.outcome, event.correlation_id) for event in events] == [
        ("allow", "ran", "c1"),
        ("block", "refused", None),
    ]
    last = events[-1]
    assert last.is_blocked and last.action_type == "refund" and last.matched_rule == "huge"
    assert last.context["actor"] == {"role": "clerk"} and last.duration_ms > 0
    assert last.timestamp.tzinfo is not None and last.line.endswith(b"}\n")
    assert b'"correlation":"c1"' in events[0].line and b"correlation" not in last.line


def test_lines_of_events(policy, tmp_path):
    path = tmp_path / "events.jsonl"
    runtime = actra.ActraRuntime(policy, on_event=actra.json_lines(str(path)))
    runtime.admit("refund")(lambda amount: None)(1)
    assert path.read_text().startswith('{"schema":"actra/event/v1"')


def test_the_default_runtime(policy, tmp_path, monkeypatch):
    import actra._default as default

    monkeypatch.setattr(default, "_runtime", None)
    monkeypatch.delenv("ACTRA_POLICY", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(actra.ActraError, match="no policy"):
        actra.admit()
    with pytest.raises(actra.ActraError, match="no policy"):
        actra.admit(lambda amount: None)
    folder = tmp_path / "actra"
    folder.mkdir()
    (folder / "schema.yaml").write_text("version: 1\nactions: { refund: { fields: { amount: number } } }")
    (folder / "policy.yaml").write_text(
        "version: 1\ndefault: allow\nrules:\n"
        "  - { id: large, scope: { action: refund }, when: action.amount > 10, effect: block }"
    )
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")

    @actra.admit()
    def refund(amount):
        return amount

    assert refund(1) == 1
    with pytest.raises(actra.ActraPolicyError):
        refund(11)
    monkeypatch.setenv("ACTRA_POLICY", str(tmp_path / "nothing"))
    monkeypatch.setattr(default, "_runtime", None)
    with pytest.raises(FileNotFoundError):
        actra.admit()
    assert actra.configure(policy) is actra.default_runtime()


def test_questions_see_the_current_context(policy):
    seen = []
    runtime = actra.ActraRuntime(policy, actor=lambda ctx: seen.append(ctx) or {})
    with actra.using("outer"):
        runtime.allow("refund", amount=1)
        runtime.check({"type": "refund", "amount": 1})
        asyncio.run(runtime.check_async({"type": "refund", "amount": 1}))
        runtime.evaluate({"type": "refund", "amount": 1}, ctx="given")
    runtime.evaluate({"type": "refund", "amount": 1})
    assert seen == ["outer", "outer", "outer", "given", None]


def test_check_async_waits(policy):
    async def snapshot(ctx):
        await asyncio.sleep(0)
        return {"fraud_flag": ctx == "flagged"}

    async def approve(approval):
        await asyncio.sleep(0)
        return approval.grant(by="ana")

    runtime = actra.ActraRuntime(policy, snapshot=snapshot, on_approval=approve)

    async def main():
        allowed = await runtime.check_async({"type": "refund", "amount": 1})
        granted = await runtime.check_async({"type": "refund", "amount": 2_000})
        assert (allowed.effect, granted.effect) == ("allow", "require_approval")
        for amount, ctx in ((1, "flagged"), (20_000, None)):
            with pytest.raises(actra.ActraPolicyError):
                await runtime.check_async({"type": "refund", "amount": amount}, ctx)

    asyncio.run(main())


def policy_that_limits(field, limit=10, ask=False):
    effect = "require_approval" if ask else "block"
    return actra.load_policy_from_string(
        f"version: 1\nactions: {{ pay: {{ fields: {{ {field}: integer? }} }} }}",
        "version: 1\ndefault: allow\nrules:\n"
        f"  - {{ id: limit, scope: {{ action: pay }}, when: 'has(action.{field}) && action.{field} > {limit}',"
        f" effect: {effect} }}",
    )


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("watched", [False, True])
def test_an_action_made_for_one_schema_is_not_decided_by_another(watched, waits):
    first, second = policy_that_limits("x"), policy_that_limits("y")

    def swap(args, kwargs):
        # Behind the arguments and before the decision.
        runtime.policy = second

    runtime = actra.ActraRuntime(first, context=swap, on_event=(lambda event: None) if watched else None)
    ran = []

    if waits:

        @runtime.admit("pay")
        async def pay(x, y):
            ran.append((x, y))

        call = lambda *args: asyncio.run(pay(*args))  # noqa: E731
    else:
        call = runtime.admit("pay")(lambda x, y: ran.append((x, y)))
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

    if waits:

        @runtime.admit("pay")
        async def pay(x, y):
            ran.append((x, y))

        call = lambda *args: asyncio.run(pay(*args))  # noqa: E731
    else:
        call = runtime.admit("pay")(lambda x, y: ran.append((x, y)))
    for x, following, error in ((20, second, "the schema was replaced"), (30, third, "is blocked")):
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
