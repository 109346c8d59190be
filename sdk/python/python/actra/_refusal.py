"""From the last step of an admission to what is raised."""

from __future__ import annotations

from . import _actra, _log
from ._drive import Last
from ._error import error_line
from ._request_refusals import request_refusals
from .approval import ApprovalRequest
from .errors import ActraApprovalRequired, ActraPolicyError
from .types import Decision

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def finish(step: Last, admission: _actra.Admission) -> None:
    """Returns if the operation may run; raises the refusal if not."""
    cause = admission.cause
    if cause is not None:
        _log.warning("actra: a resolver failed: %s", error_line(cause), error=cause)
        admission.cause = None
    if step[0] == "run" and admission.may_run:
        return
    if step[0] != "refused":
        raise RuntimeError(f"the call is neither refused nor allowed, but {step[0]}")
    refused: _actra.Refused = step[1]
    native = refused.decision
    assert native is not None
    decision = Decision.of_native(native)
    made = (refused.action, decision, admission.shown(), str(refused))
    error = ActraPolicyError(*made)
    if refused.needs_approval:
        error = ActraApprovalRequired(*made, approval=None if step[2] is None else ApprovalRequest(step[2]))
    error._native = refused
    if cause is not None:
        error.__cause__ = cause
    refusals = request_refusals.get()
    if refusals is not None:
        refusals.add(error)
    try:
        raise error
    finally:
        # Its traceback holds this frame: it would live until the garbage is collected.
        del error
