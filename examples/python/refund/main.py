"""A refund in twenty seconds: a schema, a rule, a decorator."""

import actra

SCHEMA = """
version: 1
actions:
  refund: { fields: { order: string, amount: number } }
"""

RULES = """
version: 1
default: allow
rules:
  - id: large
    scope: { action: refund }
    when: action.amount > 1000
    effect: block
    message: refunds above 1000 need a human
"""

actra.configure(actra.load_policy_from_string(SCHEMA, RULES))


@actra.admit()
def refund(order: str, amount: float) -> None:
    print(f"paid {amount} for {order}")


refund("o-1", 25)
try:
    refund("o-2", 1500)
except actra.ActraPolicyError as error:
    print(error)
