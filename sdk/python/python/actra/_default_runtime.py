"""The runtime of the process, behind ``actra.admit``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, Optional, Sequence, Union, overload

from ._action import Builder
from ._decorate import Decorator, F
from ._configuration import changing
from ._resolve import Resolvers
from ._settings import Approver
from .errors import ActraError
from .events import Observer
from .policy import Actra, Policy
from .runtime import ActraRuntime

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

_runtime: Optional[ActraRuntime] = None


def configure(
    policy: Union[Policy, str, "os.PathLike[str]", None] = None,
    *,
    actor: Optional[Resolvers] = None,
    snapshot: Optional[Resolvers] = None,
    context: Optional[Callable[..., Any]] = None,
    mode: str = "enforce",
    on_event: Optional[Observer] = None,
    on_approval: Optional[Approver] = None,
    on_actor_failure: str = "refuse",
    deadline: float = 10.0,
    approval_deadline: float = 600.0,
    approval_valid: float = 900.0,
    context_from_arguments: bool = True,
    approvals: Union[None, str, "os.PathLike[str]"] = None,
    reload: Optional[float] = None,
) -> ActraRuntime:
    """Sets up the runtime behind :func:`admit` and returns it.

    ``policy`` is a policy, or the path of a directory or a compiled file; without it, one is looked for: in the
    environment variable ``ACTRA_POLICY``, then in a directory ``actra/`` here or above. Everything else is
    as :class:`ActraRuntime` has it. With ``reload``, the policy is checked every so many seconds and replaced when it
    has changed, as :meth:`ActraRuntime.watch` does it. Functions that are decorated already keep the runtime they have.
    """
    global _runtime
    if isinstance(policy, Policy):
        if reload is not None:
            raise ValueError("`reload` needs the path of a policy, not a policy")
        path, found = None, policy
    else:
        path = policy if policy is not None else _found()
        found = Actra.load(path)
    runtime = ActraRuntime(
        found,
        actor=actor,
        snapshot=snapshot,
        context=context,
        mode=mode,
        on_event=on_event,
        on_approval=on_approval,
        on_actor_failure=on_actor_failure,
        deadline=deadline,
        approval_deadline=approval_deadline,
        approval_valid=approval_valid,
        context_from_arguments=context_from_arguments,
        approvals=approvals,
    )
    if reload is not None and path is not None:
        runtime.watch(path, every=reload)
    with changing:
        _runtime = runtime
    return runtime


def _found() -> Path:
    named = os.environ.get("ACTRA_POLICY")
    if named:
        return Path(named)
    here = Path.cwd()
    for directory in (here, *here.parents):
        candidate = directory / "actra"
        if (candidate / "schema.yaml").is_file():
            return candidate
    raise ActraError(
        "no policy: call `actra.configure(policy=...)`, set ACTRA_POLICY, or put a policy set into a directory `actra/`"
    )


def default_runtime() -> ActraRuntime:
    """The runtime behind :func:`admit`, set up from what is found if nobody called :func:`configure`."""
    with changing:
        # Two that ask at once are to get the same: what one grants, the other has to know of.
        return configure() if _runtime is None else _runtime


@overload
def admit(action_type: F, /) -> F: ...


@overload
def admit(
    action_type: Optional[str] = None,
    fields: Optional[Sequence[str]] = None,
    action_builder: Optional[Builder] = None,
    *,
    unbound: Sequence[str] = (),
) -> Decorator: ...


def admit(
    action_type: Any = None,
    fields: Optional[Sequence[str]] = None,
    action_builder: Optional[Builder] = None,
    *,
    unbound: Sequence[str] = (),
) -> Any:
    """Runs a function only if the policy allows the call. A missing policy is an error here; it never allows a call.

    ``unbound`` names what an approval is not bound to, as :meth:`ActraRuntime.admit` says.
    """
    return default_runtime().admit(action_type, fields, action_builder, unbound=unbound)


@overload
def audit(action_type: F, /) -> F: ...


@overload
def audit(
    action_type: Optional[str] = None,
    fields: Optional[Sequence[str]] = None,
    action_builder: Optional[Builder] = None,
) -> Decorator: ...


def audit(
    action_type: Any = None,
    fields: Optional[Sequence[str]] = None,
    action_builder: Optional[Builder] = None,
) -> Any:
    """Runs a function whatever the policy says; events record what would have happened."""
    return default_runtime().audit(action_type, fields, action_builder)
