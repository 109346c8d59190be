"""A thread for something that may take long."""

from __future__ import annotations

import contextlib
import contextvars
import sys
import threading
from concurrent.futures import Future, wait
from typing import Any, Callable

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def in_thread(function: Callable[[Any], Any], argument: Any) -> Future[Any]:
    """Starts a function in a thread of its own, in a copy of this context.

    Not in the loop's executor: few who wait for people would keep everybody else from its threads, and a program could
    not end before they have answered.
    """
    future: Future[Any] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = context.run(function, argument)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="actra-waits", daemon=True).start()
    return future


async def is_done(future: Future[Any], seconds: float) -> bool:
    """Waits so long where no loop of asyncio runs, and says whether it is done.

    A loop of trio goes on meanwhile. How others wait is not known.
    """
    trio: Any = sys.modules.get("trio")
    try:
        token = trio.lowlevel.current_trio_token()
    except (AttributeError, RuntimeError):
        return bool(wait([future], seconds).done)
    came = trio.Event()

    def tell(_: Future[Any]) -> None:
        # With a loop that is over, nobody waits any more.
        with contextlib.suppress(RuntimeError):
            token.run_sync_soon(came.set)

    future.add_done_callback(tell)
    with trio.move_on_after(seconds):
        await came.wait()
    return future.done()
