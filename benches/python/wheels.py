"""Two builds of the package in one run, in turns: is the second one slower?

    pip install --no-deps --target old old.whl && pip install --no-deps --target new new.whl
    python benches/python/wheels.py old new
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
from time import process_time_ns

ROUNDS = 41
SCHEMA = """
version: 1
actions: { refund: { fields: { amount: number, currency: string, lines: { type: list, of: string, optional: true } } } }
actor: { fields: { role: string } }
snapshot: { fields: { fraud_flag: boolean } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: refund }, when: 'action.amount > 1000 && actor.role == "support"', effect: block }
  - { id: fraud, scope: { action: refund }, when: snapshot.fraud_flag, effect: block }
"""
ONE_RULE = """
version: 1
default: allow
rules: [{ id: large, scope: { action: refund }, when: 'action.amount > 1000 && actor.role != "manager"', effect: block }]
"""


def calls():
    """By its name, what is measured: a function that does it so many times, and how often a round does it."""
    import actra

    policy = actra.load_policy_from_string(SCHEMA, RULES)
    actor, snapshot = {"role": "support"}, {"fraud_flag": False}
    evaluate = actra.load_policy_from_string(SCHEMA, ONE_RULE).evaluate
    request = {"action": {"type": "refund", "amount": 1500, "currency": "EUR"}, "actor": actor, "snapshot": snapshot}

    def runtime(**settings):
        return actra.ActraRuntime(policy, actor=lambda ctx: actor, snapshot=lambda ctx: snapshot, **settings)

    def bare(amount, currency="EUR", lines=None):
        return amount

    async def bare_async(amount, currency="EUR", lines=None):
        return amount

    admitted = runtime().admit("refund")(bare)
    admitted_async = runtime().admit("refund")(bare_async)
    watched = runtime(on_event=lambda event: None).admit("refund")(bare)
    lines = ["a", "b", "c"]

    def evaluated(count):
        for _ in range(count):
            evaluate(request)

    def called(count):
        for _ in range(count):
            admitted(20, currency="EUR")

    def with_list(count):
        for _ in range(count):
            admitted(20, lines=lines)

    def awaited(count):
        async def many():
            for _ in range(count):
                await admitted_async(20, currency="EUR")

        asyncio.run(many())

    def seen(count):
        for _ in range(count):
            watched(20, currency="EUR")

    def refused(count):
        for _ in range(count):
            try:
                admitted(2000)
            except actra.ActraPolicyError:
                pass

    return {
        "`evaluate`, the refund rule": (evaluated, 20_000),
        "`@admit`, two resolvers, allowed": (called, 8_000),
        "the same, with a list": (with_list, 3_000),
        "the same, asynchronous": (awaited, 8_000),
        "the same, somebody listens": (seen, 1_500),
        "the same, refused": (refused, 1_000),
    }


def work():
    """Measures one round for each line that comes in: nanoseconds of processor time for a call."""
    measured = calls()
    for _ in sys.stdin:
        found = {}
        for name, (run, count) in measured.items():
            begun = process_time_ns()
            run(count)
            found[name] = (process_time_ns() - begun) / count
        print(json.dumps(found), flush=True)


def worker(directory):
    environment = {**os.environ, "PYTHONPATH": os.path.abspath(directory)}
    return subprocess.Popen(
        [sys.executable, __file__], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def main(old, new):
    workers = [worker(old), worker(new)]
    rounds = []
    for number in range(ROUNDS):
        found = {}
        # Who is first changes, so that neither always has the warmer processor.
        for which in (0, 1) if number % 2 else (1, 0):
            workers[which].stdin.write("\n")
            workers[which].stdin.flush()
            found[which] = json.loads(workers[which].stdout.readline())
        rounds.append(found)
    print("| nanoseconds, medians | old | new | new : old |\n|---|--:|--:|--:|")
    for name in rounds[0][0]:
        before = [found[0][name] for found in rounds]
        after = [found[1][name] for found in rounds]
        ratio = statistics.median(b / a for a, b in zip(before, after))
        print(f"| {name} | {statistics.median(before):,.0f} | {statistics.median(after):,.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 1 else work()
