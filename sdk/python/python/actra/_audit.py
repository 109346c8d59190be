"""Audit mode: what is governed goes on, whatever happens in the enforcement point."""

from __future__ import annotations

import contextlib
import traceback
from typing import Generator

from . import _actra, _log
from ._calls import is_external
from ._configuration import Configuration
from ._error import class_name

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


@contextlib.contextmanager
def log_in_audit(is_audit: bool, what: str) -> Generator[None, None, None]:
    """In audit mode, what goes wrong inside of the block is logged, and that is all; ``what`` goes on although it did."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if not is_audit or is_external(error):
            raise
        _log.warning("actra: in audit mode, %s although this failed: %s", what, error_and_place(error))


def error_and_place(error: BaseException) -> str:
    """What went wrong and where. What an error says may be a value of the call."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return class_name(error) + place


def admission_without_request(config: Configuration, name: str, error: BaseException) -> _actra.Admission:
    """What cannot even be made a request, and goes on in audit mode. Only who interrupts the program does so here, too."""
    if isinstance(error, KeyboardInterrupt):
        raise error
    _log.warning("actra: in audit mode, a call could not be turned into a request: %s", error_and_place(error))
    # What it says may be a value of the call.
    return config.audit_point.unmade(config.policy._native, name, class_name(error))
