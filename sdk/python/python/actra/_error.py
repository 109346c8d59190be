"""The base of all errors."""

from __future__ import annotations

import pickle
from typing import Any, Dict, Optional

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


_ARGS: Any = BaseException.__dict__["args"]


class ActraError(Exception):
    """The base of all errors of this package. They can be pickled, their causes included; one that cannot be pickled
    becomes an :class:`ActraError` with the same text."""

    def __reduce__(self) -> Any:
        state = {**self.__dict__, "__cause__": self.__cause__}
        # One that is held twice is handed on once.
        handed = {at: picklable(value) for at, value in {id(value): value for value in state.values()}.items()}
        return (type(self), self.args, {name: handed[id(value)] for name, value in state.items()})

    def __copy__(self) -> ActraError:
        """The same with everything that lies in it, which stays in this process."""
        kind: Any = type(self)
        made: ActraError = kind.__new__(kind, *_ARGS.__get__(self))
        notes = self.__dict__.get("__notes__")
        made.__dict__.update(self.__dict__)
        if isinstance(notes, list):
            made.__dict__["__notes__"] = [*notes]
        made.__cause__, made.__context__ = self.__cause__, self.__context__
        made.__suppress_context__ = self.__suppress_context__
        return made

    def __setstate__(self, state: Optional[Dict[str, Any]]) -> None:
        for name, value in (state or {}).items():
            setattr(self, name, value.error if isinstance(value, _PickledError) else value)


def class_name(error: BaseException) -> str:
    """The name of a class of errors, whatever that says of itself."""
    name: str = type.__dict__["__name__"].__get__(type(error))
    return name


def error_line(error: BaseException) -> str:
    """What went wrong, in a line that an event can hold. Raises nothing, whatever the error does."""
    name = class_name(error)
    try:
        # A text of a class of its own could do anything when it is written.
        said = str.__str__(str(error))
    except KeyboardInterrupt:
        raise
    except BaseException:
        # It cannot even say so.
        return name
    # Our own sentences stand for themselves.
    return said[:400] if issubclass(type(error), ActraError) else f"{name}: {said}"[:400]


def picklable(value: Any) -> Any:
    """What is pickled in place of an error, so that it is the error again where it can be."""
    return _PickledError(value) if isinstance(value, BaseException) else value


class _PickledError:
    """An error on its way. It is pickled by itself: what becomes of it there must not keep others from being read."""

    def __init__(self, error: BaseException) -> None:
        #: For a copy within the process.
        self.error = error
        self.words = error_line(error)
        self.pickled: Optional[bytes] = None
        try:
            self.pickled = pickle.dumps(error)
        except Exception:
            # It holds what another process cannot have.
            return

    def __reduce__(self) -> Any:
        return (_arrived, (self.pickled, self.words))


def _arrived(pickled: Optional[bytes], words: str) -> BaseException:
    try:
        found = None if pickled is None else pickle.loads(pickled)  # noqa: S301
    except Exception:
        # Many classes of errors are made of more than what they say.
        found = None
    return found if isinstance(found, BaseException) else ActraError(words)
