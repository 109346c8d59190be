"""The log of the package. A log that fails stops nothing: no body, no refusal, and nobody who looks for a policy."""

from __future__ import annotations

import logging
from typing import Any, Optional

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

_logger: logging.Logger = logging.getLogger("actra")


def warning(text: str, *args: Any, error: Optional[BaseException] = None) -> None:
    """Logs that something goes on, though not all is well."""
    _log(logging.WARNING, text, args, error)


def error(text: str, *args: Any, error: Optional[BaseException] = None) -> None:
    """Logs that something of the host's has failed."""
    _log(logging.ERROR, text, args, error)


def _log(level: int, text: str, args: Any, error: Optional[BaseException]) -> None:
    try:
        _logger.log(level, text, *args, exc_info=error, stacklevel=3)
    except KeyboardInterrupt:
        raise
    except BaseException:
        # There is nobody left to be told.
        return
