"""Lets go of refusals that nobody has any more but frames that are over, and cycles of references."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import time
import types
from typing import Any, Optional, Set

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: Members of a collection that are looked at.
_MAX_COLLECTION_ITEMS = 100

#: Of frames of these packages nobody misses anything: they wait for what another task or thread does.
_WAITING_PACKAGES = ("asyncio", "concurrent", "anyio")

#: The longest time for which not all garbage is collected, in seconds.
_MAX_GC_INTERVAL = 2.0

#: Whether a frame that is over holds the one that called it, so that to take that one out of a traceback is not enough.
_HOLDS_CALLER = sys.version_info >= (3, 12)


class _Garbage:
    """All of it, whatever its age, in at most a twentieth of the time of a process, or else not again for a while.

    Whoever can be refused could keep a server busy otherwise.
    """

    def __init__(self) -> None:
        self._next = 0.0

    def collect(self) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        gc.collect()
        over = time.monotonic()
        self._next = over + min(20 * (over - now), _MAX_GC_INTERVAL)


garbage = _Garbage()


def collect(generation: int) -> None:
    """Collects the garbage of a generation, of the oldest one only if the time allows it."""
    if generation < 2:
        gc.collect(generation)
    else:
        garbage.collect()


def loosen(error: Exception) -> None:
    """Takes those frames out of a traceback that hold the error, or the future that holds it: such a cycle grows old."""
    before: Optional[types.TracebackType] = None
    looked_at: Optional[Set[types.FrameType]] = set() if _HOLDS_CALLER else None
    one = error.__traceback__
    while one is not None:
        following = one.tb_next
        if looked_at is not None:
            _empty_callers(one.tb_frame, error, looked_at)
        if not _is_waiting(one) and not _keeps(one.tb_frame, error):
            before = one
        elif before is None:
            error.__traceback__ = following
        else:
            before.tb_next = following
        one = following


def _empty_callers(frame: Optional[types.FrameType], error: Exception, looked_at: Set[types.FrameType]) -> None:
    """Empties a frame and its callers, as far as they are over and hold an error. Those that still run tell nothing."""
    while frame is not None and frame not in looked_at:
        looked_at.add(frame)
        caller, held = frame.f_back, gc.get_referents(frame)
        if any(one is error or _has(one, error) for one in held):
            with contextlib.suppress(RuntimeError):
                frame.clear()
        frame = caller if any(one is caller for one in held) else None


def _is_waiting(one: types.TracebackType) -> bool:
    name = one.tb_frame.f_globals.get("__name__")
    return isinstance(name, str) and name.partition(".")[0] in _WAITING_PACKAGES


def _keeps(frame: types.FrameType, error: Exception) -> bool:
    """Whether a variable of a frame is an error, or has it. From Python 3.11 on, only a frame that is over tells."""
    return any(one is error or _has(one, error) for one in gc.get_referents(frame))


def _has(one: Any, error: Exception) -> bool:
    kind = type(one)
    if kind in (list, tuple, dict, set):
        return len(one) <= _MAX_COLLECTION_ITEMS and any(two is error for two in gc.get_referents(one))
    is_holder = kind is types.CellType or issubclass(kind, asyncio.Future)
    return is_holder and any(two is error for two in gc.get_referents(one))
