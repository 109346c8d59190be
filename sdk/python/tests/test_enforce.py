"""The cases of ``conformance/enforce``: the body runs if and only if the decision allowed it."""

import asyncio
import itertools
import time
import warnings
from pathlib import Path

import pytest
import yaml

import actra

FOLDER = Path(__file__).resolve().parents[3] / "conformance" / "enforce"
DEADLINE = 0.08


def expanded():
    for path in sorted(FOLDER.glob("*.yaml")):
        suite = yaml.safe_load(path.read_text())
        for case in suite["cases"]:
            many = [key for key, value in case.items() if isinstance(value, list)]
            for number, picked in enumerate(itertools.product(*(case[key] for key in many))):
                one = {**case, **dict(zip(many, picked))}
                yield pytest.param(suite, one, id=f"{path.stem}: {case['name']} #{number}")


CASES = list(expanded())


def test_there_are_enough():
    assert len(CASES) >= 300


def policy_of(suite, default=None):
    schema = yaml.safe_dump({"version": 1, **suite["schema"]})
    rules = {"version": 1, "default": default or suite["default"], "rules": suite["rules"]}
    return actra.load_policy_from_string(schema, yaml.safe_dump(rules))


class Bug(Exception):
    pass


def fail(way, waits):
    """Does what a failing function does; gives what one gives that does not raise."""
    if way == "raise":
        raise Bug("it failed")
    if way == "hang" and not waits:
        time.sleep(DEADLINE * 1.5)
        return {"fraud": False}
    return {
        "none": None,
        "text": "fraud",
        "list": [False],
        "number": 7,
        "huge": {"fraud": [False] * 100_000},
        "unsupported": object(),
    }[way]


def function(behaves, waits, meanwhile=lambda: None, is_record=True):
    """A resolver, asynchronous if asked for."""

    def give(ctx):
        meanwhile()
        if is_record and isinstance(behaves, dict):
            return behaves
        if not is_record and "gives" in behaves:
            return behaves["gives"]
        return fail(behaves if is_record else behaves["fails"], waits)

    if not waits:
        return give

    async def give_async(ctx):
        await asyncio.sleep(0)
        if behaves == "hang" or (not is_record and behaves.get("fails") == "hang"):
            await asyncio.sleep(60)
        return give(ctx)

    return give_async


def approver(way, waits, runtime):
    def answer(approval):
        if way == "grant":
            return approval.grant(by="ana")
        if way == "deny":
            return approval.deny(by="bo", reason="no")
        if way == "other":
            other = actra.ActraRuntime(runtime[0].policy)
            with pytest.raises(actra.ActraApprovalRequired) as raised:
                other.check({"type": "refund", "amount": 9000})
            return raised.value.approval.grant(by="ana")
        if way == "expired":
            time.sleep(0.06)
            return approval.grant(by="ana")
        if way == "raise":
            raise Bug("nobody there")
        if way == "hang" and not waits:
            raise Bug("a synchronous handler that hangs keeps the call")
        return {"none": None, "text": "granted"}[way]

    if not waits:
        return answer

    async def answer_async(approval):
        if way == "hang":
            await asyncio.sleep(60)
        return answer(approval)

    return answer_async


def mutate(event):
    event.action.clear()
    event.context.clear()
    event.decision["effect"] = "allow"


def raises(event):
    raise Bug("observer")


def resolvers(runtime, case, waits, meanwhile=lambda: None):
    if "actor" in case:
        runtime.set_actor_resolver(function(case["actor"], waits))
    if "snapshot" in case:
        runtime.set_snapshot_resolver(function(case["snapshot"], waits, meanwhile))
    if "snapshot_fields" in case:
        fields = case["snapshot_fields"]
        runtime.set_snapshot_resolver({name: function(how, waits, is_record=False) for name, how in fields.items()})


def call(runtime, case, waits, body):
    """Calls a function that is admitted as the action, or for which an action is built."""
    arguments = {name: value for name, value in case["call"].items() if name != "type"}
    unbound = case.get("unbound", "").split()
    if case.get("function"):
        named = {}
        # The parameters of a function are what it is called with.
        exec(f"def operation({', '.join(arguments)}): body()", {"body": body}, named)
        operation = named["operation"]
        if waits:
            exec(f"async def operation({', '.join(arguments)}): body()", {"body": body}, named)
            operation = named["operation"]
        with warnings.catch_warnings():
            # What rules read and a case leaves out is what it is about.
            warnings.simplefilter("ignore")
            decorated = runtime.admit(case["call"]["type"], unbound=unbound)(operation)
        return asyncio.run(decorated(**arguments)) if waits else decorated(**arguments)
    build = lambda *_: {"type": case["call"]["type"], **arguments}  # noqa: E731
    decorate = runtime.admit(sorted(runtime.policy.actions())[0], action_builder=build, unbound=unbound)
    if not waits:
        return decorate(body)()

    @decorate
    async def operation():
        body()

    return asyncio.run(operation())


@pytest.mark.parametrize("watched", [False, True], ids=["unwatched", "watched"])
@pytest.mark.parametrize("waits", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("suite, case", CASES)
def test_case(suite, case, waits, watched):
    runtime = []
    runtime.append(
        actra.ActraRuntime(
            policy_of(suite),
            mode=case.get("mode", "enforce"),
            on_actor_failure=case.get("on_actor_failure", "refuse"),
            deadline=DEADLINE,
            approval_deadline=0.3,
            approval_valid=0.05 if case.get("approval") == "expired" else 900.0,
        )
    )

    def meanwhile():
        if case.get("meanwhile") == "replace":
            runtime[0].policy = policy_of(suite, default="block")
        if case.get("meanwhile") == "refuse":
            runtime[0]._live.policy_in_force.note_rejected_update("it does not compile")

    events = []
    ran = 0

    def body():
        nonlocal ran
        ran += 1

    if "granted" in case:
        before = {**case, **case["granted"]}
        resolvers(runtime[0], before, waits)
        with pytest.raises(actra.ActraApprovalRequired) as raised:
            call(runtime[0], before, waits, body)
        assert raised.value.approval is not None, str(raised.value)
        runtime[0].grant(raised.value.approval.id, by="ana")

    resolvers(runtime[0], case, waits, meanwhile)
    if "approval" in case:
        runtime[0].set_approval_handler(approver(case["approval"], waits, runtime))
    if "observer" in case:
        runtime[0].add_observer({"raise": raises, "mutate": mutate}[case["observer"]])
    if watched:
        runtime[0].add_observer(events.append)

    first = None
    for _ in range(case.get("calls", 1)):
        error = said = None
        try:
            call(runtime[0], case, waits, body)
        except actra.ActraApprovalRequired as raised:
            error, said = "approval", raised
            assert raised.decision.effect == "require_approval"
        except actra.ActraPolicyError as raised:
            error = "not_decided" if raised.to_dict()["type"].endswith("not_decided") else "blocked"
            said = raised
            assert raised.decision.effect == "block"
        first = ran if first is None else first

    expect = case["expect"]
    assert (first == 1, ran, error) == (expect["ran"], expect.get("times", int(expect["ran"])), expect.get("error"))
    if "says" in expect:
        assert str(said) == expect["says"]
        assert said.to_dict()["detail"] == expect["says"]
    if "advises" in expect:
        approval = getattr(said, "approval", None)
        advice = said.for_model()
        assert (advice if approval is None else advice.replace(approval.id, "ID")) == expect["advises"]
    if watched:
        assert events
        if "failures" in expect:
            assert sorted({stage for stage, _ in events[-1].failures}) == sorted(expect["failures"])
