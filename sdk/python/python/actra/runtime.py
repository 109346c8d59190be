"""Enforcement: an operation runs if and only if the policy allows it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import inspect
import logging
import os
import warnings
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import (
    Any,
    AsyncIterator,
    Callable,
    Dict,
    Generator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)

from . import _actra, _bind, events
from .approval import ApprovalRequest, Denial, Grant
from .errors import ActraApprovalRequired, ActraPolicyError, ActraSchemaError
from ._reload import Reload, Watch
from .policy import Policy, _compiled, explanation
from .types import Decision

__all__ = ["ActraContext", "ActraRuntime", "current_context", "using"]

log: logging.Logger = logging.getLogger("actra")

F = TypeVar("F", bound=Callable[..., Any])
Resolver = Callable[[Any], Any]
#: One function for a record, or one for each of its fields.
Resolvers = Union[Resolver, Mapping[str, Resolver]]
Failures = List[Tuple[str, str]]

_context: contextvars.ContextVar[Any] = contextvars.ContextVar("actra_context", default=None)
_correlation: contextvars.ContextVar[Optional[str]] = contextvars.ContextVar("actra_correlation", default=None)


@dataclass
class ActraContext:
    """What a host knows about a call: a user, a request, and anything else."""

    user: Any = None
    metadata: Any = None
    request: Any = None


@contextlib.contextmanager
def using(ctx: Any, *, correlation_id: Optional[str] = None) -> Generator[None, None, None]:
    """Every call inside of the block has this context, across ``await`` too."""
    tokens = (_context.set(ctx), _correlation.set(correlation_id or _correlation.get()))
    try:
        yield
    finally:
        _context.reset(tokens[0])
        _correlation.reset(tokens[1])


def current_context() -> Any:
    """The context of the innermost :func:`using`."""
    return _context.get()


def _or_current(ctx: Any) -> Any:
    return _context.get() if ctx is None else ctx


def _is_async(function: Any) -> bool:
    if isinstance(function, MappingType):
        return any(_is_async(one) for one in function.values())
    call = getattr(function, "__call__", None)  # noqa: B004
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:400]


class _Site:
    """A decorated function: how its arguments become an action."""

    def __init__(
        self,
        runtime: ActraRuntime,
        function: Callable[..., Any],
        action_type: Optional[str],
        fields: Optional[Sequence[str]],
        action_builder: Optional[Callable[..., Any]],
        audit: bool,
    ) -> None:
        self.runtime = runtime
        self.function = function
        self.action_type = action_type or None
        self.fields = list(fields) if fields is not None else None
        self.action_builder = action_builder
        self.audit = audit
        self.parameters = _bind.parameters(function)
        self.all: Optional[_bind.Binder] = None
        if self.parameters is not None:
            self.all = _named(_bind.all_arguments(self.parameters), function)
        #: Stamp of the runtime, policy, and binder for its schema: together, so that threads never see parts of two.
        self.prepared: Tuple[object, Policy, Optional[_bind.Binder]] = (None, runtime.policy, None)
        self.check()

    def bound(self, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Dict[str, Any]:
        """All arguments by name, defaults included; a TypeError as the call itself would raise it."""
        if self.all is not None:
            return self.all(*args, **kwargs)
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
        if self.fields is not None:
            unknown = [field for field in self.fields if field not in dict(declared)]
            if unknown:
                raise ActraSchemaError(f"action `{name}` has no field `{unknown[0]}`, which `fields` names")
        if self.action_builder or runtime._action_resolver or self.parameters is None:
            return
        named, any_other = _bind.names(self.parameters)
        arriving = set(named) if self.fields is None else set(named) & set(self.fields)
        if self.fields is not None and not any_other:
            missing = [field for field in self.fields if field not in named]
            if missing:
                raise ActraSchemaError(f"`fields` names `{missing[0]}`, and the function has no such parameter")
        if any_other:
            return
        read = set(runtime.policy.reads(name)["action"])
        for field, optional in declared:
            if field not in read or field in arriving:
                continue
            text = f"the policy reads `action.{field}` for `{name}`, and no parameter gives it"
            if not optional:
                raise ActraSchemaError(text)
            warnings.warn(text, stacklevel=5)

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
        wanted = self.fields
        if wanted is None:
            named, any_other = _bind.names(self.parameters)
            if any_other:
                return None
            wanted = [field for field, _ in declared if field in named]
        quick = _bind.fields(self.parameters, name, wanted)
        return None if quick is None else _named(quick, self.function)


def _named(binder: _bind.Binder, function: Callable[..., Any]) -> _bind.Binder:
    # Errors about arguments then name the function.
    name = getattr(function, "__qualname__", None) or "call"
    binder.__name__ = binder.__qualname__ = name
    return binder


class ActraRuntime:
    """An enforcement point: a policy, who tells it about actors and the world, and what follows from a decision.

    Resolvers run at most once for an evaluation, and only if it matters. One that fails, hangs or gives nonsense leaves
    its facts out; rules that read them are then undetermined, which is never milder.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        actor: Optional[Resolvers] = None,
        snapshot: Optional[Resolvers] = None,
        context: Optional[Callable[..., Any]] = None,
        mode: str = "enforce",
        on_event: Optional[Callable[[events.DecisionEvent], Any]] = None,
        on_approval: Optional[Callable[[ApprovalRequest], Any]] = None,
        deadline: float = 10.0,
        approval_valid: float = 900.0,
        context_from_arguments: bool = True,
        approvals: Union[None, str, os.PathLike[str]] = None,
    ) -> None:
        self._policy = policy
        self._live = _actra.Live(policy._native)
        self._store = _actra.Store(None if approvals is None else Path(approvals))
        self._mode = mode
        self._actor = actor
        self._snapshot = snapshot
        self._context_resolver = context
        self._action_resolver: Optional[Callable[..., Any]] = None
        self._action_type_resolver: Optional[Callable[..., Any]] = None
        self._observers: List[Callable[[events.DecisionEvent], Any]] = [on_event] if on_event else []
        self._on_approval = on_approval
        self._deadline = deadline
        self._approval_valid = approval_valid
        self._context_from_arguments = context_from_arguments
        self._watch: Optional[Watch] = None
        #: Another one after every change of what functions were prepared for.
        self._stamp = object()
        self._prepare()

    def _prepare(self) -> None:
        self._stamp = object()
        if self._mode not in ("enforce", "audit"):
            raise ValueError('`mode` is "enforce" or "audit"')
        point = functools.partial(
            _actra.Point,
            live=self._live,
            store=self._store,
            actor=self._actor is not None,
            snapshot=self._snapshot is not None,
            asks=self._on_approval is not None,
            watched=bool(self._observers),
            valid=self._approval_valid,
        )
        self._point = point(mode=self._mode)
        self._auditing = point(mode="audit")
        whole = not isinstance(self._actor, MappingType) and not isinstance(self._snapshot, MappingType)
        waits = _is_async(self._actor) or _is_async(self._snapshot)
        # Where nobody watches and nothing waits, an allowed call takes the short way.
        self._short = self._mode == "enforce" and not self._observers and whole and not waits

    # -- what it is made of

    @property
    def policy(self) -> Policy:
        """The policy in force. Setting it swaps it whole; calls in flight finish on the old one."""
        return self._policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self._live.swap(policy._native)
        self._policy = policy
        self._stamp = object()

    def _swap(self, native: _actra.Policy) -> None:
        self.policy = Policy(native)

    def watch(
        self,
        path: Union[str, os.PathLike[str]],
        *,
        every: float = 1.0,
        key: Optional[str] = None,
        on_reload: Optional[Callable[[Reload], Any]] = None,
    ) -> Watch:
        """Puts the policy at ``path`` in force, and whatever lies there later, which is looked for every so many seconds.

        An update that cannot be used leaves the policy before in force: :meth:`health` says so, it is logged, and
        ``on_reload`` hears of it. Raises ActraCompileError if what is there now cannot be used.
        """
        watched, outcome = _actra.Watched.open(Path(path), key)
        self.policy = _compiled(outcome)
        self._watch = Watch(self, path, watched, every, key, on_reload)
        return self._watch

    def grant(self, id: str, *, by: str) -> None:
        """Grants the approval request with this id, which another process may have opened in the same file.

        Raises ValueError if there is none, or it was answered or has expired.
        """
        self._store.answer(id, by, None)

    def deny(self, id: str, *, by: str, reason: str = "") -> None:
        """Denies the approval request with this id."""
        self._store.answer(id, by, reason)

    @property
    def mode(self) -> str:
        """``"enforce"``, or ``"audit"``: everything runs, and events record what would have happened."""
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        self._mode = mode
        self._prepare()

    def __repr__(self) -> str:
        return f"ActraRuntime({self._policy!r}, mode={self._mode!r})"

    def health(self) -> Dict[str, Any]:
        """The policy in force, how often it was swapped, and why it is stale if an update could not be used."""
        policy, swaps, stale = self._live.health()
        return {"policy_hash": policy, "swaps": swaps, "stale": None if stale is None else stale[1]}

    def set_actor_resolver(self, resolver: Optional[Resolvers]) -> None:
        """``fn(ctx)`` gives the actor; or a function for each field, of which only those that rules read are called."""
        self._actor = resolver
        self._prepare()

    def set_snapshot_resolver(self, resolver: Optional[Resolvers]) -> None:
        """``fn(ctx)`` gives the snapshot; or a function for each field. Called only if the snapshot matters."""
        self._snapshot = resolver
        self._prepare()

    def set_action_resolver(self, resolver: Optional[Callable[..., Any]]) -> None:
        """``fn(action_type, args, kwargs, ctx)`` gives the action."""
        self._action_resolver = resolver
        self._prepare()

    def set_context_resolver(self, resolver: Optional[Callable[..., Any]]) -> None:
        """``fn(args, kwargs)`` gives the context of a call."""
        self._context_resolver = resolver
        self._prepare()

    def set_action_type_resolver(self, resolver: Optional[Callable[..., Any]]) -> None:
        """``fn(func, args, kwargs)`` gives the type of the action where a decorator names none."""
        self._action_type_resolver = resolver
        self._prepare()

    def set_decision_observer(self, observer: Optional[Callable[[events.DecisionEvent], Any]]) -> None:
        """``fn(event)`` hears of every evaluation. It cannot change one, and its failures are logged."""
        self._observers = [observer] if observer is not None else []
        self._prepare()

    def has_decision_observer(self) -> bool:
        """Whether somebody hears of evaluations."""
        return bool(self._observers)

    def add_observer(self, observer: Callable[[events.DecisionEvent], Any]) -> None:
        """One more that hears of every evaluation."""
        self._observers = [*self._observers, observer]
        self._prepare()

    def set_approval_handler(self, handler: Optional[Callable[[ApprovalRequest], Any]]) -> None:
        """``fn(approval)`` returns what ``approval.grant(by=...)`` gives; anything else refuses."""
        self._on_approval = handler
        self._prepare()

    # -- from a call to an action

    def resolve_actor(self, ctx: Any) -> Any:
        """What the actor resolver gives; ``{}`` without one."""
        return self._whole(self._actor, ctx)

    def resolve_snapshot(self, ctx: Any) -> Any:
        """What the snapshot resolver gives; ``{}`` without one."""
        return self._whole(self._snapshot, ctx)

    @staticmethod
    def _whole(resolver: Optional[Resolvers], ctx: Any) -> Any:
        if resolver is None:
            return {}
        if isinstance(resolver, MappingType):
            return {name: one(ctx) for name, one in resolver.items()}
        return resolver(ctx)

    def resolve_context(self, args: Tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The context of a call: from the resolver, else the argument ``ctx``, else :func:`using`."""
        if self._context_resolver is not None:
            return self._context_resolver(args, kwargs)
        if self._context_from_arguments:
            ctx = kwargs.get("ctx")
            if ctx is not None:
                return ctx
        return _context.get()

    def resolve_action_type(
        self, func: Any, args: Tuple[Any, ...], kwargs: Mapping[str, Any], action_type: Optional[str]
    ) -> str:
        """The type of an action: as given, from the resolver, else the name of the function."""
        if action_type:
            return action_type
        if self._action_type_resolver is not None:
            return str(self._action_type_resolver(func, args, kwargs))
        return str(func.__name__)

    def action(self, action_type: str, **fields: Any) -> Dict[str, Any]:
        """An action: ``type`` first, then its fields."""
        return {"type": action_type, **fields}

    def build_action(
        self,
        action_type: str,
        args: Tuple[Any, ...],
        kwargs: Mapping[str, Any],
        ctx: Any,
        func: Any = None,
        fields: Optional[Sequence[str]] = None,
        action_builder: Optional[Callable[..., Any]] = None,
    ) -> Dict[str, Any]:
        """The action of a call: by the builder, the action resolver, ``fields``, or what the schema declares."""
        arguments = dict(kwargs)
        if func is not None:
            of = _bind.parameters(func)
            if of is not None:
                arguments = _bind.all_arguments(of)(*args, **kwargs)
        return self._build(action_type, arguments, ctx, fields, action_builder, self._policy)

    def _build(
        self,
        action_type: str,
        arguments: Dict[str, Any],
        ctx: Any,
        fields: Optional[Sequence[str]],
        action_builder: Optional[Callable[..., Any]],
        policy: Policy,
    ) -> Dict[str, Any]:
        for builder in (action_builder, self._action_resolver):
            if builder is not None:
                built = builder(action_type, (), dict(arguments), ctx)
                if not isinstance(built, MappingType):
                    raise TypeError(f"an action is a dictionary, and the builder gave a {type(built).__name__}")
                return {"type": action_type, **built}
        if fields is not None:
            picked = {name: arguments[name] for name in fields if name in arguments}
        else:
            declared = policy._native.fields(action_type)
            if declared:
                picked = {name: arguments[name] for name, _ in declared if name in arguments}
            else:
                picked = {name: value for name, value in arguments.items() if name != "ctx"}
        if "type" in picked:
            raise ActraSchemaError("`type` names the action, so no argument can have this name")
        return {"type": action_type, **picked}

    def build_context(self, action: Mapping[str, Any], ctx: Any = None) -> Dict[str, Any]:
        """The request for an action: runs both resolvers."""
        return {
            "action": dict(action),
            "actor": self.resolve_actor(ctx),
            "snapshot": self.resolve_snapshot(ctx),
        }

    # -- asking

    def evaluate(self, action: Mapping[str, Any], ctx: Any = None) -> Decision:
        """What the policy says about an action, without enforcing it."""
        admission = self._point.begin(None, dict(action), None)
        admission.evaluate()
        last = self._drive(admission, _or_current(ctx))
        return Decision.of_native(last[1])

    def allow(self, action_type: str, ctx: Any = None, **fields: Any) -> bool:
        """Whether the policy allows an action."""
        return self.evaluate(self.action(action_type, **fields), ctx).effect == "allow"

    def block(self, action_type: str, ctx: Any = None, **fields: Any) -> bool:
        """Whether the policy blocks an action."""
        return self.evaluate(self.action(action_type, **fields), ctx).effect == "block"

    def requires_approval(self, action_type: str, ctx: Any = None, **fields: Any) -> bool:
        """Whether the policy wants approval for an action."""
        return self.evaluate(self.action(action_type, **fields), ctx).effect == "require_approval"

    def explain(self, action: Mapping[str, Any], ctx: Any = None) -> Dict[str, Any]:
        """Prints why the policy says what it says about an action, and returns the decision."""
        context = self.build_context(action, _or_current(ctx))
        print(explanation(self._policy, context))
        return self._policy.decide(context)

    def explain_call(
        self, func: Any, *args: Any, action_type: Optional[str] = None, ctx: Any = None, **kwargs: Any
    ) -> Dict[str, Any]:
        """Explains what a call would come to. The function does not run."""
        site: Optional[_Site] = getattr(func, "__actra__", None)
        inner = site.function if site is not None else func
        fields = site.fields if site is not None else None
        builder = site.action_builder if site is not None else None
        given = action_type or (site.action_type if site is not None else None)
        of = _bind.parameters(inner)
        takes_ctx = of is not None and "ctx" in _bind.names(of)[0]
        if ctx is not None and takes_ctx and "ctx" not in kwargs:
            kwargs["ctx"] = ctx
        bound = _bind.all_arguments(of)(*args, **kwargs) if of is not None else dict(kwargs)
        if ctx is None:
            ctx = self.resolve_context(args, bound)
        name = self.resolve_action_type(inner, args, bound, given)
        return self.explain(self._build(name, bound, ctx, fields, builder, self._policy), ctx)

    # -- enforcing

    def check(self, action: Mapping[str, Any], ctx: Any = None) -> Decision:
        """The decision on an action that may run now; raises ActraPolicyError for any other."""
        fields = dict(action)
        admission = self._point.begin(None, fields, None)
        step = self._drive(admission, _or_current(ctx))
        self._finish(step, fields, admission)
        return Decision.of_native(admission.decision())

    async def check_async(self, action: Mapping[str, Any], ctx: Any = None) -> Decision:
        """The same as :meth:`check`; waits for resolvers and handlers that are asynchronous."""
        fields = dict(action)
        admission = self._point.begin(None, fields, None)
        step = await self._drive_async(admission, _or_current(ctx))
        self._finish(step, fields, admission)
        return Decision.of_native(admission.decision())

    def admit(
        self,
        action_type: Any = None,
        fields: Optional[Sequence[str]] = None,
        action_builder: Optional[Callable[..., Any]] = None,
    ) -> Any:
        """Runs a function only if the policy allows the call; else raises ActraPolicyError before the body.

        Functions, coroutine functions, generators, methods and other callables. The signature stays as it is.
        """
        return self._decorator(action_type, fields, action_builder, False)

    def audit(
        self,
        action_type: Any = None,
        fields: Optional[Sequence[str]] = None,
        action_builder: Optional[Callable[..., Any]] = None,
    ) -> Any:
        """Runs a function whatever the policy says; the event records what would have happened. Never raises."""
        return self._decorator(action_type, fields, action_builder, True)

    def _decorator(
        self,
        action_type: Any,
        fields: Optional[Sequence[str]],
        action_builder: Optional[Callable[..., Any]],
        audit: bool,
    ) -> Any:
        if callable(action_type) or isinstance(action_type, (classmethod, staticmethod)):
            return self._wrapped(action_type, None, fields, action_builder, audit)

        def decorate(function: Any) -> Any:
            return self._wrapped(function, action_type, fields, action_builder, audit)

        return decorate

    def _wrapped(
        self,
        function: Any,
        action_type: Optional[str],
        fields: Optional[Sequence[str]],
        action_builder: Optional[Callable[..., Any]],
        audit: bool,
    ) -> Any:
        if isinstance(function, (classmethod, staticmethod)):
            inner = self._wrapped(function.__func__, action_type, fields, action_builder, audit)
            return type(function)(inner)
        site = _Site(self, function, action_type, fields, action_builder, audit)
        wrapper = _wrapper(self, site, function)
        wrapper.__actra__ = site
        return wrapper

    def _enter(self, site: _Site, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> None:
        """Returns if the body may run, and raises if not."""
        if site.audit or not self._short:
            admission, ctx, action, policy = self._begin(site, args, kwargs)
            self._finish(self._drive(admission, ctx, action, policy), action, admission)
            return
        # The policy that the action is made for decides, also if another one is put in force meanwhile.
        _, policy, quick = prepared = site.prepared
        if prepared[0] is not self._stamp:
            policy, quick = self._prepare_site(site)
        action, ctx = self._action(site, policy, quick, args, kwargs)
        found = self._point.short(policy._native, action, self._actor, self._snapshot, ctx, self._deadline)
        if found is not None:
            actor, snapshot, failures = found
            hidden = self._hidden(site, args, kwargs, action)
            admission = self._point.resolved(policy._native, action, actor, snapshot, failures, hidden)
            self._finish(self._drive(admission, ctx, action, policy), action, admission)

    async def _enter_async(self, site: _Site, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> None:
        admission, ctx, action, policy = self._begin(site, args, kwargs)
        self._finish(await self._drive_async(admission, ctx, action, policy), action, admission)

    def _begin(
        self, site: _Site, args: Tuple[Any, ...], kwargs: Dict[str, Any]
    ) -> Tuple[_actra.Admission, Any, Dict[str, Any], Policy]:
        point = self._auditing if site.audit else self._point
        try:
            policy, quick = self._prepare_site(site)
            action, ctx = self._action(site, policy, quick, args, kwargs)
            admission = point.begin(policy._native, action, self._hidden(site, args, kwargs, action))
            return admission, ctx, action, policy
        except Exception as error:
            if not (site.audit or self._mode == "audit"):
                raise
            # What cannot even be made a request is recorded, and runs.
            log.warning("actra: in audit mode, no request could be made of a call: %s", _why(error))
            return self._unmade(site, error), None, {}, self._policy

    def _prepare_site(self, site: _Site) -> Tuple[Policy, Optional[_bind.Binder]]:
        stamp, (before, policy, quick) = self._stamp, site.prepared
        if before is not stamp:
            policy = self._policy
            quick = site.binder(policy)
            site.prepared = (stamp, policy, quick)
        return policy, quick

    def _unmade(self, site: _Site, error: BaseException) -> _actra.Admission:
        try:
            name = site.name()
        except ActraSchemaError:
            name = "unknown"
        failures = [("action", _why(error))]
        return self._auditing.resolved(self._policy._native, {"type": name}, None, None, failures, None)

    def _action(
        self,
        site: _Site,
        policy: Policy,
        quick: Optional[_bind.Binder],
        args: Tuple[Any, ...],
        kwargs: Dict[str, Any],
    ) -> Tuple[Dict[str, Any], Any]:
        if quick is not None:
            action = quick(*args, **kwargs)
            if self._context_resolver is None:
                ctx = kwargs.get("ctx") if self._context_from_arguments else None
                return action, _or_current(ctx)
            return action, self.resolve_context(args, site.bound(args, kwargs))
        bound = site.bound(args, kwargs)
        ctx = self.resolve_context(args, bound)
        name = site.action_type
        if name is None and self._action_type_resolver is not None:
            name = str(self._action_type_resolver(site.function, args, bound))
        action_type = name or site.name()
        return self._build(action_type, bound, ctx, site.fields, site.action_builder, policy), ctx

    def _hidden(
        self, site: _Site, args: Tuple[Any, ...], kwargs: Dict[str, Any], action: Dict[str, Any]
    ) -> Dict[str, Any]:
        """Arguments that rules do not see. An approval is bound to those that have a value."""
        hidden: Dict[str, Any] = {}
        for name, value in site.bound(args, kwargs).items():
            if name in action or name == "ctx":
                continue
            try:
                hidden[name] = _actra.value(value)
            except (TypeError, ValueError):
                continue
        return hidden

    # -- driving an admission

    def _drive(
        self,
        admission: _actra.Admission,
        ctx: Any,
        made: Optional[Mapping[str, Any]] = None,
        policy: Optional[Policy] = None,
    ) -> Tuple[Any, ...]:
        """Does what an admission asks for. ``made`` is an action that was made for the schema of a policy."""
        while True:
            step = admission.step()
            self._tell(admission)
            kind = step[0]
            if kind in ("actor", "snapshot"):
                failures: Failures = []
                resolver = self._actor if kind == "actor" else self._snapshot
                wanted = admission.reads(kind)
                record = _record(resolver, ctx, kind, failures, self._deadline, wanted)
                _give(admission, record, failures, kind)
            elif kind == "ask":
                approval = ApprovalRequest(step[1])
                try:
                    answer = self._on_approval(approval) if self._on_approval else None
                    if inspect.isawaitable(answer):
                        _close(answer)
                        raise TypeError("an async handler cannot be asked from a synchronous call")
                except Exception as error:
                    admission.refuse(_why(error))
                else:
                    _answered(admission, approval, answer, self._fits(made, policy))
            else:
                return step

    async def _drive_async(
        self,
        admission: _actra.Admission,
        ctx: Any,
        made: Optional[Mapping[str, Any]] = None,
        policy: Optional[Policy] = None,
    ) -> Tuple[Any, ...]:
        while True:
            step = admission.step()
            self._tell(admission)
            kind = step[0]
            if kind in ("actor", "snapshot"):
                failures: Failures = []
                resolver = self._actor if kind == "actor" else self._snapshot
                wanted = admission.reads(kind)
                record = await self._record_async(resolver, ctx, kind, failures, wanted)
                _give(admission, record, failures, kind)
            elif kind == "ask":
                approval = ApprovalRequest(step[1])
                try:
                    answer = self._on_approval(approval) if self._on_approval else None
                    if inspect.isawaitable(answer):
                        answer = await asyncio.wait_for(answer, self._deadline)
                except asyncio.TimeoutError:
                    admission.refuse(f"no answer within {self._deadline} s")
                except Exception as error:
                    admission.refuse(_why(error))
                else:
                    _answered(admission, approval, answer, self._fits(made, policy))
            else:
                return step

    def _fits(self, made: Optional[Mapping[str, Any]], policy: Optional[Policy]) -> bool:
        """Whether an action has the fields of the policy that is in force after somebody was asked."""
        now = self._policy
        if made is None or policy is None or now is policy:
            return True
        name = str(made.get("type"))
        return policy._native.fields(name) == now._native.fields(name)

    async def _record_async(
        self, resolver: Any, ctx: Any, stage: str, failures: Failures, wanted: List[str]
    ) -> Any:
        if not isinstance(resolver, MappingType):
            try:
                return _checked(await self._in_time(resolver, ctx))
            except Exception as error:
                failures.append((stage, _late(error, self._deadline)))
                return None
        names = [name for name in wanted if name in resolver]
        found = await asyncio.gather(
            *(self._in_time(resolver[name], ctx) for name in names), return_exceptions=True
        )
        record: Dict[str, Any] = {}
        for name, value in zip(names, found):
            if isinstance(value, BaseException):
                if not isinstance(value, Exception):
                    raise value
                failures.append((stage, f"{name}: {_late(value, self._deadline)}"))
                value = _UNRESOLVED
            record[name] = value
        return record

    async def _in_time(self, resolver: Any, ctx: Any) -> Any:
        value = resolver(ctx)
        if inspect.isawaitable(value):
            return await asyncio.wait_for(value, self._deadline)
        return value

    def _finish(self, step: Tuple[Any, ...], action: Dict[str, Any], admission: _actra.Admission) -> None:
        kind = step[0]
        if kind == "run":
            return
        context = admission.shown()
        name = str(action.get("type"))
        decision = Decision.of_native(step[1])
        if kind == "block":
            raise ActraPolicyError(name, decision, context)
        approval = None if step[2] is None else ApprovalRequest(step[2])
        message = None
        if step[3]:
            plain = ActraPolicyError(name, decision, context)
            message = f"{plain} ({step[3]})"
        raise ActraApprovalRequired(name, decision, context, message, approval)

    def _tell(self, admission: _actra.Admission) -> None:
        if not self._observers:
            return
        correlation = _correlation.get()
        for told in admission.take_events(correlation):
            for observer in self._observers:
                try:
                    # A copy each: one that changes its event changes nobody else's.
                    observer(events.of_native(told, correlation))
                except Exception:
                    log.exception("actra: an observer failed")


_UNRESOLVED = float("nan")


def _checked(record: Any) -> Any:
    if inspect.isawaitable(record):
        _close(record)
        raise TypeError("an async resolver cannot be asked from a synchronous call")
    if record is None or isinstance(record, (str, bytes, int, float, list, tuple)):
        raise TypeError(f"a resolver gives a dictionary, and this one gave a {type(record).__name__}")
    return record


def _close(awaitable: Any) -> None:
    close = getattr(awaitable, "close", None)
    if close is not None:
        close()


def _late(error: BaseException, deadline: float) -> str:
    if isinstance(error, asyncio.TimeoutError):
        return f"no answer within {deadline} s"
    return _why(error)


def _record(
    resolver: Any, ctx: Any, stage: str, failures: Failures, deadline: float, wanted: Sequence[str] = ()
) -> Any:
    """A record; ``None`` if it cannot be had. A field that cannot be had is invalid, never absent.

    A function that blocks its thread cannot be stopped: an answer that comes too late is thrown away.
    """
    until = monotonic() + deadline
    if not isinstance(resolver, MappingType):
        try:
            record = _checked(resolver(ctx))
        except Exception as error:
            failures.append((stage, _why(error)))
            return None
        if monotonic() > until:
            failures.append((stage, f"no answer within {deadline} s"))
            return None
        return record
    found: Dict[str, Any] = {}
    for name in wanted:
        if name not in resolver:
            continue
        try:
            value = resolver[name](ctx)
            if inspect.isawaitable(value):
                _close(value)
                raise TypeError("an async resolver cannot be asked from a synchronous call")
            if monotonic() > until:
                raise TimeoutError(f"no answer within {deadline} s")
            found[name] = value
        except Exception as error:
            failures.append((stage, f"{name}: {_why(error)}"))
            found[name] = _UNRESOLVED
    return found


def _give(admission: _actra.Admission, record: Any, failures: Failures, stage: str) -> None:
    try:
        admission.give(record, failures)
    except (TypeError, ValueError) as error:
        # It holds something that has no value: then it is not had.
        admission.give(None, [*failures, (stage, _why(error))])


def _answered(admission: _actra.Admission, approval: ApprovalRequest, answer: Any, fits: bool) -> None:
    if not fits:
        admission.refuse("the schema was replaced meanwhile")
    elif isinstance(answer, Grant) and answer.id == approval.id:
        admission.resume()
    elif isinstance(answer, Denial):
        admission.refuse(f"denied by {answer.by}: {answer.reason}")
    else:
        admission.refuse("the handler gave no grant")


def _wrapper(runtime: ActraRuntime, site: _Site, function: Any) -> Any:
    enter = runtime._enter

    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def stream(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            await runtime._enter_async(site, args, kwargs)
            inner = function(*args, **kwargs)
            step, value = inner.asend, None
            try:
                while True:
                    try:
                        item = await step(value)
                    except StopAsyncIteration:
                        return
                    try:
                        step, value = inner.asend, (yield item)
                    except GeneratorExit:
                        raise
                    except BaseException as error:
                        step, value = inner.athrow, error
            finally:
                await inner.aclose()

        return stream

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            if runtime._short and not site.audit and runtime._on_approval is None:
                enter(site, args, kwargs)
            else:
                await runtime._enter_async(site, args, kwargs)
            return await function(*args, **kwargs)

        return coroutine

    def call(*args: Any, **kwargs: Any) -> Any:
        enter(site, args, kwargs)
        return function(*args, **kwargs)

    # A callable without a name of its own keeps its class's.
    return functools.wraps(function)(call) if hasattr(function, "__name__") else _dressed(call, function)


def _dressed(wrapper: Any, function: Any) -> Any:
    inner = function.func if isinstance(function, functools.partial) else type(function)
    functools.update_wrapper(wrapper, inner)
    wrapper.__wrapped__ = function
    return wrapper


