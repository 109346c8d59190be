"""A log that raises stops nothing."""

import asyncio
import logging

import pytest

import actra


class Broken(logging.Handler):
    def __init__(self, error):
        super().__init__()
        self.error = error
        self.count = 0

    def emit(self, record):
        self.count += 1
        raise self.error


@pytest.fixture(params=[ValueError, SystemExit])
def broken(request):
    handler = Broken(request.param("the log is broken"))
    logging.getLogger("actra").addHandler(handler)
    yield handler
    logging.getLogger("actra").removeHandler(handler)


def fails(*_):
    raise KeyError("x")


async def fails_later(*_):
    raise KeyError("x")


def came_of(runtime):
    @runtime.admit("refund")
    def refund(amount):
        return "ran"

    @runtime.admit("refund")
    async def refund_later(amount):
        return "ran"

    found = []
    for call in (lambda: refund(1), lambda: asyncio.run(refund_later(1)), lambda: runtime.check({"type": "refund", "amount": 1}) and "ran"):
        try:
            found.append(call())
        except actra.ActraPolicyError as refused:
            found.append(refused.decision.errors[0]["code"])
    return found


@pytest.mark.parametrize("settings", [
    {"mode": "audit", "actor": fails}, {"mode": "audit", "on_event": fails}, {"on_event": fails}, {"on_event": fails_later},
    {"mode": "audit", "snapshot": fails},
])  # fmt: skip
def test_a_body_runs_all_the_same(policy, broken, settings):
    assert came_of(actra.ActraRuntime(policy, **settings)) == ["ran"] * 3


def test_a_refusal_is_one_all_the_same(policy, broken):
    assert came_of(actra.ActraRuntime(policy, actor=fails)) == ["actor_failed"] * 3
    assert broken.count


def test_what_cannot_be_made_a_request_runs_all_the_same_in_audit_mode(policy, broken):
    runtime = actra.ActraRuntime(policy, mode="audit")
    assert runtime.admit("refund", action_builder=fails)(lambda amount: "ran")(1) == "ran"
    assert broken.count


def test_what_interrupts_the_program_does_so_in_a_log(policy):
    handler = Broken(KeyboardInterrupt())
    logging.getLogger("actra").addHandler(handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            actra.ActraRuntime(policy, on_event=fails).check({"type": "refund", "amount": 1})
    finally:
        logging.getLogger("actra").removeHandler(handler)



def answered(runtime, path="/", **settings):
    """What an application says behind the middleware."""
    httpx, fastapi = pytest.importorskip("httpx"), pytest.importorskip("fastapi")
    from actra.integrations.starlette import ActraMiddleware, admitted

    app = fastapi.FastAPI()
    is_dependent = settings.pop("is_dependent", False)
    dependencies = [fastapi.Depends(admitted(lambda: None))] if is_dependent else []
    app.get("/", dependencies=dependencies)(lambda: "ran")
    app.get("/dear")(runtime.admit("refund")(lambda amount=2000: "ran"))
    below = app.get("/below") if settings.pop("is_below", False) else lambda function: function
    runtime.admit("refund")(below(lambda amount=1: "ran"))
    app.add_middleware(ActraMiddleware, runtime=runtime, **settings)

    async def asked():
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.get(path)

    return asyncio.run(asked())


@pytest.mark.parametrize("settings", [{"context": fails}, {"action": fails}, {"action": fails_later}, {"is_dependent": True}])
@pytest.mark.parametrize("mode", ["audit", "enforce"])
def test_a_request_is_answered_all_the_same(policy, broken, mode, settings):
    answer = answered(actra.ActraRuntime(policy, mode=mode), **settings)
    assert answer.status_code == (200 if mode == "audit" else 403) and broken.count


def test_who_asks_for_approval_hears_so_all_the_same(policy, broken):
    answer = answered(actra.ActraRuntime(policy), "/dear", pending=fails)
    assert answer.status_code == 403 and answer.json()["approval"]["id"] and broken.count


def test_requests_pass_all_the_same_whatever_the_routes_are_in_audit_mode(policy, broken):
    answer = answered(actra.ActraRuntime(policy, mode="audit"), is_below=True)
    assert answer.status_code == 200 and broken.count


def test_a_tool_that_does_not_fit_runs_all_the_same_in_audit_mode(policy, broken):
    from actra.integrations.mcp import ActraMCPAdapter, ActraMCPServer

    server = ActraMCPServer(ActraMCPAdapter(actra.ActraRuntime(policy, mode="audit")))
    server.tool("refund")(lambda other: "ran")
    assert server.handle_request("refund", {"other": 1}) == "ran" and broken.count
