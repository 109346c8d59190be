"""Records of every kind of value, given by resolvers in every way that there is, against the same oracle."""

import asyncio
import collections
import dataclasses
import random
import types
from collections import Counter

import actra

from . import oracle, values
from .drive import TYPICAL, Fault, args_text, outcome

FIELDS = ("amount", "note", "items", "data", "more")
DECLARED = "{ amount: 'number?', note: 'string?', items: 'list<string>?', data: 'any?', more: 'any?' }"
SCHEMA = f"""
version: 1
actions: {{ act: {{ fields: {{}} }} }}
actor: {{ fields: {DECLARED} }}
snapshot: {{ fields: {DECLARED} }}
"""
# Nobody reads `more`.
RULES = "version: 1\ndefault: allow\nrules:\n" + "".join(
    f"""
  - {{ id: {record}-huge, scope: {{ action: act }}, when: has({record}.amount) && {record}.amount > 1000, effect: block }}
  - {{ id: {record}-large, scope: {{ action: act }}, when: has({record}.amount) && {record}.amount > 100, effect: require_approval }}
  - {{ id: {record}-word, scope: {{ action: act }}, when: has({record}.note) && {record}.note == "no", effect: block }}
  - {{ id: {record}-items, scope: {{ action: act }}, when: has({record}.items) && "x" in {record}.items, effect: block }}
  - {{ id: {record}-data, scope: {{ action: act }}, when: has({record}.data) && {record}.data == "x", effect: block }}
"""
    for record in ("actor", "snapshot")
)


def _of_class(fields):
    kind = dataclasses.make_dataclass("Record", list(fields))
    return kind(**fields)


#: What no rule objects to.
GOOD = {"amount": [5, 5, 100.5, 500], "note": ["yes", ""], "items": [["y"], [], ("z",)], "data": ["y", {"a": ["x"]}, [1]]}
#: What a record can be.
KINDS = [dict, dict, collections.OrderedDict, types.MappingProxyType, _of_class]


class Points:
    """One function at every enforcement point, whose resolvers give what is current."""

    def __init__(self, policy):
        self.records, self.events, self.calls, self.loop = {}, [], [], asyncio.new_event_loop()
        for by_field in (False, True):
            for is_async in (False, True):
                for watched in (False, True):
                    runtime = actra.ActraRuntime(
                        policy,
                        actor=self.resolvers("actor", by_field, is_async),
                        snapshot=self.resolvers("snapshot", by_field, is_async),
                        on_event=self.events.append if watched else None,
                    )
                    self.calls += [(by_field, watched, *made) for made in self.functions(runtime, is_async)]

    def resolvers(self, name, by_field, is_async):
        def resolver(read):
            async def later(ctx):
                return read()

            return later if is_async else lambda ctx: read()

        if not by_field:
            return resolver(lambda: self.records[name][0])
        return {field: resolver(lambda field=field: self.records[name][1].get(field)) for field in FIELDS}

    def functions(self, runtime, is_async):
        def function():
            seen({}, {})

        async def coroutine():
            seen({}, {})

        from .callables import Seen

        seen = Seen()
        if not is_async:
            yield "plain", runtime.admit("act")(function), seen
        awaited = runtime.admit("act")(coroutine)
        yield "async", lambda: self.loop.run_until_complete(awaited()), seen

    def give(self, rng):
        """New records."""
        for name in ("actor", "snapshot"):
            fields = {}
            for field in FIELDS:
                at = rng.random()
                if at < 0.5 and field in GOOD:
                    fields[field] = rng.choice(GOOD[field])
                elif at < 0.6 and field in TYPICAL:
                    fields[field] = rng.choice(TYPICAL[field])()
                elif at < 0.7:
                    fields[field] = values.any_maker(rng)()
            self.records[name] = rng.choice(KINDS)(fields), fields

    def call(self, counts):
        found = [_expected(self.records, by_field) for by_field in (False, True)]
        for by_field, watched, flavour, call, seen in self.calls:
            self.events.clear()
            got = outcome(call, "plain", seen, (), {})
            counts["calls"] += 1
            counts[got.word] += 1
            effects, is_bad = found[by_field]
            if by_field and "require_approval" in effects:
                # An approval is bound to the whole actor, so the rest of it is found out, too.
                effects = effects | found[False][0]
            described = {name: args_text((), fields)[1] for name, (_, fields) in self.records.items()}
            described = f"{'by field' if by_field else 'whole'} {'watched ' * watched}{flavour} {got} {described}"
            words = {"allow": "ran", "block": "blocked", "require_approval": "ask"}
            # Whether what interrupts is come across depends on what is read.
            if got.word not in {words[effect] for effect in effects} | ({"passed"} if is_bad else set()):
                raise Fault(f"{effects} is expected: {described}")
            if watched and (not self.events or self.events[-1].effect not in effects) and got.word != "passed":
                raise Fault(f"the event says {self.events[-1:]}: {described}")


def _expected(records, by_field):
    """What may come of it, and whether some value cannot be read."""
    order = ["allow", "require_approval", "block"]
    effect, is_bad, hidden = "allow", False, set()
    size = 0
    for _, fields in records.values():
        read = {}
        for field, value in fields.items():
            try:
                read[field] = oracle.plain(value)
                if field != "more" or not by_field:
                    size += oracle._size(read[field])
            except oracle.Bad:
                read[field], is_bad = oracle.Bad, True
            except oracle.WholeBad:
                if field == "more" and by_field:
                    hidden |= {"block"}
                else:
                    effect = "block"
            except oracle.Unsure:
                return set(order), True
        effect = max(effect, oracle.effect(read, "act"), key=order.index)
    if size > 900_000:
        effect = "block"
    # What nobody reads is asked for before an approval.
    return {effect} | (hidden if effect == "require_approval" else set()), is_bad


def soak(seed, calls):
    """Makes so many calls. Raises Fault for the first that is not as it should be."""
    points = Points(actra.load_policy_from_string(SCHEMA, RULES))
    counts, number = Counter(), 0
    try:
        while counts["calls"] < calls:
            number += 1
            points.give(random.Random(f"{seed}/{number}"))
            try:
                points.call(counts)
            except Fault as fault:
                raise Fault(f"seed {seed}/{number}: {fault}") from fault
    finally:
        points.loop.close()
    return counts
