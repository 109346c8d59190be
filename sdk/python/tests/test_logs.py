"""A log that raises stops nothing."""

import asyncio
import logging

import pytest

import actra


class Broken(logging.Handler):
    def __init__(self, error):
        super().__init__()
        self.error = error
        self.count = 0

    def emit(self, record):
        self.count += 1
        raise self.error


@pytest.fixture(params=[ValueError, SystemExit])
def broken(request):
    handler = Broken(request.param("the log is broken"))
    logging.getLogger("actra").addHandler(handler)
    yield handler
    logging.getLogger("actra").removeHandler(handler)


def fails(*_):
    raise KeyError("x")


async def fails_later(*_):
    raise KeyError("x")


def came_of(runtime):
    @runtime.admit("refund")
    def refund(amount):
        return "ran"

    @runtime.admit("refund")
    async def refund_later(amount):
        return "ran"

    found = []
    for call in (lambda: refund(1), lambda: asyncio.run(refund_later(1)), lambda: runtime.check({"type": "refund", "amount": 1}) and "ran"):
        try:
            found.append(call())
        except actra.ActraPolicyError as refused:
            found.append(refused.decision.errors[0]["code"])
    return found


@pytest.mark.parametrize("settings", [
    {"mode": "audit", "actor": fails}, {"mode": "audit", "on_event": fails}, {"on_event": fails}, {"on_event": fails_later},
    {"mode": "audit", "snapshot": fails},
])  # fmt: skip
def test_a_body_runs_all_the_same(policy, broken, settings):
    assert came_of(actra.ActraRuntime(policy, **settings)) == ["ran"] * 3


def test_a_refusal_is_one_all_the_same(policy, broken):
    assert came_of(actra.ActraRuntime(policy, actor=fails)) == ["actor_failed"] * 3
    assert broken.count


def test_what_cannot_be_made_a_request_runs_all_the_same_in_audit_mode(policy, broken):
    runtime = actra.ActraRuntime(policy, mode="audit")
    assert runtime.admit("refund", action_builder=fails)(lambda amount: "ran")(1) == "ran"
    assert broken.count


def test_what_interrupts_the_program_does_so_in_a_log(policy):
    handler = Broken(KeyboardInterrupt())
    logging.getLogger("actra").addHandler(handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            actra.ActraRuntime(policy, on_event=fails).check({"type": "refund", "amount": 1})
    finally:
        logging.getLogger("actra").removeHandler(handler)
