"""Test reports show no values that frames of this package hold."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import actra

LEAK = """
import asyncio
import pytest
import actra

policy = actra.load_policy_from_string(
    "version: 1\\nactions: { pay: { fields: { amount: number, card: { type: string, sensitive: true } } } }",
    "version: 1\\ndefault: allow\\nrules: [{ id: large, scope: { action: pay }, when: action.amount > 10, effect: block }]",
)
runtime = actra.ActraRuntime(policy)

def card():
    return "4111" + "-" + "SECRET"

@runtime.admit("pay")
def pay(amount, card): ...

@runtime.admit("pay")
async def pay_async(amount, card): ...

@runtime.admit("pay")
def stream(amount, card):
    yield

@runtime.admit("pay", action_builder=lambda *given: {"amount": 5000, "card": card()})
def built(): ...

def test_effect():
    policy.assert_effect({"action": {"type": "pay", "amount": 5000, "card": card()}}, "allow")

def test_plain():
    pay(5000, card())

def test_coroutine():
    asyncio.run(pay_async(5000, card()))

def test_generator():
    next(stream(5000, card()))

def test_builder():
    built()

def test_check():
    runtime.check({"type": "pay", "amount": 5000, "card": card()})

def test_check_async():
    asyncio.run(runtime.check_async({"type": "pay", "amount": 5000, "card": card()}))

def test_wrong_call():
    pay(5000, card=card(), other=1)

def test_no_request():
    policy.evaluate({"action": {"type": "pay", "card": card(), "amount": object()}})
    runtime.check(card())
"""


def test_no_value_is_printed(tmp_path):
    (tmp_path / "test_leak.py").write_text(LEAK)
    for options in ([], ["--tb=long", "-l", "-vv"], ["--tb=short", "-l"]):
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "test_leak.py"]
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert "9 failed" in found.stdout, found.stdout
        assert "SECRET" not in found.stdout.replace('"SECRET"', ""), found.stdout


def test_every_module_hides_its_frames():
    for found in pkgutil.walk_packages(actra.__path__, "actra."):
        try:
            module = importlib.import_module(found.name)
        except ImportError:
            continue
        functions = [one for one in vars(module).values() if inspect.isroutine(one) or inspect.isclass(one)]
        if any(one.__module__ == module.__name__ and inspect.getsourcefile(one) for one in functions if hasattr(one, "__code__")):
            assert getattr(module, "__tracebackhide__", False), found.name
