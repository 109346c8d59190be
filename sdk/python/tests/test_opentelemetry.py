"""Spans and metrics: they say what was decided, and never change it."""

import contextlib
import logging
import time

import pytest

import actra

pytest.importorskip("opentelemetry.sdk")
from opentelemetry.sdk.metrics import MeterProvider  # noqa: E402
from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: E402
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter  # noqa: E402
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: E402

from actra.integrations.opentelemetry import observer  # noqa: E402


@pytest.fixture
def spans():
    return InMemorySpanExporter()


@pytest.fixture
def tracer_provider(spans):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    yield provider
    provider.shutdown()


@pytest.fixture
def reader():
    return InMemoryMetricReader()


def points(reader):
    found = {}
    data = reader.get_metrics_data()
    for resource in data.resource_metrics if data else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                found[metric.name] = {
                    (point.attributes["actra.action"], point.attributes["actra.effect"]): point
                    for point in metric.data.data_points
                }
    return found


def test_spans_and_metrics(policy, tracer_provider, spans, reader):
    meter_provider = MeterProvider([reader])
    runtime = actra.ActraRuntime(policy, on_event=observer(tracer_provider, meter_provider))
    refund = runtime.admit("refund")(lambda amount: None)
    began = time.time_ns()
    with tracer_provider.get_tracer("test").start_as_current_span("request") as parent:
        with actra.using(None, correlation_id="c-1"):
            refund(1)
    for amount in (1, 2_000, 20_000):
        try:
            refund(amount)
        except actra.ActraPolicyError:
            pass
    for name in ("made up", "made up too"):
        runtime.evaluate({"type": name})

    first, *others = [span for span in spans.get_finished_spans() if span.name == "actra.decide"]
    assert first.parent.span_id == parent.get_span_context().span_id
    assert dict(first.attributes) == {
        "actra.action": "refund",
        "actra.effect": "allow",
        "actra.mode": "enforce",
        "actra.outcome": "ran",
        "actra.policy_hash": policy.policy_hash(),
        "actra.correlation_id": "c-1",
    }
    assert began - 10**7 < first.start_time <= first.end_time < time.time_ns() + 10**7
    assert 0 < first.end_time - first.start_time < 10**9
    assert others[-3].attributes["actra.rule"] == "huge"
    assert "20000" not in str([dict(span.attributes) for span in others])

    found = points(reader)
    counts = {key: point.value for key, point in found["actra.decisions"].items()}
    assert counts == {
        ("refund", "allow"): 2,
        ("refund", "require_approval"): 1,
        ("refund", "block"): 1,
        ("(undeclared)", "block"): 2,
    }
    duration = found["actra.decision.duration"][("refund", "allow")]
    assert duration.count == 2 and 0 < duration.sum < 1
    meter_provider.shutdown()


def test_failures_are_events_of_the_span(policy, tracer_provider, spans):
    def snapshot(ctx):
        raise LookupError("the database is away")

    runtime = actra.ActraRuntime(policy, snapshot=snapshot, on_event=observer(tracer_provider))
    with pytest.raises(actra.ActraPolicyError):
        runtime.admit("refund")(lambda amount: None)(1)
    (span,) = spans.get_finished_spans()
    assert not span.status.is_ok and span.attributes["actra.undetermined"] == ("fraud",)
    # Why may hold what it failed on.
    assert [dict(event.attributes) for event in span.events] == [{"stage": "snapshot"}]
    assert "database" not in str(span.status.description)


class Broken(SpanExporter, SpanProcessor):
    """Fails wherever it can."""

    def export(self, spans):
        raise ConnectionError("nobody listens")

    def on_start(self, span, parent_context=None):
        raise ConnectionError("nobody listens")


@pytest.mark.parametrize("how", ["exporter", "processor", "tracer", "meter"])
@pytest.mark.parametrize("mode", ["enforce", "audit"])
def test_what_fails_decides_nothing(policy, how, mode, caplog):
    class Away:
        def get_tracer(self, *args, **kwargs):
            return self

        get_meter = create_counter = create_histogram = get_tracer

        def record(self, *args, **kwargs):
            raise ConnectionError("nobody listens")

        add = start_span = record

    tracing = TracerProvider()
    processor = SimpleSpanProcessor(Broken()) if how == "exporter" else Broken()
    if how != "meter":
        tracing.add_span_processor(processor)
    seen = observer(Away() if how == "tracer" else tracing, Away() if how == "meter" else None)
    runtime = actra.ActraRuntime(policy, mode=mode, on_event=seen)
    ran = []
    refund = runtime.admit("refund")(lambda amount: ran.append(amount))
    with caplog.at_level(logging.CRITICAL):
        refund(1)
        try:
            refund(20_000)
        except actra.ActraPolicyError:
            ran.append("refused")
    assert ran == ([1, 20_000] if mode == "audit" else [1, "refused"])


def test_names_that_callers_make_up_are_no_time_series(policy, quiet):
    reader = InMemoryMetricReader()
    seen = observer(None, MeterProvider([reader]))
    runtime = actra.ActraRuntime(policy, actor=lambda ctx: {"role": "r"}, on_event=seen)
    away = actra.ActraRuntime(policy, actor=lambda ctx: {}["role"], on_event=seen)
    deep = []
    for _ in range(200):
        deep = [deep]
    for number, x in enumerate([1, deep, "\ud800", "y" * 3_000_000, [1] * 10_001, object()]):
        for asked in (runtime, away):
            for evaluate in (asked.check, asked.evaluate):
                with contextlib.suppress(actra.ActraPolicyError, TypeError):
                    evaluate({"type": f"made-up-{number}", "x": x})
    for action in ({"type": "note", "text": 5}, {"type": "refund", "amount": "5"}, {"type": "refund", "amount": deep}):
        with contextlib.suppress(actra.ActraPolicyError):
            runtime.check(action)
    assert {name for name, _ in points(reader)["actra.decisions"]} == {"(undeclared)", "(unknown)", "note", "refund"}
