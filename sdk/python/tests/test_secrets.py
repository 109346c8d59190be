"""No value of a sensitive field, and no key of a map that holds some, is in anything that comes out."""

import asyncio
import json
import logging
import pickle
import subprocess
import sys
import traceback

import pytest
import yaml

import actra

SCHEMA = """
version: 1
actions:
  login:
    fields:
      name: string
      pin: { type: string, sensitive: true, optional: true }
      digits: { type: integer, min: 0, max: 9, sensitive: true, optional: true }
      vault: { type: map, of: string, sensitive: true, optional: true }
      codes: { type: list, of: string, sensitive: true, optional: true }
      box: { type: object, optional: true, fields: { open: 'boolean?', code: { type: string, sensitive: true, optional: true } } }
      boxes: { type: list, optional: true, of: { type: object, fields: { code: { type: string, sensitive: true, optional: true } } } }
      keyed: { type: map, optional: true, of: { type: object, fields: { code: { type: string, sensitive: true, optional: true } } } }
      blob: { type: any, sensitive: true, optional: true }
actor: { fields: { id: 'string?', badge: { type: string, sensitive: true, optional: true } } }
snapshot: { fields: { open: 'boolean?', token: { type: string, sensitive: true, optional: true } } }
"""

RULES = """
version: 1
default: block
rules:
  - { id: known, scope: { action: login }, when: 'action.name == "bo"', effect: allow }
  - { id: asks, scope: { action: login }, when: 'action.name == "cy"', effect: require_approval, message: 'for {action.name}' }
  - { id: pins, scope: { action: login }, when: 'has(action.pin) && has(snapshot.token) && action.pin == snapshot.token', effect: block }
  - { id: codes, scope: { action: login }, when: 'has(action.codes) && "x" in action.codes', effect: block }
  - { id: boxes, scope: { action: login }, when: 'has(action.boxes) && action.boxes.exists(b, has(b.code) && b.code == "x")', effect: block }
  - { id: keyed, scope: { action: login }, when: 'has(action.keyed) && action.keyed.exists(k, has(action.keyed[k].code) && action.keyed[k].code == "x")', effect: block }
  - { id: vault, scope: { action: login }, when: 'has(action.vault) && "x" in action.vault', effect: block }
  - { id: badge, scope: { action: login }, when: 'has(actor.badge) && actor.badge == "x"', effect: block }
  - { id: digits, scope: { action: login }, when: 'has(action.digits) && action.digits > 5', effect: block }
"""

#: In every secret, and nowhere else.
MARK = "s3cret"


def secrets():
    """Arguments with secrets at every depth, right ones and wrong ones, declared and not."""
    texts = {
        "pin": [MARK, [MARK], {MARK: MARK}, 7],
        "digits": [MARK, 77, [MARK]],
        "vault": [{MARK: MARK}, {MARK: 7}, {MARK: [MARK]}, MARK, [MARK]],
        "codes": [[MARK, "x"], [{MARK: MARK}], MARK, {MARK: 1}],
        "box": [{"code": MARK}, {"code": [MARK]}, {"open": 7, "code": MARK}, {"other" + MARK: MARK}, MARK],
        "boxes": [[{"code": MARK}], [{"code": {MARK: 1}}], [{MARK: MARK}], [MARK], {MARK: MARK}],
        "keyed": [{MARK: {"code": MARK}}, {MARK: {"code": 7}}, {MARK: MARK}, {MARK: {MARK: MARK}}],
        "blob": [{MARK: [MARK, {MARK: MARK}]}, [[MARK]], MARK],
        "undeclared": [MARK, {MARK: MARK}, [MARK], MARK.encode(), {MARK}, object()],
    }
    return [{name: value} for name, values in texts.items() for value in values]


#: What is no secret by the schema: another type in a place of a plain value is shown by its type alone.
CASES = [(name, one) for one in secrets() for name in ("bo", "cy", "dan")]


def everything(error):
    """All that an error says, to whomever."""
    yield str(error)
    yield repr(error)
    yield repr(error.args)
    yield repr(vars(error))
    yield "".join(traceback.format_exception_only(type(error), error))
    if isinstance(error, actra.ActraPolicyError):
        yield json.dumps(error.to_dict(), default=repr)
        yield json.dumps(error.to_problem(), default=repr)
        yield error.for_model()
        yield repr(error.context) + repr(error.decision)
        again = pickle.loads(pickle.dumps(error))
        yield str(again) + repr(vars(again))
    approval = getattr(error, "approval", None)
    if approval is not None:
        yield repr(approval) + approval._repr_html_() + repr(approval.action) + repr(approval.context)
        yield repr(approval.arguments) + repr(approval.reasons) + repr(approval.required_actions)


def told(event):
    yield repr(event)
    yield event.to_json().decode()
    yield repr(event.context) + repr(event.action) + repr(event.decision) + repr(event.failures)


@pytest.fixture(params=["enforce", "audit"])
def watched(request, caplog):
    caplog.set_level(logging.DEBUG)
    events = []
    runtime = actra.ActraRuntime(
        actra.load_policy_from_string(SCHEMA, RULES),
        mode=request.param,
        actor=lambda ctx: {"id": "ana", "badge": MARK, MARK: MARK},
        snapshot=lambda ctx: {"open": True, "token": MARK + "!", MARK: {MARK: MARK}},
        on_event=events.append,
    )
    return runtime, events


@pytest.mark.parametrize("name, given", CASES, ids=[f"{name}-{number}" for number, (name, _) in enumerate(CASES)])
def test_a_call(watched, caplog, capsys, name, given):
    runtime, events = watched
    said = []

    @runtime.admit("login")
    def login(name, **given):
        return None

    @runtime.admit("login")
    async def login_async(name, **given):
        return None

    for call in (
        lambda: login(name, **given),
        lambda: asyncio.run(login_async(name, **given)),
        lambda: runtime.check({"type": "login", "name": name, **given}),
        lambda: said.append(repr(runtime.evaluate({"type": "login", "name": name, **given}))),
        lambda: runtime.explain({"type": "login", "name": name, **given}),
        lambda: runtime.explain_call(login, name, **given),
    ):
        try:
            call()
        except (actra.ActraError, TypeError, ValueError) as error:
            said.extend(everything(error))
    for event in events:
        said.extend(told(event))
    for request in runtime.pending():
        said.append(repr(request) + request._repr_html_() + repr(request.context) + repr(request.arguments))
    said.append(caplog.text)
    said.extend(capsys.readouterr())
    for text in said:
        assert MARK not in text, text


def test_explanations_and_questions(capsys):
    policy = actra.load_policy_from_string(SCHEMA, RULES)
    for name, given in CASES:
        request = {
            "action": {"type": "login", "name": name, **given},
            "actor": {"badge": MARK},
            "snapshot": {"token": MARK},
        }
        if "undeclared" in given:
            continue
        policy.explain(request)
        shown = json.dumps(policy.explanation(request)) + "".join(capsys.readouterr())
        shown += repr(policy.decide(request)) + policy.decide(request)._repr_html_()
        try:
            policy.assert_effect(request, "allow")
        except AssertionError as error:
            shown += str(error)
        try:
            policy.can(actor={"id": "ana", "badge": [MARK], MARK: 1}, snapshot={"token": {MARK: MARK}})
        except ValueError as error:
            # Of what nobody has declared, the name is told to who typed it.
            shown += str(error).replace(f"actor.{MARK}", "actor.NAME")
        assert MARK not in shown, shown


def test_a_failing_test_of_a_policy(tmp_path):
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    (tmp_path / "policy.yaml").write_text(RULES)
    (tmp_path / "tests").mkdir()
    tests = [
        {
            "name": f"case {number}",
            "request": {"action": {"type": "login", "name": name, **given}, "actor": {"badge": MARK}},
            "expect": {"effect": "require_approval", "matched_rule": "none"},
        }
        for number, (name, given) in enumerate(CASES)
        if "undeclared" not in given
    ]
    (tmp_path / "tests" / "all.yaml").write_text(yaml.safe_dump({"version": 1, "cases": tests}))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-vv", "--tb=long", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1 and "failed" in done.stdout, done.stdout[-2000:]
    # Of what nobody has declared, the name is told to who typed it.
    lines = [line for line in (done.stdout + done.stderr).splitlines() if MARK in line]
    assert all("is not declared" in line for line in lines), lines[:5]


def test_spans():
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from actra.integrations.opentelemetry import observer

    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    runtime = actra.ActraRuntime(
        actra.load_policy_from_string(SCHEMA, RULES),
        actor=lambda ctx: {"id": "ana", "badge": MARK},
        on_event=observer(provider),
    )
    for name, given in CASES:
        try:
            runtime.check({"type": "login", "name": name, **given})
        except (actra.ActraPolicyError, TypeError):
            pass
    found = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "actra.decide" in found and MARK not in found


def test_http():
    pytest.importorskip("httpx")
    fastapi = pytest.importorskip("fastapi")
    import warnings

    from actra.integrations.starlette import ActraMiddleware

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fastapi.testclient import TestClient
    runtime = actra.ActraRuntime(
        actra.load_policy_from_string(SCHEMA, RULES), actor=lambda ctx: {"id": "ana", "badge": MARK}
    )
    app = fastapi.FastAPI()

    login_as = runtime.admit("login")(lambda name, **given: {})

    @app.post("/login")
    def login(name: str, given: dict = fastapi.Body()):
        return login_as(name, **given)

    @app.post("/check")
    def check(body: dict = fastapi.Body()):
        runtime.check({"type": "login", **body})
        return {}

    app.add_middleware(ActraMiddleware, runtime=runtime)
    client = TestClient(app, raise_server_exceptions=False)
    for name, given in CASES:
        if "undeclared" in given:
            continue
        for answer in (
            client.post("/login", params={"name": name}, json=given),
            client.post("/check", json={"name": name, **given}),
        ):
            assert MARK not in answer.text + repr(answer.headers), answer.text
