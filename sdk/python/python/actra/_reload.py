"""A policy that is replaced while it is in force."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional, Tuple, Union

from . import _actra, _log
from ._configuration import LiveConfiguration, changing
from ._error import error_line
from ._settings import Settings
from .errors import ActraCompileError, ActraSchemaError
from .policy import Policy, _policy_or_error

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = ["Reload", "Watch"]

#: How often a first look is taken at what is not in force, and after how many seconds at most.
_LOOKS = 10
_PAUSE = 1.0


@dataclass(frozen=True)
class Reload:
    """A new version was found where the policy came from."""

    #: The hash of the policy in force.
    policy_hash: str
    #: Why what is new cannot be used, so that the policy before stays in force; ``None`` if it is in force.
    refused: Optional[str]


class Watch:
    """Keeps the policy of a runtime up to date, until :meth:`stop` or the end of the runtime.

    The directory or file is read every so often, and a new version is taken when it was the same twice in a row, so
    that a set that is still being written is never half in force. A version that does not fit the settings is tried
    again when the settings change. A forked process goes on watching by itself.
    """

    def __init__(
        self,
        live: LiveConfiguration,
        path: Union[str, os.PathLike[str]],
        watched: _actra.PolicyWatcher,
        every: float,
        demand: Optional[_actra.SignatureRequirements],
        on_reload: Optional[Callable[[Reload], Any]],
    ) -> None:
        self._live = weakref.ref(live)
        self._path = Path(path).absolute()
        self._every = max(float(every), 0.01)
        self._demand = demand
        self._on_reload = on_reload
        self._watched: Optional[_actra.PolicyWatcher] = watched
        #: What a forked process found at its first look; an error is compared by its text.
        self._first: Union[None, str, Policy] = None
        #: What lies there and is not in force, and the settings that it does not fit.
        self._waiting: Optional[Policy] = None
        self._unfit: Optional[Settings] = None
        #: What was told last of what lies there.
        self._reason: Optional[str] = None
        self._start()
        if hasattr(os, "register_at_fork"):
            this: weakref.ref[Watch] = weakref.ref(self)
            os.register_at_fork(after_in_child=lambda: _restart_in_fork(this))

    def stop(self) -> None:
        """Stops watching; the policy in force stays, even if another one is just being read."""
        with changing:
            self._stopped.set()

    def _start(self) -> None:
        self._stopped = threading.Event()
        this: weakref.ref[Watch] = weakref.ref(self)
        thread = threading.Thread(target=_run, args=(this, self._stopped, self._every))
        thread.name = "actra-reload"
        thread.daemon = True
        thread.start()

    def _look_safely(self) -> bool:
        """Looks once, whatever comes of it: nobody would notice that nobody looks any more."""
        try:
            return self._look()
        except BaseException as error:
            live = self._live()
            if live is not None:
                with contextlib.suppress(BaseException):
                    self._refuse(live, _error_line(error))
            return True

    def _look(self) -> bool:
        """Looks once; whether there is still a runtime."""
        live = self._live()
        if live is None:
            return False
        found = self._first_looks() if self._watched is None else self._watched.look()
        if found is not None:
            policy, reason = found
            self._waiting = None if policy is None else Policy(policy)
            self._unfit = self._reason = None
            if policy is None:
                self._refuse(live, reason)
        settings = live.config.settings
        if self._waiting is not None and self._unfit is not settings:
            self._put_in_force(live, self._waiting, settings)
        return True

    def _first_looks(self) -> Optional[Tuple[Optional[_actra.Policy], str]]:
        """Looks for the first time in a process that was forked, and opens the path anew.

        What the parent watched may be in any state here.
        """
        before, self._first = self._first, None
        watched, (policy, errors, _) = _actra.PolicyWatcher.open(self._path, self._demand)
        seen = errors if policy is None else Policy(policy)
        if seen != before:
            self._first = seen
            return None
        self._watched = watched
        return policy, errors

    def _put_in_force(self, live: LiveConfiguration, policy: Policy, settings: Settings) -> None:
        try:
            with changing:
                if self._stopped.is_set():
                    return
                live.swap(policy)
        except ActraSchemaError as error:
            self._unfit = settings
            self._refuse(live, str(error))
        else:
            self._waiting = self._reason = None
            self._tell(live, Reload(live.policy_in_force.health()[0], None))

    def _refuse(self, live: LiveConfiguration, reason: str) -> None:
        with changing:
            if self._stopped.is_set():
                return
            live.policy_in_force.note_rejected_update(reason)
        if reason == self._reason:
            # Tried again, and no news.
            return
        self._reason = reason
        _log.warning("the policy at %s cannot be used, the previous one stays in force: %s", self._path, reason)
        self._tell(live, Reload(live.policy_in_force.health()[0], reason))

    def _tell(self, live: LiveConfiguration, reload: Reload) -> None:
        if self._on_reload is None:
            return
        try:
            self._on_reload(reload)
        except BaseException as error:
            if not isinstance(error, Exception):
                # Who wants to end the program ends nothing here, and is not to be overlooked.
                failed = f"the observer of reloads failed: {type(error).__name__}"
                live.policy_in_force.note_rejected_update(failed if reload.refused is None else f"{reload.refused}; {failed}")
            _log.error("the observer of reloads failed", error=error)


def first_look(
    path: Union[str, os.PathLike[str]], demand: Optional[_actra.SignatureRequirements], in_force: Policy, every: float
) -> Tuple[_actra.PolicyWatcher, Policy]:
    """What lies there, and who goes on looking from exactly that."""
    known = in_force
    for _ in range(_LOOKS):
        watched, outcome = _actra.PolicyWatcher.open(Path(path), demand)
        found = _policy_or_error(outcome)
        if found == known:
            return watched, found
        known = found
        time.sleep(min(every, _PAUSE))
    raise ActraCompileError(f"the policy at `{path}` kept changing: it was different each of the {_LOOKS} times it was read")


def _error_line(error: BaseException) -> str:
    try:
        return error_line(error)
    except BaseException:
        return type(error).__name__


def _run(this: weakref.ref[Watch], stopped: threading.Event, every: float) -> None:
    while not stopped.wait(every):
        watch = this()
        if watch is None or not watch._look_safely():
            return
        del watch


def _restart_in_fork(this: weakref.ref[Watch]) -> None:
    watch = this()
    if watch is not None and not watch._stopped.is_set():
        watch._watched = watch._first = None
        watch._start()
