"""Celery: the worker asks when a task is about to run."""

import asyncio
import contextlib

import pytest

import actra

celery = pytest.importorskip("celery")
from celery import _state  # noqa: E402

from actra.integrations.celery import task  # noqa: E402


@pytest.fixture
def app():
    app = celery.Celery("test", broker="memory://", backend="cache+memory://")
    app.conf.task_always_eager = True
    app.conf.task_store_eager_result = False
    return app


@pytest.fixture
def events():
    return []


@pytest.fixture
def runtime(policy, events):
    return actra.ActraRuntime(policy, on_event=events.append)


def test_a_task_runs_only_if_it_is_allowed(app, runtime, events):
    ran = []

    @task(app, "refund", runtime=runtime, name="refund")
    def refund(order_id, amount):
        """Pays money back."""
        ran.append((order_id, amount))
        return amount

    assert refund.name == "refund" and refund.__doc__ == "Pays money back."
    sent = refund.apply_async(("o1", 10), task_id="t-1")
    assert (sent.status, sent.result, ran) == ("SUCCESS", 10, [("o1", 10)])
    assert events[-1].correlation_id == "t-1"

    refused = refund.delay("o2", 20_000)
    assert refused.status == "FAILURE" and refused.result.matched_rule == "huge"
    waiting = refund.delay("o3", 2_000)
    assert isinstance(waiting.result, actra.ActraApprovalRequired)
    waiting.result.approval.grant(by="ana")
    assert refund.delay("o3", 2_000).status == "SUCCESS"
    assert refund.delay("o3", 2_000).status == "FAILURE"
    # Without a worker, too.
    with pytest.raises(actra.ActraPolicyError):
        refund("o2", 20_000)
    with pytest.raises(actra.ActraPolicyError):
        refund.run("o2", 20_000)
    assert ran == [("o1", 10), ("o3", 2_000)]


def test_refusals_are_not_retried(app, runtime, events):
    ran = []

    @task(app, "refund", runtime=runtime, autoretry_for=(Exception,), max_retries=3, retry_backoff=False,
          default_retry_delay=0)
    def refund(amount):
        ran.append(amount)
        if len(ran) < 3:
            raise ConnectionError

    assert refund.delay(20_000).status == "FAILURE"
    assert (ran, len(events)) == ([], 1)
    assert refund.delay(1).status == "SUCCESS"
    # Each try is asked about anew.
    assert (ran, len(events)) == ([1, 1, 1], 4)


ROOTS = [17, 0, {"a": 1}, ["x"], "\ud800", "x" * 100_000, b"r", "a\nb", None, "r-1"]


@pytest.mark.parametrize("mode", ["enforce", "audit"])
@pytest.mark.parametrize("root", ROOTS, ids=lambda root: repr(root)[:9])
def test_who_sends_a_task_says_nothing_that_an_event_cannot_hold(app, runtime, events, root, mode):
    from celery.app.trace import build_tracer

    runtime.mode, ran = mode, []

    @task(app, "refund", runtime=runtime, autoretry_for=(Exception,))
    def refund(amount):
        ran.append(amount)

    trace = build_tracer(refund.name, refund, app=app, propagate=False)
    request = {"id": "t-1", "root_id": root, "headers": {}, "delivery_info": {}, "is_eager": True}
    for amount in (1, 20_000):
        trace("t-1", (amount,), {}, request)
    refused = mode == "enforce"
    assert ran == ([1] if refused else [1, 20_000])
    assert [event.outcome for event in events] == ["ran", "refused" if refused else "ran"]
    assert {event.correlation_id for event in events} == {root if root == "r-1" else "t-1"}


def test_who_it_is_comes_from_the_context(app, policy):
    def actor(ctx):
        return {"role": ctx["role"]}

    strict = actra.load_policy_from_string(
        "version: 1\nactions: { refund: { fields: { amount: number } } }\nactor: { fields: { role: string } }",
        "version: 1\ndefault: block\nrules:\n"
        "  - { id: staff, scope: { action: refund }, when: actor.role == 'support', effect: allow }",
    )
    runtime = actra.ActraRuntime(strict, actor=actor)
    ran = []

    @task(app, "refund", runtime=runtime, context=lambda request: request.headers)
    def refund(amount):
        ran.append(amount)

    assert refund.apply_async((1,), headers={"role": "support"}).status == "SUCCESS"
    assert refund.apply_async((2,), headers={"role": "guest"}).status == "FAILURE"
    assert refund.delay(3).status == "FAILURE"
    with pytest.raises(Exception):
        refund(4)
    assert ran == [1]


def test_celery_is_not_imported():
    import subprocess
    import sys

    code = "import sys, actra.integrations.celery; sys.exit('celery' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


class Waits:
    def __init__(self, made):
        self.made = made

    def __await__(self):
        return self.made.__await__()


async def who(amount):
    await asyncio.sleep(0)
    return amount, actra.current_context()


async def stream(amount):
    await asyncio.sleep(0)
    yield amount, actra.current_context()


def numbers(amount):
    yield amount, actra.current_context()


def gives_a_coroutine(amount):
    return who(amount)


def gives_what_can_be_awaited(amount):
    return Waits(who(amount))


def gives_a_generator(amount):
    return numbers(amount)


async def outcome(made):
    while hasattr(made, "__await__"):
        made = await made
    if hasattr(made, "__anext__"):
        return [one async for one in made][0]
    return made if isinstance(made, tuple) else list(made)[0]


BODIES = (who, numbers, stream, gives_a_coroutine, gives_what_can_be_awaited, gives_a_generator)


@pytest.mark.parametrize("body", BODIES)
def test_the_context_holds_while_the_body_runs(app, policy, events, body):
    runtime = actra.ActraRuntime(policy, actor=lambda ctx: {"role": ctx or "nobody told"}, on_event=events.append)

    refund = task(app, "refund", runtime=runtime, name="refund", context=lambda request: "guest")(body)

    async def main():
        with actra.using("the worker"):
            return await outcome(refund.run(5))

    assert asyncio.run(main()) == (5, "guest")
    assert events[-1].context["actor"] == {"role": "guest"} and events[-1].outcome == "ran"


def test_who_a_coroutine_acts_for_is_known_when_the_task_is_called(app, policy, events):
    runtime = actra.ActraRuntime(policy, actor=lambda ctx: {"role": ctx}, on_event=events.append)

    async def body(amount):
        return actra.current_context()

    refund = task(app, "refund", runtime=runtime, name="refund", context=lambda request: request.headers["role"])(body)

    @contextlib.contextmanager
    def running(role, id):
        _state._task_stack.push(refund)
        refund.push_request(headers={"role": role}, id=id)
        try:
            yield
        finally:
            refund.pop_request()
            _state._task_stack.pop()

    with running("guest", "t-1"):
        made = refund.run(5)
    with running("admin", "t-2"):
        assert asyncio.run(made) == "guest"
    assert events[-1].context["actor"] == {"role": "guest"} and events[-1].correlation_id == "t-1"


def asked(sent):
    assert isinstance(sent.result, actra.ActraApprovalRequired)
    return sent.result.approval


def test_a_bound_task_is_approved(app, runtime):
    ran = []

    @task(app, "refund", runtime=runtime, name="refund", bind=True)
    def refund(self, amount, order_id="o1"):
        ran.append((self.name, amount, order_id))

    @task(app, "refund", runtime=runtime, name="by-another-name", bind=True)
    async def later(of, /, amount):
        raise AssertionError

    asked(refund.delay(2_000)).grant(by="ana")
    # Everything else counts.
    assert refund.delay(2_001).status == refund.delay(2_000, order_id="o2").status == "FAILURE"
    assert refund.delay(2_000).status == "SUCCESS" and refund.delay(2_000).status == "FAILURE"
    assert ran == [("refund", 2_000, "o1")]
    with pytest.raises(actra.ActraApprovalRequired) as raised:
        asyncio.run(later.run(2_000))
    assert raised.value.approval is not None
    # A receiver of one's own is none of Celery's.
    for given in ((), (2_000,)):
        with pytest.raises((TypeError, actra.ActraError)):
            refund.run(*given, self="another")


def test_what_takes_the_task_among_others_is_not_approved(app, runtime):
    @task(app, "refund", runtime=runtime, name="refund", bind=True, fields=["amount"],
          action_builder=lambda name, args, kwargs, ctx: {"amount": kwargs["args"][1]})
    def refund(*args):
        raise AssertionError

    assert asked(refund.delay(2_000)) is None


def test_what_shall_not_count_is_named(app, runtime):
    ran = []

    @task(app, "refund", runtime=runtime, name="refund", unbound=["trace"])
    def refund(amount, trace="t-0"):
        ran.append(amount)

    asked(refund.delay(2_000)).grant(by="ana")
    assert refund.delay(2_000, trace="t-1").status == "SUCCESS" and ran == [2_000]
    with pytest.raises(actra.ActraSchemaError, match="trase"):
        task(app, "refund", runtime=runtime, name="r2", unbound=["trase"])(lambda amount, trace=None: None)
    with pytest.raises(TypeError, match="list of names"):
        task(app, "refund", runtime=runtime, name="r3", unbound="trace")(lambda amount, trace=None: None)


def test_options_are_for_every_function(app, runtime):
    def fails(amount):
        raise KeyError

    made = task(app, "refund", runtime=runtime, throws=(KeyError,), dont_autoretry_for=(KeyError,))
    for name in ("first", "second"):
        fails.__name__ = name
        assert made(fails).throws == (actra.ActraError, KeyError)


def positional(order_id, /, amount):
    return amount


def by_keyword(order_id, *rest, amount, note=None):
    return amount


def anything(*args, **kwargs):
    return 5


ARGUMENTS = [((), {}), (("o1",), {}), (("o1", 5), {}), (("o1", 5, 5), {}), (("o1",), {"amount": 5}), ((), {"other": 5})]


@pytest.mark.parametrize("function", [positional, by_keyword, anything])
def test_arguments_are_checked_at_the_sender_as_without_us(app, runtime, function):
    app.conf.task_always_eager = False

    def sent(made, args, kwargs):
        try:
            made.apply_async(args, kwargs)
        except TypeError:
            return False
        return True

    plain = app.task(name="plain")(function)
    guarded = task(app, "refund", runtime=runtime, name="guarded")(function)
    for args, kwargs in ARGUMENTS:
        assert sent(guarded, args, kwargs) == sent(plain, args, kwargs), (args, kwargs)


def test_a_bound_task_is_sent_without_itself(app, runtime):
    @task(app, "refund", runtime=runtime, bind=True)
    def refund(self, order_id, amount):
        return amount

    app.conf.task_always_eager = False
    assert refund.delay("o1", 5).id
    for wrong in ((), ("o1",), (refund, "o1", 5)):
        with pytest.raises(TypeError):
            refund.delay(*wrong)


def test_who_waits_for_a_refused_task_hears_of_a_refusal(app, runtime):
    @task(app, "refund", runtime=runtime)
    def refund(amount):
        return amount

    for amount, kind in ((2_000, actra.ActraApprovalRequired), (20_000, actra.ActraPolicyError)):
        refused = refund.delay(amount).result
        stored = app.backend.encode(app.backend.prepare_exception(refused))
        came = app.backend.exception_to_python(app.backend.decode(stored))
        assert (type(came), str(came), came.to_problem()) == (kind, str(refused), refused.to_problem())
