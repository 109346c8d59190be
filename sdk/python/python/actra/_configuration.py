"""What holds for the calls of a runtime and of the functions that it decorates: a policy with settings, and what puts
others in their place."""

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
from ._words import class_with_article
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

    __slots__ = ("audit_point", "audit_settings", "point", "policy", "settings", "has_fast_path")

    def __init__(
        self, policy: Policy, settings: Settings, policy_in_force: _actra.PolicyInForce, store: _actra.Store
    ) -> None:
        settings.check(policy)
        make_point = functools.partial(
            _actra.EnforcementPoint,
            live=policy_in_force,
            store=store,
            actor=_source(settings.actor),
            snapshot=_source(settings.snapshot),
            on_actor_failure=settings.on_actor_failure,
            has_approver=settings.on_approval is not None,
            has_observers=bool(settings.observers),
            grant_lifetime=settings.approval_valid,
        )
        self.policy = policy
        self.settings = settings
        self.point = make_point(mode=settings.mode)
        #: For functions that are only audited.
        self.audit_point = make_point(mode="audit")
        self.audit_settings = dataclasses.replace(settings, mode="audit")
        #: Where nothing has to be awaited, a call takes the fast path.
        self.has_fast_path = (
            settings.mode == "enforce"
            and not settings.has_async_resolvers
            and not any(isinstance(resolver, MappingType) for _, resolver in settings.records())
        )

    def with_policy(self, policy: Policy) -> Configuration:
        """These settings with another policy."""
        other = object.__new__(Configuration)
        other.settings, other.point, other.audit_point = self.settings, self.point, self.audit_point
        other.audit_settings = self.audit_settings
        other.policy, other.has_fast_path = policy, self.has_fast_path
        return other

    def with_resolvers(self, resolvers: Dict[str, Any]) -> Configuration:
        """The same policy with other resolvers, for a call of which something was found out already."""
        other = self.with_policy(self.policy)
        other.settings = dataclasses.replace(self.settings, **resolvers)
        return other


class LiveConfiguration:
    """The configuration that holds now, what takes its place, and where approvals are kept.

    INVARIANT (one for a call): a call reads :attr:`config` once, so that it never sees parts of two.
    """

    def __init__(self, policy: Any, settings: Settings, approvals: Union[None, str, os.PathLike[str]]) -> None:
        _check(policy)
        self.policy_in_force = _actra.PolicyInForce(policy._native)
        self.store = _store(approvals)
        self._policy = policy
        self._settings = settings
        self.config = Configuration(policy, settings, self.policy_in_force, self.store)
        #: Who looks for another policy; it ends with this.
        self.watch: Any = None

    def swap(self, policy: Policy) -> None:
        """Puts another policy in force; calls in flight finish on the old one."""
        _check(policy)
        with changing:
            # A resolver of a field that this policy does not declare would never be asked.
            self._settings.check(policy)
            self.policy_in_force.swap(policy._native)
            self._policy = policy
            self._stand()

    def set(self, **changes: Any) -> None:
        """Changes settings; what cannot be used changes nothing."""
        with changing:
            settings = dataclasses.replace(self._settings, **changes)
            config = Configuration(self._policy, settings, self.policy_in_force, self.store)
            self._settings, self.config = settings, config

    def add_observer(self, observer: Any) -> None:
        """Adds an observer, which hears of every evaluation."""
        with changing:
            self.set(observers=(*self._settings.observers, observer))

    def _stand(self) -> None:
        self.config = self.config.with_policy(self._policy)


def _check(policy: Any) -> None:
    if not isinstance(policy, Policy):
        raise TypeError(f"a runtime needs a policy, but this is {class_with_article(type(policy))}")


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

        def suspend() -> None:
            # What is open in SQLite must not be carried into another process, nor a lock that a thread has.
            store = kept()
            if store is not None:
                store.suspend()

        resume, resume_in_fork = _actra.Store.resume_after_fork, _actra.Store.resume_in_fork
        os.register_at_fork(before=suspend, after_in_parent=resume, after_in_child=resume_in_fork)
    return store
