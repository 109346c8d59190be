"""Enforcement: an operation runs if and only if the policy allows it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import logging
import os
import weakref
from collections.abc import Mapping as MappingType
from pathlib import Path
from typing import Any, Callable, Dict, Generator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from . import _actra, _bind, events
from ._context import ActraContext, correlation, current_context, or_current, using
from ._reload import Reload, Watch
from ._resolve import Failures, Resolvers, at_hand, is_async, late, record, record_async, why
from ._site import Site
from ._wrap import wrapper
from .approval import ApprovalRequest, Denial, Grant
from .errors import ActraApprovalRequired, ActraPolicyError, ActraSchemaError
from .policy import Policy, _compiled, demanded, explanation
from .types import Decision

__all__ = ["ActraContext", "ActraRuntime", "current_context", "using"]

log: logging.Logger = logging.getLogger("actra")


class Again(NamedTuple):
    """Arguments of a call, read once more."""

    #: Has an admission decide about them as they are now.
    renew: Callable[[_actra.Admission], None]
    #: As an approval is bound to them.
    bound: Callable[[], Dict[str, Any]]


#: The steps for which a record is to be found out.
_RECORDS = ("actor", "rest", "snapshot")


def _store(approvals: Union[None, str, os.PathLike[str]]) -> _actra.Store:
    if approvals is None:
        return _actra.Store(None)
    store = _actra.Store(Path(approvals))
    if hasattr(os, "register_at_fork"):
        kept = weakref.ref(store)

        def rest() -> None:
            # What is open in SQLite must not be carried into another process.
            store = kept()
            if store is not None:
                store.rest()

        os.register_at_fork(before=rest)
    return store


def _positive(name: str, seconds: Any) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        raise ValueError(f"`{name}` is a number of seconds above zero")
    return float(seconds)


def _check_functions(runtime: ActraRuntime) -> None:
    """Whether functions are where functions belong; what else stands there would be found out with the first call."""
    policy: Any = runtime._policy
    if not isinstance(policy, Policy):
        raise TypeError(f"a runtime needs a policy, and this is a {type(policy).__name__}")
    named: List[Tuple[str, Any]] = [
        ("context", runtime._context_resolver),
        ("action_resolver", runtime._action_resolver),
        ("action_type_resolver", runtime._action_type_resolver),
        ("on_approval", runtime._on_approval),
        *(("on_event", observer) for observer in runtime._observers),
    ]
    for name, resolver in (("actor", runtime._actor), ("snapshot", runtime._snapshot)):
        if isinstance(resolver, MappingType):
            named.extend((f"{name}[{field!r}]", one) for field, one in resolver.items())
        else:
            named.append((name, resolver))
    for name, function in named:
        if function is not None and not callable(function):
            raise TypeError(f"`{name}` is a function, and this is a {type(function).__name__}")


def _source(resolver: Optional[Resolvers]) -> str:
    if resolver is None:
        return "nobody"
    return "fields" if isinstance(resolver, MappingType) else "host"


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
        on_actor_failure: str = "refuse",
        deadline: float = 10.0,
        approval_deadline: float = 600.0,
        approval_valid: float = 900.0,
        context_from_arguments: bool = True,
        approvals: Union[None, str, os.PathLike[str]] = None,
    ) -> None:
        self._policy = policy
        self._live = _actra.Live(policy._native)
        self._store = _store(approvals)
        self._mode = mode
        self._actor = actor
        self._snapshot = snapshot
        self._context_resolver = context
        self._action_resolver: Optional[Callable[..., Any]] = None
        self._action_type_resolver: Optional[Callable[..., Any]] = None
        self._observers: List[Callable[[events.DecisionEvent], Any]] = [on_event] if on_event else []
        self._on_approval = on_approval
        self._on_actor_failure = on_actor_failure
        self._deadline = _positive("deadline", deadline)
        self._approval_deadline = _positive("approval_deadline", approval_deadline)
        self._approval_valid = _positive("approval_valid", approval_valid)
        self._context_from_arguments = context_from_arguments
        self._watch: Optional[Watch] = None
        #: Another one after every change of what functions were prepared for.
        self._stamp = object()
        self._prepare()

    def _prepare(self) -> None:
        self._stamp = object()
        _check_functions(self)
        for name, resolvers in (("actor", self._actor), ("snapshot", self._snapshot)):
            # A resolver of a misspelt field would never be asked.
            if isinstance(resolvers, MappingType):
                wrong = self._policy._native.undeclared(name, list(resolvers))
                if wrong:
                    raise ActraSchemaError("; ".join(wrong))
        point = functools.partial(
            _actra.Point,
            live=self._live,
            store=self._store,
            actor=_source(self._actor),
            snapshot=_source(self._snapshot),
            on_actor_failure=self._on_actor_failure,
            asks=self._on_approval is not None,
            watched=bool(self._observers),
            valid=self._approval_valid,
        )
        self._point = point(mode=self._mode)
        self._auditing = point(mode="audit")
        whole = not isinstance(self._actor, MappingType) and not isinstance(self._snapshot, MappingType)
        waits = is_async(self._actor) or is_async(self._snapshot)
        self._asks = self._actor is not None or self._snapshot is not None
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
        min_revision: int = 0,
        state: Optional[Union[str, os.PathLike[str]]] = None,
        on_reload: Optional[Callable[[Reload], Any]] = None,
    ) -> Watch:
        """Puts the policy at ``path`` in force, and whatever lies there later, which is looked for every so many seconds.

        An update that cannot be used leaves the policy before in force: :meth:`health` says so, it is logged, and
        ``on_reload`` hears of it. Raises ActraCompileError if what is there now cannot be used. ``key``, ``min_revision``
        and ``state`` are those of :meth:`Actra.load`.
        """
        demand = demanded(key, min_revision, state)
        watched, outcome = _actra.Watched.open(Path(path), demand)
        self.policy = _compiled(outcome)
        self._watch = Watch(self, path, watched, every, demand, on_reload)
        return self._watch

    def grant(self, id: str, *, by: str) -> None:
        """Grants the approval request with this id, which another process may have opened in the same file.

        Raises ValueError if there is none, or it was answered or has expired.
        """
        self._store.answer(id, by, None)

    def pending(self) -> List[ApprovalRequest]:
        """Approval requests that wait for an answer, oldest first."""
        return [ApprovalRequest(native) for native in self._store.list()]

    def approval(self, id: str) -> Optional[ApprovalRequest]:
        """The approval request with this id; ``None`` if there is none, or it has expired or was used."""
        known = self._store.get(id)
        return None if known is None else ApprovalRequest(known[0])

    def deny(self, id: str, *, by: str, reason: str = "") -> None:
        """Denies the approval request with this id."""
        self._store.answer(id, by, reason)

    @property
    def mode(self) -> str:
        """``"enforce"``, or ``"audit"``: everything runs, and events record what would have happened."""
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        self._set("_mode", mode)

    def _set(self, name: str, value: Any) -> None:
        """Changes a setting; one that cannot be used is not kept."""
        before = getattr(self, name)
        setattr(self, name, value)
        try:
            self._prepare()
        except Exception:
            setattr(self, name, before)
            self._prepare()
            raise

    def __repr__(self) -> str:
        return f"ActraRuntime({self._policy!r}, mode={self._mode!r})"

    def health(self) -> Dict[str, Any]:
        """The policy in force, how often it was swapped, and why it is stale if an update could not be used."""
        policy, swaps, stale = self._live.health()
        return {"policy_hash": policy, "swaps": swaps, "stale": None if stale is None else stale[1]}

    def set_actor_resolver(self, resolver: Optional[Resolvers]) -> None:
        """``fn(ctx)`` gives the actor; or a function for each field, of which only those that rules read are called."""
        self._set("_actor", resolver)

    def set_snapshot_resolver(self, resolver: Optional[Resolvers]) -> None:
        """``fn(ctx)`` gives the snapshot; or a function for each field. Called only if the snapshot matters."""
        self._set("_snapshot", resolver)

    def set_action_resolver(self, resolver: Optional[Callable[..., Any]]) -> None:
        """``fn(action_type, args, kwargs, ctx)`` gives the action."""
        self._set("_action_resolver", resolver)

    def set_context_resolver(self, resolver: Optional[Callable[..., Any]]) -> None:
        """``fn(args, kwargs)`` gives the context of a call."""
        self._set("_context_resolver", resolver)

    def set_action_type_resolver(self, resolver: Optional[Callable[..., Any]]) -> None:
        """``fn(func, args, kwargs)`` gives the type of the action where a decorator names none."""
        self._set("_action_type_resolver", resolver)

    def set_decision_observer(self, observer: Optional[Callable[[events.DecisionEvent], Any]]) -> None:
        """``fn(event)`` hears of every evaluation. It cannot change one, and its failures are logged."""
        self._set("_observers", [observer] if observer is not None else [])

    def has_decision_observer(self) -> bool:
        """Whether somebody hears of evaluations."""
        return bool(self._observers)

    def add_observer(self, observer: Callable[[events.DecisionEvent], Any]) -> None:
        """One more that hears of every evaluation."""
        self._set("_observers", [*self._observers, observer])

    def set_approval_handler(self, handler: Optional[Callable[[ApprovalRequest], Any]]) -> None:
        """``fn(approval)`` returns what ``approval.grant(by=...)`` gives; anything else refuses."""
        self._set("_on_approval", handler)

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
        return current_context()

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
        declared = policy._native.fields(action_type)
        if declared is not None:
            picked = {
                field: arguments[argument]
                for field, _, argument in declared
                if argument in arguments and (fields is None or field in fields)
            }
        elif fields is not None:
            picked = {name: arguments[name] for name in fields if name in arguments}
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
        admission = self._point.begin(None, dict(action))
        admission.evaluate()
        last = self._drive(admission, or_current(ctx))
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
        context = self.build_context(action, or_current(ctx))
        print(explanation(self._policy, context))
        return self._policy.decide(context)

    def explain_call(
        self, func: Any, *args: Any, action_type: Optional[str] = None, ctx: Any = None, **kwargs: Any
    ) -> Dict[str, Any]:
        """Explains what a call would come to. The function does not run."""
        site: Optional[Site] = getattr(func, "__actra__", None)
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
        admission = self._point.begin(None, fields)
        step = self._drive(admission, or_current(ctx), _of_action(action))
        _finish(step, admission)
        return Decision.of_native(admission.decision())

    async def check_async(self, action: Mapping[str, Any], ctx: Any = None) -> Decision:
        """The same as :meth:`check`; waits for resolvers and handlers that are asynchronous."""
        fields = dict(action)
        admission = self._point.begin(None, fields)
        step = await self._drive_async(admission, or_current(ctx), _of_action(action))
        _finish(step, admission)
        return Decision.of_native(admission.decision())

    def admit(
        self,
        action_type: Any = None,
        fields: Optional[Sequence[str]] = None,
        action_builder: Optional[Callable[..., Any]] = None,
        *,
        unbound: Sequence[str] = (),
    ) -> Any:
        """Runs a function only if the policy allows the call; else raises ActraPolicyError before the body.

        Functions, coroutine functions, generators, methods and other callables. The signature stays as it is.

        An approval is bound to all arguments. ``unbound`` names those that do not count, such as an open connection or
        ``self``, and facts, such as ``snapshot.now``.
        """
        return self._decorator(action_type, fields, action_builder, False, unbound)

    def audit(
        self,
        action_type: Any = None,
        fields: Optional[Sequence[str]] = None,
        action_builder: Optional[Callable[..., Any]] = None,
    ) -> Any:
        """Runs a function whatever the policy says; the event records what would have happened. Never raises."""
        return self._decorator(action_type, fields, action_builder, True, ())

    def _decorator(
        self,
        action_type: Any,
        fields: Optional[Sequence[str]],
        action_builder: Optional[Callable[..., Any]],
        audit: bool,
        unbound: Sequence[str],
    ) -> Any:
        if callable(action_type) or isinstance(action_type, (classmethod, staticmethod)):
            return self._wrapped(action_type, None, fields, action_builder, audit, unbound)

        def decorate(function: Any) -> Any:
            return self._wrapped(function, action_type, fields, action_builder, audit, unbound)

        return decorate

    def _wrapped(
        self,
        function: Any,
        action_type: Optional[str],
        fields: Optional[Sequence[str]],
        action_builder: Optional[Callable[..., Any]],
        audit: bool,
        unbound: Sequence[str],
    ) -> Any:
        if isinstance(function, (classmethod, staticmethod)):
            inner = self._wrapped(function.__func__, action_type, fields, action_builder, audit, unbound)
            return type(function)(inner)
        site = Site(self, function, action_type, fields, action_builder, audit, unbound)
        wrapped = wrapper(self, site, function)
        wrapped.__actra__ = site
        return wrapped

    def _enter(self, site: Site, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> None:
        """Returns if the body may run, and raises if not."""
        if self._short and not site.audit and site.is_clear(kwargs):
            # The policy that the action is made for decides, also if another one is put in force meanwhile.
            _, policy, quick = prepared = site.prepared
            if prepared[0] is not self._stamp:
                policy, quick = site.prepare()
            # What a builder makes is made again after others have worked.
            if quick is not None or not self._asks:
                self._enter_short(site, policy, quick, args, kwargs)
                return
        with self._audited(site):
            admission, ctx, again = self._begin(site, args, kwargs)
            _finish(self._drive(admission, ctx, again), admission)

    def _enter_short(
        self,
        site: Site,
        policy: Policy,
        quick: Optional[_bind.Binder],
        args: Tuple[Any, ...],
        kwargs: Dict[str, Any],
    ) -> None:
        action, ctx = site.made(policy, quick, args, kwargs)
        found = self._point.short(policy._native, action, self._actor, self._snapshot, ctx, self._deadline)
        if found is not None:
            actor, snapshot, failures = found
            admission = self._point.resolved(policy._native, action, actor, snapshot, failures, site.unbound)
            again = self._again(site, policy, quick, args, kwargs, ctx)
            _finish(self._drive(admission, ctx, again), admission)

    async def _enter_async(self, site: Site, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> None:
        with self._audited(site):
            admission, ctx, again = self._begin(site, args, kwargs)
            _finish(await self._drive_async(admission, ctx, again), admission)

    @contextlib.contextmanager
    def _audited(self, site: Site) -> Generator[None, None, None]:
        """In audit mode the body runs whatever happens before it."""
        try:
            yield
        except (KeyboardInterrupt, GeneratorExit, asyncio.CancelledError):
            raise
        except BaseException as error:
            if not self._runs_anyway(site):
                raise
            log.warning("actra: in audit mode, a call runs although this failed: %s", why(error), exc_info=error)

    def _begin(
        self, site: Site, args: Tuple[Any, ...], kwargs: Dict[str, Any]
    ) -> Tuple[_actra.Admission, Any, Optional[Again]]:
        try:
            policy, quick = site.prepare()
            action, ctx = site.made(policy, quick, args, kwargs)
            point = self._auditing if site.audit else self._point
            admission = point.begin(policy._native, action, site.unbound)
            if not site.is_clear(kwargs):
                admission.no_request(site.collision(kwargs))
            return admission, ctx, self._again(site, policy, quick, args, kwargs, ctx)
        except Exception as error:
            if not self._runs_anyway(site):
                raise
            # What cannot even be made a request is recorded, and runs.
            log.warning("actra: in audit mode, no request could be made of a call: %s", why(error))
            return self._unmade(site, error), None, None

    def _again(
        self,
        site: Site,
        policy: Policy,
        quick: Optional[_bind.Binder],
        args: Tuple[Any, ...],
        kwargs: Dict[str, Any],
        ctx: Any,
    ) -> Again:
        def renew(admission: _actra.Admission) -> None:
            try:
                admission.renew(site.action(policy, quick, args, kwargs, ctx))
            except Exception as error:
                if not self._runs_anyway(site):
                    raise
                log.warning("actra: in audit mode, a call is recorded as it was: %s", why(error))

        return Again(renew, lambda: site.bound_exactly(args, kwargs))

    def _runs_anyway(self, site: Site) -> bool:
        return site.audit or self._mode == "audit"

    def _unmade(self, site: Site, error: BaseException) -> _actra.Admission:
        try:
            name = site.name()
        except ActraSchemaError:
            name = "unknown"
        failures = [("action", why(error))]
        return self._auditing.resolved(self._policy._native, {"type": name}, None, None, failures)

    # -- driving an admission

    def _drive(self, admission: _actra.Admission, ctx: Any, again: Optional[Again] = None) -> Tuple[Any, ...]:
        """Does what an admission asks for. ``again`` reads the arguments, which can change while others work."""
        while True:
            step = admission.step()
            self._tell(admission)
            if step[0] == "ask":
                approval = ApprovalRequest(step[1])
                try:
                    answer = at_hand(self._on_approval(approval) if self._on_approval else None, "handler")
                except Exception as error:
                    admission.refuse(why(error))
                else:
                    _answered(admission, approval, answer, again)
            elif step[0] == "arguments":
                admission.bind({} if again is None else again.bound())
            elif step[0] in _RECORDS:
                stage, resolver, wanted = self._wanted(admission, step[0])
                failures: Failures = []
                found = record(resolver, ctx, stage, failures, self._deadline, wanted)
                _give(admission, found, failures, stage, again)
            else:
                return step

    async def _drive_async(
        self, admission: _actra.Admission, ctx: Any, again: Optional[Again] = None
    ) -> Tuple[Any, ...]:
        try:
            return await self._driven(admission, ctx, again)
        except asyncio.CancelledError:
            admission.cancel()
            self._tell(admission)
            raise

    async def _driven(
        self, admission: _actra.Admission, ctx: Any, again: Optional[Again] = None
    ) -> Tuple[Any, ...]:
        while True:
            step = admission.step()
            self._tell(admission)
            if step[0] == "ask":
                approval = ApprovalRequest(step[1])
                try:
                    answer = self._on_approval(approval) if self._on_approval else None
                    if inspect.isawaitable(answer):
                        answer = await asyncio.wait_for(answer, self._approval_deadline)
                except Exception as error:
                    admission.refuse(late(error, self._approval_deadline))
                else:
                    _answered(admission, approval, answer, again)
            elif step[0] == "arguments":
                admission.bind({} if again is None else again.bound())
            elif step[0] in _RECORDS:
                stage, resolver, wanted = self._wanted(admission, step[0])
                failures: Failures = []
                found = await record_async(resolver, ctx, stage, failures, self._deadline, wanted)
                _give(admission, found, failures, stage, again)
            else:
                return step

    def _wanted(self, admission: _actra.Admission, kind: str) -> Tuple[str, Any, List[str]]:
        """Where a record belongs, who tells about it, and the fields that are wanted if there is one for each."""
        stage = "snapshot" if kind == "snapshot" else "actor"
        resolver = self._snapshot if stage == "snapshot" else self._actor
        if not isinstance(resolver, MappingType):
            return stage, resolver, []
        read = set(admission.reads(stage))
        return stage, resolver, [name for name in resolver if (name in read) != (kind == "rest")]

    def _tell(self, admission: _actra.Admission) -> None:
        if not self._observers:
            return
        tied_to = correlation.get()
        for told in admission.take_events(tied_to):
            for observer in self._observers:
                try:
                    # A copy each: one that changes its event changes nobody else's.
                    observer(events.of_native(told, tied_to))
                except Exception:
                    log.exception("actra: an observer failed")


def _finish(step: Tuple[Any, ...], admission: _actra.Admission) -> None:
    if step[0] != "refused":
        return
    refused: _actra.Refused = step[1]
    native = refused.decision
    assert native is not None
    decision = Decision.of_native(native)
    texts = (str(refused), refused.to_json(), refused.to_problem_json(403))
    made = (refused.action, decision, admission.shown(), *texts)
    if not refused.needs_approval:
        raise ActraPolicyError(*made)
    raise ActraApprovalRequired(*made, None if step[2] is None else ApprovalRequest(step[2]))


def _of_action(action: Mapping[str, Any]) -> Again:
    return Again(lambda admission: admission.renew(dict(action)), dict)


def _give(
    admission: _actra.Admission, found: Any, failures: Failures, stage: str, again: Optional[Again]
) -> None:
    try:
        admission.give(found, failures)
    except (TypeError, ValueError) as error:
        # It holds something that has no value: then it is not had.
        admission.give(None, [*failures, (stage, why(error))])
    if again is not None:
        again.renew(admission)


def _answered(
    admission: _actra.Admission, approval: ApprovalRequest, answer: Any, again: Optional[Again]
) -> None:
    if isinstance(answer, Grant) and answer.id == approval.id:
        admission.resume()
        if again is not None:
            again.renew(admission)
    elif isinstance(answer, Denial):
        admission.refuse(f"denied by {answer.by}: {answer.reason}")
    else:
        admission.refuse("the handler gave no grant")
