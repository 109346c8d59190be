"""The types of what goes into a decision, which are plain dictionaries, and of the decision that comes out."""

from __future__ import annotations

import html
import json
from typing import Any, Callable, Dict, List, Mapping, Optional, cast

from . import _actra

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = ["Action", "ActionBuilder", "Actor", "Context", "Decision", "Snapshot"]

#: What is about to be done: ``type`` and arguments.
Action = Dict[str, Any]
#: Who does it.
Actor = Dict[str, Any]
#: Facts about the world.
Snapshot = Dict[str, Any]
#: A request: ``action``, ``actor`` and ``snapshot``.
Context = Dict[str, Any]
#: ``fn(action_type, args, kwargs, ctx) -> action``
ActionBuilder = Callable[..., Dict[str, Any]]


#: Shadow rules are none of a sender's business.
_PUBLIC_FACTS = (
    "effect",
    "matched_rule",
    "matched_rules",
    "message",
    "required_actions",
    "undetermined",
    "errors",
    "policy_hash",
)


class Decision(Dict[str, Any]):
    """What a policy says about a request.

    As a dictionary it has the keys ``effect`` and ``matched_rule``; everything else is in its attributes.
    """

    __slots__ = ("_facts", "_native", "_text")

    _facts: Optional[Dict[str, Any]]
    _native: Optional[_actra.Decision]
    _text: Optional[bytes]

    def __init__(self, text: bytes) -> None:
        facts = json.loads(text)
        super().__init__(effect=facts["effect"], matched_rule=facts["matched_rule"])
        self._native, self._text, self._facts = None, text, facts

    @classmethod
    def of_native(cls, native: _actra.Decision) -> Decision:
        """Makes a decision of one of the compiled part of this package."""
        decision = cls.__new__(cls)
        dict.__init__(decision, effect=native.effect, matched_rule=native.matched_rule)
        # Few look at more than that, so the rest is read when somebody does.
        decision._native, decision._text, decision._facts = native, None, None
        return decision

    def _fact(self, name: str) -> Any:
        facts = self._facts
        if facts is None:
            facts = self._facts = cast(Dict[str, Any], json.loads(self.to_json()))
        return facts[name]

    @classmethod
    def of_mapping(cls, decision: Mapping[str, Any]) -> Decision:
        """From ``effect`` and ``matched_rule``; what else :meth:`public_facts` gives need not be there."""
        rule = decision.get("matched_rule")
        facts: Dict[str, Any] = {
            "effect": decision["effect"],
            "matched_rule": rule,
            "matched_rules": [rule] if rule else [],
            "message": None,
            "required_actions": [],
            "undetermined": [],
            "errors": [],
            "shadow": [],
            "policy_hash": "",
        }
        facts.update((name, decision[name]) for name in _PUBLIC_FACTS if name in decision)
        return cls(json.dumps(facts).encode())

    def public_facts(self) -> Dict[str, Any]:
        """What may be told of it to who sent the call, as data that JSON has."""
        return {name: self._fact(name) for name in _PUBLIC_FACTS}

    @property
    def effect(self) -> str:
        """``"allow"``, ``"block"`` or ``"require_approval"``."""
        return cast(str, self._fact("effect"))

    @property
    def matched_rule(self) -> Optional[str]:
        """The rule that carries the effect; ``None`` if it is the default."""
        return cast(Optional[str], self._fact("matched_rule"))

    @property
    def matched_rules(self) -> List[str]:
        """All rules that are true, in file order."""
        return cast(List[str], self._fact("matched_rules"))

    @property
    def message(self) -> Optional[str]:
        """The message of ``matched_rule`` for people, filled in; ``None`` if there is none."""
        return cast(Optional[str], self._fact("message"))

    @property
    def required_actions(self) -> List[Dict[str, Any]]:
        """The required actions of the rules that carry the effect."""
        return cast(List[Dict[str, Any]], self._fact("required_actions"))

    @property
    def undetermined(self) -> List[Dict[str, str]]:
        """Rules that could not be decided: ``rule``, ``path`` and ``code``."""
        return cast(List[Dict[str, str]], self._fact("undetermined"))

    @property
    def errors(self) -> List[Dict[str, str]]:
        """What is wrong with the request: ``path``, ``code`` and ``message``."""
        return cast(List[Dict[str, str]], self._fact("errors"))

    @property
    def shadow(self) -> List[Dict[str, str]]:
        """Shadow rules that would have counted: ``rule``, ``effect`` and ``truth``."""
        return cast(List[Dict[str, str]], self._fact("shadow"))

    @property
    def policy_hash(self) -> str:
        """The hash of the policy that decided, as text."""
        return cast(str, self._fact("policy_hash"))

    def to_json(self) -> bytes:
        """The canonical bytes: equal decisions have equal bytes."""
        if self._text is None:
            assert self._native is not None
            self._text = bytes(self._native.to_json())
        return self._text

    def _repr_html_(self) -> str:
        shown = [("effect", self.effect), ("rule", self.matched_rule), ("message", self.message)]
        shown += [("undetermined", f"{one['rule']}: {one['path']}: {one['code']}") for one in self.undetermined]
        shown += [("fault", f"{one['path']}: {one['message']}") for one in self.errors]
        rows = (f"<tr><th>{name}</th><td>{html.escape(text)}</td></tr>" for name, text in shown if text)
        return f"<table>{''.join(rows)}</table>"

    def __reduce__(self) -> Any:
        return (type(self), (self.to_json(),))
