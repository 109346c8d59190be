"""What would come of a call, and why: by the same steps as the call itself, which neither runs nor asks anybody for
approval nor is heard of."""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Mapping as MappingType
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple

from . import _actra, _arguments
from ._configuration import Configuration, LiveConfiguration
from ._drive import ApprovalParts, drive_admission
from ._resolve import Resolvers
from ._site import Site
from .policy import Policy, explanation_head, explanation_text, printable
from .types import Decision

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: A function, and what it gets.
FunctionCall = Tuple[Any, Tuple[Any, ...], Dict[str, Any]]


class Question(NamedTuple):
    """An action in a context that somebody wants explained."""

    action: Mapping[str, Any]
    ctx: Any
    #: Gives all arguments of the call, as an approval is bound to them.
    approval_parts: ApprovalParts
    begin: Callable[[_actra.EnforcementPoint], _actra.Admission]


def explain_question(live: LiveConfiguration, config: Configuration, question: Question) -> Tuple[Decision, str]:
    """The decision on a question, and a text that says why, rule by rule. Nothing runs, and nobody hears of it."""
    records: Dict[str, Any] = {"actor": {}, "snapshot": {}}
    settings = dataclasses.replace(
        config.settings,
        actor=_noting(config.settings.actor, records, "actor"),
        snapshot=_noting(config.settings.snapshot, records, "snapshot"),
        mode="enforce",
        observers=(),
        on_approval=None,
    )
    alone = Configuration(config.policy, settings, live.policy_in_force, _actra.Store(None))
    admission = question.begin(alone.point)
    last = drive_admission(settings, admission, question.ctx, question.approval_parts)
    refused: Optional[_actra.Refused] = last[1] if last[0] == "refused" else None
    native = None if refused is None else refused.decision
    decision = Decision.of_native(admission.decision() if native is None else native)
    why = _by_rules(config.policy, {"action": question.action, **records}, decision)
    return decision, why or _in_words(admission, decision, refused)


def _noting(resolver: Optional[Resolvers], records: Dict[str, Any], stage: str) -> Optional[Resolvers]:
    """A resolver that asks this one and notes what it gives in ``records``."""
    if resolver is None:
        return None
    if isinstance(resolver, MappingType):
        return {name: _noting_one(one, records[stage], name) for name, one in resolver.items()}
    return _noting_one(resolver, records, stage)


def _noting_one(resolver: Callable[[Any], Any], notes: Dict[str, Any], name: str) -> Callable[[Any], Any]:
    def resolve(ctx: Any) -> Any:
        notes[name] = resolver(ctx)
        return notes[name]

    return resolve


def _by_rules(policy: Policy, request: Dict[str, Any], decision: Decision) -> Optional[str]:
    """``None`` if no request comes to this decision: of what could not be had, or read, there is none."""
    try:
        is_it = policy.decide(request).to_json() == decision.to_json()
        return explanation_text(policy, request) if is_it else None
    except TypeError:
        return None


def _in_words(admission: _actra.Admission, decision: Decision, refused: Optional[_actra.Refused]) -> str:
    lines = explanation_head(admission.shown(), decision.effect, decision.matched_rule)
    if refused is not None:
        lines.append(f"Refused: {printable(str(refused))}")
    lines += [f"  {one['rule']}: undetermined ({one['path']}: {one['code']})" for one in decision.undetermined]
    return "\n".join(lines)


def question_of_call(
    live: LiveConfiguration, config: Configuration, func: Any, ctx: Any, args: Any, kwargs: Any
) -> Question:
    """The question that a call is. The type of the action may be named, unless the function takes an argument of that
    name."""
    func, args, kwargs = _find_decorated(func, args, kwargs)
    by: Optional[Site] = getattr(func, "__actra__", None)
    site = Site(live, func, None, None, None, False)
    action_type = None
    if "action_type" not in _arguments.names(site.parameters or [])[0]:
        kwargs = dict(kwargs)
        action_type = kwargs.pop("action_type", None)
        site = Site(live, func, action_type, None, None, False)
    if by is not None:
        name = action_type or by.action_type
        site = Site(live, by.function, name, by.fields, by.action_builder, False, by.unbound, by.is_trusted)
    if ctx is not None and site.may_take_ctx:
        kwargs = {"ctx": ctx, **kwargs}
    _, quick, colliding, *_ = site.prepare(config)
    if ctx is None:
        action, ctx = site.action_and_context(config, quick, args, kwargs)
    else:
        action = quick(*args, **kwargs) if quick is not None else site.action(config, args, kwargs, ctx)

    def begin(point: _actra.EnforcementPoint) -> _actra.Admission:
        make = site.action_maker(config, quick, args, kwargs, ctx)
        admission = point.begin(config.policy._native, action, site.unbound, make)
        refusal = site.refusal(config, quick, colliding, action["type"], args, kwargs)
        if refusal is not None:
            admission.refuse_request(refusal)
        return admission

    return Question(action, ctx, lambda: site.approval_parts(config, args, kwargs), begin)


def _find_decorated(func: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> FunctionCall:
    """The decorated function that a call comes to, with what it gets of the call; if there is none, the callable."""
    found: FunctionCall = (func, args, kwargs)
    for _ in range(50):
        inside = _step_inside(*found)
        if inside is None:
            return found if hasattr(found[0], "__actra__") else (func, args, kwargs)
        found = inside
    return func, args, kwargs


def _step_inside(func: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Optional[FunctionCall]:
    if isinstance(func, types.MethodType):
        return func.__func__, (func.__self__, *args), kwargs
    if isinstance(func, functools.partial):
        partial = _arguments.PartialArguments(func)
        return partial.function, (*partial.args, *args), {**partial.keywords, **kwargs}
    call = _arguments.member(type(func), "__call__")
    return (call, (func, *args), kwargs) if type(call) is types.FunctionType else None
