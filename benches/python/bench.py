"""How long a decision takes from Python, beside other engines that can be installed.

Asks all engines the same questions, compares their answers with the right ones, and only then measures, in turns.
The tables come on standard output. An engine that is not installed is left out.
"""

import argparse
import asyncio
import gc
import importlib
import statistics
import sys
import time

import actra

ROUNDS = 15
#: Processor time, so that other work on the machine counts less.
clock = time.thread_time
TURN = 0.01
#: One request must be answered within this time, and a policy be ready within the other.
SLOWEST, LONGEST = 0.5, 60.0
SIZES = [10, 100, 1000, 10_000]
ROLES = 10


class Rule:
    """Blocks an action whose amount is above a limit, for one role or for all."""

    def __init__(self, name, action, limit, role=None):
        self.name, self.action, self.limit, self.role = name, action, limit, role

    def matches(self, request):
        action = request["action"]
        right = self.role is None or request["actor"]["role"] == self.role
        return action["type"] == self.action and right and action["amount"] > self.limit


def one_rule():
    rules = [Rule("block_large_refund", "refund", 1000)]
    return rules, [refund(amount) for amount in (5, 1000, 1001, 1500, 999, 20_000, 3, 1)]


def scoped(size):
    """N rules for N/10 actions."""
    rules = [Rule(f"rule_{n}", f"act_{n // ROLES}", n % ROLES * 100, f"role_{n % ROLES}") for n in range(size)]
    requests = []
    for number in range(64):
        rule = rules[number * 7919 % size]
        requests.append(ask(rule.action, rule.limit + number % 2 * 2 - 1, rule.role))
    return rules, requests


def refund(amount):
    return ask("refund", amount, "support")


def ask(action, amount, role):
    return {
        "action": {"type": action, "amount": amount, "currency": "EUR"},
        "actor": {"role": role, "id": "u-17"},
        "snapshot": {"fraud_flag": False},
    }


class Actra:
    name = "Actra, `evaluate`"

    def __init__(self, rules):
        evaluate = compiled(rules).evaluate
        self.blocks = lambda request: evaluate(request)["effect"] == "block"
        self.asked = evaluate


class ActraFull:
    name = "Actra, `decide`"

    def __init__(self, rules):
        decide = compiled(rules).decide
        self.blocks = lambda request: decide(request).effect == "block"
        self.asked = decide


def compiled(rules):
    actions = sorted({rule.action for rule in rules})
    fields = "{ fields: { amount: number, currency: string } }"
    schema = "version: 1\nactions:\n" + "".join(f"  {action}: {fields}\n" for action in actions)
    schema += "actor: { fields: { role: string, id: string } }\nsnapshot: { fields: { fraud_flag: boolean } }\n"
    text = "version: 1\ndefault: allow\nrules:\n"
    for rule in rules:
        role = f'actor.role == "{rule.role}" && ' if rule.role else ""
        when = f"{role}action.amount > {rule.limit}"
        text += f"  - {{ id: {rule.name}, scope: {{ action: {rule.action} }}, when: '{when}', effect: block }}\n"
    return actra.load_policy_from_string(schema, text)


class ByHand:
    name = "by hand, in Python"

    def __init__(self, rules):
        table = {}
        for rule in rules:
            table.setdefault(rule.action, {})[rule.role] = rule.limit

        def blocks(request):
            limits = table.get(request["action"]["type"], {})
            limit = limits.get(request["actor"]["role"], limits.get(None))
            return limit is not None and request["action"]["amount"] > limit

        self.blocks = blocks


class Cedar:
    name = "cedarpy"

    def __init__(self, rules):
        cedarpy = importlib.import_module("cedarpy")
        text = "permit (principal, action, resource);\n"
        for rule in rules:
            role = f'context.role == "{rule.role}" && ' if rule.role else ""
            text += f'forbid (principal, action == Action::"{rule.action}", resource)'
            text += f" when {{ {role}context.amount > {rule.limit} }};\n"
        policies = cedarpy.PolicySet.from_str(text)
        entities = cedarpy.Entities.from_json_str("[]")
        is_authorized = cedarpy.is_authorized

        def blocks(request):
            action, actor = request["action"], request["actor"]
            question = {
                "principal": {"type": "User", "id": actor["id"]},
                "action": {"type": "Action", "id": action["type"]},
                "resource": {"type": "Account", "id": "all"},
                "context": {"amount": action["amount"], "role": actor["role"]},
            }
            return not is_authorized(question, policies, entities).allowed

        self.blocks = blocks


class Rego:
    name = "regopy"

    def __init__(self, rules):
        regopy = importlib.import_module("regopy")
        text = "package bench\n\nimport rego.v1\n\ndefault block := false\n\n"
        for rule in rules:
            role = f'input.actor.role == "{rule.role}"; ' if rule.role else ""
            text += f'block if {{ input.action.type == "{rule.action}"; {role}input.action.amount > {rule.limit} }}\n'
        rego = regopy.Interpreter()
        rego.add_module("bench", text)
        bundle = rego.build(None, ["bench/block"])

        def blocks(request):
            rego.set_input(request)
            # Its nodes do not outlive the output, so the text is read.
            return "[true]" in str(rego.query_bundle_entrypoint(bundle, "bench/block"))

        self.blocks = blocks


class Cel:
    name = "cel-python"

    def __init__(self, rules):
        celpy = importlib.import_module("celpy")
        environment = celpy.Environment()
        by_action = {}
        for rule in rules:
            role = f'actor.role == "{rule.role}" && ' if rule.role else ""
            tree = environment.compile(f"{role}action.amount > {rule.limit}")
            by_action.setdefault(rule.action, []).append(environment.program(tree))
        to_cel = celpy.json_to_cel

        def blocks(request):
            values = to_cel(request)
            return any(program.evaluate(values) for program in by_action.get(request["action"]["type"], ()))

        self.blocks = blocks


MODEL = """
[request_definition]
r = act, kind, action, actor

[policy_definition]
p = act, kind, rule, eft

[policy_effect]
e = !some(where (p.eft == deny))

[matchers]
m = r.act == p.act && eval(p.rule)
"""


class Casbin:
    name = "casbin"

    def __init__(self, rules):
        casbin = importlib.import_module("casbin")
        # Looks only at the lines of one action; its index needs two keys.
        model = importlib.import_module("casbin.model").FastModel([0, 1])
        model.load_model_from_text(MODEL)
        enforcer = casbin.FastEnforcer(model, cache_key_order=[0, 1])
        for rule in rules:
            role = f"r.actor['role'] == '{rule.role}' and " if rule.role else ""
            enforcer.add_policy(rule.action, "rule", f"{role}r.action['amount'] > {rule.limit}", "deny")

        def blocks(request):
            action = request["action"]
            return not enforcer.enforce(action["type"], "rule", action, request["actor"])

        self.blocks = blocks


ENGINES = [Actra, ActraFull, ByHand, Cedar, Rego, Cel, Casbin]


def prepared(engine, rules, requests):
    """The engine with the policy, its answers compared; or why not."""
    begun = time.perf_counter()
    try:
        made = engine(rules)
    except ImportError:
        return "not installed"
    if time.perf_counter() - begun > LONGEST:
        return f"{time.perf_counter() - begun:.0f} s until it is ready"
    for number, request in enumerate(requests):
        begun = time.perf_counter()
        answer = made.blocks(request)
        took = time.perf_counter() - begun
        right = any(rule.matches(request) for rule in rules)
        if bool(answer) != right:
            raise SystemExit(f"{engine.name} says {answer} for {request}")
        if number and took > SLOWEST:
            return f"{took:.1f} s for a decision"
    # What a program calls, without the question that only the comparison asks.
    return getattr(made, "asked", made.blocks)


def measured(calls):
    """Nanoseconds of each, in turns: the median of the rounds."""
    found = {name: [] for name in calls}
    counts = {}
    gc.collect()
    gc.disable()
    try:
        for round_ in range(ROUNDS + 1):
            for name, run in calls.items():
                count = counts.get(name, 1)
                took = run(count)
                # The first round finds out how many calls make a turn.
                if round_ == 0:
                    while took < TURN / 4:
                        count *= 4
                        took = run(count)
                    counts[name] = max(1, int(count * TURN / took))
                else:
                    found[name].append(took / count)
    finally:
        gc.enable()
    return {name: statistics.median(times) * 1e9 for name, times in found.items()}


def looped(blocks, requests):
    """Runs through the requests, so many of them."""

    def run(count):
        several, rest = divmod(count, len(requests))
        begun = clock()
        for _ in range(several):
            for request in requests:
                blocks(request)
        for request in requests[:rest]:
            blocks(request)
        return clock() - begun

    return run


def engines(title, rules, requests, only):
    calls, refused = {}, {}
    for engine in ENGINES:
        if only and not engine.name.lower().startswith(tuple(only)):
            continue
        # Too large for it once is too large from then on.
        found = TOO_LARGE.get(engine.name) or prepared(engine, rules, requests)
        if isinstance(found, str):
            refused[engine.name] = TOO_LARGE[engine.name] = found
        else:
            calls[engine.name] = looped(found, requests)
    print(f"{title}: measuring", file=sys.stderr)
    return {**measured(calls), **refused}


TOO_LARGE = {}


def decorated():
    """What a decorator adds to a call of a function that does nothing."""
    schema = """
version: 1
actions: { refund: { fields: { amount: number, currency: string } } }
actor: { fields: { role: string } }
snapshot: { fields: { fraud_flag: boolean } }
"""
    rules = """
version: 1
default: allow
rules:
  - { id: large, scope: { action: refund }, when: 'action.amount > 1000 && actor.role == "support"', effect: block }
  - { id: fraud, scope: { action: refund }, when: snapshot.fraud_flag, effect: block }
"""
    policy = actra.load_policy_from_string(schema, rules)
    actor, snapshot = {"role": "support"}, {"fraud_flag": False}

    def runtime(**settings):
        return actra.ActraRuntime(policy, actor=lambda ctx: actor, snapshot=lambda ctx: snapshot, **settings)

    def bare(amount, currency="EUR"):
        return amount

    async def bare_async(amount, currency="EUR"):
        return amount

    async def waits(ctx):
        return snapshot

    def run(function):
        def times(count):
            begun = clock()
            for _ in range(count):
                function(20, currency="EUR")
            return clock() - begun

        return times

    def run_async(function):
        async def many(count):
            begun = clock()
            for _ in range(count):
                await function(20, currency="EUR")
            return clock() - begun

        return lambda count: asyncio.run(many(count))

    def refused(function):
        def call(amount, currency):
            try:
                function(2000, currency)
            except actra.ActraPolicyError:
                pass

        return call

    plain = runtime()
    calls = {
        "a function that does nothing": run(bare),
        "`@admit`, two resolvers, allowed": run(plain.admit("refund")(bare)),
        "the same, refused with an exception": run(refused(plain.admit("refund")(bare))),
        "the same, somebody listens to events": run(runtime(on_event=lambda event: None).admit("refund")(bare)),
        "an asynchronous function that does nothing": run_async(bare_async),
        "`@admit` on it, two resolvers, allowed": run_async(plain.admit("refund")(bare_async)),
        "the same, one resolver waits": run_async(
            actra.ActraRuntime(policy, actor=lambda ctx: actor, snapshot=waits).admit("refund")(bare_async)
        ),
    }
    return measured(calls)


def cell(value):
    return value if isinstance(value, str) else f"{value:,.0f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", type=lambda text: text.lower().split(","), help="starts of engines' names")
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=SIZES)
    options = parser.parse_args()

    columns = {"refund rule": engines("refund rule", *one_rule(), options.only)}
    for size in options.sizes:
        columns[f"{size:,} scoped"] = engines(f"{size} scoped", *scoped(size), options.only)
    print("| nanoseconds per decision | " + " | ".join(columns) + " |")
    print("|---|" + "--:|" * len(columns))
    for engine in ENGINES:
        cells = [column.get(engine.name) for column in columns.values()]
        if any(cells):
            print(f"| {engine.name} | " + " | ".join(cell(value or "-") for value in cells) + " |")

    print("\n| nanoseconds per call | |\n|---|--:|")
    for name, value in decorated().items():
        print(f"| {name} | {cell(value)} |")


if __name__ == "__main__":
    main()
