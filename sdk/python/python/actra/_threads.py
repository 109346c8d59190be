"""A thread for something that may take long."""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import Future
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
