"""Errors can be handed on to another process."""

import copy
import json
import pickle
import threading

import pytest

import actra


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
        assert {"action", "decision", "context"} <= set(error.to_dict())
        assert again.for_model() == error.for_model() and again.for_model().startswith("The call was refused: action refund")
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


class WithCode(Exception):
    """Its arguments are not those that it is made of."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Holding(Exception):
    def __init__(self, text="held"):
        super().__init__(text)
        self.connection = lambda: None


class Raising(Exception):
    def __reduce__(self):
        raise RuntimeError("not to be handed on")

    def __str__(self):
        raise RuntimeError("not to be said")


@pytest.mark.parametrize(
    "cause, words",
    [
        (WithCode(1, "gone"), "WithCode: gone"), (Holding(), "Holding: held"), (Raising(), "Raising"),
        (type("Local", (Exception,), {})("x"), "Local: x"),
    ],
)  # fmt: skip
def test_a_cause_that_cannot_be_handed_on_is_in_words(policy, cause, words):
    def fails(ctx):
        raise cause

    with pytest.raises(actra.ActraPolicyError) as raised:
        actra.ActraRuntime(policy, actor=fails).admit("refund")(lambda amount: None)(5)
    schema = actra.ActraSchemaError("x", cause)
    outer = actra.ActraError("outer")
    outer.__cause__ = raised.value
    for error, found in (
        (raised.value, lambda error: error.__cause__), (schema, lambda error: error.original_error),
        (outer, lambda error: error.__cause__.__cause__),
    ):  # fmt: skip
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
        assert (type(found(again)), str(found(again))) == (actra.ActraError, words)


def test_an_error_that_is_held_twice_is_handed_on_once():
    error = actra.ActraError("first")
    for number in range(24):
        try:
            raise actra.ActraSchemaError(str(number), error) from error
        except actra.ActraSchemaError as raised:
            error = raised
    again = pickle.loads(pickle.dumps(error))
    assert again.original_error is again.__cause__ and str(again.__cause__) == "22"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_keeps_its_cause(copied, policy):
    def fails(ctx):
        raise LookupError("no session")

    act = actra.ActraRuntime(policy, actor=fails).admit("refund")(lambda amount: None)
    with pytest.raises(actra.ActraPolicyError) as raised:
        act(1)
    for error in (raised.value, actra.ActraSchemaError("a", LookupError("no session"))):
        again = copied(error)
        cause = again.__cause__ or again.original_error
        assert (type(again), str(again), type(cause)) == (type(error), str(error), LookupError)


def test_a_shallow_copy_keeps_whatever_lies_in_an_error(policy):
    act = actra.ActraRuntime(policy).admit("refund")(lambda amount: None)
    with pytest.raises(actra.ActraApprovalRequired) as raised:
        act(2_000)
    with pytest.raises(actra.ActraCompileError) as wrong:
        actra.load_policy_from_string("version: 1\nactions: {}", "rules: [")
    for error in (raised.value, wrong.value, actra.ActraSchemaError("a", LookupError("b")), actra.ActraError("c", 1)):
        error.ticket = 7
        error.__notes__ = ["seen"]
        error.__suppress_context__ = True
        again = copy.copy(error)
        assert type(again) is type(error) and again is not error
        assert (str(again), repr(again), again.args) == (str(error), repr(error), error.args)
        assert again.__dict__ == error.__dict__ and again.__cause__ is error.__cause__ and again.__suppress_context__
        again.__notes__.append("once more")
        assert error.__notes__ == ["seen"]
    again = copy.copy(raised.value)
    assert again.approval is raised.value.approval is not None
    assert (again.to_dict(), again.for_model()) == (raised.value.to_dict(), raised.value.for_model())


def test_causes_that_go_round_in_a_circle_end():
    error, other = actra.ActraError("one"), actra.ActraError("other")
    error.__cause__, other.__cause__ = other, error
    assert str(pickle.loads(pickle.dumps(error)).__cause__) == "other"


def test_threads_that_read_one_refusal_read_the_same(policy):
    class Held:
        """What the compiled part has of a refusal, which lets other threads go on while it is read."""

        def __init__(self, refused):
            self.refused, self.is_read, self.goes_on = refused, threading.Event(), threading.Event()

        def __getattr__(self, name):
            if not self.is_read.is_set():
                self.is_read.set()
                assert self.goes_on.wait(10)
            return getattr(self.refused, name)

    def fails(ctx):
        raise LookupError("dsn=postgres://user:secret@host")

    with pytest.raises(actra.ActraPolicyError) as raised:
        actra.ActraRuntime(policy, actor=fails).check({"type": "refund", "amount": 1})
    error = raised.value
    held = error._native = Held(error._native)
    first = []
    thread = threading.Thread(target=lambda: first.append((error.for_model(), error.to_problem())))
    thread.start()
    assert held.is_read.wait(10)
    second = error.for_model(), error.to_problem()
    held.goes_on.set()
    thread.join()
    assert first == [second] and "secret" not in str(second) and second[1]["policy_hash"]


def refused_by(runtime, **arguments):
    with pytest.raises(actra.ActraPolicyError) as raised:
        runtime.check({"type": "refund", **arguments})
    return raised.value


def by_class(error):
    """As those hand on an error who know no more of it than its class and its arguments, in JSON."""
    return type(error)(*json.loads(json.dumps(error.args)))


@pytest.mark.parametrize("amount", [2_000, 20_000, "a lot"])
def test_a_refusal_is_one_again_of_its_class_and_its_arguments(runtime, amount):
    error = refused_by(runtime, amount=amount)
    again = by_class(error)
    assert (type(again), str(again), again.args) == (type(error), str(error), error.args)
    assert (again.action_type, again.matched_rule) == ("refund", error.matched_rule)
    assert again.decision.public_facts() == error.decision.public_facts()
    assert (again.to_problem(), again.for_model()) == (error.to_problem(), error.for_model())
    told, whole = again.to_dict(), error.to_dict()
    assert set(told) == set(whole) and all(told[name] == whole[name] for name in whole if name != "context")
    for copied in (pickle.loads(pickle.dumps(again)), copy.copy(again)):
        assert (str(copied), copied.args, copied.to_dict()) == (str(again), again.args, told)
    made = type(error)("refund", {"effect": "block", "matched_rule": "huge"}, {"action": {}}, "said")
    assert (str(by_class(made)), by_class(made).to_problem()) == ("said", made.to_problem())


def test_what_a_refusal_is_made_of_again_says_nothing_that_its_sender_may_not_hear(policy):
    def fails(ctx):
        raise LookupError("dsn=postgres://user:secret@host")

    error = refused_by(actra.ActraRuntime(policy, actor=fails), amount=12345)
    assert "secret" in str(error) and repr(error) == f"ActraPolicyError({str(error)!r})"
    again = by_class(error)
    for said in (repr(error.args), str(again), repr(again.to_dict()), repr(again.to_problem()), again.for_model()):
        assert "secret" not in said and "12345" not in said
    assert again.decision.errors[0]["code"] == "actor_failed"


def test_who_changes_the_arguments_of_a_refusal_finds_them(runtime):
    error = refused_by(runtime, amount=2_000)
    error.args = ["other"]
    assert (error.args, str(error)) == (("other",), "other")
    assert pickle.loads(pickle.dumps(error)).matched_rule == "large"
