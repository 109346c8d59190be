"""What a runtime is set to."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Any, Callable, Iterator, List, Mapping, Optional, Tuple

from ._context import current_context
from ._resolve import Resolvers, is_async, refuse_awaitable
from ._words import class_with_article
from .approval import ApprovalRequest
from .errors import ActraSchemaError
from .events import Observer
from .policy import Policy

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: ``fn(approval)`` returns what ``approval.grant(by=...)`` gives, or a coroutine that does.
Approver = Callable[[ApprovalRequest], Any]


#: The longest time that a setting may be, in seconds.
_CENTURY = 100 * 365.25 * 24 * 60 * 60


@dataclass(frozen=True)
class Settings:
    """What a runtime is set to. Checked when it is made; another one takes its place as a whole."""

    actor: Optional[Resolvers] = None
    snapshot: Optional[Resolvers] = None
    context: Optional[Callable[..., Any]] = None
    action_resolver: Optional[Callable[..., Any]] = None
    action_type_resolver: Optional[Callable[..., Any]] = None
    observers: Tuple[Observer, ...] = ()
    on_approval: Optional[Approver] = None
    mode: str = "enforce"
    on_actor_failure: str = "refuse"
    deadline: float = 10.0
    approval_deadline: float = 600.0
    approval_valid: float = 900.0
    context_from_arguments: bool = True

    def __post_init__(self) -> None:
        # What else stands where a function belongs would be found out with the first call.
        for name, function in self._functions():
            if function is not None and not callable(function):
                raise TypeError(f"`{name}` must be a function, but this is {class_with_article(type(function))}")
        for name in ("context", "action_type_resolver"):
            if is_async(getattr(self, name)):
                raise TypeError(f"`{name}` must be a plain function, since nobody waits for what it returns")
        for name, resolver in self.records():
            if isinstance(resolver, MappingType):
                # What is changed later was not checked.
                object.__setattr__(self, name, dict(resolver))
        _yes_or_no("context_from_arguments", self.context_from_arguments)
        for name in ("deadline", "approval_deadline", "approval_valid"):
            object.__setattr__(self, name, check_seconds(name, getattr(self, name)))

    def _functions(self) -> Iterator[Tuple[str, Any]]:
        yield "context", self.context
        yield "action_resolver", self.action_resolver
        yield "action_type_resolver", self.action_type_resolver
        yield "on_approval", self.on_approval
        yield from (("on_event", observer) for observer in self.observers)
        for name, resolver in self.records():
            if isinstance(resolver, MappingType):
                yield from ((f"{name}[{field!r}]", one) for field, one in resolver.items())
            else:
                yield name, resolver

    def check(self, policy: Policy) -> None:
        """Whether a policy declares the fields that have resolvers; one that is misspelt would never be asked for."""
        for name, resolver in self.records():
            if isinstance(resolver, MappingType):
                wrong = policy._native.undeclared(name, list(resolver))
                if wrong:
                    raise ActraSchemaError("; ".join(wrong))

    def records(self) -> List[Tuple[str, Optional[Resolvers]]]:
        """The resolvers of each record, by the name of the record."""
        return [("actor", self.actor), ("snapshot", self.snapshot)]

    @property
    def is_audit(self) -> bool:
        """Whether the mode is audit, in which every call runs and refusals are only recorded."""
        return self.mode == "audit"

    @property
    def has_async_resolvers(self) -> bool:
        """Whether a resolver is async."""
        return is_async(self.actor) or is_async(self.snapshot)

    @property
    def has_action_resolvers(self) -> bool:
        """Whether a function has a say in every action."""
        return self.action_resolver is not None or self.action_type_resolver is not None

    def makes_context(self, is_trusted: bool) -> bool:
        """Whether the context is made of arguments, as only those of who is trusted are."""
        return is_trusted and self.context is not None

    def context_of(self, args: Tuple[Any, ...], kwargs: Mapping[str, Any], is_trusted: bool = True) -> Any:
        """The context of a call: for who is trusted from the resolver, else the argument ``ctx``; else :func:`actra.using`."""
        if is_trusted and self.context is not None:
            return known_context(self.context(args, kwargs))
        if self.context_from_arguments and is_trusted:
            ctx = kwargs.get("ctx")
            if ctx is not None:
                return ctx
        return current_context()


def known_context(value: Any) -> Any:
    """A context that is there: one that has yet to be awaited says of nobody who acts."""
    return refuse_awaitable(value, "`context` must be a plain function, since nobody waits for what it returns")


def check_seconds(name: str, seconds: Any) -> float:
    """A time that has an end, and that what waits can wait for."""
    is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not is_number or not 0 < seconds <= _CENTURY:
        raise ValueError(f"`{name}` must be a number of seconds above zero, and at most a hundred years")
    return float(seconds)


def _yes_or_no(name: str, value: Any) -> None:
    # A text that says no would count as a yes.
    if not isinstance(value, bool):
        raise TypeError(f"`{name}` must be True or False, but this is {class_with_article(type(value))}")
