"""An endpoint that is called without asking is found, wherever in an application it is and whenever it got there."""

import collections
import functools
import logging
import types
import warnings

import pytest

import actra

pytest.importorskip("httpx")
fastapi = pytest.importorskip("fastapi")
from fastapi import APIRouter, Depends, FastAPI, WebSocket  # noqa: E402
from starlette.middleware.base import BaseHTTPMiddleware  # noqa: E402
from starlette.middleware.cors import CORSMiddleware  # noqa: E402
from starlette.routing import Host, Mount, Route, Router  # noqa: E402

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

from actra.integrations import _routes  # noqa: E402
from actra.integrations.starlette import ActraMiddleware, check_routes  # noqa: E402

POLICY = actra.load_policy_from_string(
    "version: 1\nactions: { refund: { fields: { amount: number } } }",
    "version: 1\ndefault: allow\nrules:\n"
    "  - { id: large, scope: { action: refund }, when: action.amount > 100, effect: block }",
)


@pytest.fixture
def runtime():
    return actra.ActraRuntime(POLICY)


def behind(app, runtime):
    app.add_middleware(ActraMiddleware, runtime=runtime)
    return app


def wrong(runtime, router, path="/x"):
    def refund(amount: float):
        raise AssertionError

    runtime.admit("refund")(router.get(path)(refund))


def assert_found(app, path="/x", starts=False):
    with pytest.raises(actra.ActraSchemaError, match="without asking the policy"):
        if starts:
            with TestClient(app):
                raise AssertionError
        TestClient(app).get(path, params={"amount": 5000})


class Named:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


class Slotted:
    __slots__ = ("_inner",)

    def __init__(self, inner):
        self._inner = inner

    def __call__(self, scope, receive, send):
        return self._inner(scope, receive, send)


class Dispatcher:
    def __init__(self, app):
        self.targets = {"a": [app]}

    async def __call__(self, scope, receive, send):
        await self.targets["a"][0](scope, receive, send)


def closed_over(app):
    async def call(scope, receive, send):
        await app(scope, receive, send)

    return call


async def handing_on(app, scope, receive, send):
    await app(scope, receive, send)


WRAPPERS = [
    lambda app: CORSMiddleware(app, allow_origins=["*"]),
    lambda app: BaseHTTPMiddleware(app, dispatch=lambda request, call_next: call_next(request)),
    Named,
    Slotted,
    Dispatcher,
    closed_over,
    lambda app: functools.partial(handing_on, app),
    lambda app: Named(app).__call__,
    lambda app: Slotted(closed_over(Named(app))),
]


@pytest.mark.parametrize("wrapped", [lambda app: app, *WRAPPERS])
@pytest.mark.parametrize("kind", [FastAPI, APIRouter])
def test_behind_a_middleware_by_hand(runtime, wrapped, kind):
    inner = kind()
    wrong(runtime, inner)
    assert_found(ActraMiddleware(wrapped(inner), runtime))
    assert_found(ActraMiddleware(wrapped(inner), runtime), starts=True)


@pytest.mark.parametrize("wrapped", WRAPPERS)
@pytest.mark.parametrize(
    "mounted", [lambda app: Mount("/m", app=app), lambda app: Host("testserver", app=app), lambda app: Route("/x", Named(app))]
)
def test_in_a_mounted_application_below_others(runtime, wrapped, mounted):
    inner, app = FastAPI(), behind(FastAPI(), runtime)
    wrong(runtime, inner)
    app.router.routes.append(mounted(wrapped(inner)))
    assert_found(app, starts=True)
    with pytest.raises(actra.ActraSchemaError):
        check_routes(app)


def test_in_an_application_with_a_middleware_of_its_own(runtime):
    inner, app = FastAPI(), FastAPI()
    wrong(runtime, inner)
    app.router.routes.append(Mount("/m", app=ActraMiddleware(inner, runtime)))
    assert_found(app, "/m/x")


def test_in_what_stands_in_front_of_a_mounted_application(runtime):
    class Front:
        def __init__(self, app, others=None):
            self.app, self.others = app, others

        async def __call__(self, scope, receive, send):
            await self.others["/o"](scope, receive, send)

    other, inner, app = FastAPI(), FastAPI(), behind(FastAPI(), runtime)
    wrong(runtime, other)
    inner.add_middleware(Front, others={"/o": other})
    app.mount("/m", inner)
    assert_found(app, "/m/x", starts=True)


def test_in_what_is_called_if_there_is_no_route(runtime):
    inner = FastAPI()
    wrong(runtime, inner)
    assert_found(ActraMiddleware(Router(default=Named(inner)), runtime), starts=True)


def in_an_application(app):
    return app, ""


def in_an_included_router(app):
    router = APIRouter()
    router.get("/first")(lambda: 1)
    app.include_router(router, prefix="/r")
    if not hasattr(app.routes[-1], "original_router"):
        pytest.skip("this version of FastAPI copies the routes of what it includes")
    return router, "/r"


def in_a_router_in_a_router(app):
    outer = APIRouter()
    router, path = in_an_included_router(outer)
    app.include_router(outer, prefix="/o")
    return router, "/o" + path


def in_a_mounted_one(app):
    inner = FastAPI()
    app.mount("/m", inner)
    return inner, "/m"


def in_a_mounted_one_below_others(app):
    inner = FastAPI()
    app.mount("/m", Slotted(CORSMiddleware(inner)))
    return inner, "/m"


LATER = [in_an_application, in_an_included_router, in_a_router_in_a_router, in_a_mounted_one, in_a_mounted_one_below_others]


@pytest.mark.parametrize("where", LATER)
@pytest.mark.parametrize("is_exchanged", [False, True])
def test_a_route_that_comes_later(runtime, where, is_exchanged):
    app = behind(FastAPI(), runtime)
    router, path = where(app)
    router.get("/before")(lambda: 1)
    client = TestClient(app)
    assert client.get(path + "/before").status_code == 200
    routes = router.router.routes if isinstance(router, FastAPI) else router.routes
    if is_exchanged:
        del routes[-1]
    wrong(runtime, router)
    for _ in range(2):
        assert_found(app, path + "/x")


@pytest.mark.parametrize("where", LATER)
def test_an_equal_route_with_other_dependencies(runtime, where):
    def dependency(amount: float):
        raise AssertionError

    def endpoint():
        raise AssertionError

    runtime.admit("refund")(dependency)
    app = behind(FastAPI(), runtime)
    router, path = where(app)
    router.get("/x")(endpoint)
    assert TestClient(app).get(path + "/none").status_code == 404
    routes = router.router.routes if isinstance(router, FastAPI) else router.routes
    del routes[-1]
    router.get("/x", dependencies=[Depends(dependency)])(endpoint)
    assert_found(app, path + "/x")


def test_an_endpoint_that_is_decorated_after_a_request(runtime):
    app = behind(FastAPI(), runtime)

    @app.get("/x")
    def refund(amount: float):
        return "ran"

    client = TestClient(app)
    assert client.get("/x?amount=1").status_code == 200
    runtime.admit("refund")(refund)
    for _ in range(2):
        assert_found(app)


def test_in_audit_mode_it_is_said_once_and_an_error_after_it(runtime, caplog):
    runtime.mode = "audit"
    app = behind(FastAPI(), runtime)

    @app.get("/x")
    def refund(amount: float):
        return "ran"

    runtime.admit("refund")(refund)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert TestClient(app).get("/x?amount=1").status_code == 200
    assert caplog.text.count("without asking the policy") == 1
    runtime.mode = "enforce"
    assert_found(app)


@pytest.mark.parametrize("how", ["application", "router", "include", "included", "deep", "websocket", "frontend"])
def test_dependencies_that_a_router_or_an_application_gives(runtime, how, tmp_path):
    def dependency(amount: float):
        raise AssertionError

    def depending(found=Depends(dependency)):
        raise AssertionError

    runtime.admit("refund")(dependency)

    def given(here):
        return [Depends(depending if how == "deep" else dependency)] if here else []

    app = FastAPI(dependencies=given(how == "application"))
    router, outer = APIRouter(dependencies=given(how == "router")), APIRouter()
    if how == "websocket":

        @router.websocket("/x")
        async def socket(websocket: WebSocket):
            raise AssertionError

    elif how == "frontend":
        if not hasattr(router, "frontend"):
            pytest.skip("this version has none")
        (tmp_path / "index.html").write_text("")
        router.frontend("/x", directory=str(tmp_path))
    else:
        router.get("/x")(lambda: 1)
    outer.include_router(router, dependencies=given(how == "included"))
    app.include_router(outer, dependencies=given(how in ("include", "deep", "websocket", "frontend")))
    assert_found(behind(app, runtime), starts=True)


def test_a_frontend_of_the_application_itself(runtime, tmp_path):
    def dependency(amount: float):
        raise AssertionError

    runtime.admit("refund")(dependency)
    app = FastAPI(dependencies=[Depends(dependency)])
    if not hasattr(app, "frontend"):
        pytest.skip("this version has none")
    (tmp_path / "index.html").write_text("")
    app.frontend("/x", directory=str(tmp_path))
    assert_found(behind(app, runtime), starts=True)


def traced(function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*args, **kwargs)

    return call


@pytest.mark.parametrize(
    "decorated, registered",
    [
        (lambda refund, desk: refund, lambda refund, desk: refund),
        (lambda refund, desk: refund, lambda refund, desk: traced(refund)),
        (lambda refund, desk: refund, lambda refund, desk: traced(traced(refund))),
        (lambda refund, desk: traced(refund), lambda refund, desk: refund),
        (lambda refund, desk: refund, lambda refund, desk: functools.partial(refund)),
        (lambda refund, desk: refund, lambda refund, desk: functools.partial(traced(refund))),
        (lambda refund, desk: refund, lambda refund, desk: functools.lru_cache(refund)),
        (lambda refund, desk: type(desk).refund, lambda refund, desk: desk.refund),
        (lambda refund, desk: desk.refund, lambda refund, desk: desk.refund),
        (lambda refund, desk: desk.refund, lambda refund, desk: functools.partial(desk.refund)),
        (lambda refund, desk: desk.refund, lambda refund, desk: traced(desk.refund)),
        (lambda refund, desk: desk, lambda refund, desk: desk),
        (lambda refund, desk: desk, lambda refund, desk: desk.__call__),
        (lambda refund, desk: desk.__call__, lambda refund, desk: desk),
        (lambda refund, desk: desk.__call__, lambda refund, desk: desk.__call__),
    ],
)
def test_what_is_called_in_the_end_is_what_counts(runtime, decorated, registered):
    def refund(amount: float):
        return "ran"

    class Desk:
        def refund(self, amount: float):
            return "ran"

        def __call__(self, amount: float):
            return "ran"

    desk = Desk()
    app, other = behind(FastAPI(), runtime), FastAPI()
    app.get("/x")(registered(refund, desk))
    other.get("/x")(lambda found=Depends(registered(refund, desk)): found)
    check_routes(app)
    check_routes(other)
    # It makes no difference what becomes of the result.
    runtime.admit("refund", action_builder=lambda name, args, kwargs, ctx: kwargs)(decorated(refund, desk))
    assert_found(app, starts=True)
    with pytest.raises(actra.ActraSchemaError):
        check_routes(other)


def test_what_asks_in_the_end_is_registered():
    runtime = actra.ActraRuntime(POLICY)

    def paid(amount: float):
        return "ran"

    class Till:
        def refund(self, amount: float):
            return "ran"

    one, other = Till(), Till()
    guarded = runtime.admit("refund")(paid)
    method = runtime.admit("refund")(one.refund)

    @functools.wraps(paid)
    def by_name(*args, **kwargs):
        return guarded(*args, **kwargs)

    app = behind(FastAPI(), runtime)
    for at, function in enumerate([guarded, traced(guarded), functools.partial(guarded), by_name, method]):
        app.get(f"/{at}")(function)
        app.get(f"/d{at}")(lambda found=Depends(function): found)
    app.get("/other")(other.refund)
    client = TestClient(app)
    for at in range(5):
        assert client.get(f"/{at}?amount=1").json() == "ran"
        assert client.get(f"/{at}?amount=1000").status_code == 403
        assert client.get(f"/d{at}?amount=1000").status_code == 403
    assert client.get("/other?amount=1000").json() == "ran"


def test_looking_touches_nothing_that_is_no_application(runtime):
    class Touchy:
        def __getattr__(self, name):
            raise RuntimeError(name)

        async def __call__(self, scope, receive, send):
            await FastAPI()(scope, receive, send)

    class Endless(list):
        pass

    endless = Endless()
    endless.append(endless)
    wrapper = Named(Touchy())
    wrapper.others, wrapper.itself, wrapper.kind = endless, wrapper, Named
    assert TestClient(ActraMiddleware(wrapper, runtime)).get("/x").status_code == 404


@pytest.mark.parametrize("is_deeper", [False, True])
def test_what_stands_in_for_a_dependency_is_looked_at(runtime, is_deeper):
    def wanted(amount: float = 1):
        return "nothing"

    def paid(amount: float = 1):
        return "ran"

    guarded = runtime.admit("refund")(paid)
    app = behind(FastAPI(), runtime)
    app.get("/x")(lambda found=Depends(wanted): found)
    client = TestClient(app)
    assert client.get("/x").json() == "nothing"
    app.dependency_overrides[wanted] = (lambda found=Depends(paid): found) if is_deeper else paid
    with pytest.raises(actra.ActraSchemaError, match="override calls `paid`" if is_deeper else "calls `paid`"):
        client.get("/x")
    with pytest.raises(actra.ActraSchemaError, match="of an override" if is_deeper else "an override of"):
        check_routes(app)
    app.dependency_overrides[wanted] = (lambda found=Depends(guarded): found) if is_deeper else guarded
    assert client.get("/x").json() == "ran" and client.get("/x?amount=1000").status_code == 403
    app.dependency_overrides.clear()
    assert client.get("/x").json() == "nothing"
    app.dependency_overrides[wanted] = 5
    check_routes(app)


class InAClass:
    app = None

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


def in_a_class(app):
    return type("Here", (InAClass,), {"app": app})()


def in_a_class_by_another_name(app):
    async def handed_on(scope, receive, send):
        await app(scope, receive, send)

    return type("Here", (InAClass,), {"app": None, "behind": staticmethod(handed_on)})()


def deep(app):
    wrapper = Named(None)
    wrapper.app = None
    wrapper.others = {"a": [{"b": ({"c": [app]},)}]}
    return wrapper


def in_other_collections(app):
    wrapper = Named(None)
    wrapper.others = collections.deque([frozenset([app]), types.MappingProxyType({})])
    return wrapper


@pytest.mark.parametrize("wrapped", [in_a_class, in_a_class_by_another_name, deep, in_other_collections])
def test_wherever_a_wrapper_keeps_what_it_wraps(runtime, wrapped):
    inner = FastAPI()
    wrong(runtime, inner)
    with pytest.raises(actra.ActraSchemaError, match="without asking the policy"):
        check_routes(wrapped(inner))


def test_what_is_decorated_in_a_request_has_only_it_looked_at(runtime, monkeypatch):
    looked = []

    def called(function):
        looked.append(function)
        return real(function)

    real = _routes._functions_called
    monkeypatch.setattr(_routes, "_functions_called", called)
    app = behind(FastAPI(), runtime)
    for number in range(10):
        app.get(f"/{number}")(lambda: "plain")

    @app.get("/x")
    def decorates(amount: float):
        return runtime.admit("refund")(lambda amount: "ran")(amount)

    @app.get("/other")
    def other(amount: float):
        return "ran"

    client = TestClient(app)
    assert client.get("/x?amount=1").json() == "ran"
    looked.clear()
    for _ in range(5):
        assert client.get("/x?amount=1").json() == "ran"
    assert looked == []
    runtime.admit("refund")(other)
    assert_found(app, "/other")
    assert looked != []


def test_however_much_is_decorated_between_two_requests_is_looked_at(runtime):
    app = behind(FastAPI(), runtime)

    @app.get("/x")
    def refund(amount: float):
        return "ran"

    assert TestClient(app).get("/x?amount=1").json() == "ran"
    runtime.admit("refund")(refund)
    for _ in range(1001):
        runtime.admit("refund")(lambda amount: "ran")
    assert_found(app)
