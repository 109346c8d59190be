"""Decides, before an operation runs, whether it may.

>>> import actra
>>> policy = actra.load_policy_from_string(
...     "version: 1\nactions: { refund: { fields: { amount: number } } }",
...     "version: 1\ndefault: allow\nrules:\n  - { id: large, scope: { action: refund }, "
...     "when: 'action.amount > 1000', effect: block }",
... )
>>> runtime = actra.configure(policy)
>>> @actra.admit()
... def refund(amount):
...     return f"refunded {amount}"
>>> refund(10)
'refunded 10'
>>> refund(2000)
Traceback (most recent call last):
    ...
actra.errors.ActraPolicyError: action refund: blocked by rule large
"""

from ._default_runtime import admit, audit, configure, default_runtime
from ._propagate import propagate
from ._reload import Reload, Watch
from .approval import ApprovalRequest, Denial, Grant
from .errors import (
    ActraApprovalError,
    ActraApprovalRequired,
    ActraCompileError,
    ActraError,
    ActraPolicyError,
    ActraSchemaError,
)
from .events import DecisionEvent, json_lines
from .policy import Actra, Policy, compiler_version, load_policy_from_file, load_policy_from_string
from .runtime import ActraContext, ActraRuntime, current_context, using
from .types import Action, Actor, Context, Decision, Snapshot

__version__ = compiler_version()

__all__ = [
    "Action",
    "Actor",
    "Actra",
    "ActraApprovalError",
    "ActraApprovalRequired",
    "ActraCompileError",
    "ActraContext",
    "ActraError",
    "ActraPolicyError",
    "ActraRuntime",
    "ActraSchemaError",
    "ApprovalRequest",
    "Context",
    "Decision",
    "DecisionEvent",
    "Denial",
    "Grant",
    "Policy",
    "Reload",
    "Snapshot",
    "Watch",
    "__version__",
    "admit",
    "audit",
    "compiler_version",
    "configure",
    "current_context",
    "default_runtime",
    "json_lines",
    "load_policy_from_file",
    "load_policy_from_string",
    "propagate",
    "using",
]
