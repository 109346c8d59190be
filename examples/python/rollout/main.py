"""A new rule, from an idea to force: in shadow, in audit mode, then enforced."""

from collections import Counter

import actra

SCHEMA = """
version: 1
actions:
  refund: { fields: { customer: string, amount: { type: number, min: 0, max: 100000 } } }
snapshot: { fields: { refunded_today: { type: number, min: 0, max: 100000 } } }
"""

TODAY = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: refund }, when: action.amount > 1000, effect: block }
"""

IDEA = """
  - id: daily_limit
    scope: { action: refund }
    when: snapshot.refunded_today + action.amount > 500
    effect: require_approval
    message: more than 500 in a day
"""

today = actra.load_policy_from_string(SCHEMA, TODAY)
shadow = actra.load_policy_from_string(SCHEMA, TODAY + IDEA + "    mode: shadow\n")
tomorrow = actra.load_policy_from_string(SCHEMA, TODAY + IDEA)

refunded = Counter()
heard = []
runtime = actra.ActraRuntime(
    today, snapshot=lambda customer: {"refunded_today": refunded[customer]}, on_event=heard.append
)


@runtime.admit()
def refund(customer, amount):
    refunded[customer] += amount


def a_day():
    """The same calls every day; what was refused is counted."""
    refunded.clear()
    heard.clear()
    refused = 0
    for customer, amount in [("ana", 40), ("bob", 300), ("bob", 250), ("ana", 2000), ("bob", 10), ("cy", 501)]:
        try:
            with actra.using(customer):
                refund(customer, amount)
        except actra.ActraPolicyError:
            refused += 1
    return refused


print(f"today: {a_day()} refused")

# 1. The rule is evaluated and counts for nothing.
runtime.policy = shadow
refused = a_day()
would = [event for event in heard for rule in event.decision.shadow if rule["truth"] == "true"]
print(f"in shadow: {refused} refused; daily_limit would have counted {len(would)} times:")
for event in would:
    print(f"    {event.action['customer']} {event.action['amount']}")

# 2. All requests are compared, not only those of a day.
comparison = today.diff(tomorrow)
print(f"compared: {comparison['verdict']}")
for region in comparison["regions"]:
    print(f"    {region['action']} becomes {region['direction']} by {region['rule']}")

# 3. The policy counts as a whole, on a runtime that lets everything run.
runtime.policy = tomorrow
runtime.mode = "audit"
print(f"in audit mode: {a_day()} refused; {Counter(event.effect for event in heard)}")

# 4. In force, and back with one assignment if need be.
runtime.mode = "enforce"
print(f"enforced: {a_day()} refused; {Counter(event.outcome for event in heard)}")
runtime.policy = today
print(f"back: {a_day()} refused")
