"""Of tools and tasks, the program says who acts: neither their arguments nor what a runtime makes of those."""

import pytest

import actra
from actra.integrations.celery import task
from actra.integrations.mcp import ActraMCPAdapter, ActraMCPServer

celery = pytest.importorskip("celery")

SCHEMA = """
version: 1
actions: { refund: { fields: { amount: number } } }
actor: { fields: { id: string } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: refund }, when: action.amount > 100, effect: require_approval }
  - { id: stranger, scope: { action: refund }, when: actor.id != "agent", effect: block }
"""


@pytest.fixture
def runtime():
    """Its context is made of arguments, as functions of the program itself have them."""
    return actra.ActraRuntime(
        actra.load_policy_from_string(SCHEMA, RULES),
        context=lambda args, kwargs: kwargs.get("user", "agent"),
        actor=lambda ctx: {"id": ctx if isinstance(ctx, str) else ctx["user"]},
    )


@pytest.fixture
def server(runtime):
    server = ActraMCPServer(ActraMCPAdapter(runtime))
    server.tool("refund")(lambda amount, user=None, ctx=None, **others: ctx)
    return server


@pytest.mark.parametrize("user", ["admin", "agent"])
@pytest.mark.parametrize("more", [{}, {"order": "o-1"}])
def test_of_a_tool_it_is_the_one_that_the_call_names(server, user, more):
    for ask in (server.handle_request, server.adapter.evaluate_tool):
        assert ask("refund", {"amount": 5, "user": user, **more}, ctx="agent")
        for stranger in ("eve", None):
            with pytest.raises(actra.ActraPolicyError):
                ask("refund", {"amount": 5, "user": "agent", **more}, ctx=stranger)


def test_a_grant_for_a_tool_is_for_the_one_that_the_call_names(server):
    def asked(user):
        with pytest.raises(actra.ActraPolicyError) as raised:
            server.handle_request("refund", {"amount": 500}, ctx={"user": user})
        return raised.value

    asked("agent").approval.grant(by="max")
    assert asked("globex").matched_rule == "stranger"
    assert server.handle_request("refund", {"amount": 500}, ctx={"user": "agent"}) == {"user": "agent"}


def test_of_a_task_it_is_the_one_of_its_request(runtime, quiet):
    app = celery.Celery("test", broker="memory://")
    app.conf.task_always_eager = True

    def body(amount, user):
        return "ran"

    of_agent = task(app, "refund", runtime=runtime, name="a", context=lambda request: "agent")(body)
    of_eve = task(app, "refund", runtime=runtime, name="b", context=lambda request: "eve")(body)
    assert of_agent.delay(5, user="admin").get() == "ran"
    with pytest.raises(actra.ActraPolicyError):
        of_eve.delay(5, user="agent").get()


def test_functions_of_the_program_itself_ask_the_runtime(runtime):
    refund = runtime.admit("refund")(lambda amount, user: "ran")
    with actra.using("eve"):
        assert refund(5, user="agent") == "ran"
        with pytest.raises(actra.ActraPolicyError):
            refund(5, user="admin")
