"""Who waits for whom: handlers, observers, threads, and callers that go away."""

import asyncio
import concurrent.futures
import contextvars
import gc
import inspect
import subprocess
import sys
import threading
import time

import pytest

import actra

SCHEMA = "version: 1\nactions: { refund: { fields: { amount: number } } }\nactor: { fields: { id: string? } }"
RULES = (
    "version: 1\ndefault: allow\nrules:\n"
    "  - { id: large, scope: { action: refund }, when: 'action.amount > 10', effect: require_approval }\n"
    "  - { id: eve, scope: { action: refund }, when: 'has(actor.id) && actor.id == \"eve\"', effect: block }"
)
POLICY = actra.load_policy_from_string(SCHEMA, RULES)


def runtime_of(**settings):
    return actra.ActraRuntime(POLICY, **settings)


def refund_of(runtime):
    @runtime.admit("refund")
    async def refund(amount):
        return amount

    return refund


def test_a_handler_that_waits_for_somebody_leaves_the_loop_alone():
    answered, noted = threading.Event(), contextvars.ContextVar("noted")
    seen = []

    def ask(approval):
        seen.append((noted.get(), actra.current_context(), threading.current_thread() is threading.main_thread()))
        assert answered.wait(10)
        return approval.grant(by="ana")

    refund = refund_of(runtime_of(on_approval=ask))

    async def main():
        noted.set("here")
        with actra.using("ctx"):
            asked = asyncio.ensure_future(refund(20))
            # A loop that is frozen would never come here.
            await asyncio.sleep(0)
            assert await refund(1) == 1
            answered.set()
            assert await asked == 20

    asyncio.run(main())
    assert seen == [("here", "ctx", False)]


def test_a_handler_has_so_much_time():
    never = threading.Event()
    refund = refund_of(runtime_of(on_approval=lambda approval: never.wait(), approval_deadline=0.05))
    with pytest.raises(actra.ActraApprovalRequired, match="no answer within 0.05 s"):
        asyncio.run(refund(20))
    never.set()


def test_a_program_ends_while_a_handler_waits():
    code = f"""
import asyncio, time, actra
policy = actra.load_policy_from_string({SCHEMA!r}, {RULES!r})
runtime = actra.ActraRuntime(policy, on_approval=lambda approval: time.sleep(3600), approval_deadline=0.05)
@runtime.admit("refund")
async def refund(amount): ...
try:
    asyncio.run(refund(20))
except actra.ActraApprovalRequired:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_a_handler_may_give_a_coroutine():
    async def later(approval):
        await asyncio.sleep(0)
        return approval.grant(by="ana")

    assert asyncio.run(refund_of(runtime_of(on_approval=lambda approval: later(approval)))(20)) == 20


class Watching:
    def __init__(self):
        self.events, self.others = [], 0

    async def observe(self, event):
        await asyncio.sleep(0)
        self.events.append((event.outcome, asyncio.get_running_loop()))


def test_asynchronous_observers_are_awaited():
    watching = Watching()
    refund = refund_of(runtime_of(on_event=watching.observe))

    async def main():
        await refund(1)
        return list(watching.events), asyncio.get_running_loop()

    events, loop = asyncio.run(main())
    assert events == [("ran", loop)]


@pytest.mark.parametrize("in_loop", [False, True])
def test_a_synchronous_call_waits_for_them_too(in_loop):
    watching, seen = Watching(), []
    runtime = runtime_of(on_event=watching.observe)

    async def context(event):
        seen.append(actra.current_context())

    runtime.add_observer(context)
    refund = runtime.admit("refund")(lambda amount: len(watching.events))

    async def main():
        return refund(1)

    with actra.using("ctx"):
        # The event was told before the body ran.
        assert (asyncio.run(main()) if in_loop else refund(1)) == 1
    assert seen == ["ctx"]


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("way", ["raises", "hangs"])
def test_an_asynchronous_observer_that_fails_is_reported_and_changes_nothing(way, waits, caplog):
    async def observe(event):
        if way == "raises":
            raise LookupError("no sink")
        await asyncio.sleep(3600)

    heard = []
    runtime = runtime_of(on_event=observe, deadline=0.05)
    runtime.add_observer(lambda event: heard.append(event.outcome))
    refund = refund_of(runtime) if waits else runtime.admit("refund")(lambda amount: amount)
    assert (asyncio.run(refund(1)) if waits else refund(1)) == 1
    assert heard == ["ran"]
    said = "LookupError: no sink" if way == "raises" else "no answer within 0.05 s"
    assert f"actra: an observer failed: {said}" in caplog.text


async def _hang(ctx):
    await asyncio.sleep(3600)


def shapes(runtime):
    @runtime.admit("refund")
    async def refund(amount):
        raise AssertionError

    @runtime.admit("refund")
    async def stream(amount):
        raise AssertionError
        yield

    async def first():
        async for _ in stream(1):
            raise AssertionError

    return {
        "function": lambda: refund(1),
        "stream": first,
        "check": lambda: runtime.check_async({"type": "refund", "amount": 1}),
    }


async def by_cancel(call):
    task = asyncio.ensure_future(call())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def by_wait_for(call):
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(call(), 0.01)


async def by_timeout(call):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await call()


async def by_group(call):
    async def fail():
        await asyncio.sleep(0.01)
        raise LookupError

    with pytest.raises(BaseException) as raised:
        async with asyncio.TaskGroup() as group:
            group.create_task(call())
            group.create_task(fail())
    assert isinstance(raised.value.exceptions[0], LookupError)


async def by_close(call):
    coroutine = call()
    coroutine.send(None)
    coroutine.close()


WAYS = [by_cancel, by_wait_for, by_close]
if sys.version_info >= (3, 11):
    WAYS += [by_timeout, by_group]


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("shape", ["function", "stream", "check"])
@pytest.mark.parametrize("way", WAYS)
def test_who_goes_away_has_an_event(way, shape, waits):
    events = []

    async def observe(event):
        await asyncio.sleep(0)
        events.append(event)

    async def hang(ctx):
        await asyncio.sleep(3600)

    runtime = runtime_of(actor=hang, on_event=observe if waits else events.append)

    async def main():
        await way(shapes(runtime)[shape])
        # A stream whose reader is closed is closed by the loop.
        await asyncio.sleep(0.01)

    asyncio.run(main())
    assert [(event.outcome, event.action_type) for event in events] == [("cancelled", "refund")]


@pytest.mark.parametrize("actor, outcomes", [("eve", ["refused"]), ("sam", ["ran", "cancelled"])])
@pytest.mark.parametrize("shape", ["function", "stream", "check"])
@pytest.mark.parametrize("way", WAYS)
def test_what_observers_are_told_they_hear_whoever_goes_away(way, shape, actor, outcomes):
    heard, others = [], []

    async def main():
        await way(shapes(runtime)[shape])
        # Who is closed cannot wait for them.
        await asyncio.sleep(0.1 if way is by_close else 0)

    async def store(event):
        await asyncio.sleep(0.03)
        heard.append(event.outcome)

    async def other(event):
        await asyncio.sleep(0.04)
        others.append(event.outcome)

    runtime = runtime_of(actor=lambda ctx: {"id": actor}, on_event=store)
    runtime.add_observer(other)
    asyncio.run(main())
    assert sorted(heard) == sorted(others) == sorted(outcomes)


def test_who_goes_away_waits_for_observers_for_their_time_or_until_told_again():
    heard = []

    async def store(event):
        await asyncio.sleep(event.context["action"]["amount"])
        heard.append(event.outcome)

    async def gone(amount, times):
        asked = asyncio.ensure_future(refund(amount))
        started = time.monotonic()
        for _ in range(times):
            await asyncio.sleep(0.01)
            asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        assert asked.cancelled()
        return time.monotonic() - started

    async def main():
        assert 0.1 < await gone(3, 1) < 1
        assert await gone(0.15, 2) < 0.1
        assert heard == []
        await asyncio.sleep(0.2)

    refund = refund_of(runtime_of(actor=lambda ctx: {"id": "eve"}, on_event=store, deadline=0.2))
    asyncio.run(main())
    assert heard == ["refused"]


async def _stubborn(_):
    for _ in range(30):
        try:
            await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            pass
    raise LookupError("late")


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"actor": _stubborn}, "the actor could not be resolved: no answer within 0.05 s"),
        ({"on_event": _stubborn}, None),
        ({"on_approval": _stubborn}, "no answer within 0.05 s"),
        ({"on_approval": lambda approval: _stubborn(approval)}, "no answer within 0.05 s"),
    ],
)
def test_nobody_waits_for_what_does_not_let_itself_be_stopped(settings, said, caplog):
    runtime = runtime_of(deadline=0.05, approval_deadline=0.05, **settings)
    refund = refund_of(runtime)

    async def main():
        started = time.monotonic()
        try:
            await refund(20 if "on_approval" in settings else 1)
        except actra.ActraPolicyError as refused:
            assert said in str(refused)
        else:
            assert said is None
        assert time.monotonic() - started < 0.3
        await asyncio.sleep(0.7)

    asyncio.run(main())
    gc.collect()
    assert "never retrieved" not in caplog.text


def test_a_synchronous_call_does_not_wait_for_it_either():
    started = time.monotonic()
    runtime_of(on_event=_stubborn, deadline=0.05).admit("refund")(lambda amount: amount)(1)
    assert time.monotonic() - started < 0.3


@pytest.mark.parametrize("waits", [False, True])
def test_each_resolver_has_so_much_time(waits):
    def slowly(value):
        def resolve(ctx):
            time.sleep(0.12)
            return value

        return resolve

    schema = SCHEMA.replace("id: string?", "id: string, role: string")
    rules = RULES.replace("has(actor.id)", 'actor.role == "staff"')
    resolvers = {"id": slowly("sam"), "role": slowly("staff")}
    runtime = actra.ActraRuntime(actra.load_policy_from_string(schema, rules), actor=resolvers, deadline=0.2)
    refund = refund_of(runtime) if waits else runtime.admit("refund")(lambda amount: amount)
    assert (asyncio.run(refund(1)) if waits else refund(1)) == 1


def test_who_is_interrupted_has_an_event():
    def interrupt(ctx):
        raise KeyboardInterrupt

    events = []
    runtime = runtime_of(actor=interrupt, on_event=events.append)
    with pytest.raises(KeyboardInterrupt):
        runtime.admit("refund")(lambda amount: None)(1)
    assert [event.outcome for event in events] == ["cancelled"]


def test_a_context_is_carried_to_other_threads():
    events = []
    runtime = runtime_of(actor=lambda ctx: {"id": ctx}, on_event=events.append)
    refund = runtime.admit("refund")(lambda amount: actra.current_context())
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        with actra.using("sam", correlation_id="r-1"):
            # A thread of a pool knows nothing of who gave it something to do.
            assert pool.submit(actra.current_context).result() is None
            assert pool.submit(actra.propagate(refund), 1).result() == "sam"
            # Many at once may run the same function.
            assert list(pool.map(actra.propagate(refund), range(10))) == ["sam"] * 10
        assert pool.submit(actra.current_context).result() is None
    assert {event.correlation_id for event in events} == {"r-1"}

    async def main():
        with actra.using("eve"):
            carried = actra.propagate(refund)
            assert await asyncio.to_thread(lambda: actra.current_context()) == "eve"
        with pytest.raises(actra.ActraPolicyError, match="rule eve"):
            await asyncio.get_running_loop().run_in_executor(None, carried, 1)

    asyncio.run(main())


def test_a_context_is_carried_to_other_tasks():
    async def who():
        await asyncio.sleep(0)
        return actra.current_context()

    async def main():
        with actra.using("sam"):
            carried = actra.propagate(who)
        assert inspect.iscoroutinefunction(carried)
        with actra.using("ana"):
            assert await asyncio.gather(who(), carried()) == ["ana", "sam"]

    asyncio.run(main())


def test_an_abandoned_wait_changes_nothing_later():
    """A handler that answers after its time has granted something in the store, and no call that is over."""
    late, done = threading.Event(), threading.Event()

    def ask(approval):
        assert late.wait(10)
        granted = approval.grant(by="ana")
        done.set()
        return granted

    ran = []
    runtime = runtime_of(on_approval=ask, approval_deadline=0.05, actor=lambda ctx: {"id": "sam"})

    @runtime.admit("refund")
    async def refund(amount):
        ran.append(amount)

    with pytest.raises(actra.ActraApprovalRequired):
        asyncio.run(refund(20))
    late.set()
    assert done.wait(10) and ran == []
    time.sleep(0.01)
    asyncio.run(refund(20))
    assert ran == [20]
