"""What happens between a call of a decorated function and its body: the fast path, or an admission."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

from . import _actra
from ._audit import admission_without_request, log_in_audit
from ._calls import drive
from ._configuration import Configuration
from ._context import context
from ._drive import ApprovalParts, Unfit, drive_admission, drive_admission_async, never_unfit
from ._observe import tell_observers
from ._refusal import finish
from ._resolve import TooLate
from ._settings import Settings
from ._site import Site
from .errors import ActraSchemaError

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

class PendingCall(NamedTuple):
    """A call on its way, or one that may run and whose arguments can change before its body begins."""

    site: Site
    config: Configuration
    admission: _actra.Admission
    ctx: Any
    approval_parts: ApprovalParts
    unfit: Unfit

    def finish(self) -> None:
        """Returns if the body may run, and raises if not."""
        settings = _settings(self.site, self.config)
        finish(drive_admission(settings, self.admission, self.ctx, self.approval_parts, self.unfit), self.admission)

    async def finish_async(self) -> None:
        """As :meth:`finish`, but async: resolvers, handlers and observers are awaited."""
        settings = _settings(self.site, self.config)
        finish(await drive_admission_async(settings, self.admission, self.ctx, self.approval_parts, self.unfit), self.admission)

    def begin(self) -> None:
        """For a body that begins later than its call: has the call decided again if its arguments have changed since.

        Returns if the body may run, and raises if not.
        """
        with _log_in_audit(self.site, self.config):
            if not self._is_same():
                self.finish()

    def is_unchanged(self) -> bool:
        """Whether the arguments are still what was decided and approved."""
        with _log_in_audit(self.site, self.config):
            return self._is_same()
        return False

    def _is_same(self) -> bool:
        self.admission.recheck()
        if self.admission.is_approved:
            self.admission.recheck_bound(self.approval_parts())
        return self.admission.may_run


#: How far a call has come: what holds for it, its admission if it has one, and its context.
CallProgress = Tuple[Configuration, Optional[_actra.Admission], Any]


def try_fast_path(site: Site, args: Tuple[Any, ...], kwargs: Dict[str, Any], is_async: bool = False) -> Optional[CallProgress]:
    """Tries the fast path. ``None`` if the body may run and no argument can change any more.

    Anything else is what :func:`enter` goes on with, or, for a call that ``is_async``, :func:`enter_async`.
    """
    config = site.live.config
    known, quick, colliding, is_plain, fast_path, actor, snapshot = site.prepared
    if known is not config:
        if not config.has_fast_path or site.audit:
            return config, None, None
        _, quick, colliding, is_plain, fast_path, actor, snapshot = site.prepare(config)
    if fast_path is None or (colliding and not colliding.isdisjoint(kwargs)):
        return config, None, None
    # The same as `Site.refusal` asks.
    for name in kwargs:
        if type(name) is not str:
            return config, None, None
    if is_plain and quick is not None:
        action, ctx, make = quick(*args, **kwargs), context.get(), None
    else:
        action, ctx = site.action_and_context(config, quick, args, kwargs)
        make = site.action_maker(config, quick, args, kwargs, ctx)
    try:
        admission = fast_path.enter(action, actor, snapshot, ctx, make, is_async)
    except BaseException:
        # A resolver was interrupted.
        if config.settings.observers:
            cancelled = config.point.begin(config.policy._native, action, site.unbound, make)
            cancelled.cancel()
            drive(tell_observers(config.settings, cancelled))
        raise
    if admission is None:
        return None
    if isinstance(admission, tuple):
        handed = _with_resolved(config, *admission)
        return handed, handed.point.begin(handed.policy._native, action, site.unbound, make), ctx
    return config, admission, ctx


def _with_resolved(
    config: Configuration, stage: str, awaited: Any, actor: Any = None, cause: Optional[BaseException] = None
) -> Configuration:
    """What holds for a call of which a resolver gave something that is awaited: nobody is asked twice for a decision, and
    everybody anew for the one after a grant."""

    def had() -> Any:
        if actor is None:
            raise TooLate if cause is None else cause
        return actor

    left: Dict[str, Callable[[], Any]] = {stage: lambda: awaited}
    if stage == "snapshot" and config.settings.actor is not None:
        left["actor"] = had

    def once(name: str, resolver: Any) -> Callable[[Any], Any]:
        def resolve(ctx: Any) -> Any:
            found = left.pop(name, None)
            if found is not None:
                return found()
            # It is another decision: what else there may be left was for the one before.
            left.clear()
            return resolver(ctx)

        return resolve

    return config.with_resolvers({name: once(name, getattr(config.settings, name)) for name in left})


def enter(site: Site, progress: CallProgress, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Optional[CallProgress]:
    """Returns if the body may run, and raises if not. ``None`` if no argument can change any more."""
    config, admission, _ = progress
    if admission is None:
        with _log_in_audit(site, config):
            begun = _begin_call(site, config, args, kwargs)
            begun.finish()
            return (config, begun.admission, begun.ctx) if begun.admission.needs_recheck else None
        return None
    if not admission.may_run:
        pending_call(site, progress, args, kwargs).finish()
    return progress if admission.needs_recheck else None


async def enter_async(site: Site, progress: CallProgress, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> None:
    """As :func:`enter`, but async: resolvers, handlers and observers are awaited. The body begins at once."""
    config, admission, _ = progress
    if admission is None:
        with _log_in_audit(site, config):
            await _begin_call(site, config, args, kwargs).finish_async()
    elif not admission.may_run:
        await pending_call(site, progress, args, kwargs).finish_async()


def pending_call(site: Site, progress: CallProgress, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> PendingCall:
    """A call that has an admission already, with what it takes to go on."""
    config, admission, ctx = progress
    assert admission is not None
    return _pending_call(site, config, admission, ctx, args, kwargs)


def _pending_call(
    site: Site, config: Configuration, admission: _actra.Admission, ctx: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any]
) -> PendingCall:
    return PendingCall(
        site,
        config,
        admission,
        ctx,
        lambda: site.approval_parts(config, args, kwargs),
        lambda action, policy: site.unfit(config.with_policy(policy), action, args, kwargs),
    )


def _settings(site: Site, config: Configuration) -> Settings:
    return config.audit_settings if site.audit else config.settings


def _log_in_audit(site: Site, config: Configuration) -> AbstractContextManager[None]:
    return log_in_audit(_settings(site, config).is_audit, "a call runs")


def _begin_call(site: Site, config: Configuration, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> PendingCall:
    try:
        _, quick, colliding, *_ = site.prepare(config)
        action, ctx = site.action_and_context(config, quick, args, kwargs)
        make = site.action_maker(config, quick, args, kwargs, ctx)
        point = config.audit_point if site.audit else config.point
        admission = point.begin(config.policy._native, action, site.unbound, make)
        refusal = site.refusal(config, quick, colliding, action["type"], args, kwargs)
        if refusal is not None:
            admission.refuse_request(refusal)
        return _pending_call(site, config, admission, ctx, args, kwargs)
    except BaseException as error:
        if not _settings(site, config).is_audit:
            raise
        # It is recorded, and runs.
        return PendingCall(site, config, admission_without_request(config, _name(site), error), None, dict, never_unfit)


def _name(site: Site) -> str:
    try:
        return site.name()
    except ActraSchemaError:
        return "unknown"
