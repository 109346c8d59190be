"""A policy that is replaced while it is in force, and approvals in a file."""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import os
import threading
import time
from pathlib import Path
from typing import Any, Callable, List

import pytest

import actra

SCHEMA = """
version: 1
actions: { refund: { fields: { amount: number } } }
"""


def write(directory: Path, limit: str, effect: str = "block") -> None:
    (directory / "schema.yaml").write_text(SCHEMA)
    rule = f"{{ id: large, scope: {{ action: refund }}, when: action.amount > {limit}, effect: {effect} }}"
    (directory / "policy.yaml").write_text(f"version: 1\ndefault: allow\nrules: [{rule}]\n")


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write(tmp_path, "100")
    return tmp_path


def effect(runtime: actra.ActraRuntime, amount: int) -> str:
    return runtime.policy.evaluate({"action": {"type": "refund", "amount": amount}})["effect"]


def test_a_new_policy_is_put_in_force(directory: Path) -> None:
    seen: List[actra.Reload] = []
    runtime = actra.ActraRuntime(actra.Actra.load(directory))
    watch = runtime.watch(directory, every=0.01, on_reload=seen.append)
    ran: List[int] = []

    @runtime.admit()
    def refund(amount: int) -> None:
        ran.append(amount)

    refund(50)
    with pytest.raises(actra.ActraPolicyError):
        refund(150)
    write(directory, "200")
    eventually(lambda: len(seen) == 1)
    assert seen[0].refused is None and seen[0].policy_hash == runtime.policy.policy_hash()
    refund(150)
    assert ran == [50, 150]
    watch.stop()
    write(directory, "1")
    time.sleep(0.1)
    assert effect(runtime, 150) == "allow" and len(seen) == 1


def test_what_cannot_be_used_leaves_the_policy_in_force(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    seen: List[actra.Reload] = []

    def observe(reload: actra.Reload) -> None:
        seen.append(reload)
        raise RuntimeError("what an observer does changes nothing")

    runtime = actra.configure(directory, reload=0.01)
    runtime.watch(directory, every=0.01, on_reload=observe)
    before = runtime.policy.policy_hash()
    (directory / "policy.yaml").write_text("version: 1\ndefault: allow\nrules: []\n")
    eventually(lambda: runtime.health()["stale"] is not None)
    assert "E0008" in runtime.health()["stale"]
    assert runtime.policy.policy_hash() == before and effect(runtime, 150) == "block"
    (directory / "policy.yaml").unlink()
    (directory / "schema.yaml").unlink()
    eventually(lambda: len(seen) == 2)
    assert effect(runtime, 150) == "block"
    assert "stays in force" in caplog.text
    write(directory, "100", "require_approval")
    eventually(lambda: runtime.health()["stale"] is None)
    assert effect(runtime, 150) == "require_approval"


def test_a_policy_that_is_wrong_from_the_start_is_an_error(tmp_path: Path, directory: Path) -> None:
    runtime = actra.ActraRuntime(actra.Actra.load(directory))
    with pytest.raises(FileNotFoundError):
        runtime.watch(tmp_path / "nowhere")
    (directory / "policy.yaml").write_text("version: 1\n")
    with pytest.raises(actra.ActraCompileError):
        runtime.watch(directory)
    with pytest.raises(ValueError):
        actra.configure(runtime.policy, reload=1.0)


def test_a_compiled_policy_must_stay_signed(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "policy.actra"
    file.write_bytes(actra.Actra.load(directory)._native.to_bytes())
    runtime = actra.ActraRuntime(actra.Actra.load(file))
    runtime.watch(file, every=0.01)
    file.write_bytes(file.read_bytes()[:-40])
    eventually(lambda: runtime.health()["stale"] is not None)
    assert "cut off" in runtime.health()["stale"] and effect(runtime, 150) == "block"


def test_the_thread_ends_with_the_runtime(directory: Path) -> None:
    before = set(threading.enumerate())
    runtime = actra.ActraRuntime(actra.Actra.load(directory))
    runtime.watch(directory, every=0.01)
    (thread,) = set(threading.enumerate()) - before
    time.sleep(0.1)
    assert thread.is_alive()
    del runtime
    gc.collect()
    eventually(lambda: not thread.is_alive())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_goes_on_watching(directory: Path) -> None:
    runtime = actra.ActraRuntime(actra.Actra.load(directory))
    runtime.watch(directory, every=0.01)
    child = os.fork()
    if child == 0:
        end = time.monotonic() + 20
        while effect(runtime, 150) != "allow" and time.monotonic() < end:
            time.sleep(0.01)
        os._exit(0 if effect(runtime, 150) == "allow" else 1)
    time.sleep(0.05)
    write(directory, "200")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_puts_nothing_in_force_that_is_being_written(directory: Path) -> None:
    runtime = actra.ActraRuntime(actra.Actra.load(directory))
    runtime.watch(directory, every=0.5)
    write(directory, "200")
    child = os.fork()
    if child == 0:
        seen = set()
        end = time.monotonic() + 4
        while time.monotonic() < end:
            seen.add(effect(runtime, 150))
            time.sleep(0.01)
        os._exit(0 if seen == {"block"} else 1)
    # What is there at the first look of the child is gone at the second.
    time.sleep(0.75)
    write(directory, "100")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_watching_begins_with_nothing_that_is_being_written(directory: Path) -> None:
    runtime = actra.ActraRuntime(actra.Actra.load(directory))
    write(directory, "200")
    writing = threading.Timer(0.25, write, (directory, "100"))
    writing.start()
    runtime.watch(directory, every=0.5)
    writing.join()
    assert effect(runtime, 150) == "block"
    write(directory, "200")
    runtime.watch(directory, every=0.01)
    assert effect(runtime, 150) == "allow"


class Slow:
    """Looks for as long as it is told to."""

    def __init__(self, policy: actra.Policy) -> None:
        self.policy = policy
        self.begun, self.may_end = threading.Event(), threading.Event()

    def look(self) -> Any:
        self.begun.set()
        assert self.may_end.wait(30)
        return self.policy._native, ""


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_look_under_way_ends_with_the_watching(directory: Path, is_replaced: bool) -> None:
    seen: List[actra.Reload] = []
    runtime = actra.ActraRuntime(actra.Actra.load(directory))
    other = actra.load_policy_from_string(SCHEMA, (directory / "policy.yaml").read_text().replace("100", "500"))
    before = set(threading.enumerate())
    watch, slow = runtime.watch(directory, every=0.01, on_reload=seen.append), Slow(other)
    (thread,) = set(threading.enumerate()) - before
    watch._watched = slow  # type: ignore[assignment]
    assert slow.begun.wait(30)
    write(directory, "10")
    if is_replaced:
        runtime.watch(directory, every=30)
    else:
        watch.stop()
        runtime.policy = actra.Actra.load(directory)
    slow.may_end.set()
    thread.join(2)
    assert effect(runtime, 50) == "block" and seen == []


def approving(directory: Path, store: Path) -> actra.ActraRuntime:
    return actra.ActraRuntime(actra.Actra.load(directory), approvals=store)


def request(directory: Path, store: Path, answers: Any) -> None:
    runtime = approving(directory, store)
    try:
        runtime.admit("refund")(lambda amount: answers.put("ran"))(amount=150)
    except actra.ActraApprovalRequired as error:
        assert error.approval is not None
        answers.put(error.approval.id)


def test_a_grant_is_used_by_another_process_once(directory: Path, tmp_path: Path) -> None:
    write(directory, "100", "require_approval")
    store = tmp_path / "approvals.db"
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()

    def elsewhere() -> str:
        process = context.Process(target=request, args=(directory, store, answers))
        process.start()
        answer: str = answers.get(timeout=60)
        process.join()
        return answer

    waiting = elsewhere()
    assert elsewhere() == waiting
    runtime = approving(directory, store)
    with pytest.raises(ValueError, match="no approval request"):
        runtime.grant("0" * 32, by="ana")
    with pytest.raises(ValueError, match="who answers"):
        runtime.grant(waiting, by=" ")
    runtime.grant(waiting, by="ana")
    with pytest.raises(ValueError, match="answered already"):
        runtime.deny(waiting, by="bo")
    assert elsewhere() == "ran"
    again = elsewhere()
    assert again not in ("ran", waiting)
    runtime.deny(again, by="bo", reason="not today")
    # Who has said no is not asked anew.
    assert elsewhere() == again


def test_a_store_that_is_none_is_an_error(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "approvals.db").write_text("no database, however long this text may be, and it is quite long\n" * 9)
    with pytest.raises(OSError, match="approvals.db"):
        approving(directory, tmp_path / "approvals.db")


def test_a_store_that_fails_blocks(directory: Path, tmp_path: Path) -> None:
    write(directory, "100", "require_approval")
    file = tmp_path / "approvals.db"
    runtime = approving(directory, file)
    ran: List[int] = []
    refund = runtime.admit("refund")(lambda amount: ran.append(amount))
    with pytest.raises(actra.ActraApprovalRequired) as raised:
        refund(amount=150)
    assert raised.value.approval is not None
    runtime.grant(raised.value.approval.id, by="ana")
    for name in os.listdir(tmp_path):
        if name.startswith("approvals.db"):
            (tmp_path / name).write_bytes(b"damaged" * 1000)
    with pytest.raises(actra.ActraPolicyError):
        refund(amount=150)
    assert ran == []


ENDS = (SystemExit("policy refused"), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError(), RuntimeError("x"))


@pytest.mark.parametrize("raised", ENDS, ids=lambda raised: type(raised).__name__)
def test_an_observer_that_ends_its_thread_does_not_end_the_watching(
    directory: Path, raised: BaseException, quiet: None
) -> None:
    seen: List[actra.Reload] = []

    def observe(reload: actra.Reload) -> None:
        seen.append(reload)
        raise raised

    runtime = actra.ActraRuntime(actra.Actra.load(directory))
    runtime.watch(directory, every=0.01, on_reload=observe)
    write(directory, "'a lot'")
    eventually(lambda: "E0505" in (runtime.health()["stale"] or ""))
    told = isinstance(raised, Exception) or type(raised).__name__
    eventually(lambda: told is True or f"the observer of reloads failed: {told}" in runtime.health()["stale"])
    assert "policy refused" not in runtime.health()["stale"]
    write(directory, "10")
    eventually(lambda: effect(runtime, 50) == "block")
    # In force, and yet something is wrong: nobody was told.
    eventually(lambda: told is True or f"the observer of reloads failed: {told}" == runtime.health()["stale"])
    write(directory, "1")
    eventually(lambda: effect(runtime, 5) == "block" and len(seen) > 2)


class Unprintable(Exception):
    def __str__(self) -> str:
        raise SystemExit


@pytest.mark.parametrize("raised", [SystemExit(), MemoryError(), Unprintable()], ids=["exit", "memory", "unprintable"])
def test_whatever_fails_does_not_end_the_watching(
    directory: Path, raised: BaseException, monkeypatch: pytest.MonkeyPatch, quiet: None
) -> None:
    runtime = actra.ActraRuntime(actra.Actra.load(directory))
    runtime.watch(directory, every=0.01)
    failures = [raised] * 3

    def swap(policy: actra.Policy) -> None:
        if failures:
            raise failures.pop()
        type(runtime._live).swap(runtime._live, policy)

    monkeypatch.setattr(runtime._live, "swap", swap)
    # What was found is not lost: nothing has to change for another try.
    write(directory, "10")
    eventually(lambda: effect(runtime, 50) == "block")
    assert failures == [] and runtime.health()["stale"] is None


def test_a_log_that_fails_does_not_end_the_watching(directory: Path) -> None:
    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise SystemExit

    runtime = actra.ActraRuntime(actra.Actra.load(directory))
    handler = Handler()
    logging.getLogger("actra").addHandler(handler)
    try:
        runtime.watch(directory, every=0.01)
        write(directory, "'a lot'")
        eventually(lambda: runtime.health()["stale"] is not None)
        write(directory, "10")
        eventually(lambda: effect(runtime, 50) == "block")
    finally:
        logging.getLogger("actra").removeHandler(handler)


def put(file: Path, field: str, limit: int) -> None:
    """A policy for other facts, there at once."""
    policy = actra.load_policy_from_string(
        f"{SCHEMA}snapshot: {{ fields: {{ {field}: boolean }} }}\n",
        "version: 1\ndefault: allow\nrules:\n  - { id: large, scope: { action: refund }, effect: block, "
        f"when: action.amount > {limit} || snapshot.{field} }}\n",
    )
    file.with_suffix(".new").write_bytes(policy._native.to_bytes())
    os.replace(file.with_suffix(".new"), file)


def watched(file: Path, seen: List[actra.Reload]) -> actra.ActraRuntime:
    put(file, "frozen", 100)
    runtime = actra.ActraRuntime(actra.Actra.load(file), snapshot={"frozen": lambda ctx: False})
    runtime.watch(file, every=0.01, on_reload=seen.append)
    put(file, "halted", 10)
    eventually(lambda: len(seen) == 1)
    assert "frozen" in str(seen[0].refused) and runtime.policy.reads("refund")["snapshot"] == ["frozen"]
    return runtime


def test_a_policy_that_did_not_fit_is_tried_again_when_a_resolver_is_replaced(tmp_path: Path, quiet: None) -> None:
    seen: List[actra.Reload] = []
    runtime = watched(tmp_path / "policy.actra", seen)
    # What does not mend it is no news.
    runtime.add_observer(lambda event: None)
    time.sleep(0.1)
    assert len(seen) == 1 and "frozen" in runtime.health()["stale"]
    runtime.set_snapshot_resolver(lambda ctx: {"frozen": False, "halted": False})
    eventually(lambda: len(seen) == 2)
    assert seen[1].refused is None and runtime.health()["stale"] is None
    with pytest.raises(actra.ActraPolicyError):
        runtime.admit("refund")(lambda amount: None)(50)
    runtime.add_observer(lambda event: None)
    time.sleep(0.1)
    assert len(seen) == 2 and runtime.health()["swaps"] == 1


def test_what_lies_there_no_more_is_not_tried_again(tmp_path: Path, quiet: None) -> None:
    seen: List[actra.Reload] = []
    runtime = watched(tmp_path / "policy.actra", seen)
    (tmp_path / "policy.actra").write_bytes(b"")
    eventually(lambda: len(seen) == 2)
    runtime.set_snapshot_resolver(None)
    time.sleep(0.1)
    assert runtime.policy.reads("refund")["snapshot"] == ["frozen"] and len(seen) == 2
    put(tmp_path / "policy.actra", "halted", 10)
    eventually(lambda: runtime.health()["stale"] is None)
    assert runtime.policy.reads("refund")["snapshot"] == ["halted"]
