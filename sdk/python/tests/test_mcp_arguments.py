"""Asking about the call of a tool comes to what calling it comes to: the same arguments fill the same fields."""

import pytest

import actra
from actra.integrations.mcp import ActraMCPAdapter, ActraMCPServer

SCHEMA = """
version: 1
actions:
  mail:
    fields:
      to: string
      copy: { type: string, optional: true, argument: cc }
      kind: { type: string, optional: true, argument: type }
  note: { fields: { text: string } }
actor: { fields: { id: 'string?' } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: outside, scope: { action: mail }, when: 'has(action.copy) && !action.copy.endsWith("@corp")', effect: block }
  - { id: bulk, scope: { action: mail }, when: 'has(action.kind) && action.kind == "bulk"', effect: require_approval }
  - { id: secret, scope: { action: note }, when: action.text == "secret", effect: block }
"""
POLICY = actra.load_policy_from_string(SCHEMA, RULES)


@pytest.fixture
def asks():
    """The two ways of asking about a tool call of a runtime: each gives what it came to."""
    server = ActraMCPServer(ActraMCPAdapter(actra.ActraRuntime(POLICY, actor=lambda ctx: {"id": "agent"})))
    server.tool("mail")(lambda to, cc=None, type=None, **others: "ran")
    server.tool("note")(lambda text=None, **others: "ran")

    def way(ask):
        def asked(tool, arguments):
            try:
                ask(tool, arguments, ctx=1)
            except actra.ActraApprovalRequired as refused:
                return refused.approval or "not to be approved"
            except actra.ActraPolicyError as refused:
                return refused.matched_rule
            except actra.ActraSchemaError:
                return "wrong"
            return "ran"

        return asked

    return way(server.handle_request), way(server.adapter.evaluate_tool), server.adapter.runtime


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        ({"to": "ana@corp"}, "ran"),
        ({"to": "ana@corp", "cc": "evil@x"}, "outside"),
        ({"to": "ana@corp", "cc": "max@corp"}, "ran"),
        # A field that another argument fills is filled by no other, whatever its name is.
        ({"to": "ana@corp", "copy": "evil@x"}, "ran"),
        ({"to": "ana@corp", "cc": "evil@x", "copy": "max@corp"}, "outside"),
        ({"to": "ana@corp", "type": "x"}, "ran"),
        ({"to": "ana@corp", "memo": object()}, "ran"),
        ({"to": "ana@corp", "ctx": {"id": "admin"}}, "wrong"),
    ],
    ids=repr,
)
def test_an_argument_fills_the_field_that_declares_it(asks, arguments, outcome):
    called, evaluated, _ = asks
    assert (called("mail", arguments), evaluated("mail", arguments)) == (outcome, outcome)


def test_an_argument_type_that_no_field_takes_is_none(asks):
    _, evaluated, _ = asks
    assert evaluated("note", {"text": "x", "type": "mail"}) == "wrong"
    assert evaluated("unknown", {"text": "x", "type": "mail"}) == "wrong"


def test_who_makes_actions_of_calls_makes_them_of_tools(asks):
    called, evaluated, runtime = asks
    runtime.set_action_resolver(lambda name, args, kwargs, ctx: {"text": kwargs["body"]})
    for arguments, outcome in (({"body": "secret"}, "secret"), ({"body": "x", "type": "y"}, "ran")):
        assert (called("note", arguments), evaluated("note", arguments)) == (outcome, outcome)


def test_a_grant_is_for_all_arguments(asks):
    _, evaluated, _ = asks
    bulk = {"to": "ana@corp", "type": "bulk", "memo": b"a"}
    evaluated("mail", bulk).grant(by="max")
    assert isinstance(evaluated("mail", {**bulk, "memo": b"b"}), actra.ApprovalRequest)
    assert evaluated("mail", bulk) == "ran"
    assert evaluated("mail", {**bulk, "memo": object()}) == "not to be approved"


def test_a_name_that_is_no_plain_string_names_no_argument(asks):
    class Name(str):
        def __eq__(self, other):
            return str.__eq__(self, "cc") and other == "to"

        __hash__ = str.__hash__

    _, evaluated, _ = asks
    assert evaluated("mail", {"to": "ana@corp", Name("cc"): "evil@x"}) == "wrong"


def test_in_audit_mode_the_call_passes(asks, quiet):
    _, evaluated, runtime = asks
    runtime.mode = "audit"
    for tool in ("mail", "note", "unknown"):
        for arguments in ({"to": "a", "type": "b"}, {"ctx": 1}, {"to": object()}, {"cc": "evil@x"}):
            assert evaluated(tool, arguments) == "ran"
