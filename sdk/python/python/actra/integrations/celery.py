"""Celery: a task's body runs only if the policy, asked by the worker, allows it.

>>> @task(app, "refund", context=lambda request: request.headers["sub"])               # doctest: +SKIP
... def refund(order_id, amount): ...
>>> refund.delay("o-1", 20)                                                            # doctest: +SKIP

Who puts a task into the queue decides nothing, not even by an argument ``ctx`` who acts: the worker asks when the task
is about to run, with the policy then in force. Nothing of Celery is imported here; the application is given.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from typing import Any, Callable, List, Optional, Sequence

from .. import _arguments
from .._audit import log_in_audit
from .._context import accepted_id
from .._decorate import decorate
from .._default_runtime import default_runtime
from .._propagate import ContextCarrier
from .._site import _names
from .._settings import known_context
from ..errors import ActraError
from ..runtime import ActraContext, ActraRuntime

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = ["task"]


def _context(runtime: ActraRuntime, context: Optional[Callable[[Any], Any]], request: Any) -> Any:
    if context is None:
        return ActraContext(request=request)
    with log_in_audit(runtime.mode == "audit", "a task runs without its context"):
        return known_context(context(request))
    return None


def _receiver(function: Callable[..., Any]) -> List[str]:
    """The name of the first argument, which Celery gives; none if others could come by it, too."""
    of = _arguments.parameters(function)
    if not of or of.prebound or of[0].kind not in (of[0].POSITIONAL_ONLY, of[0].POSITIONAL_OR_KEYWORD):
        return []
    return [of[0].name]


def task(
    app: Any,
    action_type: Optional[str] = None,
    fields: Optional[Sequence[str]] = None,
    action_builder: Optional[Callable[..., Any]] = None,
    *,
    runtime: Optional[ActraRuntime] = None,
    context: Optional[Callable[[Any], Any]] = None,
    unbound: Sequence[str] = (),
    **options: Any,
) -> Callable[[Callable[..., Any]], Any]:
    """Makes a task of a function that is admitted. ``options`` are those of ``app.task``.

    ``context(request)`` gives the context that resolvers see, of the request of the task; by default an
    :class:`ActraContext` with that request. The correlation id is that of the task's root, or else its own; what is
    no short line of text is none.

    An approval is bound to all arguments but those that ``unbound`` names, and but the task itself, which ``bind=True``
    puts first.

    Who sends a task with arguments that the function does not take gets a TypeError, as without this.

    A refused task fails with ActraPolicyError, and is not retried for it. What a coroutine function gives may be awaited
    wherever you like: it is decided, and runs, in the context of the task.
    """

    def make_task(function: Callable[..., Any]) -> Any:
        task_runtime = runtime if runtime is not None else default_runtime()
        receiver = _receiver(function) if options.get("bind") else []
        left_out = [*_names("unbound", unbound), *receiver]
        guarded = decorate(task_runtime._live, action_type, fields, action_builder, False, left_out, False)(function)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            # Asked here: when a coroutine begins, another task may be the current one.
            current = app.current_task
            request = None if current is None else current.request
            ctx = _context(task_runtime, context, request)
            # Who puts a task into the queue writes both.
            tied_to = accepted_id(getattr(request, "root_id", None), getattr(request, "id", None))
            return ContextCarrier(ctx, tied_to).call(guarded, *args, **kwargs)

        # What Celery checks arguments against when a task is sent, whatever that calls in its turn.
        with contextlib.suppress(TypeError, ValueError):
            signature = inspect.signature(function, follow_wrapped=False)
            setattr(run, "__signature__", signature)  # noqa: B010
        # The same answer would come again; whoever grants an approval sends the task again.
        final = (ActraError, *options.get("dont_autoretry_for", ()))
        expected = (ActraError, *options.get("throws", ()))
        return app.task(**{**options, "dont_autoretry_for": final, "throws": expected})(run)

    return make_task
