"""In audit mode the body runs, whatever happens in the enforcement point."""

import asyncio
import dataclasses

import pytest

import actra

pytestmark = pytest.mark.usefixtures("quiet")


class Weird(BaseException):
    pass


#: What functions raise and nobody has sent.
RAISED = [asyncio.CancelledError, GeneratorExit, SystemExit, Weird, RuntimeError, StopIteration]


@pytest.fixture(params=RAISED, ids=lambda kind: kind.__name__)
def fails(request):
    def fail(*given):
        raise request.param

    return fail


@pytest.fixture
def fails_later(fails):
    async def fail(*given):
        await asyncio.sleep(0)
        if fails is not None:
            fails()

    return fail


def hostile(fails):
    @dataclasses.dataclass(repr=False)
    class Value:
        text: str = ""

        def __getattribute__(self, name):
            return object.__getattribute__(self, name) if name.startswith("__") else fails()

    return Value()


def said_badly(fails):
    def resolve(ctx):
        raise type("Bad", (Exception,), {"__str__": fails})

    return resolve


SITES = {
    "context": lambda runtime, fails: runtime.set_context_resolver(fails),
    "action resolver": lambda runtime, fails: runtime.set_action_resolver(fails),
    "type resolver": lambda runtime, fails: runtime.set_action_type_resolver(fails),
    "actor": lambda runtime, fails: runtime.set_actor_resolver(fails),
    "field of the actor": lambda runtime, fails: runtime.set_actor_resolver({"role": fails}),
    "snapshot": lambda runtime, fails: runtime.set_snapshot_resolver({"fraud_flag": fails}),
    "observer": lambda runtime, fails: runtime.add_observer(fails),
    "a resolver that says it badly": lambda runtime, fails: runtime.set_actor_resolver(said_badly(fails)),
}


@pytest.fixture
def outcomes():
    return []


@pytest.fixture
def auditing(policy, outcomes):
    return actra.ActraRuntime(policy, mode="audit", on_event=lambda event: outcomes.append(event.outcome))


def decorated(runtime, ran, **how):
    named = None if runtime._settings.action_type_resolver else "refund"

    @runtime.admit(named, **how)
    def call(amount, order_id=None):
        ran.append("call")

    @runtime.admit(named, **how)
    async def later(amount, order_id=None):
        ran.append("later")

    @runtime.admit(named, **how)
    def steps(amount, order_id=None):
        ran.append("steps")
        yield

    @runtime.admit(named, **how)
    async def stream(amount, order_id=None):
        ran.append("stream")
        yield

    async def all_of(of):
        return [item async for item in of]

    def run(value):
        call(1, value)
        asyncio.run(later(1, value))
        list(steps(1, value))
        asyncio.run(all_of(stream(1, value)))
        return ran == ["call", "later", "steps", "stream"]

    return run


@pytest.mark.parametrize("site", SITES)
def test_a_function_of_the_host_may_raise_anything(site, auditing, fails, outcomes):
    SITES[site](auditing, fails)
    assert decorated(auditing, [])(None)
    assert outcomes == ["ran"] * 4


def test_so_may_a_builder_and_a_value(auditing, fails, outcomes):
    assert decorated(auditing, [], action_builder=fails)(None)
    assert decorated(auditing, [])(hostile(fails))
    assert outcomes == ["ran"] * 8


@pytest.mark.parametrize("site", ["actor", "snapshot", "observer"])
def test_so_may_what_is_awaited(site, auditing, fails_later, outcomes):
    SITES[site](auditing, fails_later)
    ran = []

    @auditing.admit("refund")
    async def refund(amount):
        ran.append(amount)

    async def main():
        await refund(1)
        await auditing.check_async({"type": "refund", "amount": 1})

    asyncio.run(main())
    assert ran == [1] and outcomes == ["ran"] * 2


@pytest.mark.parametrize("site", [*SITES][3:])
def test_who_checks_hears_of_nothing_that_is_raised(site, auditing, fails, outcomes):
    SITES[site](auditing, fails)
    action = {"type": "refund", "amount": 20_000}
    for decision in (auditing.check(action), asyncio.run(auditing.check_async(action)), auditing.evaluate(action)):
        assert decision.effect == "block"
    assert outcomes == ["ran", "ran", "evaluated"]


@pytest.mark.parametrize("action", [None, ["refund"], {"type": "refund", "amount": 1, 3: 4}, {"type": "\ud800", 3: 4}])
def test_what_is_no_action_is_recorded_and_passes(action, auditing, outcomes):
    for decision in (auditing.check(action), asyncio.run(auditing.check_async(action)), auditing.evaluate(action)):
        assert decision.effect == "block" and decision.errors
    assert outcomes == ["ran", "ran", "evaluated"]
    auditing.mode = "enforce"
    for ask in (auditing.check, auditing.evaluate):
        with pytest.raises(TypeError):
            ask(action)


def test_a_caller_that_is_cancelled_goes_away(auditing, outcomes):
    async def hang(ctx):
        await asyncio.sleep(3600)

    async def main(ask):
        task = asyncio.ensure_future(ask)
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    auditing.set_actor_resolver(hang)
    ran = []

    @auditing.admit("refund")
    async def refund(amount):
        ran.append(amount)

    asyncio.run(main(refund(1)))
    asyncio.run(main(auditing.check_async({"type": "refund", "amount": 1})))
    assert ran == [] and outcomes == ["cancelled"] * 2


def test_a_program_can_be_interrupted(auditing):
    def interrupt(*given):
        raise KeyboardInterrupt

    auditing.set_actor_resolver(interrupt)
    for call in (lambda: decorated(auditing, [])(None), lambda: auditing.evaluate({"type": "refund", "amount": 1})):
        with pytest.raises(KeyboardInterrupt):
            call()
