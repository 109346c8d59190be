"""What people see: representations, and explanations."""

import actra

SCHEMA = """
version: 1
actions:
  refund: { fields: { amount: number, note: { type: string, optional: true }, card: { type: string, sensitive: true } } }
actor: { fields: { id: string } }
snapshot: { fields: { fraud_flag: boolean } }
"""

RULES = """
version: 1
default: allow
rules:
  - id: large
    scope: { action: refund }
    when: action.amount > 1000
    effect: require_approval
    message: "{actor.id} wants {action.amount}"
  - { id: fraud, scope: { action: refund }, when: snapshot.fraud_flag, effect: block }
"""


def policy():
    return actra.load_policy_from_string(SCHEMA, RULES)


def asked(amount=2000, who="<b>eve</b>", flag=False):
    return {
        "action": {"type": "refund", "amount": amount, "card": "4711-0815"},
        "actor": {"id": who},
        "snapshot": {} if flag is None else {"fraud_flag": flag},
    }


def test_decisions():
    decision = policy().decide(asked())
    assert repr(decision) == str(decision) == "{'effect': 'require_approval', 'matched_rule': 'large'}"
    assert decision == {"effect": "require_approval", "matched_rule": "large"}
    shown = decision._repr_html_()
    assert "<td>require_approval</td>" in shown and "<td>large</td>" in shown
    # Messages hold what strangers wrote.
    assert "&lt;b&gt;eve&lt;/b&gt; wants 2000" in shown and "<b>" not in shown
    unknown = policy().decide(asked(flag=None))
    assert "fraud: snapshot.fraud_flag: missing" in unknown._repr_html_()
    wrong = policy().decide({"action": {"type": "<i>"}})
    assert "the schema declares no such action" in wrong._repr_html_() and "<i>" not in wrong._repr_html_()


def test_policies_and_runtimes():
    made = policy()
    assert repr(made) == f"Policy({made.policy_hash()}, 1 actions)" and str(made) == f"Policy {made.policy_hash()}"
    assert "<li><code>refund</code></li>" in made._repr_html_()
    runtime = actra.ActraRuntime(made, mode="audit")
    assert repr(runtime) == f"ActraRuntime({made!r}, mode='audit')"


def test_approvals():
    runtime = actra.ActraRuntime(policy(), actor=lambda ctx: {"id": "<b>eve</b>"}, snapshot=lambda ctx: {"fraud_flag": False})
    try:
        runtime.check(asked()["action"])
        raise AssertionError
    except actra.ActraApprovalRequired as error:
        approval = error.approval
        assert "4711" not in repr(error) + str(error) + str(error.to_dict())
    shown = approval._repr_html_()
    assert "<li>&lt;b&gt;eve&lt;/b&gt; wants 2000</li>" in shown and approval.expires_at.isoformat() in shown
    assert approval.id in repr(approval) and "'amount': 2000" in repr(approval)
    assert "4711" not in shown + repr(approval)


def test_explanations(capsys):
    made = policy()
    assert made.explain(asked()) == {"effect": "require_approval", "matched_rule": "large"}
    assert capsys.readouterr().out.splitlines()[3:] == [
        "Decision: require_approval by rule large",
        "Message: <b>eve</b> wants 2000",
        "  large: true",
        "  fraud: false",
    ]
    made.explain(asked(5))
    assert "Decision: allow (default)" in capsys.readouterr().out
    made.explain(asked(5, flag=None))
    shown = capsys.readouterr().out
    assert "fraud: undetermined (snapshot.fraud_flag: missing" in shown and "4711" not in shown
    made.explain({"action": {"type": "gone"}})
    assert "Fault: action.type: the schema declares no such action" in capsys.readouterr().out
    explained = made.explanation(asked())
    assert explained["schema"] == "actra/explain/v1"
    assert [(rule["rule"], rule["truth"]) for rule in explained["rules"]] == [("large", "true"), ("fraud", "false")]


def test_explaining_a_call_runs_nothing(capsys):
    runtime = actra.ActraRuntime(policy(), actor=lambda ctx: {"id": "eve"}, snapshot=lambda ctx: {"fraud_flag": True})
    events, ran = [], []
    runtime.add_observer(events.append)

    @runtime.admit("refund", fields=["amount", "card"])
    def pay(amount, card="4711", note="x"):
        ran.append(amount)

    decision = runtime.explain_call(pay, 2000)
    assert (decision["effect"], decision.matched_rules) == ("block", ["large", "fraud"])
    shown = capsys.readouterr().out
    assert "fraud: true" in shown and "4711" not in shown and "note" not in shown
    assert (events, ran) == ([], [])
