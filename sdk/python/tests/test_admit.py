"""Every kind of callable: the body runs if and only if the policy allows the call."""

import asyncio
import functools
import inspect
import time

import pytest

import actra


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

    with pytest.raises(actra.ActraSchemaError, match="let a field say `argument: type`"):
        runtime.admit("note")(lambda type, text="x": ran.append(type))

    @runtime.admit("note")
    def note(text="x"):
        ran.append(text)

    note("y")
    assert ran == ["y"]
    runtime.set_action_resolver(lambda name, args, kwargs, ctx: {"type": "refund", "amount": 20_000})
    with pytest.raises(actra.ActraPolicyError):
        note("x")
    assert ran == ["y"]


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


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
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


def test_the_default_runtime(policy, tmp_path, monkeypatch):
    import actra._default_runtime as default

    monkeypatch.setattr(default, "_runtime", None)
    monkeypatch.delenv("ACTRA_POLICY", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(actra.ActraError, match="no policy"):
        actra.admit()
    with pytest.raises(actra.ActraError, match="no policy"):
        actra.admit(lambda amount: None)
    directory = tmp_path / "actra"
    directory.mkdir()
    (directory / "schema.yaml").write_text("version: 1\nactions: { refund: { fields: { amount: number } } }")
    (directory / "policy.yaml").write_text(
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


LISTS = (
    "version: 1\nactions: { send: { fields: { to: list<string> } }, ping: {} }\n"
    "snapshot: { fields: { closed: 'boolean?' } }",
    "version: 1\ndefault: allow\nrules:\n"
    "  - { id: out, scope: { action: send }, when: '\"out\" in action.to', effect: block }\n"
    "  - { id: closed, scope: { action: send }, when: 'has(snapshot.closed) && snapshot.closed', effect: block }",
)


def built(action_type, args, kwargs, ctx):
    return {"to": list(kwargs["to"])}


@pytest.mark.parametrize("builder", [None, built])
@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("waits", [False, True])
def test_arguments_that_change_meanwhile_refuse_the_call(builder, watched, waits):
    to, ran = [], []

    def snapshot(ctx):
        to.append("out")
        return {}

    async def snapshot_later(ctx):
        await asyncio.sleep(0)
        return snapshot(ctx)

    runtime = actra.ActraRuntime(
        actra.load_policy_from_string(*LISTS),
        snapshot=snapshot_later if waits else snapshot,
        on_event=(lambda event: None) if watched else None,
    )

    @runtime.admit("send", action_builder=builder)
    async def send_later(to):
        ran.append(list(to))

    send = runtime.admit("send", action_builder=builder)(lambda to: ran.append(list(to)))
    with pytest.raises(actra.ActraPolicyError, match="its arguments changed while it was being decided"):
        asyncio.run(send_later(to)) if waits else send(to)
    to.clear()
    with pytest.raises(actra.ActraPolicyError, match="its arguments changed while it was being decided"):
        asyncio.run(runtime.check_async({"type": "send", "to": to})) if waits else runtime.check(
            {"type": "send", "to": to}
        )
    assert ran == []


@pytest.mark.parametrize("audit", [False, True])
def test_a_call_that_becomes_another_action_does_not_run(policy, audit):
    names, ran, events = iter(["note", "refund", "note", None]), [], []
    runtime = actra.ActraRuntime(policy, actor=lambda ctx: {}, on_event=events.append)

    def kind(function, args, kwargs):
        name = next(names)
        if name is None:
            raise LookupError("no name")
        return name

    runtime.set_action_type_resolver(kind)
    decorate = runtime.audit() if audit else runtime.admit()
    call = decorate(lambda text: ran.append(text))
    if audit:
        call("a"), call("b")
        assert ran == ["a", "b"] and [event.effect for event in events] == ["block"] * 2
        return
    with pytest.raises(actra.ActraPolicyError):
        call("a")
    with pytest.raises(actra.ActraPolicyError, match="cannot be read again: LookupError"):
        call("b")
    assert ran == []


def test_a_context_is_a_context_wherever_it_stands(policy):
    runtime = actra.ActraRuntime(policy, actor=lambda ctx: {"role": ctx})
    seen = []
    runtime.add_observer(lambda event: seen.append(event.context["actor"]["role"]))
    watched = runtime.admit("refund")(lambda amount, ctx=None: None)
    quick = actra.ActraRuntime(policy, actor=lambda ctx: seen.append(ctx) or {"role": ctx})
    unwatched = quick.admit("refund")(lambda amount, ctx=None: None)
    with actra.using("outer"):
        for call in (watched, unwatched):
            call(1, "given"), call(1, ctx="given"), call(1)
    assert seen == ["given", "given", "outer"] * 2


def test_no_parameter_names_the_action(runtime):
    @runtime.admit("refund")
    def refund(amount, _actra_type=None, _actra_default_0=None, _actra_bind=None):
        raise AssertionError

    with pytest.raises(actra.ActraPolicyError, match="action refund:"):
        refund(20_000, "note", "note", "note")


def test_an_argument_that_changes_while_it_is_read_is_an_argument(policy):
    class Growing:
        model_fields = {"one": None}
        model_dump = None

        @property
        def one(self):
            order.update((str(number), 1) for number in range(50))
            return 1

    order = {}
    order.update(first=Growing(), second=1)
    runtime = actra.ActraRuntime(policy, mode="audit")
    assert runtime.admit("refund")(lambda amount: len(amount))(order) == 52


def test_what_an_action_without_fields_is_called_with_is_not_shown():
    events = []
    runtime = actra.ActraRuntime(actra.load_policy_from_string(*LISTS), on_event=events.append)
    runtime.admit("ping")(lambda **others: None)(token="secret")
    runtime.admit("ping")(lambda token: None)(token="secret")
    assert [event.action for event in events] == [{"type": "ping"}] * 2


@pytest.mark.parametrize("shape", ["field", "whole", "field that waits", "whole that waits"])
def test_late_answers_are_not_used_beside_asynchronous_ones_either(policy, shape):
    def late(ctx):
        time.sleep(0.05)
        return False if shape.startswith("field") else {"fraud_flag": False}

    async def blocking(ctx):
        return late(ctx)

    one = blocking if shape.endswith("waits") else late
    snapshot = {"fraud_flag": one} if shape.startswith("field") else one
    runtime = actra.ActraRuntime(policy, snapshot=snapshot, deadline=0.01)

    @runtime.admit("refund")
    async def refund(amount):
        raise AssertionError

    with pytest.raises(actra.ActraPolicyError, match="rule fraud"):
        asyncio.run(refund(1))


RENAMED = (
    "version: 1\nactions: { ticket: { fields: { kind: { type: string, argument: type }, note: string? } } }",
    "version: 1\ndefault: allow\nrules:\n  - { id: no, scope: { action: ticket }, when: action.kind == 'bug', effect: block }",
)


@pytest.mark.parametrize("waits", [False, True])
def test_arguments_fill_the_fields_that_name_them(waits):
    runtime = actra.ActraRuntime(actra.load_policy_from_string(*RENAMED))
    ran = []

    @runtime.admit("ticket")
    async def ticket_later(type, note=None):
        ran.append(type)

    @runtime.admit("ticket")
    def spread(**arguments):
        ran.append(arguments["type"])

    ticket = runtime.admit("ticket")(lambda type, note=None: ran.append(type))
    for call in (ticket, spread, lambda **named: asyncio.run(ticket_later(**named))):
        call(type="question")
        with pytest.raises(actra.ActraPolicyError, match="by rule no"):
            call(type="bug")
    assert ran == ["question"] * 3


def test_a_parameter_called_type_needs_a_field(runtime):
    with pytest.raises(actra.ActraSchemaError, match="let a field say `argument: type`"):
        runtime.admit("refund")(lambda amount, type: None)
    spread = runtime.admit("refund")(lambda amount, **others: None)
    with pytest.raises(actra.ActraPolicyError, match="not decided"):
        spread(1, type="x")


@pytest.mark.parametrize("waits", [False, True])
def test_what_collides_is_found_out_anew_for_another_policy(waits):
    renamed = actra.load_policy_from_string(*RENAMED)
    guarded = RENAMED[1].replace("action.kind == 'bug'", "has(action.kind) && action.kind == 'bug'")
    plain = actra.load_policy_from_string(RENAMED[0].replace("{ type: string, argument: type }", "string?"), guarded)
    runtime = actra.ActraRuntime(plain)
    ran = []

    @runtime.admit("ticket")
    async def ticket_later(**arguments):
        ran.append(arguments)

    ticket = runtime.admit("ticket")(lambda **arguments: ran.append(arguments))
    call = (lambda **arguments: asyncio.run(ticket_later(**arguments))) if waits else ticket
    for _ in range(2):
        runtime.policy = plain
        with pytest.raises(actra.ActraPolicyError, match="not decided"):
            call(type="question")
        runtime.policy = renamed
        call(type="question")
        with pytest.raises(actra.ActraPolicyError, match="by rule no"):
            call(type="bug")
    assert ran == [{"type": "question"}] * 2
