"""`actra codegen python`: what it writes passes the type checkers, and finds what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = os.environ.get("ACTRA_COMMAND")
ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(COMMAND is None, reason="ACTRA_COMMAND does not name the command")

SCHEMA = """
version: 1
actions:
  refund:
    fields:
      amount: number
      currency: { type: string, one_of: [EUR, USD] }
      note: string?
  send-mail: { fields: { from: string, "reply to": string?, date: date } }
  none: { fields: { Any: string, str: integer, to: { type: object, fields: { class: ip } } } }
actor: { fields: { role: string } }
"""
POLICY = """
version: 1
default: block
rules: [{ id: r, scope: { action: refund }, when: action.amount < 100, effect: allow }]
"""

USE = """
from decimal import Decimal
from odd import Refund, Request, SendMail
import actra

policy = actra.Actra.from_strings(SCHEMA, POLICY)
refund: Refund = {"type": "refund", "amount": Decimal("1.50"), "currency": "EUR"}
mail: SendMail = {"type": "send-mail", "from": "a", "reply to": "b", "date": "2024-01-01"}
request: Request = {"action": refund, "actor": {"role": "support"}}
print(policy.evaluate(request)["effect"])
"""


def checked(directory: Path) -> "subprocess.CompletedProcess[str]":
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, "."]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True)


def written(at: Path, to: Path) -> None:
    assert COMMAND is not None
    subprocess.run([COMMAND, "codegen", "python", str(at), "-o", str(to)], check=True)


def test_all_sets_of_the_library_pass(tmp_path: Path) -> None:
    sets = sorted(path.parent for path in (ROOT / "policies").rglob("schema.yaml"))
    assert len(sets) > 5
    for at in sets:
        written(at, tmp_path / f"{at.name}_types.py")
    run = checked(tmp_path)
    assert run.returncode == 0, run.stdout


def test_calls_are_checked(tmp_path: Path) -> None:
    directory = tmp_path / "set"
    directory.mkdir()
    (directory / "schema.yaml").write_text(SCHEMA)
    (directory / "policy.yaml").write_text(POLICY)
    written(directory, tmp_path / "odd.py")
    use = f"SCHEMA = {SCHEMA!r}\nPOLICY = {POLICY!r}\n{USE}"
    (tmp_path / "use.py").write_text(use)
    run = checked(tmp_path)
    assert run.returncode == 0, run.stdout
    ran = subprocess.run([sys.executable, "use.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == "allow\n"
    for right, wrong in [
        ('"amount": Decimal("1.50")', '"amount": "1.50"'),
        ('"currency": "EUR"', '"currency": "GBP"'),
        ('"type": "refund", ', ""),
        ('"reply to"', '"reply"'),
        ('"from": "a", ', ""),
        ('{"role": "support"}', '{"rol": "support"}'),
    ]:
        assert right in use
        (tmp_path / "use.py").write_text(use.replace(right, wrong))
        assert checked(tmp_path).returncode == 1, wrong
