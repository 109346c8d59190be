"""Calls of every shape with values of every kind: what the body received is what was decided and, where asked, approved.

Some thousand calls; ``ACTRA_SOAK=N`` asks for about N. ``ACTRA_SEED`` begins elsewhere.
"""

import functools
import os

import pytest

import actra
from shapes import drive, records

SOAK = int(os.environ.get("ACTRA_SOAK", "0"))
CALLS = max(SOAK, 6_000)
#: Of one set of seeds.
CHUNK = 10_000


def soaked(generator):
    """What came of so many calls, one set of seeds after the other."""
    seed = int(os.environ.get("ACTRA_SEED", "0"))
    counts = generator.Counter()
    while counts["calls"] < CALLS:
        counts += generator.soak(seed, min(CHUNK, CALLS))
        seed += 1
        if SOAK:
            print({word: count for word, count in counts.items() if not word.startswith(" ")}, flush=True)
    return counts


def test_what_the_body_received_is_what_was_decided(quiet):
    counts = soaked(drive)
    # Nothing is tested by calls that all come to the same.
    for word in ("ran", "blocked", "ask", "type", "same after a grant", "another after a grant", "not to be approved"):
        assert counts[word] * 1_000 > counts["calls"], counts


def test_records_are_decided_about_alike_in_whichever_way_they_are_given(quiet):
    counts = soaked(records)
    for word in ("ran", "blocked", "ask"):
        assert counts[word] * 100 > counts["calls"], counts


@pytest.fixture
def act(runtime):
    return runtime.admit("refund")


def test_what_cannot_be_called_is_no_operation(act):
    class Described:
        def __get__(self, instance, owner):
            return lambda amount: amount

    partial_method = functools.partialmethod(lambda this, amount: amount)
    for wrong in (5, "x", property(lambda this: 1), Described(), partial_method, functools.cached_property(lambda this: 1)):
        with pytest.raises(TypeError, match="must be callable"):
            act(wrong)


def test_a_wrapper_that_shows_other_arguments_is_refused_when_it_is_decorated(runtime, act):
    def refund(amount=5_000):
        raise AssertionError

    @functools.wraps(refund)
    def injects(*args, **kwargs):
        return refund(*args, **kwargs)

    with pytest.raises(actra.ActraSchemaError, match="put `admit` below the other decorators"):
        act(injects)
    # Our own hand on what they get.
    with pytest.raises(actra.ActraPolicyError):
        act(act(lambda amount: amount))(20_000)
    built = runtime.admit("refund", action_builder=lambda name, args, kwargs, ctx: {"amount": kwargs["args"][0]})
    with pytest.raises(actra.ActraPolicyError):
        built(injects)(20_000)


def test_what_partial_gives_is_seen_as_it_is_at_the_call(act):
    ran = []

    def refund(amount, currency="EUR"):
        ran.append(amount)

    given = functools.partial(refund, 20_000)
    with pytest.raises(actra.ActraPolicyError, match="too large"):
        act(given)()
    later = functools.partial(refund, amount=5)
    call = act(later)
    call()
    later.keywords["amount"] = 20_000
    with pytest.raises(actra.ActraPolicyError, match="too large"):
        call()
    assert ran == [5]


def test_the_receiver_of_a_bound_method_counts(act):
    class Account(str):
        def refund(self, amount):
            return self

    def asked(call):
        with pytest.raises(actra.ActraApprovalRequired) as raised:
            call(2_000)
        return raised.value.approval

    ana, eve = act(Account("ana").refund), act(Account("eve").refund)
    asked(ana).grant(by="sam")
    asked(eve)
    assert ana(2_000) == "ana"


def test_a_name_of_an_argument_is_plain_text(act):
    class Name(str):
        """It equals one name first, and another one later."""

        asked = 0

        def __eq__(self, other):
            Name.asked += 1
            return other == ("order_id" if Name.asked < 2 else "amount")

        __hash__ = str.__hash__

    def refund(amount=5, order_id=None):
        return amount

    with pytest.raises((actra.ActraPolicyError, TypeError)):
        assert act(refund)(**{Name("x"): 20_000}) == 5


@pytest.mark.parametrize("define", ["def act(ﬁx=None): pass", "def act(**others): pass"])
def test_names_that_python_reads_otherwise_are_an_error(define):
    field = "{ type: number, optional: true, argument: %s }"
    rules = "version: 1\ndefault: allow\nrules: [{ id: a, scope: { action: act }, when: 'has(action.n) && action.n > 1', effect: block }]"
    policy = lambda name: actra.load_policy_from_string(  # noqa: E731
        f"version: 1\nactions: {{ act: {{ fields: {{ n: {field % name} }} }} }}", rules
    )
    scope = {}
    exec(define, scope)
    with pytest.raises(actra.ActraSchemaError, match="write `argument: fix`"):
        actra.ActraRuntime(policy("ﬁx")).admit("act")(scope["act"])
    with pytest.raises(actra.ActraPolicyError):
        actra.ActraRuntime(policy("fix")).admit("act")(scope["act"])(ﬁx=2)
