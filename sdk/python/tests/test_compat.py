"""Programs in the style of those that were written for the earlier package of this name."""

import asyncio
import dataclasses

import pytest

SCHEMA = """
version: 1
actions:
  refund:
    fields:
      amount: number
      currency: string
  delete_user:
    fields:
      user_id: string
actor:
  fields:
    role: string
snapshot:
  fields:
    fraud_flag: boolean
"""

POLICY = """
version: 1
rules:
  - id: block_large_refund
    scope:
      action: refund
    when:
      subject:
        domain: action
        field: amount
      operator: greater_than
      value:
        literal: 1000
    effect: block
  - id: block_fraud
    scope:
      action: refund
    when:
      subject: { domain: snapshot, field: fraud_flag }
      operator: equals
      value: { literal: True }
    effect: block
  - id: only_admins_delete
    scope: { action: delete_user }
    when:
      subject: { domain: actor, field: role }
      operator: not_equals
      value: { literal: admin }
    effect: require_approval
"""

FACTS = {"actor": {"role": "support"}, "snapshot": {"fraud_flag": False}}


def request(**action):
    return {"action": action, **FACTS}


def test_strings_and_evaluate(capsys):
    from actra import Actra

    policy = Actra.from_strings(SCHEMA, POLICY)
    decision = policy.evaluate(request(type="refund", amount=1500, currency="EUR"))
    print(decision)
    assert capsys.readouterr().out == "{'effect': 'block', 'matched_rule': 'block_large_refund'}\n"
    assert decision["effect"] == "block" and decision.get("matched_rule") == "block_large_refund"
    allowed = policy.evaluate_action({"type": "refund", "amount": 1, "currency": "EUR"}, **FACTS)
    assert allowed == {"effect": "allow", "matched_rule": None}


def test_functions_at_the_top():
    import actra

    policy = actra.load_policy_from_string(SCHEMA, POLICY)
    assert isinstance(policy, actra.Policy) and len(policy.policy_hash()) == len("sha256:") + 64
    assert actra.compiler_version() == actra.__version__ == actra.Actra.compiler_version()


def test_files_and_directories(tmp_path):
    from actra import Actra, load_policy_from_file

    (tmp_path / "schema.yaml").write_text(SCHEMA)
    (tmp_path / "policy.yaml").write_bytes(b"\xef\xbb\xbf" + POLICY.encode())
    one = Actra.from_files(str(tmp_path / "schema.yaml"), tmp_path / "policy.yaml")
    two = load_policy_from_file(tmp_path / "schema.yaml", str(tmp_path / "policy.yaml"))
    (tmp_path / "policy.yaml").write_text(POLICY)
    assert one == two == Actra.from_directory(tmp_path)
    with pytest.raises(FileNotFoundError):
        Actra.from_files(tmp_path / "schema.yaml", tmp_path / "missing.yaml")
    with pytest.raises(FileNotFoundError):
        Actra.from_directory(tmp_path / "missing")


def test_faults_are_value_errors():
    from actra import Actra, ActraError

    governance = """
version: 1
governance:
  rules:
    - id: blocks_needed
      description: a block must stay
      select: { where: { effect: block } }
      must: { min_count: 3 }
      error: at least three blocks are needed
"""
    for schema, policy, governed in (
        ("version: 1\nactions: [", POLICY, None),
        (SCHEMA, POLICY.replace("greater_than", "greter_than"), None),
        (SCHEMA, POLICY.replace("field: amount", "field: amonut"), None),
        (SCHEMA, POLICY, governance),
    ):
        with pytest.raises(ValueError) as raised:
            Actra.from_strings(schema, policy, governed)
        assert isinstance(raised.value, ActraError)
    assert "blocks_needed" in str(raised.value) and "at least three blocks" in str(raised.value)


def test_explain_and_assert(capsys):
    from actra import Actra

    policy = Actra.from_strings(SCHEMA, POLICY)
    context = request(type="refund", amount=1500, currency="EUR")
    assert policy.explain(context) == {"effect": "block", "matched_rule": "block_large_refund"}
    shown = capsys.readouterr().out
    assert "block_large_refund: true" in shown and "'amount': 1500" in shown
    assert policy.assert_effect(context, "block")["effect"] == "block"
    with pytest.raises(AssertionError, match="expected allow, got block"):
        policy.assert_effect(context, "allow")
    assert policy.policy_hash() in repr(policy) and policy.policy_hash() in policy._repr_html_()


def test_runtime_and_decorator():
    from actra import ActraPolicyError, ActraRuntime, load_policy_from_string
    from actra.runtime import ActraRuntime as Same

    assert ActraRuntime is Same
    runtime = ActraRuntime(load_policy_from_string(SCHEMA, POLICY))
    runtime.set_actor_resolver(lambda ctx: {"role": "support"})
    runtime.set_snapshot_resolver(lambda ctx: {"fraud_flag": False})

    @runtime.admit(action_type="refund")
    def refund(amount: int, currency: str = "EUR") -> str:
        """Doc."""
        return f"{amount} {currency}"

    assert refund(10) == "10 EUR" and refund.__doc__ == "Doc."
    try:
        refund(amount=2000)
        raise SystemExit("not blocked")
    except ActraPolicyError as e:
        assert e.matched_rule == "block_large_refund" and e.action_type == "refund"
        assert e.to_dict()["decision"] == {"effect": "block", "matched_rule": "block_large_refund"}
        assert e.context["action"]["amount"] == 2000

    @runtime.admit()
    async def delete_user(user_id):
        return user_id

    with pytest.raises(ActraPolicyError, match="needs approval"):
        asyncio.run(delete_user("u1"))


def test_runtime_questions(capsys):
    from actra import ActraRuntime, load_policy_from_string

    runtime = ActraRuntime(load_policy_from_string(SCHEMA, POLICY))
    runtime.set_actor_resolver(lambda ctx: {"role": "admin" if ctx == "boss" else "support"})
    runtime.set_snapshot_resolver(lambda ctx: {"fraud_flag": False})
    assert runtime.action("refund", amount=1) == {"type": "refund", "amount": 1}
    assert runtime.allow("refund", amount=1, currency="EUR")
    assert runtime.block("refund", amount=2000, currency="EUR")
    assert runtime.requires_approval("delete_user", user_id="u1")
    assert runtime.allow("delete_user", ctx="boss", user_id="u1")
    assert runtime.evaluate(runtime.action("refund", amount=2000, currency="EUR"))["effect"] == "block"
    assert runtime.explain({"type": "refund", "amount": 2000, "currency": "EUR"})["effect"] == "block"

    @runtime.admit(action_type="refund")
    def refund(amount, currency="EUR", ctx=None):
        raise AssertionError("the function does not run")

    def plain(amount, currency="EUR"):
        raise AssertionError("the function does not run")

    assert runtime.explain_call(refund, 2000, ctx="boss")["effect"] == "block"
    assert runtime.explain_call(plain, amount=5, action_type="refund")["effect"] == "allow"
    assert "Decision: allow" in capsys.readouterr().out
    built = runtime.build_action(
        action_type="refund", args=(5,), kwargs={"ctx": "boss"}, ctx=None, func=refund.__wrapped__
    )
    assert built == {"type": "refund", "amount": 5, "currency": "EUR"}
    assert runtime.build_action("refund", (), {"amount": 1, "x": 2}, None, fields=["amount"]) == {
        "type": "refund",
        "amount": 1,
    }
    assert runtime.build_context({"type": "refund"}, "boss") == {
        "action": {"type": "refund"},
        "actor": {"role": "admin"},
        "snapshot": {"fraud_flag": False},
    }
    assert runtime.resolve_context((), {"ctx": 7}) == 7 and runtime.resolve_context((), {}) is None
    assert runtime.resolve_action_type(plain, (), {}, None) == "plain"
    assert runtime.resolve_action_type(plain, (), {}, "refund") == "refund"
    assert ActraRuntime(runtime.policy).resolve_actor(None) == {} == ActraRuntime(runtime.policy).resolve_snapshot(None)


def test_resolvers_see_what_they_saw():
    from actra import ActraRuntime, load_policy_from_string

    seen = {}
    runtime = ActraRuntime(load_policy_from_string(SCHEMA, POLICY))
    runtime.set_actor_resolver(lambda ctx: {"role": "support"})
    runtime.set_snapshot_resolver(lambda ctx: {"fraud_flag": False})

    def action_resolver(action_type, args, kwargs, ctx):
        seen["action"] = (action_type, args, kwargs, ctx)
        return {"type": action_type, "amount": kwargs["amount"], "currency": "EUR"}

    runtime.set_action_resolver(action_resolver)
    runtime.set_context_resolver(lambda args, kwargs: seen.setdefault("context", (args, kwargs)) and "ctx")
    runtime.set_action_type_resolver(lambda func, args, kwargs: seen.setdefault("type", func.__name__) and "refund")

    @runtime.admit()
    def pay(amount, note="n"):
        return amount

    assert pay(5) == 5
    assert seen["action"] == ("refund", (), {"amount": 5, "note": "n"}, "ctx")
    assert seen["context"] == ((5,), {"amount": 5, "note": "n"}) and seen["type"] == "pay"


def test_observers_and_audit():
    from actra import ActraRuntime, DecisionEvent, load_policy_from_string
    from actra.events import DecisionEvent as Same

    assert DecisionEvent is Same
    runtime = ActraRuntime(load_policy_from_string(SCHEMA, POLICY))
    runtime.set_actor_resolver(lambda ctx: {"role": "support"})
    runtime.set_snapshot_resolver(lambda ctx: {"fraud_flag": False})
    events = []
    assert not runtime.has_decision_observer()
    runtime.set_decision_observer(events.append)
    assert runtime.has_decision_observer()

    @runtime.audit(action_type="refund")
    def refund(amount, currency="EUR"):
        return "ran"

    assert refund(2000) == "ran"
    event = events[0]
    assert event.is_blocked and event.effect == "block" and event.matched_rule == "block_large_refund"
    assert event.action_type == "refund" and event.action["amount"] == 2000
    assert f"{event.duration_ms:.2f}" and event.timestamp.isoformat()
    assert event.decision["effect"] == "block" and event.context["actor"] == {"role": "support"}
    runtime.set_decision_observer(None)
    refund(1)
    assert len(events) == 1


def test_contexts():
    from actra import ActraContext, ActraRuntime, load_policy_from_string
    from actra.integrations.mcp import ActraMCPContext

    assert ActraMCPContext is ActraContext or issubclass(ActraMCPContext, ActraContext)
    runtime = ActraRuntime(load_policy_from_string(SCHEMA, POLICY))
    runtime.set_actor_resolver(lambda ctx: {"role": ctx.user["role"] if ctx else "nobody"})

    @runtime.admit()
    def delete_user(user_id, ctx=None):
        return user_id

    assert delete_user("u1", ctx=ActraMCPContext(user={"role": "admin"})) == "u1"
    assert dataclasses.asdict(ActraContext(user=1)) == {"user": 1, "metadata": None, "request": None}


def test_mcp_adapter():
    from actra import ActraApprovalRequired, ActraError, ActraPolicyError, ActraRuntime, load_policy_from_string
    from actra.integrations.mcp.adapter import ActraMCPAdapter
    from actra.integrations.mcp.server import ActraMCPServer

    runtime = ActraRuntime(load_policy_from_string(SCHEMA, POLICY))
    runtime.set_actor_resolver(lambda ctx: {"role": "support"})
    runtime.set_snapshot_resolver(lambda ctx: {"fraud_flag": False})
    adapter = ActraMCPAdapter(runtime)
    server = ActraMCPServer(adapter)
    ran = []

    @server.tool()
    def refund(amount, currency):
        ran.append(amount)
        return amount

    @server.tool("delete_user")
    def remove(user_id):
        ran.append(user_id)

    assert server.handle_request("refund", {"amount": 5, "currency": "EUR"}) == 5
    assert adapter.evaluate_tool("refund", {"amount": 5, "currency": "EUR"})["effect"] == "allow"
    with pytest.raises(ActraPolicyError):
        server.handle_request("refund", {"amount": 5000, "currency": "EUR"})
    with pytest.raises(ActraApprovalRequired):
        server.handle_request("delete_user", {"user_id": "u1"})
    with pytest.raises(ActraError):
        adapter.evaluate_tool("refund", {"amount": 5, "currency": "EUR", "type": "delete_user"})
    with pytest.raises(ValueError):
        server.handle_request("nothing", {})
    assert ran == [5] and set(server.tools) == {"refund", "delete_user"}


def test_defaults_of_tools_count_and_nobody_says_who_acts():
    from actra import ActraError, ActraPolicyError, ActraRuntime, load_policy_from_string
    from actra.integrations.mcp.adapter import ActraMCPAdapter
    from actra.integrations.mcp.server import ActraMCPServer

    runtime = ActraRuntime(load_policy_from_string(SCHEMA, POLICY))
    runtime.set_actor_resolver(lambda ctx: {"role": "support"})
    runtime.set_snapshot_resolver(lambda ctx: {"fraud_flag": False})
    server = ActraMCPServer(ActraMCPAdapter(runtime))
    ran = []

    @server.tool()
    def refund(currency, amount=5000, ctx=None):
        ran.append((amount, ctx))

    with pytest.raises(ActraPolicyError):
        server.handle_request("refund", {"currency": "EUR"})
    with pytest.raises(ActraError, match="`ctx` says who acts"):
        server.handle_request("refund", {"currency": "EUR", "amount": 5, "ctx": "admin"})
    with pytest.raises(TypeError, match="missing"):
        server.handle_request("refund", {"amount": 5})
    server.handle_request("refund", {"currency": "EUR", "amount": 5}, ctx="session")
    assert ran == [(5, "session")]


def test_modules():
    import actra.errors
    import actra.events
    import actra.policy
    import actra.runtime
    import actra.types

    assert issubclass(actra.errors.ActraSchemaError, actra.ActraError)
    assert str(actra.errors.ActraSchemaError("x", ValueError("y"))) == "x"
    for name in ("Action", "Actor", "Snapshot", "Decision", "Context"):
        assert hasattr(actra, name) and hasattr(actra.types, name)
    error = actra.ActraPolicyError("a", {"effect": "block", "matched_rule": "r"}, {"action": {}})
    assert error.matched_rule == "r" and error.decision["effect"] == "block"
