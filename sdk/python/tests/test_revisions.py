"""Revisions of signed policies, and approvals that the command answers."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, List

import pytest

import actra

COMMAND = os.environ.get("ACTRA_COMMAND")

pytestmark = pytest.mark.skipif(COMMAND is None, reason="ACTRA_COMMAND does not name the command")

PRIVATE = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
"""
KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
"""
SCHEMA = """
version: 1
actions: { refund: { fields: { amount: number } } }
"""


def command(*arguments: Any) -> str:
    assert COMMAND is not None
    run = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


class Release:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / "delivery" / "policy.actra"
        self.state = directory / "state" / "revision"
        for name in ("set", "delivery", "state"):
            (directory / name).mkdir()
        (directory / "key.pem").write_text(PRIVATE)

    def write(self, limit: int, effect: str = "block") -> None:
        rule = f"{{ id: large, scope: {{ action: refund }}, when: action.amount > {limit}, effect: {effect} }}"
        (self.directory / "set/schema.yaml").write_text(SCHEMA)
        (self.directory / "set/policy.yaml").write_text(f"version: 1\ndefault: allow\nrules: [{rule}]\n")

    def deliver(self, limit: int, revision: int) -> None:
        self.write(limit)
        key = self.directory / "key.pem"
        command("compile", self.directory / "set", "-o", self.file, "--sign", key, "--revision", revision)


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return Release(tmp_path)


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_an_older_signed_policy_is_refused(release: Release) -> None:
    release.deliver(100, 2)
    first = actra.Actra.load(release.file, key=KEY)
    release.deliver(50, 1)
    with pytest.raises(ValueError, match="it has revision 1, but this process has already accepted revision 2"):
        actra.Actra.load(release.file, key=KEY)
    release.deliver(50, 2)
    with pytest.raises(ValueError, match="it has revision 2, but this process has already accepted the same revision of another policy"):
        actra.Actra.load(release.file, key=KEY)
    with pytest.raises(ValueError, match="`min_revision` demands revision 3"):
        actra.Actra.load(release.file, key=KEY, min_revision=3)
    # Who demands no key takes what is there.
    assert actra.Actra.load(release.file) != first


def test_a_state_file_is_heeded_and_written(release: Release) -> None:
    release.deliver(100, 4)
    actra.Actra.load(release.file, key=KEY, state=release.state)
    assert json.loads(release.state.read_text())["revision"] == 4
    release.state.write_text("4")
    release.deliver(200, 5)
    with pytest.raises(ValueError, match="is damaged"):
        actra.Actra.load(release.file, key=KEY, state=release.state)
    with pytest.raises(ValueError, match="keep it elsewhere"):
        actra.Actra.load(release.file, key=KEY, state=release.file.parent / "revision")


def test_settings_without_a_key_are_refused(release: Release) -> None:
    release.deliver(100, 1)
    runtime = actra.ActraRuntime(actra.Actra.load(release.file))
    for settings in ({"min_revision": 1}, {"state": release.state}):
        with pytest.raises(ValueError, match="give the `key`"):
            actra.Actra.load(release.file, **settings)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="give the `key`"):
            runtime.watch(release.file, **settings)  # type: ignore[arg-type]


def test_watching_never_goes_back(release: Release) -> None:
    release.deliver(100, 1)
    seen: List[actra.Reload] = []
    runtime = actra.ActraRuntime(actra.Actra.load(release.file))
    runtime.watch(release.file, every=0.01, key=KEY, state=release.state, on_reload=seen.append)
    old = release.file.read_bytes()
    release.deliver(200, 2)
    eventually(lambda: len(seen) == 1)
    release.file.write_bytes(old)
    eventually(lambda: len(seen) == 2)
    assert seen[0].refused is None
    assert "it has revision 1, but this process has already accepted revision 2" in (seen[1].refused or "")
    allowed = runtime.policy.evaluate({"action": {"type": "refund", "amount": 150}})
    assert allowed["effect"] == "allow"
    assert json.loads(release.state.read_text())["revision"] == 2


def test_the_command_grants_what_a_process_asks_for(release: Release) -> None:
    release.write(100, "require_approval")
    store = release.directory / "approvals.db"
    policy = actra.Actra.load(release.directory / "set")
    runtime = actra.ActraRuntime(policy, actor=lambda ctx: {}, approvals=store)
    ran: List[int] = []

    @runtime.admit()
    def refund(amount: int) -> None:
        ran.append(amount)

    with pytest.raises(actra.ActraApprovalRequired) as refused:
        refund(150)
    approval = refused.value.approval
    assert approval is not None
    listed = json.loads(command("approvals", "list", "--store", store, "--format", "json"))
    assert [one["id"] for one in listed["approvals"]] == [approval.id]
    assert listed["approvals"][0]["digest"] == approval.digest
    command("approvals", "grant", approval.id, "--store", store, "--by", "max")
    refund(150)
    with pytest.raises(actra.ActraApprovalRequired):
        refund(150)
    assert ran == [150]
