"""A file of approvals that somebody else has locked holds up who asks it, and nobody else."""

import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import actra

SCHEMA = "version: 1\nactions: { pay: { fields: { amount: number } } }"
RULES = """\
version: 1
default: allow
rules: [{ id: ask, scope: { action: pay }, when: action.amount > 9, effect: require_approval }]
"""

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def runtime_at(path):
    return actra.ActraRuntime(actra.load_policy_from_string(SCHEMA, RULES), approvals=path)


def tried(pay, amount):
    try:
        return pay(amount)
    except actra.ActraPolicyError as error:
        return error


def test_other_threads_go_on_while_one_waits_for_the_file(tmp_path):
    path = tmp_path / "approvals.db"
    pay = runtime_at(path).admit("pay")(lambda amount: amount)
    assert isinstance(tried(pay, 10), actra.ActraApprovalRequired)
    # Locks of one process do not count against each other.
    other = subprocess.Popen([sys.executable, "-c", LOCK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"locked\n"
    answers = []
    thread = threading.Thread(target=lambda: answers.append(tried(pay, 11)))
    thread.start()
    # Were the interpreter's lock held, nobody could end this before the call gives up.
    for _ in range(20):
        time.sleep(0.01)
        assert pay(1) == 1
    assert thread.is_alive() and not answers
    other.communicate(b"end")
    thread.join(30)
    assert isinstance(answers[0], actra.ActraApprovalRequired), answers


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_forks_among_threads_that_ask_leave_no_lock_behind(tmp_path):
    code = f"""
        import os, signal, sys, threading, warnings
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        from test_locked_store import actra, runtime_at, tried
        warnings.simplefilter("ignore", DeprecationWarning)
        pay = runtime_at({str(tmp_path / "approvals.db")!r}).admit("pay")(lambda amount: amount)
        done = threading.Event()
        def ask(first):
            count = first
            while not done.is_set():
                count += 10
                assert isinstance(tried(pay, count), actra.ActraApprovalRequired)
        threads = [threading.Thread(target=ask, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        codes = []
        for _ in range(20):
            child = os.fork()
            if child == 0:
                signal.alarm(60)
                os._exit(0 if isinstance(tried(pay, 10), actra.ActraApprovalRequired) else 1)
            codes.append(os.waitpid(child, 0)[1])
        done.set()
        for thread in threads:
            thread.join()
        print(codes)
    """
    found = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=300)
    assert (found.stdout, found.stderr) == (f"{[0] * 20}\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_two_forks_at_once_while_a_third_thread_is_at_the_file_leave_no_child_waiting(tmp_path):
    path = str(tmp_path / "approvals.db")
    code = f"""
        import os, signal, subprocess, sys, threading, time, warnings
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        from test_locked_store import LOCK, actra, runtime_at, tried
        warnings.simplefilter("ignore", DeprecationWarning)
        pay = runtime_at({path!r}).admit("pay")(lambda amount: amount)
        tried(pay, 10)
        other = subprocess.Popen([sys.executable, "-c", LOCK, {path!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        other.stdout.readline()
        waiting = threading.Thread(target=tried, args=(pay, 11))
        waiting.start()
        time.sleep(0.2)
        codes = []
        def fork():
            child = os.fork()
            if child == 0:
                signal.alarm(30)
                os._exit(0 if isinstance(tried(pay, 10), actra.ActraApprovalRequired) else 1)
            codes.append(os.waitpid(child, 0)[1])
        forks = [threading.Thread(target=fork) for _ in range(2)]
        for thread in forks:
            thread.start()
        time.sleep(0.2)
        other.communicate(b"end")
        for thread in [waiting, *forks]:
            thread.join()
        print(codes)
    """
    found = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=300)
    assert (found.stdout, found.stderr) == ("[0, 0]\n", "")
