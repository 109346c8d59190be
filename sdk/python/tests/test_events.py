"""Who watches hears of every evaluation."""

import io
from pathlib import Path

import pytest

import actra


def test_events(policy):
    events = []
    runtime = actra.ActraRuntime(policy, actor=lambda ctx: {"role": "clerk"}, on_event=events.append)

    @runtime.admit("refund")
    def refund(amount):
        return amount

    with actra.using(None, correlation_id="c1"):
        refund(1)
    with pytest.raises(actra.ActraPolicyError):
        refund(20_000)
    assert [(event.effect, event.outcome, event.correlation_id) for event in events] == [
        ("allow", "ran", "c1"),
        ("block", "refused", None),
    ]
    last = events[-1]
    assert last.is_blocked and last.action_type == "refund" and last.matched_rule == "huge"
    assert last.context["actor"] == {"role": "clerk"} and last.duration_ms > 0
    assert last.timestamp.tzinfo is not None and last.line.endswith(b"}\n")
    assert b'"correlation":"c1"' in events[0].line and b"correlation" not in last.line


@pytest.mark.parametrize("given", [str, Path, lambda path: open(path, "w")], ids=["text", "path", "file"])
def test_lines_of_events(policy, tmp_path, given):
    path = tmp_path / "events.jsonl"
    target = given(path)
    runtime = actra.ActraRuntime(policy, on_event=actra.json_lines(target))
    runtime.admit("refund")(lambda amount: None)(1)
    if hasattr(target, "close"):
        target.close()
    assert path.read_text().startswith('{"schema":"actra/event/v1"')


@pytest.mark.parametrize("target", [None, 1, io.BytesIO(), b"events.jsonl", print])
def test_what_nothing_can_be_written_to_is_said_at_once(target):
    with pytest.raises(TypeError, match="the path of a file or to one opened as text"):
        actra.json_lines(target)
