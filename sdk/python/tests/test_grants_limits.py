"""How much of a call an approval captures, and which argument is named where that is too much."""

import dataclasses
import pathlib

import pytest
from test_grants import asked

import actra


def test_how_much_a_call_may_hold_is_for_all_arguments_together(runtime):
    refund = runtime.admit("refund")(lambda amount, **others: None)
    large = list(range(150_000))
    assert asked(refund, 2_000, one=large) is not None
    others = {f"other{number}": large for number in range(20)}
    with pytest.raises(actra.ActraApprovalRequired, match="argument `other0` cannot be captured in full"):
        refund(2_000, **others)
    assert asked(refund, 2_000, one=large, two=large) is None


@pytest.mark.parametrize("small", [[1] * 20, ["x"] * 20, "x" * 1000])
@pytest.mark.parametrize("large", [list(range(199_980)), ["x" * 1_000_000] * 16 + ["x" * 777_000]], ids=["values", "text"])
def test_a_refusal_names_the_argument_that_holds_too_much(runtime, large, small):
    refund = runtime.admit("refund")(lambda amount, docs, note: None)
    if type(small) is str and type(large[0]) is int:
        # It is one value.
        assert asked(refund, 2_000, large, small) is not None
        return
    if type(small) is list and type(large[0]) is str:
        small = [*small, "y" * 1_000]
    with pytest.raises(actra.ActraApprovalRequired, match="argument `docs` cannot be captured in full") as raised:
        refund(2_000, large, small)
    assert raised.value.approval is None
    with pytest.raises(actra.ActraApprovalRequired, match="argument `note` cannot be captured in full"):
        refund(2_000, small, large * 2)
    with pytest.raises(actra.ActraApprovalRequired, match="argument `docs` cannot be captured in full"):
        refund(2_000, object(), small)


@dataclasses.dataclass
class Doc:
    text: object


MEGABYTE = "x" * 1_000_000
TOO_LONG = {
    "texts": [MEGABYTE] * 300,
    "one text": MEGABYTE * 17,
    "wide": "\u00e9" * 17_000_000,
    "keys": {MEGABYTE + str(number): 1 for number in range(17)},
    "other keys": {(MEGABYTE, number): 1 for number in range(17)},
    "bytes": [MEGABYTE.encode()] * 4_000,
    "bytearrays": [bytearray(1_000_000)] * 4_000,
    "views": [memoryview(bytes(1_000_000))] * 4_000,
    "objects": [Doc(MEGABYTE)] * 17,
    "paths": [pathlib.PurePosixPath(MEGABYTE)] * 17,
    "numbers": [1 << 4_000_000] * 17,
}


@pytest.mark.parametrize("docs", TOO_LONG.values(), ids=TOO_LONG)
def test_how_long_the_texts_of_a_call_may_be_has_a_limit(runtime, docs):
    refund = runtime.admit("refund")(lambda amount, docs: None)
    with pytest.raises(actra.ActraApprovalRequired, match="argument `docs` cannot be captured in full") as raised:
        refund(2_000, docs)
    assert raised.value.approval is None


@pytest.mark.parametrize("docs", [MEGABYTE * 16, bytes(20_000_000), [MEGABYTE] * 16], ids=lambda docs: type(docs).__name__)
def test_what_is_not_longer_can_be_approved(runtime, docs):
    ran = []
    refund = runtime.admit("refund")(lambda amount, docs: ran.append(len(docs)))
    asked(refund, 2_000, docs).grant(by="ana")
    refund(2_000, docs)
    assert ran == [len(docs)]
