"""From the last step of an admission to what is raised."""

from __future__ import annotations

from . import _actra
from ._drive import Last
from .approval import ApprovalRequest
from .errors import ActraApprovalRequired, ActraPolicyError
from .types import Decision


def finish(step: Last, admission: _actra.Admission) -> None:
    """Returns if the operation may run; raises the refusal if not."""
    if step[0] != "refused":
        return
    refused: _actra.Refused = step[1]
    native = refused.decision
    assert native is not None
    decision = Decision.of_native(native)
    texts = (str(refused), refused.to_json(), refused.to_problem_json(403), refused.for_model())
    made = (refused.action, decision, admission.shown(), *texts)
    if not refused.needs_approval:
        raise ActraPolicyError(*made)
    raise ActraApprovalRequired(*made, None if step[2] is None else ApprovalRequest(step[2]))
