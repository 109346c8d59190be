"""Settings whose function nobody waits for, partials whose arguments change places, and functions of several doors."""

import functools

import actra
import pytest
from actra import _arguments

SCHEMA = """
version: 1
actions: { pay: { fields: { amount: number } } }
actor: { fields: { role: string } }
"""
RULES = """
version: 1
default: block
rules:
  - { id: small, scope: { action: pay }, when: 'actor.role == "clerk" && action.amount <= 100', effect: allow }
"""


def policy():
    return actra.Actra.from_strings(SCHEMA, RULES)


async def later(*args):
    return {"role": "clerk"}


def test_an_async_function_that_nobody_awaits_is_refused_when_it_is_set():
    with pytest.raises(TypeError, match="must be a plain function"):
        actra.ActraRuntime(policy(), context=later)
    with pytest.raises(TypeError, match="must be a plain function"):
        actra.ActraRuntime(policy()).set_action_type_resolver(later)


def test_a_context_that_has_yet_to_be_awaited_runs_nothing():
    ran = []
    runtime = actra.ActraRuntime(policy(), actor=lambda ctx: {"role": "clerk"}, context=lambda args, kwargs: later())

    @runtime.admit("pay")
    def pay(amount):
        ran.append(amount)

    with pytest.raises(Exception, match="plain function|actor"):
        pay(5)
    assert ran == []


def test_a_partial_whose_arguments_change_places_is_refused(monkeypatch):
    # As `functools.Placeholder` of Python 3.14.
    placeholder = object()
    monkeypatch.setattr(_arguments, "_PLACEHOLDER", placeholder)
    runtime = actra.ActraRuntime(policy(), actor=lambda ctx: {"role": "clerk"})

    def pay(order, currency, amount):
        raise AssertionError("it ran")

    with pytest.raises(TypeError, match="Placeholder"):
        runtime.admit("pay", fields=["amount"])(functools.partial(pay, placeholder, "EUR"))


def test_what_a_server_decorates_for_itself_is_no_decorator_of_the_user():
    from actra._decorations import decorations
    from actra.integrations.mcp import ActraMCPAdapter, ActraMCPServer

    def pay(amount: int) -> str:
        return "paid"

    before = decorations()
    server = ActraMCPServer(ActraMCPAdapter(actra.ActraRuntime(policy(), actor=lambda ctx: {"role": "clerk"})))
    server.tool("pay")(pay)
    with pytest.raises(actra.ActraPolicyError):
        server.handle_request("pay", {"amount": 500})
    # A web route of the same function is not one whose decorators are in the wrong order.
    assert decorations() == before
