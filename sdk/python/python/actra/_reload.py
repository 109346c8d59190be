"""A policy that is replaced while it is in force."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional, Union

from . import _actra
from .errors import ActraSchemaError
from ._point import EnforcementPoint
from .policy import Policy

__all__ = ["Reload", "Watch"]

log = logging.getLogger("actra")


@dataclass(frozen=True)
class Reload:
    """Something new lies where the policy came from."""

    #: The hash of the policy in force.
    policy_hash: str
    #: Why what is new cannot be used, so that the policy before stays in force; ``None`` if it is in force.
    refused: Optional[str]


class Watch:
    """Keeps the policy of a runtime up to date, until :meth:`stop` or the end of the runtime.

    The directory or file is read every so often, and what is there is taken when it was the same twice in a row, so
    that a set which is being written is never put in force half. A forked process goes on watching by itself.
    """

    def __init__(
        self,
        point: EnforcementPoint,
        path: Union[str, os.PathLike[str]],
        watched: _actra.Watched,
        every: float,
        demand: Optional[_actra.Demand],
        on_reload: Optional[Callable[[Reload], Any]],
    ) -> None:
        self._point = weakref.ref(point)
        self._path = Path(path).absolute()
        self._every = max(float(every), 0.01)
        self._demand = demand
        self._on_reload = on_reload
        self._watched: Optional[_actra.Watched] = watched
        self._start()
        if hasattr(os, "register_at_fork"):
            this: weakref.ref[Watch] = weakref.ref(self)
            os.register_at_fork(after_in_child=lambda: _forked(this))

    def stop(self) -> None:
        """Ends the watching; the policy in force stays."""
        self._stopped.set()

    def _start(self) -> None:
        self._stopped = threading.Event()
        this: weakref.ref[Watch] = weakref.ref(self)
        thread = threading.Thread(target=_run, args=(this, self._stopped, self._every))
        thread.name = "actra-reload"
        thread.daemon = True
        thread.start()

    def _look(self) -> bool:
        """Looks once; whether there is still a runtime."""
        point = self._point()
        if point is None:
            return False
        if self._watched is None:
            # The process was forked; what was watched then may be in any state.
            self._watched, (policy, errors, _) = _actra.Watched.open(self._path, self._demand)
            found: Any = (policy, errors)
        else:
            found = self._watched.look()
        if found is None:
            return True
        policy, reason = found
        if policy is not None:
            try:
                point.swap(Policy(policy))
            except ActraSchemaError as error:
                self._refuse(point, str(error))
            else:
                self._tell(Reload(point.live.health()[0], None))
        else:
            self._refuse(point, reason)
        return True

    def _refuse(self, point: EnforcementPoint, reason: str) -> None:
        point.live.refuse(reason)
        log.warning("the policy at %s cannot be used, the one before stays in force: %s", self._path, reason)
        self._tell(Reload(point.live.health()[0], reason))

    def _tell(self, reload: Reload) -> None:
        if self._on_reload is None:
            return
        try:
            self._on_reload(reload)
        except Exception:
            log.exception("the observer of reloads failed")


def _run(this: weakref.ref[Watch], stopped: threading.Event, every: float) -> None:
    while not stopped.wait(every):
        watch = this()
        if watch is None:
            return
        try:
            if not watch._look():
                return
        except Exception as error:
            point = watch._point()
            if point is not None:
                watch._refuse(point, f"{type(error).__name__}: {error}")
        del watch


def _forked(this: weakref.ref[Watch]) -> None:
    watch = this()
    if watch is not None and not watch._stopped.is_set():
        watch._watched = None
        watch._start()
