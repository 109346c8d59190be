"""Who watches hears of every evaluation."""

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


def test_lines_of_events(policy, tmp_path):
    path = tmp_path / "events.jsonl"
    runtime = actra.ActraRuntime(policy, on_event=actra.json_lines(str(path)))
    runtime.admit("refund")(lambda amount: None)(1)
    assert path.read_text().startswith('{"schema":"actra/event/v1"')
