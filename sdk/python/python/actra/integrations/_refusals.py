"""Which errors are refusals of a request, and the responses to them."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional

from starlette.responses import JSONResponse

from ..errors import ActraApprovalRequired, ActraPolicyError

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


class Undecided(Exception):
    """No request could be made of what came in, or the policy could not be asked about it."""


def refusal(error: BaseException) -> Optional[Exception]:
    """The refusal that an error is, or the strictest of those that are all that a group of errors holds."""
    found: List[Exception] = []
    left = [error]
    while left:
        one = left.pop()
        inner = getattr(one, "exceptions", None) if _is_group(one) else None
        if inner:
            left.extend(reversed(inner))
        elif isinstance(one, (ActraPolicyError, Undecided)):
            found.append(one)
        else:
            return None
    # A grant for one of them does not help the others.
    return min(found, key=lambda one: isinstance(one, ActraApprovalRequired))


def refusals(error: BaseException) -> Iterator[Exception]:
    """The refusals that an error came of: it is one, or was raised because of one or while one was handled."""
    left: List[Optional[BaseException]] = [error]
    seen: Dict[int, BaseException] = {}
    for one in left:
        if one is None or id(one) in seen:
            continue
        if isinstance(one, (ActraPolicyError, Undecided)):
            yield one
        seen[id(one)] = one
        left += [one.__cause__, one.__context__, *(getattr(one, "exceptions", ()) if _is_group(one) else ())]


def _is_group(error: BaseException) -> bool:
    # Before Python 3.11 groups are those of a package of that name.
    return any(kind.__name__ == "BaseExceptionGroup" for kind in type(error).__mro__)


def answer(error: ActraPolicyError, link: Optional[str] = None, is_denied: bool = False) -> JSONResponse:
    """403 with ``application/problem+json`` (RFC 9457), see :meth:`ActraPolicyError.to_problem`.

    Never 2xx: what needs approval was not accepted either. ``link`` is where the approval can be seen, which nobody is
    offered who was denied it.
    """
    said = error.to_problem()
    if is_denied:
        said.pop("approval", None)
    approval = said.get("approval")
    if link is not None and isinstance(approval, dict):
        approval["link"] = link
    return _problem(said)


def undecided_response() -> JSONResponse:
    """403 with ``application/problem+json`` for a request about which no decision could be made."""
    return _problem(
        {
            "type": "urn:actra:refused:not_decided",
            "title": "not decided",
            "status": 403,
            "detail": "no decision could be made about this request",
        }
    )


def _problem(said: Dict[str, Any]) -> JSONResponse:
    headers = {"cache-control": "no-store"}
    return JSONResponse(said, 403, headers, media_type="application/problem+json")
