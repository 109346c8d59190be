"""What a runtime and the functions that it decorates have in common."""

from __future__ import annotations

import dataclasses
import functools
import os
import threading
import weakref
from collections.abc import Mapping as MappingType
from pathlib import Path
from typing import Any, Dict, Optional, Union

from . import _actra
from ._resolve import Resolvers
from ._settings import Settings
from ._words import a
from .policy import Policy

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


#: Held by who changes what holds for calls, and while the process forks: neither finds a change half made. Calls take
#: no lock.
changing = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=changing.acquire, after_in_parent=changing.release, after_in_child=changing.release)


class Configuration:
    """A policy and settings, as they hold together for one call. Never changed: another one takes its place."""

    __slots__ = ("auditing", "auditing_settings", "native", "policy", "settings", "has_fast_path")

    def __init__(self, policy: Policy, settings: Settings, live: _actra.PolicyInForce, store: _actra.Store) -> None:
        settings.check(policy)
        point = functools.partial(
            _actra.Point,
            live=live,
            store=store,
            actor=_source(settings.actor),
            snapshot=_source(settings.snapshot),
            on_actor_failure=settings.on_actor_failure,
            asks=settings.on_approval is not None,
            watched=bool(settings.observers),
            valid=settings.approval_valid,
        )
        self.policy = policy
        self.settings = settings
        self.native = point(mode=settings.mode)
        #: For functions that are only audited.
        self.auditing = point(mode="audit")
        self.auditing_settings = dataclasses.replace(settings, mode="audit")
        #: Where nothing has to be awaited, a call takes the fast path.
        self.has_fast_path = (
            settings.mode == "enforce"
            and not settings.waits
            and not any(isinstance(resolver, MappingType) for _, resolver in settings.records())
        )

    def under(self, policy: Policy) -> Configuration:
        """These settings with another policy."""
        other = object.__new__(Configuration)
        other.settings, other.native, other.auditing = self.settings, self.native, self.auditing
        other.auditing_settings = self.auditing_settings
        other.policy, other.has_fast_path = policy, self.has_fast_path
        return other

    def handed(self, resolvers: Dict[str, Any]) -> Configuration:
        """The same policy with other resolvers, for a call of which something was found out already."""
        other = self.under(self.policy)
        other.settings = dataclasses.replace(self.settings, **resolvers)
        return other


class EnforcementPoint:
    """The policy in force, the settings, and where approvals are kept.

    INVARIANT (one for a call): a call reads :attr:`now` once, so that it never sees parts of two.
    """

    def __init__(self, policy: Any, settings: Settings, approvals: Union[None, str, os.PathLike[str]]) -> None:
        _check(policy)
        self.live = _actra.PolicyInForce(policy._native)
        self.store = _store(approvals)
        self._policy = policy
        self._settings = settings
        self.config = Configuration(policy, settings, self.live, self.store)
        #: Who looks for another policy; it ends with this.
        self.watch: Any = None

    def swap(self, policy: Policy) -> None:
        """Puts another policy in force; calls in flight finish on the old one."""
        _check(policy)
        with changing:
            # A resolver of a field that this policy does not declare would never be asked.
            self._settings.check(policy)
            self.live.swap(policy._native)
            self._policy = policy
            self._stand()

    def set(self, **changes: Any) -> None:
        """Changes settings; what cannot be used changes nothing."""
        with changing:
            settings = dataclasses.replace(self._settings, **changes)
            config = Configuration(self._policy, settings, self.live, self.store)
            self._settings, self.config = settings, config

    def add_observer(self, observer: Any) -> None:
        """Adds an observer, which hears of every evaluation."""
        with changing:
            self.set(observers=(*self._settings.observers, observer))

    def _stand(self) -> None:
        self.config = self.config.under(self._policy)


def _check(policy: Any) -> None:
    if not isinstance(policy, Policy):
        raise TypeError(f"a runtime needs a policy, but this is {a(type(policy))}")


def _source(resolver: Optional[Resolvers]) -> str:
    if resolver is None:
        return "nobody"
    return "fields" if isinstance(resolver, MappingType) else "host"


def _store(approvals: Union[None, str, os.PathLike[str]]) -> _actra.Store:
    if approvals is None:
        return _actra.Store(None)
    store = _actra.Store(Path(approvals))
    if hasattr(os, "register_at_fork"):
        kept = weakref.ref(store)

        def rest() -> None:
            # What is open in SQLite must not be carried into another process, nor a lock that a thread has.
            store = kept()
            if store is not None:
                store.rest()

        os.register_at_fork(before=rest, after_in_parent=_actra.Store.wake, after_in_child=_actra.Store.wake_forked)
    return store
