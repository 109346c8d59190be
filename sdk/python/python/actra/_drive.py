"""Does what an admission asks for, step by step: calls resolvers and handlers, and tells observers."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import _actra
from ._calls import Failed, HostCall, Role, Steps, drive, drive_async
from ._error import error_line
from ._observe import tell_observers
from ._resolve import UNRESOLVED, Failures, check_record
from ._settings import Settings
from .approval import ApprovalRequest, Denial, Grant
from .policy import Policy

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: All arguments of a call, as an approval is bound to them.
ApprovalParts = Callable[[], Dict[str, Any]]
#: Why a call of an action cannot be decided by a policy that it was not made for, if that is so.
Unfit = Callable[[str, Policy], Optional[str]]
#: The last step of an admission.
Last = Tuple[Any, ...]

#: The steps for which a record is to be found out.
_RECORDS = ("actor", "actor_rest", "snapshot")
#: Those with which nothing has happened yet that anybody is told of.
_FINDING = (*_RECORDS, "arguments")


def never_unfit(action: str, policy: Policy) -> Optional[str]:
    """Of what is no call of a function: what the schemas say of it has been compared."""
    return None


def drive_admission(
    settings: Settings, admission: _actra.Admission, ctx: Any, approval_parts: ApprovalParts, unfit: Unfit = never_unfit
) -> Last:
    """Drives an admission to its last step."""
    try:
        return drive(_steps(settings, admission, ctx, approval_parts, unfit))
    except BaseException:
        admission.cancel()
        drive(tell_observers(settings, admission))
        raise


async def drive_admission_async(
    settings: Settings, admission: _actra.Admission, ctx: Any, approval_parts: ApprovalParts, unfit: Unfit = never_unfit
) -> Last:
    """As :func:`drive_admission`, but async: what the host's functions give is awaited."""
    try:
        return await drive_async(_steps(settings, admission, ctx, approval_parts, unfit))
    except GeneratorExit:
        # Nothing can be awaited any more.
        admission.cancel()
        drive(tell_observers(settings, admission))
        raise
    except BaseException:
        admission.cancel()
        await drive_async(tell_observers(settings, admission))
        raise


def _steps(
    settings: Settings, admission: _actra.Admission, ctx: Any, approval_parts: ApprovalParts, unfit: Unfit
) -> Steps[Last]:
    while True:
        step = admission.step()
        if settings.observers and step[0] not in _FINDING:
            yield from tell_observers(settings, admission)
            if step[0] == "run":
                # Those who hear of it can change arguments, too, and others while they are awaited.
                admission.recheck()
                if not admission.may_run:
                    continue
        if step[0] == "run" and admission.is_approved:
            admission.recheck_bound(approval_parts())
            if not admission.may_run:
                continue
        if step[0] == "ask":
            yield from _ask_for_approval(settings, admission, ApprovalRequest(step[1]), unfit)
        elif step[0] == "arguments":
            admission.bind(approval_parts())
        elif step[0] in _RECORDS:
            yield from _resolve_record(settings, admission, step[0], ctx)
        else:
            return step


def _ask_for_approval(
    settings: Settings, admission: _actra.Admission, approval: ApprovalRequest, unfit: Unfit
) -> Steps[None]:
    approver = settings.on_approval
    if approver is None:
        admission.refuse("there is nobody to ask")
        return
    (answer,) = yield [HostCall(Role.APPROVER, approver, approval, settings.approval_deadline, settings.is_audit)]
    if type(answer) is Failed:
        admission.refuse(answer.why)
    elif type(answer) is Grant and answer.id == approval.id:
        replaced = admission.resume()
        if replaced is not None:
            action, native = replaced
            refusal = unfit(action, Policy(native))
            if refusal is not None:
                admission.refuse_request(refusal)
    elif type(answer) is Denial:
        admission.take_denial(answer.by, answer.reason)
    else:
        admission.refuse("the handler gave no grant")


def _resolve_record(settings: Settings, admission: _actra.Admission, step_name: str, ctx: Any) -> Steps[None]:
    stage = "snapshot" if step_name == "snapshot" else "actor"
    resolver = settings.snapshot if stage == "snapshot" else settings.actor
    failures: Failures = []
    if isinstance(resolver, MappingType):
        read = set(admission.reads(stage))
        wanted = [name for name in resolver if (name in read) != (step_name == "actor_rest")]
        found = yield [HostCall(Role.RESOLVER, resolver[name], ctx, settings.deadline, settings.is_audit) for name in wanted]
        record: Any = _assemble_record(wanted, found, stage, failures)
        _note_cause(admission, found)
    else:
        assert resolver is not None
        (given,) = yield [HostCall(Role.RESOLVER, resolver, ctx, settings.deadline, settings.is_audit)]
        record = _whole_record(given)
        _note_cause(admission, [record])
        if type(record) is Failed:
            failures.append((stage, record.why))
            record = None
    try:
        admission.give(stage, record, failures)
    except (TypeError, ValueError) as error:
        # It is not a record, so there is none.
        failed = Failed(error, error_line(error))
        _note_cause(admission, [failed])
        admission.give(stage, None, [*failures, (stage, failed.why)])


def _note_cause(admission: _actra.Admission, found: List[Any]) -> None:
    for one in found:
        if type(one) is Failed and admission.cause is None:
            admission.cause = one.error


def _whole_record(given: Any) -> Any:
    """A record, or why what a resolver gave is none."""
    if type(given) is Failed:
        return given
    try:
        return check_record(given)
    except Exception as error:
        return Failed(error, error_line(error))


def _assemble_record(names: List[str], found: List[Any], stage: str, failures: Failures) -> Dict[str, Any]:
    """A record of its fields. One that cannot be had is invalid, never absent."""
    record: Dict[str, Any] = {}
    for name, value in zip(names, found):
        if type(value) is Failed:
            failures.append((stage, f"{name}: {value.why}"))
            value = UNRESOLVED
        record[name] = value
    return record
