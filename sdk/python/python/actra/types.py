"""The shapes that go in and out."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Mapping, Optional, cast

from . import _actra

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


class Decision(Dict[str, Any]):
    """What a policy says about a request.

    As a dictionary it has the keys ``effect`` and ``matched_rule``; everything else is in its attributes.
    """

    __slots__ = ("_facts", "_text")

    def __init__(self, text: bytes) -> None:
        facts = json.loads(text)
        super().__init__(effect=facts["effect"], matched_rule=facts["matched_rule"])
        self._text = text
        self._facts: Dict[str, Any] = facts

    @classmethod
    def of_native(cls, native: _actra.Decision) -> Decision:
        """From the compiled part of this package."""
        return cls(native.to_json())

    @classmethod
    def of_mapping(cls, decision: Mapping[str, Any]) -> Decision:
        """From ``effect`` and ``matched_rule`` alone."""
        rule = decision.get("matched_rule")
        facts = {
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
        return cls(json.dumps(facts).encode())

    @property
    def effect(self) -> str:
        """``"allow"``, ``"block"`` or ``"require_approval"``."""
        return cast(str, self._facts["effect"])

    @property
    def matched_rule(self) -> Optional[str]:
        """The rule that carries the effect; ``None`` if it is the default."""
        return cast(Optional[str], self._facts["matched_rule"])

    @property
    def matched_rules(self) -> List[str]:
        """All rules that are true, in file order."""
        return cast(List[str], self._facts["matched_rules"])

    @property
    def message(self) -> Optional[str]:
        """What ``matched_rule`` tells people."""
        return cast(Optional[str], self._facts["message"])

    @property
    def required_actions(self) -> List[Dict[str, Any]]:
        """Data of the rules that carry the effect."""
        return cast(List[Dict[str, Any]], self._facts["required_actions"])

    @property
    def undetermined(self) -> List[Dict[str, str]]:
        """Rules that could not be decided: ``rule``, ``path`` and ``code``."""
        return cast(List[Dict[str, str]], self._facts["undetermined"])

    @property
    def errors(self) -> List[Dict[str, str]]:
        """What is wrong with the request: ``path``, ``code`` and ``message``."""
        return cast(List[Dict[str, str]], self._facts["errors"])

    @property
    def shadow(self) -> List[Dict[str, str]]:
        """Shadow rules that would have counted: ``rule``, ``effect`` and ``truth``."""
        return cast(List[Dict[str, str]], self._facts["shadow"])

    @property
    def policy_hash(self) -> str:
        """The policy that decided."""
        return cast(str, self._facts["policy_hash"])

    def to_json(self) -> bytes:
        """The canonical bytes: equal decisions have equal bytes."""
        return self._text

    def __reduce__(self) -> Any:
        return (type(self), (self._text,))
