"""Policies: loading them, and asking them."""

from __future__ import annotations

import html
import json
import os
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, Union, cast

from . import _actra
from .errors import ActraCompileError
from .types import Decision

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

__all__ = [
    "Actra",
    "Policy",
    "compiler_version",
    "load_policy_from_file",
    "load_policy_from_string",
]

PathLike = Union[str, "os.PathLike[str]"]


class Policy:
    """A compiled policy. Immutable; any thread may use it.

    >>> policy = Actra.from_strings(SCHEMA, RULES)                                      # doctest: +SKIP
    >>> policy.evaluate({"action": {"type": "refund", "amount": 1500}, "actor": {}, "snapshot": {}})  # doctest: +SKIP
    {'effect': 'block', 'matched_rule': 'block_large_refund'}
    """

    #: Effect and matched rule of the decision on a request, as a plain dictionary.
    #:
    #: Only the fields that rules read are looked at. Raises TypeError for one of a class that has no value.
    evaluate: Callable[[Any], Dict[str, Any]]

    def __init__(self, native: _actra.Policy) -> None:
        self._native = native
        # The compiled function itself: nothing stands between it and the caller.
        self.evaluate = native.evaluate

    def decide(self, request: Any) -> Decision:
        """The full decision on a request."""
        return Decision.of_native(self._native.decide(request))

    def decide_json(self, request: Union[str, bytes]) -> bytes:
        """Takes a request as JSON text and returns the canonical bytes of the decision, as every other host writes
        them."""
        return self._native.decide_json(request)

    def evaluate_action(self, action: Any, actor: Any, snapshot: Any) -> Dict[str, Any]:
        """As :meth:`evaluate`, but from three records instead of a request that holds them."""
        return self.evaluate({"action": action, "actor": actor, "snapshot": snapshot})

    def explain(self, context: Any) -> Dict[str, Any]:
        """Prints the request without sensitive values, the decision, and why each rule does or does not apply.

        Returns the decision.
        """
        print(explanation_text(self, context))
        return self.evaluate(context)

    def explanation(self, context: Any) -> Dict[str, Any]:
        """Why each rule does or does not apply, as ``actra/explain/v1``."""
        return cast(Dict[str, Any], json.loads(self._native.explain_json(context)))

    def policy_hash(self) -> str:
        """``sha256:`` and 64 digits; equal hashes mean equal decisions."""
        return self._native.policy_hash()

    def governance_hash(self) -> Optional[str]:
        """The hash of the governance that the policy was compiled under."""
        return self._native.governance_hash()

    def actions(self) -> List[str]:
        """The names of the declared actions, in byte order."""
        return self._native.actions()

    def reads(self, action: str) -> Dict[str, List[str]]:
        """By record, the fields that the rules of an action can read.

        Raises KeyError if the schema does not declare the action.
        """
        reads = self._native.reads(action)
        if reads is None:
            raise KeyError(action)
        return reads

    def can(
        self,
        actor: Optional[Mapping[str, Any]] = None,
        snapshot: Optional[Mapping[str, Any]] = None,
        action: Optional[str] = None,
    ) -> Dict[str, Any]:
        """What somebody can do: each action with ``always``, ``never`` or what it depends on (``actra/can/v1``)."""
        return _parse(_actra.can_json(self._native, actor, snapshot, action))

    def diff(self, new: Policy) -> Dict[str, Any]:
        """What changes from this policy to a new one, each change with a request that shows it (``actra/diff/v1``)."""
        return _parse(_actra.diff_json(self._native, new._native))

    def prove(
        self,
        effect: str,
        for_: Optional[Mapping[str, Union[str, List[str]]]] = None,
        when: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Whether a statement holds for all requests (``actra/prove/v1``).

        ``effect`` is ``"block"``, ``"at_least:require_approval"`` and the like, ``for_`` a scope, ``when`` an expression.
        """
        scope: List[Tuple[str, str]] = []
        for key, values in (for_ or {}).items():
            scope.extend((key, value) for value in ([values] if isinstance(values, str) else values))
        return _parse(_actra.prove_json(self._native, scope, when, effect))

    def assert_effect(self, context: Any, expected: str) -> Dict[str, Any]:
        """The decision; raises AssertionError if its effect is another one."""
        decision = self.evaluate(context)
        if decision["effect"] != expected:
            shown = json.dumps(self._native.redact(context), default=str)
            raise AssertionError(
                f"expected {expected}, got {decision['effect']} (rule {decision['matched_rule']}) for {shown}"
            )
        return decision

    def __repr__(self) -> str:
        return f"Policy({self.policy_hash()}, {len(self.actions())} actions)"

    def __str__(self) -> str:
        return f"Policy {self.policy_hash()}"

    def _repr_html_(self) -> str:
        actions = "".join(f"<li><code>{html.escape(name)}</code></li>" for name in self.actions())
        return f"<b>Policy</b> <code>{self.policy_hash()}</code><ul>{actions}</ul>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Policy):
            return NotImplemented
        mine = (self.policy_hash(), self.governance_hash())
        return mine == (other.policy_hash(), other.governance_hash())

    def __hash__(self) -> int:
        return hash(self.policy_hash())

    def __reduce__(self) -> Any:
        return (_unpickled, (self._native.to_bytes(),))


def _unpickled(compiled: bytes) -> Policy:
    return Policy(_actra.Policy.from_bytes(compiled))


def _parse(answer: bytes) -> Dict[str, Any]:
    return cast(Dict[str, Any], json.loads(bytes(answer)))


def explanation_text(policy: Policy, context: Any) -> str:
    """The text that :meth:`Policy.explain` prints."""
    shown = policy._native.redact(context)
    explained = policy.explanation(context)
    decision = explained["decision"]
    lines = explanation_head(shown, decision["effect"], decision["matched_rule"])
    if decision["message"]:
        # It can hold what is in the request.
        lines += [f"{'Message:' if at == 0 else '        '} {printable(line)}" for at, line in enumerate(decision["message"].split("\n"))]
    for fault in decision["errors"]:
        lines.append(f"Fault: {fault['path'] or 'the request'}: {fault['message']}")
    for rule in explained["rules"]:
        lines.append(f"  {rule['rule']}: {rule['truth']}" + _because(rule))
    return "\n".join(lines)


def explanation_head(shown: Mapping[str, Any], effect: str, rule: Optional[str]) -> List[str]:
    """The lines that each explanation begins with."""
    records = [f"{record.capitalize()}: {shown.get(record)}" for record in ("action", "actor", "snapshot")]
    return [*records, f"Decision: {effect}" + (f" by rule {rule}" if rule else " (default)")]


def printable(text: str) -> str:
    """In one line, which looks like no other."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def _because(rule: Mapping[str, Any]) -> str:
    path = rule.get("path")
    return f" ({path}: {rule.get('code')})" if path else ""


class Actra:
    """Makes policies of texts, files, directories and compiled policies."""

    @staticmethod
    def from_strings(schema_yaml: str, policy_yaml: str, governance_yaml: Optional[str] = None) -> Policy:
        """Compiles texts. Raises ActraCompileError, a ValueError, with all that is wrong."""
        texts = [("schema.yaml", schema_yaml), ("policy.yaml", policy_yaml)]
        if governance_yaml is not None:
            texts.append(("governance.yaml", governance_yaml))
        return _policy_or_error(_actra.compile(texts))

    @staticmethod
    def from_files(
        schema_path: PathLike, policy_path: PathLike, governance_path: Optional[PathLike] = None
    ) -> Policy:
        """Compiles files. Raises FileNotFoundError for one that is not there, else as :meth:`from_strings`."""
        schema, policy = _text(schema_path), _text(policy_path)
        return Actra.from_strings(schema, policy, None if governance_path is None else _text(governance_path))

    @staticmethod
    def from_directory(directory: PathLike) -> Policy:
        """Compiles a policy directory, everything in it."""
        return Actra.load(directory)

    @staticmethod
    def load(
        path: PathLike,
        *,
        key: Optional[str] = None,
        min_revision: int = 0,
        state: Optional[PathLike] = None,
    ) -> Policy:
        """Loads a policy directory, or a compiled policy (``.actra``).

        With ``key``, the text of a public key, only a file that was signed by it is taken, and none of a lower revision
        than this process took from there before, than ``min_revision``, or than the file ``state`` records.
        """
        return _policy_or_error(_actra.load(Path(path), signature_requirements(key, min_revision, state)))

    @staticmethod
    def compiler_version() -> str:
        """The version of the compiler."""
        return _actra.version()


def signature_requirements(
    key: Optional[str], min_revision: int = 0, state: Optional[PathLike] = None
) -> Optional[_actra.SignatureRequirements]:
    """What a host demands of a signed policy; ``None`` if it demands no signature."""
    if key is not None and "-----BEGIN" not in key:
        raise ValueError("`key` must be the text of a public key in PEM, not the path of a file: give `Path(...).read_text()`")
    if key is not None:
        return _actra.SignatureRequirements(key, min_revision, None if state is None else Path(state))
    if min_revision or state is not None:
        raise ValueError("`min_revision` and `state` work only with signed policies: also give the `key`")
    return None


def _text(path: PathLike) -> str:
    # A byte-order mark is no part of the text.
    return Path(path).read_bytes().decode("utf-8-sig")


def _policy_or_error(outcome: Tuple[Optional[_actra.Policy], str, bytes]) -> Policy:
    native, errors, report = outcome
    if native is None:
        raise ActraCompileError(f"the policy set does not compile\n{errors}", bytes(report).decode())
    return Policy(native)


def load_policy_from_string(
    schema_yaml: str, policy_yaml: str, governance_yaml: Optional[str] = None
) -> Policy:
    """Compiles texts, as :meth:`Actra.from_strings` does; raises ActraCompileError."""
    return Actra.from_strings(schema_yaml, policy_yaml, governance_yaml)


def load_policy_from_file(
    schema_path: PathLike, policy_path: PathLike, governance_path: Optional[PathLike] = None
) -> Policy:
    """Compiles files, as :meth:`Actra.from_files` does; raises FileNotFoundError and ActraCompileError."""
    return Actra.from_files(schema_path, policy_path, governance_path)


def compiler_version() -> str:
    """The version of the compiler."""
    return _actra.version()
