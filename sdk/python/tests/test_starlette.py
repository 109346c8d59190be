"""Behind Starlette and FastAPI: what the policy refuses never reaches an endpoint."""

import asyncio
import json
import sys
import warnings

import pytest

import actra

pytest.importorskip("httpx")
fastapi = pytest.importorskip("fastapi")
from fastapi import Body, Depends, FastAPI, Request, WebSocket  # noqa: E402
from fastapi.responses import StreamingResponse  # noqa: E402
from starlette.datastructures import URL  # noqa: E402

with warnings.catch_warnings():
    # Newer versions of its test client would rather have another package than httpx.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

from actra.integrations import _host_call  # noqa: E402
from actra.integrations.starlette import UNGOVERNED, ActraMiddleware, admitted, answer  # noqa: E402

SCHEMA = """
version: 1
actions:
  refund: { fields: { order: string, amount: number } }
  read: { fields: { path: string } }
actor: { fields: { role: string } }
"""

RULES = """
version: 1
default: block
rules:
  - { id: staff, scope: { action: refund }, when: actor.role == "support", effect: allow }
  - { id: large, scope: { action: refund }, when: action.amount > 100, effect: require_approval, message: ask,
      required_actions: [{ type: human_approval, role: finance }] }
  - { id: huge, scope: { action: refund }, when: action.amount > 1000, effect: block, message: too much }
  - { id: reading, scope: { action: read }, when: 'true', effect: allow }
"""


NOTHING = """
version: 1
default: block
rules:
  - { id: none, scope: { action: read }, when: action.path == 'x', effect: allow }
"""


@pytest.fixture
def events():
    return []


@pytest.fixture
def runtime(events):
    policy = actra.load_policy_from_string(SCHEMA, RULES)
    return actra.ActraRuntime(
        policy, actor=lambda ctx: {"role": ctx.request.headers["role"]}, on_event=events.append
    )


class Service:
    """An application that counts what ran, with the middleware in front."""

    def __init__(self, runtime, **settings):
        self.ran = []
        self.app = FastAPI()
        self.app.add_middleware(ActraMiddleware, runtime=runtime, **settings)
        self.client = TestClient(self.app)
        self.client.headers["role"] = "support"

    def refund(self, amount, **headers):
        return self.client.post("/refund", json={"order": "o1", "amount": amount}, headers=headers)


def of_body(runtime, **settings):
    async def action(request):
        # The type comes last: no body can name another action.
        return {**await request.json(), "type": "refund"}

    service = Service(runtime, action=action, **settings)

    @service.app.post("/refund")
    async def refund(request: Request):
        service.ran.append(await request.json())
        return {"ok": True}

    return service


def of_decorator(runtime, **settings):
    service = Service(runtime, **settings)

    @service.app.post("/refund")
    @runtime.admit("refund")
    async def refund(order: str = Body(), amount: float = Body()):
        service.ran.append({"order": order, "amount": amount})
        return {"ok": True}

    return service


def of_plain_function(runtime, **settings):
    service = Service(runtime, **settings)

    @service.app.post("/refund")
    def endpoint(order: str = Body(), amount: float = Body()):
        @runtime.admit("refund")
        def refund(order, amount):
            service.ran.append({"order": order, "amount": amount})

        refund(order, amount)
        return {"ok": True}

    return service


def of_dependency(runtime, **settings):
    service = Service(runtime, **settings)

    def action(order: str = Body(), amount: float = Body()):
        return {"type": "refund", "order": order, "amount": amount}

    @service.app.post("/refund", dependencies=[Depends(admitted(action, runtime))])
    async def refund(request: Request):
        service.ran.append(await request.json())
        return {"ok": True}

    return service


DOORS = [of_body, of_decorator, of_plain_function, of_dependency]


@pytest.mark.parametrize("door", DOORS)
def test_answers(runtime, events, door):
    asked = []
    service = door(runtime, pending=asked.append)
    assert service.refund(10).json() == {"ok": True}
    assert service.ran == [{"order": "o1", "amount": 10}]

    blocked = service.refund(5000)
    assert blocked.status_code == 403
    said = blocked.json()
    assert blocked.headers["content-type"] == "application/problem+json"
    assert (said["type"], said["title"], said["status"]) == ("urn:actra:refused:blocked", "blocked", 403)
    assert (said["action"], said["rule"], said["message"]) == ("refund", "huge", "too much")
    assert said["detail"] == "action refund: blocked by rule huge: too much"
    assert "context" not in said and "decision" not in said
    assert blocked.headers["cache-control"] == "no-store"

    waiting = service.refund(500)
    assert waiting.status_code == 403
    said = waiting.json()
    assert (said["title"], said["rule"], said["message"]) == ("needs approval", "large", "ask")
    assert said["approval"]["id"] == asked[0].id and asked[0].digest not in waiting.text
    assert said["approval"]["expires_at"] // 1000 == int(asked[0].expires_at.timestamp())
    assert said["required_actions"] == [{"type": "human_approval", "role": "finance"}]
    assert len(service.ran) == 1

    asked[0].grant(by="finn")
    assert service.refund(501).status_code == 403
    assert service.refund(500).json() == {"ok": True}
    assert service.refund(500).status_code == 403
    assert [one["amount"] for one in service.ran] == [10, 500]
    assert [event.outcome for event in events] == ["ran", "refused", "asked", "asked", "approved", "asked"]


@pytest.mark.parametrize("door", DOORS)
def test_who_it_is_comes_from_the_request_alone(runtime, door):
    service = door(runtime)
    assert service.refund(10, role="guest").status_code == 403
    del service.client.headers["role"]
    assert service.refund(10).status_code == 403
    assert service.ran == []
    assert actra.current_context() is None


@pytest.mark.parametrize("door", [of_body, of_dependency])
@pytest.mark.parametrize("body", ["", "{", "[]", '"refund"', '{"type":"read"}', '{"order":"o1"}', '{"order":"o1","amount":"10"'])
def test_bodies_that_are_no_action(runtime, door, body):
    service = door(runtime)
    assert service.client.post("/refund", content=body).status_code in (403, 422)
    assert service.ran == []


def forgets(request):
    pass


def fails(request):
    raise KeyError("bug")


async def fails_late(request):
    await asyncio.sleep(0)
    raise KeyError("bug")


def unsupported(request):
    # A rule reads the amount.
    return {"type": "refund", "order": "o1", "amount": object()}


async def is_cancelled(request):
    """What it waits for is cancelled, and not who waits."""
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


def says_that_it_is_cancelled(request):
    raise asyncio.CancelledError


CANCELLED = [is_cancelled, says_that_it_is_cancelled]


@pytest.fixture(params=[True, False], ids=["counts", "does not count"])
def counts(request, monkeypatch):
    """Whether a task counts who wants it to end, as since Python 3.11."""
    if not request.param:
        class Task:
            def __init__(self, task):
                self.task = task

        monkeypatch.setattr(_host_call, "_task", lambda: Task(asyncio.current_task()))
    elif sys.version_info < (3, 11):
        pytest.skip("before Python 3.11 no task counts who wants it to end")


@pytest.mark.parametrize("action", [forgets, fails, fails_late, unsupported, *CANCELLED, lambda request: ["refund"]])
def test_a_mapping_that_fails_refuses(runtime, action):
    service = Service(runtime, action=action)
    service.app.post("/refund")(lambda: service.ran.append(1))
    answer = service.refund(1)
    assert (answer.status_code, answer.json()["title"]) == (403, "blocked" if action is unsupported else "not decided")
    assert "bug" not in answer.text and service.ran == []
    depends = Service(runtime)
    depends.app.post("/refund", dependencies=[Depends(admitted(lambda: action(None), runtime))])(
        lambda: service.ran.append(1)
    )
    if action not in (fails, fails_late, *CANCELLED):
        assert depends.refund(1).status_code == 403
    assert service.ran == []


def test_a_context_that_fails_refuses(runtime):
    service = Service(runtime, context=fails)
    service.app.post("/refund")(lambda: service.ran.append(1))
    assert service.refund(1).status_code == 403
    assert service.ran == []


def test_audit_mode_lets_everything_pass(runtime, events):
    runtime.mode = "audit"
    service = of_body(runtime)
    assert service.refund(5000).status_code == 200
    assert (events[-1].effect, events[-1].outcome) == ("block", "ran")
    for settings in ({"action": forgets}, {"context": fails}, {"action": unsupported}):
        other = Service(runtime, **settings)
        other.app.post("/refund")(lambda: service.ran.append(1))
        assert other.refund(1).status_code == 200
    assert len(service.ran) == 4


def test_in_audit_mode_what_another_runtime_refuses_to_a_function_of_ours_is_a_failure_of_it(runtime):
    other = actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, NOTHING))

    def asks(request):
        other.check({"type": "read", "path": "/"})

    for setting in ("action", "context"):
        service = Service(runtime, **{setting: asks})
        service.app.post("/refund")(lambda: service.ran.append(1))
        runtime.mode = "enforce"
        assert service.refund(1).status_code == 403 and service.ran == []
        runtime.mode = "audit"
        assert service.refund(1).status_code == 200 and service.ran == [1]


def test_ungoverned_requests_are_named(runtime):
    def action(request):
        return UNGOVERNED if request.url.path == "/health" else {"type": "read", "path": request.url.path}

    service = Service(runtime, action=action)
    service.app.get("/health")(lambda: {"up": True})
    service.app.get("/doc")(lambda: {"doc": True})
    assert service.client.get("/health").json() == {"up": True}
    assert service.client.get("/doc").json() == {"doc": True}
    runtime.policy = actra.load_policy_from_string(SCHEMA, NOTHING)
    assert service.client.get("/health").status_code == 200
    assert service.client.get("/doc").status_code == 403


def test_a_body_is_read_by_both_and_bounded(runtime):
    service = of_body(runtime, largest_body=64)
    assert service.refund(10).status_code == 200
    padded = json.dumps({"order": "o1", "amount": 10}) + " " * 64
    assert service.client.post("/refund", content=padded).status_code == 403

    def parts():
        yield b'{"order":"o1",'
        yield b'"amount":10}'

    assert service.client.post("/refund", content=parts()).status_code == 200
    assert len(service.ran) == 2


def test_correlation(runtime, events):
    service = of_decorator(runtime)
    service.refund(1, **{"x-request-id": "r-1"})
    service.refund(1)
    service.refund(1)
    service.refund(1, **{"x-request-id": "a" * 129})
    ids = [event.correlation_id for event in events]
    assert ids[0] == "r-1" and len(set(ids)) == 4 and all(1 <= len(one) <= 128 for one in ids)
    assert json.loads(events[0].line)["correlation"] == "r-1"


def test_requests_at_once_keep_their_own_context(runtime, events):
    service = of_decorator(runtime)

    async def main():
        import httpx

        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            calls = [
                client.post("/refund", json={"order": str(number), "amount": 1},
                            headers={"role": "support" if number % 2 else "guest", "x-request-id": str(number)})
                for number in range(100)
            ]
            return [answer.status_code for answer in await asyncio.gather(*calls)]

    assert asyncio.run(main()) == [200 if number % 2 else 403 for number in range(100)]
    assert {int(ran["order"]) % 2 for ran in service.ran} == {1}
    assert all(event.context["action"]["order"] == event.correlation_id for event in events)


def test_errors_of_the_application_are_its_own(runtime):
    service = Service(runtime)

    @service.app.get("/bug")
    def bug():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        service.client.get("/bug")


def test_an_answer_on_its_way_is_cut_off(runtime):
    service = Service(runtime)
    refund = runtime.admit("refund")(lambda order, amount: service.ran.append(amount))

    @service.app.get("/stream")
    def stream():
        def parts():
            yield "begun"
            refund("o1", 5000)

        return StreamingResponse(parts())

    with pytest.raises(actra.ActraPolicyError):
        service.client.get("/stream")
    assert service.ran == []


@pytest.mark.parametrize("pending", [fails, fails_late, *CANCELLED])
def test_a_failing_pending_changes_nothing(runtime, pending):
    service = of_decorator(runtime, pending=pending)
    assert service.refund(500).status_code == 403
    assert service.ran == []


def test_what_cannot_be_granted_is_refused():
    decision = {"effect": "require_approval", "matched_rule": "large"}
    found = answer(actra.ActraApprovalRequired("refund", decision))
    assert found.status_code == 403 and json.loads(found.body)["title"] == "needs approval"


@pytest.mark.parametrize("kind", [str, URL])
def test_an_answer_says_where_an_approval_can_be_seen(runtime, kind):
    service = of_decorator(runtime, pending=lambda approval: kind(f"https://example.com/{approval.id}"))
    approval = service.refund(500).json()["approval"]
    assert approval["link"] == f"https://example.com/{approval['id']}"


def test_nobody_is_asked_about_what_was_denied(runtime):
    told = []
    service = of_decorator(runtime, pending=lambda approval: told.append(approval.id) or "/approvals")
    assert service.refund(500).json()["approval"]["link"] == "/approvals"
    runtime.deny(told[0], by="max", reason="never")
    answer = service.refund(500)
    said = answer.json()
    assert (answer.status_code, len(told), said.get("approval")) == (403, 1, None)
    assert said["detail"].endswith("(it was denied)") and "max" not in answer.text and "never" not in answer.text


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("answer", ["deny", "grant"])
def test_what_whoever_is_told_denies_at_once_is_not_offered(runtime, answer, later):
    def pending(approval):
        getattr(runtime, answer)(approval.id, by="max")
        return "/approvals"

    async def pending_later(approval):
        await asyncio.sleep(0)
        return pending(approval)

    said = of_decorator(runtime, pending=pending_later if later else pending).refund(500).json()
    assert said["status"] == 403 and ("approval" in said) == (answer == "grant")


def test_who_asks_for_what_cannot_be_approved_hears_so(runtime):
    told = []
    service = Service(runtime, pending=lambda approval: told.append(approval.id))

    @service.app.post("/refund")
    @runtime.admit("refund")
    async def refund(order: str = Body(), amount: float = Body(), connection: str = Depends(lambda: object())):
        service.ran.append(order)

    answer = service.refund(500)
    assert answer.status_code == 403 and told == [] and service.ran == []
    assert answer.json()["detail"].endswith("(it cannot be approved)") and "connection" not in answer.text


@pytest.mark.parametrize("role, opens", [("support", True), ("guest", False)])
def test_websockets(runtime, role, opens):
    service = Service(runtime, action=lambda connection: {"type": "refund", "order": "o1", "amount": 1})

    @service.app.websocket("/ws")
    async def endpoint(socket: WebSocket):
        await socket.accept()
        service.ran.append(1)
        await socket.close()

    from starlette.websockets import WebSocketDisconnect

    if opens:
        with service.client.websocket_connect("/ws", headers={"role": role}):
            pass
    else:
        service.client.headers["role"] = role
        with pytest.raises(WebSocketDisconnect) as closed, service.client.websocket_connect("/ws"):
            pass
        assert closed.value.code == 1008
    assert service.ran == [1] * opens


@pytest.mark.parametrize("most, status", [(1 << 20, 200), (16, 403)])
def test_resolvers_read_the_body_after_the_endpoint(most, status):
    async def snapshot(ctx):
        return {"known": (await ctx.request.json())["order"] == "o1"}

    policy = actra.load_policy_from_string(
        SCHEMA + "snapshot: { fields: { known: boolean } }",
        "version: 1\ndefault: block\nrules:\n"
        "  - { id: known, scope: { action: refund }, when: snapshot.known, effect: allow }",
    )
    service = of_decorator(actra.ActraRuntime(policy, snapshot=snapshot, deadline=2.0), largest_body=most)
    assert service.refund(1).status_code == status
    assert service.client.post("/refund", json={"order": "o2", "amount": 1}).status_code == 403
    assert len(service.ran) == (status == 200)
