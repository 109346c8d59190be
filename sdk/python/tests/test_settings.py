"""Settings are checked when they are made."""

import asyncio
import enum

import pytest

import actra


@pytest.mark.parametrize("value", ["false", "off", "no", "", 0, 1, None, [], 0.0])
def test_whether_arguments_say_who_acts_is_true_or_false(policy, value):
    for make in (actra.ActraRuntime, actra.configure):
        with pytest.raises(TypeError, match="`context_from_arguments` must be True or False, but this is a"):
            make(policy, context_from_arguments=value)


@pytest.mark.parametrize("fields", ["amount", b"amount", ["amount", 1], 5])
def test_fields_are_a_list_of_names(runtime, fields):
    with pytest.raises(TypeError):
        runtime.admit("refund", fields=fields)(lambda amount: None)


@pytest.mark.parametrize("other", ["x", None, 5, {}])
def test_what_is_no_policy_is_not_put_in_force(runtime, policy, other):
    with pytest.raises(TypeError, match="a runtime needs a policy, but this is a"):
        runtime.policy = other
    assert runtime.policy is policy and runtime.health()["swaps"] == 0


@pytest.mark.parametrize("name", ["approval_valid", "approval_deadline", "deadline"])
@pytest.mark.parametrize("seconds", [1e12, 1e19, 10**400, float("inf"), float("nan"), 0, -1, "5", True], ids=lambda seconds: repr(seconds)[:9])
def test_times_have_an_end(policy, name, seconds):
    with pytest.raises(ValueError, match=f"`{name}` must be a number of seconds above zero"):
        actra.ActraRuntime(policy, **{name: seconds})


def test_a_hundred_years_can_be_waited_for(policy):
    async def hear(event):
        await asyncio.sleep(0)

    century = 100 * 365 * 24 * 60 * 60
    times = {"deadline": century, "approval_deadline": century, "approval_valid": century}
    runtime = actra.ActraRuntime(policy, on_event=hear, on_approval=lambda one: one.grant(by="ana"), **times)
    assert runtime.admit("refund")(lambda amount: "ran")(2_000) == "ran"

    @runtime.admit("refund")
    async def refund(amount):
        return "ran"

    assert asyncio.run(refund(2_000)) == "ran"


def test_the_name_of_an_action_is_the_text_of_a_member(runtime, policy):
    class Name(str, enum.Enum):
        REFUND = "refund"

    assert runtime.admit(Name.REFUND)(lambda amount: "ran")(1) == "ran"
    resolved = actra.ActraRuntime(policy)
    resolved.set_action_type_resolver(lambda func, args, kwargs: Name.REFUND)
    with pytest.raises(actra.ActraPolicyError, match="too large"):
        resolved.admit()(lambda amount: "ran")(20_000)
    assert resolved.resolve_action_type(None, (), {}, None) == "refund"
