"""Before the body of a decorated function."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Callable, Dict, Generator, NamedTuple, Optional, Tuple

from . import _actra
from ._context import context
from ._drive import driven, driven_async
from ._point import Standing
from ._refusal import finish
from ._resolve import why
from ._settings import Settings
from ._site import Site, collision, is_clear
from .errors import ActraSchemaError

log: logging.Logger = logging.getLogger("actra")


class Entered(NamedTuple):
    """A call on its way, or one that may run and whose arguments can change before its body begins."""

    site: Site
    now: Standing
    admission: _actra.Admission
    ctx: Any
    bound: Callable[[], Dict[str, Any]]

    def finish(self) -> None:
        """Returns if the body may run, and raises if not."""
        finish(driven(self.now.settings, self.admission, self.ctx, self.bound), self.admission)

    def begin(self) -> None:
        """The same, once more, for a body that begins later than its call."""
        with _audited(self.site, self.now.settings):
            self.admission.read_again()
            if self.admission.is_approved:
                self.admission.bind_again(self.bound())
            if not self.admission.runs:
                self.finish()


def enter(site: Site, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Optional[Entered]:
    """Returns if the body may run, and raises if not. ``None`` if no argument can change any more."""
    now = site.point.now
    prepared = site.prepared
    if prepared.now is not now:
        prepared = site.prepare(now)
    _, quick, colliding, is_plain = prepared
    if now.short and not site.audit and is_clear(colliding, kwargs):
        settings = now.settings
        if is_plain and quick is not None:
            action, ctx, make = quick(*args, **kwargs), context.get(), None
        else:
            action, ctx = site.made(now, quick, args, kwargs)
            make = None if quick is not None else site.again(now, args, kwargs, ctx)
        admission = now.native.short(
            now.policy._native,
            action,
            settings.actor,
            settings.snapshot,
            ctx,
            settings.deadline,
            site.unbound,
            make,
        )
        if admission is None:
            return None
        entered = Entered(site, now, admission, ctx, lambda: site.bound_exactly(now, args, kwargs))
        if not admission.runs:
            entered.finish()
        return entered
    with _audited(site, now.settings):
        entered = _begun(site, now, args, kwargs)
        entered.finish()
        return entered if entered.admission.can_change or entered.admission.is_approved else None
    return None


async def enter_async(site: Site, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> None:
    """The same where others may go on meanwhile; the body begins at once."""
    now = site.point.now
    with _audited(site, now.settings):
        _, _, admission, ctx, bound = _begun(site, now, args, kwargs)
        finish(await driven_async(now.settings, admission, ctx, bound), admission)


@contextlib.contextmanager
def _audited(site: Site, settings: Settings) -> Generator[None, None, None]:
    """In audit mode the body runs whatever happens before it."""
    try:
        yield
    except (KeyboardInterrupt, GeneratorExit, asyncio.CancelledError):
        raise
    except BaseException as error:
        if not _runs_anyway(site, settings):
            raise
        log.warning("actra: in audit mode, a call runs although this failed: %s", why(error), exc_info=error)


def _runs_anyway(site: Site, settings: Settings) -> bool:
    return site.audit or settings.mode == "audit"


def _begun(site: Site, now: Standing, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Entered:
    def bound() -> Dict[str, Any]:
        return site.bound_exactly(now, args, kwargs)

    try:
        _, quick, colliding, _ = site.prepare(now)
        action, ctx = site.made(now, quick, args, kwargs)
        make = None if quick is not None else site.again(now, args, kwargs, ctx)
        point = now.auditing if site.audit else now.native
        admission = point.begin(now.policy._native, action, site.unbound, make)
        if not is_clear(colliding, kwargs):
            admission.no_request(collision(colliding, kwargs))
        return Entered(site, now, admission, ctx, bound)
    except Exception as error:
        if not _runs_anyway(site, now.settings):
            raise
        # What cannot even be made a request is recorded, and runs.
        log.warning("actra: in audit mode, no request could be made of a call: %s", why(error))
        return Entered(site, now, _unmade(site, now, error), None, dict)


def _unmade(site: Site, now: Standing, error: BaseException) -> _actra.Admission:
    try:
        name = site.name()
    except ActraSchemaError:
        name = "unknown"
    # What it says may be a value of the call.
    return now.auditing.unmade(now.policy._native, name, type(error).__name__)
