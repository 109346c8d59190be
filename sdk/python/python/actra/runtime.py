"""Enforcement: an operation runs if and only if the policy allows it."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping as MappingType
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union, overload

from . import _actra, _arguments
from ._action import Builder, build_action
from ._configuration import Configuration, LiveConfiguration, changing
from ._context import ActraContext, current_context, or_current, using
from ._decorate import Decorator, F, decorate
from ._evaluate import admit_action, admit_action_async, copy_action, evaluate
from ._explain import Question, explain_question, question_of_call
from ._reload import Reload, Watch, first_look
from ._resolve import Resolvers
from ._settings import Approver, Settings, check_seconds
from ._site import type_of
from .approval import ApprovalRequest, answer_request
from .errors import ActraSchemaError
from .events import Observer
from .policy import Policy, signature_requirements
from .types import Decision

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = ["ActraContext", "ActraRuntime", "current_context", "using"]


class ActraRuntime:
    """An enforcement point: a policy, the resolvers that tell it about actors and the world, and what follows from a
    decision.

    Resolvers run at most once for an evaluation, and only if it matters. One that fails, hangs or gives nonsense leaves
    its facts out; rules that read them are then undetermined, which is never more permissive.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        actor: Optional[Resolvers] = None,
        snapshot: Optional[Resolvers] = None,
        context: Optional[Callable[..., Any]] = None,
        mode: str = "enforce",
        on_event: Optional[Observer] = None,
        on_approval: Optional[Approver] = None,
        on_actor_failure: str = "refuse",
        deadline: float = 10.0,
        approval_deadline: float = 600.0,
        approval_valid: float = 900.0,
        context_from_arguments: bool = True,
        approvals: Union[None, str, os.PathLike[str]] = None,
    ) -> None:
        settings = Settings(
            actor=actor,
            snapshot=snapshot,
            context=context,
            observers=() if on_event is None else (on_event,),
            on_approval=on_approval,
            mode=mode,
            on_actor_failure=on_actor_failure,
            deadline=deadline,
            approval_deadline=approval_deadline,
            approval_valid=approval_valid,
            context_from_arguments=context_from_arguments,
        )
        self._live = LiveConfiguration(policy, settings, approvals)

    @property
    def _settings(self) -> Settings:
        return self._live.config.settings

    # -- what it is made of

    @property
    def policy(self) -> Policy:
        """The policy in force. Setting it swaps it whole; calls in flight finish on the old one."""
        return self._live.config.policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self._live.swap(policy)

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
        """Puts the policy at ``path`` in force, and keeps it up to date: the path is checked for a new version every
        so many seconds.

        A version that is not in force yet is taken when two checks in a row saw the same content; that also holds for
        the first version, so this call waits for the second check, a second at most. Any earlier watch of this runtime ends.

        An update that cannot be used leaves the previous policy in force: :meth:`health` says so, it is logged, and
        ``on_reload`` is told. Raises ActraCompileError if what is there now cannot be used. ``key``, ``min_revision``
        and ``state`` are those of :meth:`Actra.load`.
        """
        every = check_seconds("every", every)
        demand = signature_requirements(key, min_revision, state)
        watched, policy = first_look(path, demand, self.policy, every)
        with changing:
            self.policy = policy
            if self._live.watch is not None:
                self._live.watch.stop()
            watch = Watch(self._live, path, watched, every, demand, on_reload)
            self._live.watch = watch
        return watch

    def grant(self, id: str, *, by: str) -> None:
        """Grants the approval request with this id, which another process may have opened in the same file.

        Raises ActraApprovalError if there is none, or it was answered or has expired.
        """
        answer_request(lambda: self._live.store.answer(id, by, None))

    def pending(self) -> List[ApprovalRequest]:
        """Approval requests that wait for an answer, oldest first."""
        return [ApprovalRequest(native) for native in self._live.store.list()]

    def approval(self, id: str) -> Optional[ApprovalRequest]:
        """The approval request with this id; ``None`` if there is none, or it has expired or was used."""
        known = self._live.store.get(id)
        return None if known is None else ApprovalRequest(known[0])

    def deny(self, id: str, *, by: str, reason: str = "") -> None:
        """Denies the approval request with this id."""
        answer_request(lambda: self._live.store.answer(id, by, reason))

    @property
    def mode(self) -> str:
        """``"enforce"``, or ``"audit"``: everything runs, and events record what would have happened."""
        return self._settings.mode

    @mode.setter
    def mode(self, mode: str) -> None:
        self._live.set(mode=mode)

    def __repr__(self) -> str:
        return f"ActraRuntime({self.policy!r}, mode={self.mode!r})"

    def health(self) -> Dict[str, Any]:
        """The policy in force, how often it was swapped, and why it is stale if an update could not be used."""
        policy, swaps, stale = self._live.policy_in_force.health()
        return {"policy_hash": policy, "swaps": swaps, "stale": None if stale is None else stale[1]}

    def set_actor_resolver(self, resolver: Optional[Resolvers]) -> None:
        """``fn(ctx)`` gives the actor; or a function for each field, of which only those that rules read are called."""
        self._live.set(actor=resolver)

    def set_snapshot_resolver(self, resolver: Optional[Resolvers]) -> None:
        """``fn(ctx)`` gives the snapshot; or a function for each field. Called only if the snapshot matters."""
        self._live.set(snapshot=resolver)

    def set_action_resolver(self, resolver: Optional[Callable[..., Any]]) -> None:
        """``fn(action_type, args, kwargs, ctx)`` gives the action."""
        self._live.set(action_resolver=resolver)

    def set_context_resolver(self, resolver: Optional[Callable[..., Any]]) -> None:
        """``fn(args, kwargs)`` gives the context of a call."""
        self._live.set(context=resolver)

    def set_action_type_resolver(self, resolver: Optional[Callable[..., Any]]) -> None:
        """``fn(func, args, kwargs)`` gives the type of the action where a decorator names none."""
        self._live.set(action_type_resolver=resolver)

    def set_decision_observer(self, observer: Optional[Observer]) -> None:
        """``fn(event)`` hears of every evaluation. It cannot change one, and its failures are logged."""
        self._live.set(observers=() if observer is None else (observer,))

    def has_decision_observer(self) -> bool:
        """Whether somebody hears of evaluations."""
        return bool(self._settings.observers)

    def add_observer(self, observer: Observer) -> None:
        """Adds an observer, which hears of every evaluation."""
        self._live.add_observer(observer)

    def set_approval_handler(self, handler: Optional[Approver]) -> None:
        """``fn(approval)`` returns what ``approval.grant(by=...)`` gives; anything else refuses."""
        self._live.set(on_approval=handler)

    # -- from a call to an action

    def resolve_actor(self, ctx: Any) -> Any:
        """What the actor resolver gives; ``{}`` without one."""
        return _whole(self._settings.actor, ctx)

    def resolve_snapshot(self, ctx: Any) -> Any:
        """What the snapshot resolver gives; ``{}`` without one."""
        return _whole(self._settings.snapshot, ctx)

    def resolve_context(self, args: Tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The context of a call: from the resolver, else the argument ``ctx``, else :func:`using`."""
        return self._settings.context_of(args, kwargs)

    def resolve_action_type(
        self, func: Any, args: Tuple[Any, ...], kwargs: Mapping[str, Any], action_type: Optional[str]
    ) -> str:
        """The type of an action: as given, from the resolver, else the name of the function."""
        if action_type:
            return action_type
        resolver = self._settings.action_type_resolver
        if resolver is not None:
            return type_of(resolver(func, args, dict(kwargs)))
        return str(func.__name__)

    def action(self, action_type: str, **fields: Any) -> Dict[str, Any]:
        """An action: ``type`` first, then its fields."""
        if "type" in fields:
            raise ActraSchemaError("`type` names the action, so no field can have this name")
        return {"type": action_type, **fields}

    def build_action(
        self,
        action_type: str,
        args: Tuple[Any, ...],
        kwargs: Mapping[str, Any],
        ctx: Any,
        func: Any = None,
        fields: Optional[Sequence[str]] = None,
        action_builder: Optional[Builder] = None,
    ) -> Dict[str, Any]:
        """The action of a call: by the builder, the action resolver, ``fields``, or what the schema declares."""
        arguments = dict(kwargs)
        if func is not None:
            of = _arguments.parameters(func)
            if of is not None:
                arguments = _arguments.all_arguments(of)(*args, **kwargs)
        builder = action_builder or self._settings.action_resolver
        return build_action(self.policy, action_type, arguments, ctx, fields, builder)

    def build_context(self, action: Mapping[str, Any], ctx: Any = None) -> Dict[str, Any]:
        """The request for an action: runs both resolvers."""
        return {
            "action": copy_action(action),
            "actor": self.resolve_actor(ctx),
            "snapshot": self.resolve_snapshot(ctx),
        }

    # -- asking

    def evaluate(self, action: Mapping[str, Any], ctx: Any = None) -> Decision:
        """What the policy says about an action, without enforcing it."""
        return evaluate(self._live.config, action, or_current(ctx))

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
        """Prints why the policy says what it says about an action, and returns the decision. Nobody hears of it."""
        config, given = self._live.config, copy_action(action)
        begin = functools.partial(_beginning, config.policy, given)
        return self._print_explanation(config, Question(given, or_current(ctx), dict, begin))

    def explain_call(self, func: Any, /, *args: Any, ctx: Any = None, **kwargs: Any) -> Dict[str, Any]:
        """Explains what a call would come to. The function does not run.

        ``action_type`` names the type of the action, unless the function takes an argument of this name.
        """
        config = self._live.config
        return self._print_explanation(config, question_of_call(self._live, config, func, ctx, args, kwargs))

    def _print_explanation(self, config: Configuration, question: Question) -> Decision:
        decision, why = explain_question(self._live, config, question)
        print(why)
        return decision

    # -- enforcing

    def check(self, action: Mapping[str, Any], ctx: Any = None) -> Decision:
        """The decision on an action that may run now; raises ActraPolicyError for any other."""
        return admit_action(self._live.config, action, or_current(ctx))

    async def check_async(self, action: Mapping[str, Any], ctx: Any = None) -> Decision:
        """The decision on an action that may run now; raises ActraPolicyError for any other.

        Unlike :meth:`check`, it awaits async resolvers, handlers and observers.
        """
        return await admit_action_async(self._live.config, action, or_current(ctx))

    @overload
    def admit(self, action_type: F, /) -> F: ...

    @overload
    def admit(
        self,
        action_type: Optional[str] = None,
        fields: Optional[Sequence[str]] = None,
        action_builder: Optional[Builder] = None,
        *,
        unbound: Sequence[str] = (),
    ) -> Decorator: ...

    def admit(
        self,
        action_type: Any = None,
        fields: Optional[Sequence[str]] = None,
        action_builder: Optional[Builder] = None,
        *,
        unbound: Sequence[str] = (),
    ) -> Any:
        """Runs a function only if the policy allows the call; else raises ActraPolicyError before the body.

        Functions, coroutine functions, generators, methods and other callables. The signature stays as it is.

        An approval is bound to all arguments. ``unbound`` names those that do not count, such as an open connection or
        ``self``, and facts, such as ``snapshot.now``.
        """
        return decorate(self._live, action_type, fields, action_builder, False, unbound)

    @overload
    def audit(self, action_type: F, /) -> F: ...

    @overload
    def audit(
        self,
        action_type: Optional[str] = None,
        fields: Optional[Sequence[str]] = None,
        action_builder: Optional[Builder] = None,
    ) -> Decorator: ...

    def audit(
        self,
        action_type: Any = None,
        fields: Optional[Sequence[str]] = None,
        action_builder: Optional[Builder] = None,
    ) -> Any:
        """Runs a function whatever the policy says; the event records what would have happened. Never raises."""
        return decorate(self._live, action_type, fields, action_builder, True, ())


def _beginning(policy: Policy, action: Dict[str, Any], point: _actra.EnforcementPoint) -> _actra.Admission:
    return point.begin(policy._native, action)


def _whole(resolver: Optional[Resolvers], ctx: Any) -> Any:
    if resolver is None:
        return {}
    if isinstance(resolver, MappingType):
        return {name: one(ctx) for name, one in resolver.items()}
    return resolver(ctx)
