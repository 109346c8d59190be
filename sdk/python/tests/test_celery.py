"""Celery: the worker asks when a task is about to run."""

import pytest

import actra

celery = pytest.importorskip("celery")
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
