"""What counts for an approval, what does not, and what is shown of it."""

import pytest

import actra

SCHEMA = """
version: 1
actions:
  pay: { fields: { amount: number, card: { type: string, sensitive: true, optional: true }, memo: string? } }
snapshot: { fields: { now: number? } }
"""

RULES = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: pay }, when: "action.amount > 5 && snapshot.?now.orValue(1) > 0", effect: require_approval }
"""


@pytest.fixture
def runtime():
    return actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES))


def refused(call, *args, **kwargs):
    with pytest.raises(actra.ActraApprovalRequired) as raised:
        call(*args, **kwargs)
    return raised.value


def test_an_argument_with_the_name_of_a_fact_counts(runtime):
    @runtime.admit("pay", unbound=["snapshot.now"])
    def pay(amount, **others):
        return others

    refused(pay, 10, **{"snapshot.now": "a"}).approval.grant(by="max")
    refused(pay, 10, **{"snapshot.now": "b"})
    assert pay(10, **{"snapshot.now": "a"}) == {"snapshot.now": "a"}


def test_the_receiver_is_a_parameter_like_any_other(runtime):
    class Till:
        def __init__(self, number):
            self.lock = object()

        @runtime.admit("pay", unbound=["self"])
        def pay(self, amount, to):
            return to

    refused(Till(1).pay, 10, "ana").approval.grant(by="max")
    refused(Till(2).pay, 10, "bo")
    assert Till(2).pay(10, "ana") == "ana"


def test_a_secret_that_is_left_out_is_not_described(runtime):
    @runtime.admit("pay", fields=["amount"])
    def pay(amount, card, memo, other):
        return amount

    error = refused(pay, 10, "4111", "rent", 1)
    assert set(error.approval.arguments) == {"memo", "other"}
    # The schema declares it.
    assert "`memo`" not in str(error) and "`other`" in str(error)


def test_values_are_described_by_type_and_size(runtime):
    @runtime.admit("pay")
    def pay(amount, **others):
        return others

    values = {
        "array": bytearray(b"abc"),
        "view": memoryview(b"abc"),
        "mapping": {1: 2},
        "half": "\ud800",
        "large": 10**31,
        "pair": (1, 2),
    }
    shown = {name: refused(pay, 10, value=value).approval.arguments["value"] for name, value in values.items()}
    assert shown == {
        "array": "bytearray, 3 bytes",
        "view": "memoryview, 3 bytes",
        "mapping": "object, 1 member",
        "half": "string, 3 bytes",
        "large": "number",
        "pair": "tuple, 2 elements",
    }
