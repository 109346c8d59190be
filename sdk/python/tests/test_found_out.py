"""What a property has found out is no part of a value, nor of what an approval is bound to: looking changes nothing."""

import dataclasses
import enum
import functools
from typing import List, NamedTuple, Tuple

import pytest

import actra


@dataclasses.dataclass(frozen=True)
class Order:
    lines: Tuple[int, ...]

    @functools.cached_property
    def total(self):
        return sum(self.lines)


class Lines(NamedTuple):
    first: int
    second: int


class Pair(Lines):
    @functools.cached_property
    def total(self):
        return self.first + self.second


class Name(str):
    @functools.cached_property
    def total(self):
        return len(self)


class Size(enum.Enum):
    SMALL = "small"

    @functools.cached_property
    def total(self):
        return len(self.value)


@dataclasses.dataclass
class Priced:
    total: int


@dataclasses.dataclass
class Repriced(Priced):
    """A field that has the name of a property is a field."""

    total = functools.cached_property(lambda self: 0)


MAKE = {
    "a dataclass": lambda: Order((1, 2)),
    "a named tuple": lambda: Pair(1, 2),
    "a text": lambda: Name("ab"),
    "a member of an enumeration": lambda: Size.SMALL,
    "a list of one": lambda: [Order((1, 2))],
    "a model": lambda: model()(lines=[1, 2]),
}


def model():
    pydantic = pytest.importorskip("pydantic")

    class Model(pydantic.BaseModel):
        lines: List[int]

        @functools.cached_property
        def total(self):
            return sum(self.lines)

    return Model


@pytest.mark.parametrize("asked", ["later", "by the handler"])
@pytest.mark.parametrize("kind", MAKE)
def test_who_looks_at_it_changes_no_call(runtime, kind, asked):
    value = MAKE[kind]()
    held = value[0] if kind == "a list of one" else value
    held.__dict__.pop("total", None)
    refund = runtime.admit("refund")(lambda amount, order: "ran")

    def shown(approval):
        assert held.total
        return approval.grant(by="max")

    if asked == "later":
        with pytest.raises(actra.ActraApprovalRequired) as raised:
            refund(5000, value)
        shown(raised.value.approval)
    else:
        runtime.set_approval_handler(shown)
    assert refund(5000, value) == "ran"


def test_a_field_is_a_field_whatever_stands_for_it_in_the_class(runtime):
    refund = runtime.admit("refund")(lambda amount, order: "ran")
    order = Repriced(5)
    with pytest.raises(actra.ActraApprovalRequired) as raised:
        refund(5000, order)
    raised.value.approval.grant(by="max")
    order.total = 6
    with pytest.raises(actra.ActraApprovalRequired):
        refund(5000, order)


def test_what_a_sender_may_have_named_counts(runtime):
    pydantic = pytest.importorskip("pydantic")

    @pydantic.dataclasses.dataclass(config={"extra": "allow"})
    class Sent:
        lines: int

        @functools.cached_property
        def total(self):
            return self.lines

    refund = runtime.admit("refund")(lambda amount, order: "ran")
    with pytest.raises(actra.ActraApprovalRequired) as raised:
        refund(5000, Sent(lines=1))
    raised.value.approval.grant(by="max")
    sent = Sent(**{"lines": 1, "total": 9})
    assert sent.total == 9
    with pytest.raises(actra.ActraApprovalRequired):
        refund(5000, sent)
