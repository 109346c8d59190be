"""What is explained of a call is what would come of it."""

import functools

import pytest

import actra

SCHEMA = """
version: 1
actions:
  pay: { fields: { amount: 'integer?', note: 'string?', args: 'any?' } }
actor: { fields: { id: 'string?' } }
snapshot: { fields: { frozen: 'boolean?' } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: limit, scope: { action: pay }, when: has(action.amount) && action.amount > 100, effect: block }
  - { id: ask, scope: { action: pay }, when: has(action.amount) && action.amount == 50, effect: require_approval }
  - { id: frozen, scope: { action: pay }, when: has(snapshot.frozen) && snapshot.frozen, effect: block }
"""


def runtime(**settings):
    return actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES), **settings)


def verdict(call, *args, **kwargs):
    """The effect, and the words of a refusal."""
    try:
        call(*args, **kwargs)
    except actra.ActraPolicyError as refused:
        return refused.decision.effect, str(refused)
    return "allow", None


def callables(made):
    class Shop:
        @made.admit("pay")
        def pay(self, amount=1, note=""):
            return amount

        @classmethod
        @made.admit("pay")
        def pay_of_class(cls, amount=1):
            return amount

        @staticmethod
        @made.admit("pay")
        def pay_alone(amount=1):
            return amount

        @made.admit("pay")
        def __call__(self, amount=1):
            return amount

    shop = Shop()
    yield from (shop.pay, shop.pay_of_class, Shop.pay_of_class, shop.pay_alone, shop)
    yield made.admit("pay")(shop.pay.__func__.__wrapped__.__get__(shop))
    for one in (functools.partial(shop.pay, note="x"), functools.partial(functools.partial(Shop.pay, shop), note="x")):
        yield one


@pytest.mark.parametrize("amount", [5, 50, 5_000])
def test_a_receiver_is_no_argument(amount, capsys):
    made = runtime()
    for call in callables(made):
        for args, kwargs in (((amount,), {}), ((), {"amount": amount})):
            assert made.explain_call(call, *args, **kwargs).effect == verdict(call, *args, **kwargs)[0]


def odd(made):
    yield made.admit("pay")(lambda *args, **kwargs: None), (), {"args": 1}
    yield made.admit("pay")(lambda amount=1, /, **kwargs: None), (5,), {"amount": 1}
    yield made.admit("pay")(lambda **kwargs: None), (), {"type": "x"}
    yield made.admit("pay")(lambda *rest, **kwargs: None), (5,), {}
    yield made.admit("pay")(lambda self, /, **kwargs: None), (5,), {"self": 1}


def test_what_would_be_refused_is_told_in_the_words_of_the_refusal(capsys):
    made = runtime()
    for call, args, kwargs in odd(made):
        effect, words = verdict(call, *args, **kwargs)
        assert effect == "block" and "not decided" in words
        assert made.explain_call(call, *args, **kwargs).effect == effect
        assert f"Refused: {words}" in capsys.readouterr().out.splitlines()


def fails(ctx):
    raise OSError("gone")


async def late(ctx):
    return {"id": "x"}


@pytest.mark.parametrize(
    "failing", [lambda ctx: None, lambda ctx: [1], fails, {"id": fails}, late, lambda ctx: {"id": object()}]
)
@pytest.mark.parametrize("record", ["actor", "snapshot"])
def test_records_that_cannot_be_had_are_explained_as_they_are_decided(record, failing, capsys):
    if isinstance(failing, dict) and record == "snapshot":
        failing = {"frozen": fails}
    events = []
    made = runtime(**{record: failing}, on_event=events.append)
    call = made.admit("pay")(lambda amount: None)
    for amount in (5, 50, 5_000):
        effect, words = verdict(call, amount)
        action = {"type": "pay", "amount": amount}
        events.clear()
        for explain in (lambda: made.explain(action), lambda: made.explain_call(call, amount)):
            assert explain().effect == effect
            told = capsys.readouterr().out
            assert f"Decision: {effect}" in told and (words is None or words in told or "limit: true" in told)
        # Nobody hears of it.
        assert not events


def test_an_explanation_opens_no_request_and_asks_nobody(capsys):
    asked = []
    made = runtime(on_approval=asked.append)
    call = made.admit("pay")(lambda amount, ctx=None: None)
    for mode in ("enforce", "audit"):
        made.mode = mode
        assert made.explain_call(call, 50, ctx="boss").effect == "require_approval"
        assert made.explain({"type": "pay", "amount": 50}).effect == "require_approval"
        assert made.explain_call(call, 50, action_type="gone").effect == "block"
    assert not asked and not made.pending()
    assert "ask: true" in capsys.readouterr().out


def test_a_builder_and_a_resolver_of_types_are_asked_as_in_a_call(capsys):
    made = runtime()
    made.set_action_type_resolver(lambda function, args, kwargs: "pay")
    call = made.admit(action_builder=lambda name, args, kwargs, ctx: {"amount": 5_000, "note": ctx})(lambda ctx=None: None)
    assert made.explain_call(call, ctx="boss").effect == verdict(call, ctx="boss")[0] == "block"
    assert "'note': 'boss'" in capsys.readouterr().out


def test_an_argument_of_the_function_is_its_own():
    made = runtime()

    @made.admit("pay")
    def own(amount, action_type=None, func=None):
        return "ran"

    assert made.explain_call(own, 5, action_type="gone", func=2).effect == "allow"
    assert made.explain_call(own, 500, action_type="gone").effect == "block"
