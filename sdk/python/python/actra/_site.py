"""From a call of a function to an action."""

from __future__ import annotations

import functools
import inspect
import unicodedata
import warnings
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Set, Tuple

from . import _bind, _bound
from ._context import or_current
from .errors import ActraSchemaError
from .policy import Policy

if TYPE_CHECKING:
    from .runtime import ActraRuntime


class Site:
    """A decorated function: how its arguments become an action."""

    def __init__(
        self,
        runtime: ActraRuntime,
        function: Callable[..., Any],
        action_type: Optional[str],
        fields: Optional[Sequence[str]],
        action_builder: Optional[Callable[..., Any]],
        audit: bool,
        unbound: Sequence[str] = (),
    ) -> None:
        if not callable(function):
            raise TypeError(f"what is decorated is called, and a {type(function).__name__} cannot be")
        self.runtime = runtime
        self.function = function
        self.action_type = action_type or None
        self.fields = list(fields) if fields is not None else None
        self.action_builder = action_builder
        self.audit = audit
        self.parameters = _bind.parameters(function)
        self.all: Optional[_bind.Binder] = None
        if self.parameters is not None:
            self.all = _bind.named(_bind.all_arguments(self.parameters), function)
        of: Sequence[inspect.Parameter] = self.parameters or []
        self.takes_ctx = any(one.name == "ctx" for one in of)
        #: Names that ``**`` can bring beside a parameter of the same name: one of the two would not be seen.
        self.colliding = _bind.colliding(of)
        self.unbound = _names("unbound", unbound)
        #: Stamp of the runtime, policy, and binder for its schema: together, so that threads never see parts of two.
        self.prepared: Tuple[object, Policy, Optional[_bind.Binder]] = (None, runtime.policy, None)
        self.check()

    def bound(self, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Dict[str, Any]:
        """All arguments by name, defaults included; a TypeError as the call itself would raise it."""
        if self.all is not None:
            return self.all(*args, **kwargs)
        if args and not self.action_builder and not self.runtime._action_resolver:
            raise TypeError(f"which arguments `{self.name()}` takes cannot be known; give them by keyword")
        return dict(kwargs)

    def name(self) -> str:
        """The type of the action, unless a resolver gives another one."""
        named = self.action_type or getattr(self.function, "__name__", None)
        if not named and isinstance(self.function, functools.partial):
            named = getattr(self.function.func, "__name__", None)
        if not named:
            raise ActraSchemaError("give `action_type`: this callable has no name")
        return str(named)

    def check(self) -> None:
        """Whether every field that the policy reads arrives. Raises ActraSchemaError for what cannot."""
        runtime = self.runtime
        if runtime._action_type_resolver is not None and self.action_type is None:
            return
        name = self.name()
        declared = runtime.policy._native.fields(name)
        if declared is None:
            known = ", ".join(runtime.policy.actions())
            raise ActraSchemaError(f"the schema declares no action `{name}`; it declares {known}")
        filled = {field: argument for field, _, argument in declared}
        self._check_unbound()
        if self.fields is not None:
            unknown = [field for field in self.fields if field not in filled]
            if unknown:
                raise ActraSchemaError(f"action `{name}` has no field `{unknown[0]}`, which `fields` names")
        if self.action_builder or runtime._action_resolver or self.parameters is None:
            return
        named, any_other = _bind.names(self.parameters)
        if "type" in named and "type" not in filled.values():
            raise ActraSchemaError(
                f"a parameter of `{name}` is called `type`, as the action's own; let a field say `argument: type`"
            )
        wanted = list(filled) if self.fields is None else self.fields
        self._check_names({filled[field] for field in wanted})
        arriving = {field for field in wanted if filled[field] in named}
        if any_other:
            if "type" not in filled.values():
                self.colliding |= {"type"}
            return
        missing = [field for field in self.fields or () if field not in arriving]
        if missing:
            raise ActraSchemaError(f"`fields` names `{missing[0]}`, and the function has no such parameter")
        read = set(runtime.policy.reads(name)["action"])
        for field, optional, argument in declared:
            if field not in read or field in arriving:
                continue
            by = "" if argument == field else f" called `{argument}`"
            text = f"the policy reads `action.{field}` for `{name}`, and no parameter{by} gives it"
            if not optional:
                raise ActraSchemaError(text)
            warnings.warn(text, stacklevel=5)

    def _check_names(self, wanted: Set[str]) -> None:
        """Whether it can be known which arguments these are."""
        of: Sequence[inspect.Parameter] = self.parameters or []
        for argument in sorted(wanted):
            written = unicodedata.normalize("NFKC", argument)
            if written != argument:
                # Python reads names so, in functions and in calls.
                raise ActraSchemaError(
                    f"the schema of `{self.name()}` names an argument `{argument}`, which Python reads as `{written}`, so that "
                    f"no parameter has this name; write `argument: {written}`"
                )
        hidden = sorted(wanted & _bind.hidden(self.function, of))
        if hidden:
            raise ActraSchemaError(
                f"`{self.name()}` is wrapped by a function that does not take `{hidden[0]}` by this name, so what it hands on "
                "cannot be known; put `admit` below the other decorators, next to the function, or give an `action_builder`"
            )
        for one in of:
            if one.kind is one.VAR_KEYWORD and one.name in wanted:
                raise ActraSchemaError(
                    f"the schema declares `{one.name}`, which is no argument of its own: `**{one.name}` takes all others"
                )

    def _check_unbound(self) -> None:
        """A misspelt name would leave out nothing, and nothing could be approved."""
        named, any_other = _bind.names(self.parameters or [])
        for name in self.unbound:
            record, dot, fact = name.partition(".")
            if dot and record == "snapshot":
                wrong = self.runtime.policy._native.undeclared("snapshot", [fact])
                if wrong:
                    raise ActraSchemaError(f"`unbound`: {wrong[0]}")
            elif name not in named and not any_other:
                known = ", ".join(named)
                raise ActraSchemaError(f"`unbound` names `{name}`, and the function has no such parameter; it has {known}")

    def binder(self, policy: Policy) -> Optional[_bind.Binder]:
        """The binder for the ordinary case: no resolver has a say in the action."""
        runtime = self.runtime
        if (
            self.action_builder
            or runtime._action_resolver
            or runtime._action_type_resolver
            or self.parameters is None
        ):
            return None
        name = self.name()
        declared = policy._native.fields(name)
        if declared is None:
            return None
        named, any_other = _bind.names(self.parameters)
        if self.fields is None and any_other:
            return None
        wanted = [
            (field, argument)
            for field, _, argument in declared
            if (argument in named if self.fields is None else field in self.fields)
        ]
        quick = _bind.fields(self.parameters, name, wanted)
        return None if quick is None else _bind.named(quick, self.function)

    def prepare(self) -> Tuple[Policy, Optional[_bind.Binder]]:
        """The policy in force, and the binder for it."""
        runtime = self.runtime
        stamp, (before, policy, quick) = runtime._stamp, self.prepared
        if before is not stamp:
            policy = runtime.policy
            quick = self.binder(policy)
            self.prepared = (stamp, policy, quick)
        return policy, quick

    def made(
        self, policy: Policy, quick: Optional[_bind.Binder], args: Tuple[Any, ...], kwargs: Dict[str, Any]
    ) -> Tuple[Dict[str, Any], Any]:
        """The action of a call, and its context."""
        runtime = self.runtime
        if quick is not None:
            action = quick(*args, **kwargs)
            from_arguments = runtime._context_from_arguments
            if runtime._context_resolver is None and not (from_arguments and self.takes_ctx):
                return action, or_current(kwargs.get("ctx") if from_arguments else None)
            return action, runtime.resolve_context(args, self.bound(args, kwargs))
        ctx = runtime.resolve_context(args, self.bound(args, kwargs))
        return self.action(policy, quick, args, kwargs, ctx), ctx

    def action(
        self,
        policy: Policy,
        quick: Optional[_bind.Binder],
        args: Tuple[Any, ...],
        kwargs: Dict[str, Any],
        ctx: Any,
    ) -> Dict[str, Any]:
        """The action of a call in a context."""
        if quick is not None:
            return quick(*args, **kwargs)
        runtime, bound, name = self.runtime, self.bound(args, kwargs), self.action_type
        if name is None and runtime._action_type_resolver is not None:
            name = str(runtime._action_type_resolver(self.function, args, bound))
        return runtime._build(name or self.name(), bound, ctx, self.fields, self.action_builder, policy)

    def is_clear(self, kwargs: Dict[str, Any]) -> bool:
        """Whether every argument has a name of its own."""
        if not kwargs:
            return True
        for name in kwargs:
            # What says of itself which text it equals may say so again otherwise.
            if type(name) is not str:
                return False
        return not self.colliding or self.colliding.isdisjoint(kwargs)

    def collision(self, kwargs: Dict[str, Any]) -> str:
        """Which argument has not."""
        if any(type(name) is not str for name in kwargs):
            return "the name of an argument is no plain text"
        name = next(name for name in kwargs if name in self.colliding)
        return f"there are two arguments `{name}`, by position and by keyword"

    def bound_exactly(self, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Dict[str, Any]:
        """All arguments as an approval is bound to them."""
        runtime = self.runtime
        if self.all is None:
            # A callable that does not tell the names of its parameters.
            return _bound.bound({"*": args, "**": kwargs})
        arguments = self.bound(args, kwargs)
        # Who acts is bound as the actor, if somebody tells who it is.
        if runtime._actor is not None and runtime._context_resolver is None and runtime._context_from_arguments:
            arguments.pop("ctx", None)
        for name in self.unbound:
            arguments.pop(name, None)
        return _bound.bound(arguments)


def _names(what: str, names: Any) -> List[str]:
    listed: List[Any] = [] if isinstance(names, str) else list(names)
    if isinstance(names, str) or not all(isinstance(name, str) for name in listed):
        raise TypeError(f"`{what}` is a list of names")
    return listed
