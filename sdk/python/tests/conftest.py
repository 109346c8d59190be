import logging

import pytest

SCHEMA = """
version: 1
actions:
  refund: { fields: { order_id: 'string?', amount: number, currency: 'string?' } }
  note: { fields: { text: 'string?' } }
actor: { fields: { role: 'string?' } }
snapshot: { fields: { fraud_flag: 'boolean?' } }
"""

RULES = """
version: 1
default: allow
rules:
  - { id: fraud, scope: { action: refund }, when: 'has(snapshot.fraud_flag) && snapshot.fraud_flag', effect: block }
  - { id: huge, scope: { action: refund }, when: action.amount > 10000, effect: block, message: 'too large' }
  - { id: large, scope: { action: refund }, when: action.amount > 1000, effect: require_approval, message: 'ask' }
"""


@pytest.fixture
def policy():
    import actra

    return actra.load_policy_from_string(SCHEMA, RULES)


@pytest.fixture
def runtime(policy):
    import actra

    return actra.ActraRuntime(policy)


@pytest.fixture
def quiet():
    """What goes wrong on purpose is logged, and what is logged is kept until a test ends."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
