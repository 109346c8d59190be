"""What FastAPI makes of functions and bodies, and what it is told if that is not what was meant."""

import dataclasses
import functools
import logging
import warnings

import pytest

import actra

pytest.importorskip("httpx")
fastapi = pytest.importorskip("fastapi")
from fastapi import APIRouter, Body, Depends, FastAPI  # noqa: E402

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

from pydantic import BaseModel  # noqa: E402

from actra.integrations.starlette import ActraMiddleware, admitted, check_routes  # noqa: E402

SCHEMA = """
version: 1
actions:
  refund: { fields: { amount: number } }
  order: { fields: { body: { type: object, fields: { amount: number, lines: { type: list, of: string } } } } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: refund }, when: action.amount > 100, effect: block }
  - { id: big, scope: { action: order }, when: 'action.body.amount > 100 || "gun" in action.body.lines', effect: block }
"""
POLICY = actra.load_policy_from_string(SCHEMA, RULES)


class Model(BaseModel):
    amount: float
    lines: list[str] = []


@dataclasses.dataclass
class Data:
    amount: float
    lines: list[str] = dataclasses.field(default_factory=list)


@pytest.fixture
def runtime():
    return actra.ActraRuntime(POLICY)


def application(runtime):
    app = FastAPI()
    app.add_middleware(ActraMiddleware, runtime=runtime)
    return app


def refund(amount: float = Body(embed=True)):
    return {"paid": amount}


async def refund_later(amount: float = Body(embed=True)):
    return {"paid": amount}


def wrong(app, runtime, function):
    runtime.admit("refund")(app.post("/refund")(function))


def wrong_in_router(app, runtime, function):
    router = APIRouter(prefix="/v1")
    wrong(router, runtime, function)
    app.include_router(router)


def wrong_in_mounted(app, runtime, function):
    inner = FastAPI()
    wrong(inner, runtime, function)
    app.mount("/inner", inner)


def wrong_dependency(app, runtime, function):
    runtime.admit("refund")(function)
    app.post("/refund")(lambda paid=Depends(function): paid)


WRONG = [wrong, wrong_in_router, wrong_in_mounted, wrong_dependency]


@pytest.mark.parametrize("function", [refund, refund_later])
@pytest.mark.parametrize("where", WRONG)
def test_decorators_in_the_wrong_order_are_an_error_at_start_up(runtime, where, function):
    app = application(runtime)
    where(app, runtime, function)
    with pytest.raises(actra.ActraSchemaError, match="without asking the policy") as raised:
        with TestClient(app):
            raise AssertionError
    said = str(raised.value)
    assert "/refund calls `refund" in said and "@app.post(...)\n    @actra.admit(...)\n    def refund" in said
    # A server that tells nobody that it starts finds out with the first request; nothing runs.
    with pytest.raises(actra.ActraSchemaError):
        TestClient(app).post("/refund", json={"amount": 1})


def test_the_right_order_is_none(runtime):
    app = application(runtime)
    app.post("/refund")(runtime.admit("refund")(refund))
    with TestClient(app) as client:
        assert client.post("/refund", json={"amount": 1}).json() == {"paid": 1}
        assert client.post("/refund", json={"amount": 101}).status_code == 403
    check_routes(app)


def test_routes_that_are_added_later_are_looked_at(runtime):
    app = application(runtime)
    with TestClient(app) as client:
        assert client.get("/nothing").status_code == 404
        wrong(app, runtime, refund)
        with pytest.raises(actra.ActraSchemaError):
            client.post("/refund", json={"amount": 1000})


def test_audit_mode_says_so_and_lets_pass(runtime, caplog):
    runtime.mode = "audit"
    app = application(runtime)
    wrong(app, runtime, refund)
    with caplog.at_level(logging.ERROR), TestClient(app) as client:
        assert client.post("/refund", json={"amount": 1000}).json() == {"paid": 1000}
    assert "without asking the policy" in caplog.text


@pytest.mark.parametrize("kind", [Model, Data])
@pytest.mark.parametrize("waits", [False, True])
def test_models_and_dataclasses_are_objects(runtime, kind, waits):
    app = application(runtime)
    ran = []

    def order(body):
        ran.append(body.amount)

    async def order_later(body):
        ran.append(body.amount)

    function = order_later if waits else order
    function.__annotations__["body"] = kind
    app.post("/order")(runtime.admit("order")(function))
    client = TestClient(app)
    assert client.post("/order", json={"amount": 7, "lines": ["pen"]}).status_code == 200
    for refused in ({"amount": 700}, {"amount": 7, "lines": ["gun"]}):
        answer = client.post("/order", json=refused)
        assert (answer.status_code, answer.json()["rule"]) == (403, "big")
    assert ran == [7]


@pytest.mark.parametrize("kind", [Model, Data])
def test_a_body_that_is_not_declared_says_what_to_write(runtime, kind):
    def of_body(body):
        raise AssertionError

    of_body.__annotations__["body"] = kind
    with pytest.raises(actra.ActraSchemaError) as raised:
        runtime.admit("refund")(of_body)
    assert "let the schema declare `body: { type: object, fields: { amount: ... } }`" in str(raised.value)
    # The other thing that it says works as it stands.
    builder = eval(str(raised.value).partition("`action_builder=")[2].rpartition("`")[0])
    assert builder("refund", (), {"body": kind(amount=3.0)}, None) == {"amount": 3.0}
    guarded = runtime.admit("refund", action_builder=builder)(lambda body: "ran")
    assert guarded(kind(amount=3.0)) == "ran"
    with pytest.raises(actra.ActraPolicyError, match="rule large"):
        guarded(kind(amount=300.0))


def test_a_dependency_asks_the_runtime_of_the_middleware(runtime):
    def of_body(amount: float = Body(embed=True)):
        return {"type": "refund", "amount": amount}

    # Made before anybody knows which runtime there will be.
    asked = admitted(of_body)
    events = []
    runtime.add_observer(events.append)
    app = application(runtime)

    @app.post("/refund", dependencies=[Depends(asked)])
    def refund_endpoint():
        return {"ok": True}

    client = TestClient(app)
    assert client.post("/refund", json={"amount": 1}).status_code == 200
    assert client.post("/refund", json={"amount": 1000}).status_code == 403
    assert [event.outcome for event in events] == ["ran", "refused"]


def test_a_decorator_between_hides_nothing():
    runtime = actra.ActraRuntime(POLICY)

    def logged(function):
        @functools.wraps(function)
        async def inner(*args, **kwargs):
            return await function(*args, **kwargs)

        return inner

    app = FastAPI()
    app.add_middleware(ActraMiddleware, runtime=runtime)

    @runtime.admit("refund", action_builder=lambda name, args, kwargs, ctx: {"amount": kwargs["amount"]})
    @logged
    @app.post("/refund")
    async def refund(amount: float):
        raise AssertionError

    with pytest.raises(Exception, match="without asking the policy"), TestClient(app) as client:
        client.post("/refund?amount=5")


def test_a_route_that_a_mounted_application_gets_later_is_found():
    runtime = actra.ActraRuntime(POLICY)
    app, mounted = FastAPI(), FastAPI()
    app.mount("/sub", mounted)
    app.add_middleware(ActraMiddleware, runtime=runtime)
    with TestClient(app) as client:
        assert client.get("/sub/none").status_code == 404

        @runtime.admit("refund")
        @mounted.post("/refund")
        async def refund(amount: float):
            raise AssertionError

        with pytest.raises(actra.ActraSchemaError, match="without asking the policy"):
            client.post("/sub/refund?amount=5")
