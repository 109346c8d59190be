"""The runtime of the process is one, whoever asks for it first."""

import os
import subprocess
import sys
import threading

import pytest

from actra import _default_runtime

SCHEMA = "version: 1\nactions: { refund: { fields: { amount: number } } }\n"
RULES = "version: 1\ndefault: allow\nrules: [{ id: r, scope: { action: refund }, when: action.amount > 5, effect: block }]\n"


@pytest.fixture
def nothing_set_up(tmp_path, monkeypatch):
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    (tmp_path / "policy.yaml").write_text(RULES)
    monkeypatch.setenv("ACTRA_POLICY", str(tmp_path))
    monkeypatch.setattr(_default_runtime, "_runtime", None)


def test_threads_that_ask_at_once_get_the_same(nothing_set_up, monkeypatch):
    loading, looked = threading.Event(), threading.Event()
    load = _default_runtime.Actra.load

    def slowly(path):
        loading.set()
        # The other thread looks meanwhile, and would find none.
        looked.wait(1)
        return load(path)

    monkeypatch.setattr(_default_runtime.Actra, "load", slowly)
    found = []
    first = threading.Thread(target=lambda: found.append(_default_runtime.default_runtime()))
    first.start()
    assert loading.wait(60)
    other = threading.Thread(target=lambda: (looked.set(), found.append(_default_runtime.default_runtime())))
    other.start()
    first.join(), other.join()
    assert len(found) == 2 and found[0] is found[1] is _default_runtime.default_runtime()


def test_one_that_cannot_be_set_up_is_looked_for_again(nothing_set_up, monkeypatch, tmp_path):
    monkeypatch.setenv("ACTRA_POLICY", str(tmp_path / "absent"))
    with pytest.raises(Exception):
        _default_runtime.default_runtime()
    monkeypatch.setenv("ACTRA_POLICY", str(tmp_path))
    assert _default_runtime.default_runtime().policy.actions() == ["refund"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is nothing to fork")
def test_a_process_that_forks_meanwhile_can_ask_for_its_own(nothing_set_up):
    program = """
import os, threading
from actra import _default_runtime
loading, goes_on = threading.Event(), threading.Event()
load = _default_runtime.Actra.load

def slowly(path):
    loading.set()
    goes_on.wait(0.2)
    return load(path)

_default_runtime.Actra.load = slowly
first = threading.Thread(target=_default_runtime.default_runtime)
first.start()
loading.wait()
child = os.fork()
if child == 0:
    _default_runtime.default_runtime()
    os._exit(7)
first.join()
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if hasattr(os, "waitstatus_to_exitcode") else 7)
"""
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", program], timeout=60, env={**os.environ})
    assert ended.returncode == 7
