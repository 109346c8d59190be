"""From a call of a function to an action."""

from __future__ import annotations

import contextlib
import functools
import inspect
import unicodedata
import warnings
from typing import Any, Callable, Collection, Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Set, Tuple

from . import _actra, _approval_parts, _arguments
from ._action import Builder, build_action
from ._configuration import Configuration, LiveConfiguration
from ._context import or_current
from ._nested import hint
from ._words import class_with_article
from .errors import ActraSchemaError
from .policy import Policy

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def _code_of(decorator: Any) -> Any:
    return decorator(lambda: None).__code__


#: The code of what makes context managers of generators.
_CONTEXT_MANAGERS = (_code_of(contextlib.contextmanager), _code_of(contextlib.asynccontextmanager))


#: What to do about a callable that does not tell its parameters.
_WRAP = "call it from a function with named parameters, and put `admit` on that function"


class Prepared(NamedTuple):
    """What was found out about a function for one policy and one group of settings: together, so that threads never see
    parts of two."""

    config: Optional[Configuration]
    #: The binder for the ordinary case: no function has a say in the action.
    quick: Optional[_arguments.Binder]
    #: Names that ``**`` can bring beside a parameter of the same name: one of the two would not be seen. `type` is one
    #: until the type is known.
    colliding: FrozenSet[str]
    #: Whether the action is what the binder gives, and the context is that of the caller.
    is_plain: bool
    #: The fast path, if it can be taken, with those that it asks for records.
    fast_path: Optional[_actra.FastPath]
    actor: Any
    snapshot: Any


class Site:
    """A decorated function: how its arguments become an action."""

    def __init__(
        self,
        live: LiveConfiguration,
        function: Callable[..., Any],
        action_type: Optional[str],
        fields: Optional[Sequence[str]],
        action_builder: Optional[Builder],
        audit: bool,
        unbound: Sequence[str] = (),
        is_trusted: bool = True,
    ) -> None:
        if not callable(function):
            raise TypeError(f"what is decorated must be callable, but {class_with_article(type(function))} is not")
        if action_builder is not None and not callable(action_builder):
            raise TypeError(f"`action_builder` must be a function, but this is {class_with_article(type(action_builder))}")
        if any(getattr(one, "__code__", None) in _CONTEXT_MANAGERS for one in _arguments.inside(function)):
            # The body begins at `with`, and as often as what is made is used.
            raise TypeError("put `admit` below `contextmanager`, next to the function")
        self.live = live
        self.function = function
        self.action_type = type_of(action_type) if action_type else None
        self.fields = _names("fields", fields) if fields is not None else None
        self.action_builder = action_builder
        self.audit = audit
        callee = _arguments.callee_parameters(function)
        self.parameters = callee if callee.has_signature else None
        #: What an approval is bound to beside the arguments.
        self.captured = _arguments.captured_values(callee)
        self.all: Optional[_arguments.Binder] = None
        if self.parameters is not None:
            self.all = _arguments.name_after(_arguments.all_arguments(self.parameters), function)
        named, any_other = _arguments.names(self.parameters or [])
        #: Whether arguments may come by other names than those of parameters.
        self.takes_others = any_other or self.parameters is None
        #: What ``partial`` keeps of the arguments.
        self.partials = [one for one in callee.prebound if isinstance(one, _arguments.PartialArguments)]
        self.takes_ctx = "ctx" in named or (self.takes_others and bool(self.partials))
        #: Whether an argument ``ctx`` may arrive, by a parameter of this name or among others that are taken.
        self.may_take_ctx = self.takes_ctx or self.takes_others
        #: Whether the arguments may say who acts, where a runtime lets them do so.
        self.is_trusted = is_trusted
        self.unbound = _names("unbound", unbound)
        #: For a policy and settings, the types that a resolver gave and that the function fits.
        self.fitting: Tuple[Optional[Configuration], Set[str]] = (None, set())
        self.prepared = Prepared(None, None, frozenset(), False, None, None, None)

    def named_arguments(self, config: Configuration, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Dict[str, Any]:
        """All arguments by name, defaults included; a TypeError as the call itself would raise it."""
        if self.all is not None:
            return self.all(*args, **kwargs)
        if args or any(one.args or one.keywords for one in self.partials):
            # Whoever makes the action would not see them.
            raise TypeError(f"which arguments `{self.name()}` takes cannot be known; {_WRAP}")
        return dict(kwargs)

    def name(self) -> str:
        """The type of the action, unless a resolver gives another one."""
        named = self.action_type or getattr(self.function, "__name__", None)
        if not named and isinstance(self.function, functools.partial):
            named = getattr(self.function.func, "__name__", None)
        if not named:
            raise ActraSchemaError("give `action_type`: this callable has no name")
        return str(named)

    def check(self, config: Configuration, is_first: bool = False) -> None:
        """Whether every field that the policy reads arrives. Raises ActraSchemaError for what cannot."""
        for partial in self.partials:
            partial.check_places()
        # What a resolver names is looked at when it has.
        if self._has_one_name(config):
            self._check(config, config.policy, self.name(), is_first)

    def _check_named(self, config: Configuration, name: str) -> None:
        """Checks the function, once for a policy and settings, for a type that ``action_type_resolver`` gave."""
        standing, fitting = self.fitting
        if standing is not config:
            fitting = set()
            self.fitting = (config, fitting)
        if name not in fitting:
            self._check(config, config.policy, name, False)
            if config.policy._native.fields(name) is not None:
                # Others can be made up without end.
                fitting.add(name)

    def _check(self, config: Configuration, policy: Policy, name: str, is_first: bool) -> None:
        declared = policy._native.fields(name)
        if declared is None:
            if not is_first:
                # The policy refuses it.
                return
            raise ActraSchemaError(policy._native.undeclared_action_help(name))
        filled = {field: argument for field, _, argument in declared}
        check_unbound(self.unbound, self.parameters, self.captured, policy)
        self._check_partials(config, name)
        if self.fields is not None:
            unknown = [field for field in self.fields if field not in filled]
            if unknown:
                raise ActraSchemaError(f"action `{name}` has no field `{unknown[0]}`, which `fields` names")
        if self.builder(config) is not None or self.parameters is None:
            return
        named, any_other = _arguments.names(self.parameters)
        if "type" in named and "type" not in filled.values():
            raise ActraSchemaError(
                f"a parameter of `{name}` is called `type`, as the action's own; let a field say `argument: type`"
            )
        wanted = list(filled) if self.fields is None else self.fields
        self._check_names({filled[field] for field in wanted})
        arriving = {field for field in wanted if filled[field] in named}
        read = set(policy.reads(name)["action"])
        hidden = sorted(read - arriving) if any(one.kind is one.VAR_POSITIONAL for one in self.parameters) else []
        if hidden and not any_other:
            raise ActraSchemaError(
                f"the policy reads `action.{hidden[0]}` for `{name}`, and arguments by position that have no name could be it; "
                "put `admit` next to the function that names them, or give an `action_builder`"
            )
        if any_other:
            return
        missing = [field for field in self.fields or () if field not in arriving]
        if missing:
            raise ActraSchemaError(f"`fields` names `{missing[0]}`, but the function has no such parameter")
        for field, optional, argument in declared:
            if field not in read or field in arriving:
                continue
            by = "" if argument == field else f" called `{argument}`"
            text = f"the policy reads `action.{field}` for `{name}`, but no parameter{by} gives it"
            text += hint(self.function, self.parameters, argument)
            if not optional:
                raise ActraSchemaError(text)
            if is_first:
                warnings.warn(text, stacklevel=4)

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
        hidden = sorted(wanted & _arguments.hidden(self.function, of))
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

    def _check_partials(self, config: Configuration, action_type: str) -> None:
        """Whether what ``partial`` keeps by keyword has names of its own; no call could say so."""
        kept = {name for one in self.partials for name in one.keywords}
        colliding = sorted(kept & self.colliding(config, action_type))
        if colliding:
            raise ActraSchemaError(f"two arguments are named `{colliding[0]}`: one given by position, one kept by `partial`")

    def prepare(self, config: Configuration) -> Prepared:
        """What is found out for a policy and settings, once."""
        before = self.prepared
        if before.config is config:
            return before
        # Another policy than the function was decorated for reads other fields, and other settings hand on other arguments.
        self.check(config)
        quick, colliding = self._binder(config), self.colliding(config, self.name() if self._has_one_name(config) else None)
        settings = config.settings
        from_arguments = self.is_trusted and settings.context_from_arguments
        is_made = settings.makes_context(self.is_trusted) or (from_arguments and self.may_take_ctx)
        is_plain = quick is not None and not is_made and not self.partials
        fast_path = None
        if config.has_fast_path and not self.audit and (quick is not None or not self._can_hide(config)):
            fast_path = _actra.FastPath(config.point, config.policy._native, settings.deadline, self.unbound)
        prepared = Prepared(config, quick, colliding, is_plain, fast_path, settings.actor, settings.snapshot)
        self.prepared = prepared
        return prepared

    def colliding(self, config: Configuration, action_type: Optional[str]) -> FrozenSet[str]:
        """Names that two arguments of an action of a type could have; of any type, if it is not known yet."""
        colliding = _arguments.colliding(self.parameters or [])
        if not self.takes_others:
            return colliding
        colliding |= frozenset(self.captured)
        if self.builder(config) is not None:
            return colliding
        declared = None if action_type is None else config.policy._native.fields(action_type)
        # `type` is the action's own, unless a field says that it is filled by an argument of this name.
        is_mapped = any(argument == "type" for _, _, argument in declared or ())
        return colliding if is_mapped else colliding | {"type"}

    def _has_one_name(self, config: Configuration) -> bool:
        return self.action_type is not None or config.settings.action_type_resolver is None

    def _binder(self, config: Configuration) -> Optional[_arguments.Binder]:
        if self.action_builder or config.settings.has_action_resolvers or self.parameters is None:
            return None
        name = self.name()
        declared = config.policy._native.fields(name)
        if declared is None:
            return None
        named, any_other = _arguments.names(self.parameters)
        if self.fields is None and any_other:
            return None
        wanted = [
            (field, argument)
            for field, _, argument in declared
            if (argument in named if self.fields is None else field in self.fields)
        ]
        quick = _arguments.fields(self.parameters, name, wanted)
        return None if quick is None else _arguments.name_after(quick, self.function)

    def builder(self, config: Configuration) -> Optional[Builder]:
        """Who makes the action, if it is not made of what the schema declares."""
        return self.action_builder or config.settings.action_resolver

    def action_and_context(
        self, config: Configuration, quick: Optional[_arguments.Binder], args: Tuple[Any, ...], kwargs: Dict[str, Any]
    ) -> Tuple[Dict[str, Any], Any]:
        """The action of a call, and its context."""
        settings = config.settings
        if quick is not None:
            action = quick(*args, **kwargs)
            from_arguments = self.is_trusted and settings.context_from_arguments
            if not settings.makes_context(self.is_trusted) and not (from_arguments and self.takes_ctx):
                return action, or_current(kwargs.get("ctx") if from_arguments else None)
            return action, settings.context_of(args, self.named_arguments(config, args, kwargs), self.is_trusted)
        ctx = settings.context_of(args, self.named_arguments(config, args, kwargs), self.is_trusted)
        return self.action(config, args, kwargs, ctx), ctx

    def action_maker(
        self,
        config: Configuration,
        quick: Optional[_arguments.Binder],
        args: Tuple[Any, ...],
        kwargs: Dict[str, Any],
        ctx: Any,
    ) -> Optional[Callable[[], Dict[str, Any]]]:
        """Makes the action once more, if it is more than references to arguments."""
        if quick is not None:
            # What `partial` keeps can be changed by others.
            return (lambda: quick(*args, **kwargs)) if self.partials else None
        if self.builder(config) is None and self._has_one_name(config) and not self.partials:
            return None
        return lambda: self.action(config, args, kwargs, ctx)

    def action(self, config: Configuration, args: Tuple[Any, ...], kwargs: Dict[str, Any], ctx: Any) -> Dict[str, Any]:
        """The action of a call in a context, by whoever has a say in it."""
        arguments, name = self.named_arguments(config, args, kwargs), self.action_type
        by = config.settings.action_type_resolver
        if name is None and by is not None:
            # Whatever it does with them, the action is made of all.
            name = type_of(by(self.function, args, dict(arguments)))
            self._check_named(config, name)
        return build_action(config.policy, name or self.name(), arguments, ctx, self.fields, self.builder(config))

    def _can_hide(self, config: Configuration) -> bool:
        """Whether arguments without a name, or defaults that nobody tells, could be what a policy reads."""
        if self.builder(config) is not None:
            return False
        of = self.parameters
        return of is None or (self.takes_others and any(one.kind is one.VAR_POSITIONAL for one in of))

    def refusal(
        self,
        config: Configuration,
        quick: Optional[_arguments.Binder],
        colliding: FrozenSet[str],
        action_type: str,
        args: Tuple[Any, ...],
        kwargs: Dict[str, Any],
    ) -> Optional[str]:
        """Why no request can be made of a call, if that is so."""
        if "type" in colliding:
            # Whether it is a field's depends on the type, which may be known by now only.
            colliding = self.colliding(config, action_type)
        if not _is_clear(colliding, kwargs):
            return _collision(colliding, kwargs)
        return self._hidden_argument(config, action_type, args, kwargs) if quick is None else None

    def unfit(
        self, config: Configuration, action_type: str, args: Tuple[Any, ...], kwargs: Dict[str, Any]
    ) -> Optional[str]:
        """Why a policy cannot decide about an action that was made for another policy, if that is so.

        The fields of both are the same, but this one may read fields that the other did not.
        """
        try:
            self._check(config, config.policy, action_type, False)
        except ActraSchemaError as error:
            return str(error)
        colliding = self.colliding(config, action_type)
        return self.refusal(config, self._binder(config), colliding, action_type, args, kwargs)

    def _hidden_argument(
        self, config: Configuration, name: str, args: Tuple[Any, ...], kwargs: Dict[str, Any]
    ) -> Optional[str]:
        """Why the policy may read an argument that cannot be seen, by position or by default, if there is one."""
        of = self.parameters
        if not self._can_hide(config) or name not in config.policy.actions():
            return None
        arguments = self.named_arguments(config, args, kwargs)
        if of is not None and not any(arguments.get(one.name) for one in of if one.kind is one.VAR_POSITIONAL):
            return None
        read = set(config.policy.reads(name)["action"])
        for field, _, argument in config.policy._native.fields(name) or ():
            if field not in read or argument in arguments or (self.fields is not None and field not in self.fields):
                continue
            if of is None:
                return f"the default of `{argument}` cannot be known, but the policy reads it; {_WRAP}"
            return f"a positional argument has no name, and it could be `{argument}`, which the policy reads; pass it by keyword"
        return None

    def approval_parts(self, config: Configuration, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Dict[str, Any]:
        """All arguments as an approval is bound to them."""
        arguments = {**self.named_arguments(config, args, kwargs), **self.captured}
        # Who acts is bound as the actor, if somebody tells who it is.
        settings = config.settings
        says_who = self.is_trusted and settings.context_from_arguments and settings.context is None
        if says_who and settings.actor is not None:
            arguments.pop("ctx", None)
        for name in self.unbound:
            # An argument with the name of a fact is none.
            if not name.startswith("snapshot."):
                arguments.pop(name, None)
        return _approval_parts.approval_parts(arguments)


def type_of(action_type: Any) -> str:
    """The type of an action. A member of an enumeration of texts is its text, in every version of Python."""
    return str.__str__(action_type) if issubclass(type(action_type), str) else str(action_type)


def check_unbound(
    unbound: Sequence[str], of: Optional[Sequence[inspect.Parameter]], captured: Collection[str], policy: Policy
) -> None:
    """A misspelt name would leave out nothing, and nothing could be approved."""
    named, any_other = _arguments.names(of or [])
    for name in unbound:
        record, dot, fact = name.partition(".")
        if dot and record == "snapshot":
            wrong = policy._native.undeclared("snapshot", [fact])
            if wrong:
                raise ActraSchemaError(f"`unbound`: {wrong[0]}")
        elif name not in named and name not in captured and not any_other:
            known = ", ".join([*named, *captured])
            raise ActraSchemaError(f"`unbound` names `{name}`, but the function has no such parameter; it has {known}")


def _is_clear(colliding: FrozenSet[str], kwargs: Dict[str, Any]) -> bool:
    """Whether every argument has a name of its own."""
    if not kwargs:
        return True
    for name in kwargs:
        # What says of itself which text it equals may say so again otherwise.
        if type(name) is not str:
            return False
    return not colliding or colliding.isdisjoint(kwargs)


def _collision(colliding: FrozenSet[str], kwargs: Dict[str, Any]) -> str:
    """Which argument has no name of its own."""
    if any(type(name) is not str for name in kwargs):
        return "the name of an argument is not a plain string"
    name = next(name for name in kwargs if name in colliding)
    return f"two arguments are named `{name}`: one given by position, one by keyword"


def _names(what: str, names: Any) -> List[str]:
    listed: List[Any] = [] if isinstance(names, str) else list(names)
    if isinstance(names, str) or not all(isinstance(name, str) for name in listed):
        raise TypeError(f"`{what}` must be a list of names")
    return listed
