"""What tests of web applications call: up to a hundred is allowed, more is refused."""

import actra

SCHEMA = """
version: 1
actions:
  pay: { fields: { amount: number } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: pay }, when: action.amount > 100, effect: block }
"""
RUNTIME = actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES))


@RUNTIME.admit("pay")
async def pay(amount):
    return "ran"


@RUNTIME.admit("pay")
def paid(amount):
    return "ran"
