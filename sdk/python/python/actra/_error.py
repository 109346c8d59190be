"""The base of all errors."""

from __future__ import annotations

from typing import Any, Dict, Optional

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


class ActraError(Exception):
    """The base of all errors of this package. They can be pickled, their causes included."""

    def __reduce__(self) -> Any:
        return (type(self), self.args, {**self.__dict__, "__cause__": self.__cause__})

    def __setstate__(self, state: Optional[Dict[str, Any]]) -> None:
        for name, value in (state or {}).items():
            setattr(self, name, value)
