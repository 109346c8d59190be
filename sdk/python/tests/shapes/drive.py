"""Calls, what came of them, and whether that is what the oracle says."""

import decimal
import random
import warnings
from collections import Counter

import actra

from . import callables, oracle, values

CALLS_OF_A_SITE = 12
#: Sites of one set of runtimes, whose stores of approvals grow.
SITES_OF_RUNTIMES = 200

#: What usually comes for a parameter.
TYPICAL = {
    "amount": [lambda: 5, lambda: 500, lambda: 500, lambda: 5000, lambda: 100.5, lambda: "5", lambda: True],
    "note": [lambda: "yes", lambda: "no", lambda: "", lambda: None],
    "items": [lambda: ["y"], lambda: ["x"], lambda: [], lambda: ("x",), lambda: ["y", 1]],
    "data": [lambda: "x", lambda: "y", lambda: {"a": ["x"]}, lambda: None, lambda: [1]],
}
TYPICAL.update(value=TYPICAL["amount"], type=TYPICAL["data"])


class Fault(AssertionError):
    """What happened is not what should have."""


def _finished(coroutine):
    """What a coroutine comes to that waits for nothing."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as done:
        return done.value


async def _all(stream):
    return [item async for item in stream]


def run(call, flavour, args, kwargs):
    """Makes a call to the end."""
    if flavour == "async":
        return _finished(call(*args, **kwargs))
    if flavour == "asyncgen":
        return _finished(_all(call(*args, **kwargs)))
    made = call(*args, **kwargs)
    return list(made) if flavour == "gen" else made


class Outcome:
    def __init__(self, word, error=None, received=None):
        self.word, self.error, self.received = word, error, received

    def __repr__(self):
        return f"{self.word} {type(self.error).__name__ if self.error else ''} {str(self.error)[:300] if self.error else ''}"


def outcome(call, flavour, seen, args, kwargs):
    seen.calls.clear()
    word, error = "ended", None
    try:
        run(call, flavour, args, kwargs)
    except actra.ActraApprovalRequired as raised:
        word, error = "ask", raised
    except actra.ActraPolicyError as raised:
        word, error = "blocked", raised
    except TypeError as raised:
        word, error = "type", raised
    except values.Interrupts as raised:
        word, error = "passed", raised
    except Exception as raised:
        word, error = "other", raised
    if len(seen.calls) > 1:
        raise Fault(f"the body ran {len(seen.calls)} times")
    if seen.calls:
        if word in ("ask", "blocked"):
            raise Fault(f"refused, and the body ran: {error}")
        return Outcome("ran", error, seen.calls[0])
    return Outcome(word, error)


class Runtimes:
    """One policy at three enforcement points."""

    def __init__(self, policy, with_ctx):
        self.events = []
        settings = {"context_from_arguments": with_ctx}
        self.fast = actra.ActraRuntime(policy, **settings)
        self.watched = actra.ActraRuntime(policy, on_event=self.events.append, **settings)
        self.audit = actra.ActraRuntime(policy, mode="audit", on_event=self.events.append, **settings)


class Settings:
    """What a decorator is told besides the name of the action."""

    def __init__(self, rng, site):
        #: Fields that the action takes; those of all arguments where it is None.
        self.fields = None
        #: What no approval is bound to.
        self.unbound = ()
        self.given = {}
        if site.name == "act" and rng.random() < 0.25:
            names = sorted(oracle.FIELDS["act"])
            self.fields = rng.sample(names, rng.randint(1, len(names)))
            # Of what takes everything by position, a builder learns no names.
            is_open = isinstance(site.shape, (callables.Dispatched, callables.PassesOn, callables.Shown))
            if is_open or rng.random() < 0.5:
                self.given["fields"] = self.fields
            else:
                self.given["action_builder"] = self.built
        if rng.random() < 0.2:
            names = [one.replace("ﬁ", "fi") for one, kind, _ in site.shape.parameters.items if kind in (0, 1, 3)]
            self.unbound = rng.sample(names, min(len(names), rng.randint(1, 2)))
            self.given["unbound"] = self.unbound

    def built(self, name, args, kwargs, ctx):
        assert not args, args
        return {one: kwargs[one] for one in self.fields if one in kwargs}

    def __repr__(self):
        return repr(self.given)


class Site:
    """One callable at every enforcement point."""

    def __init__(self, rng, runtimes):
        self.rng, self.runtimes = rng, runtimes
        self.name = rng.choice(["act", "act", "act", "named"])
        self.shape = rng.choice(callables.SHAPES)(rng, self.name)
        self.settings = Settings(rng, self)
        self.flavour = rng.choice(self.shape.flavours)
        self.built = {}
        kinds = [(None, self.flavour), ("fast", self.flavour), ("watched", self.flavour), ("audit", self.flavour)]
        if "async" in self.shape.flavours:
            kinds += [(point, rng.choice(["async", "asyncgen"])) for point in ("fast", "watched")]
        for point, flavour in kinds:
            seen = callables.Seen()
            runtime = getattr(runtimes, point) if point else None
            wrap = runtime.admit(self.name, **self.settings.given) if runtime else (lambda same: same)
            self.built[point, flavour] = (self.shape.build(flavour, seen, wrap), seen)
        self.raw, self.raw_seen = self.built.pop((None, self.flavour))

    def makers(self):
        """Makers of arguments, mostly such that the call is right."""
        rng, args, kwargs = self.rng, [], {}
        items = [item for item in self.shape.parameters.items if item[0] not in self.shape.first]
        if isinstance(self.shape, callables.Partial):
            items = items[len(self.shape.args) :]
        by_keyword = False
        for one, kind, default in items:
            maker = self.maker(one)
            one = one.replace("ﬁ", "fi")
            if kind == 2:
                if not by_keyword:
                    args += [self.maker(one) for _ in range(rng.choice([0, 0, 1, 2]))]
            elif kind == 4:
                names = rng.sample(callables.NAMES[self.name], rng.choice([0, 0, 1, 2]))
                names += rng.sample(["type", "self", "this", "kwargs", "args", "\ud800", ""], rng.choice([0, 0, 0, 1]))
                kwargs.update((name.replace("ﬁ", "fi"), self.maker(name)) for name in names if name not in kwargs)
            elif default is not None and rng.random() < 0.4:
                by_keyword = True
            elif kind == 3 or (kind == 1 and (by_keyword or rng.random() < 0.4)):
                by_keyword = True
                kwargs[one] = maker
            elif not by_keyword:
                args.append(maker)
        if rng.random() < 0.06:
            wrong = rng.randrange(4)
            if wrong == 0:
                args.append(self.maker("amount"))
            elif wrong == 1 and args:
                args.pop()
            elif wrong == 2:
                kwargs[rng.choice(callables.NAMES[self.name]).replace("ﬁ", "fi")] = self.maker("more")
            elif kwargs:
                kwargs.pop(next(iter(kwargs)))
        return args, kwargs

    def maker(self, name):
        if name in TYPICAL and self.rng.random() < 0.7:
            return self.rng.choice(TYPICAL[name])
        return values.any_maker(self.rng)

    # -- one call

    def call(self, counts):
        makers = self.makers()
        args, kwargs = _made(makers)
        raw = outcome(self.raw, self.flavour, self.raw_seen, args, kwargs)
        fields, effect, clash = self.expected(raw)
        described = (type(self.shape).__name__, self.flavour, vars(self.shape), self.settings, args_text(args, kwargs))
        asked = None
        for (point, flavour), (call, seen) in self.built.items():
            self.runtimes.events.clear()
            found = outcome(call, flavour, seen, args, kwargs)
            counts[found.word] += 1
            counts["calls"] += 1
            try:
                self.judge(point, raw, found, fields, effect, clash)
                if found.word == "ask" and point == "fast" and raw.word == "ran":
                    asked = found, (call, flavour, seen)
            except Fault as fault:
                raise Fault(f"{fault}: {point} {flavour} {found} where {raw} {effect} {described}") from found.error
        if asked is not None:
            try:
                self.granted(raw, asked[0], makers, asked[1], counts)
            except Fault as fault:
                raise Fault(f"{fault}: {asked[1][1]} {described}") from fault

    def expected(self, raw):
        """Fields of the action, effect, and whether two arguments have one name, by what the body received."""
        if raw.word != "ran":
            return {}, None, False
        named, spread = raw.received
        # A builder says itself what becomes an action's.
        is_built = "action_builder" in self.settings.given
        taken = {*named, *self.shape.of_all_others()} | ({"type"} if self.name == "act" and not is_built else set())
        if not taken.isdisjoint(spread):
            # What the function that it finds takes by position alone has no name for who asks.
            is_found = type(self.shape) is callables.Dispatched and self.settings.fields is not None
            return ({}, None, False) if is_found else ({}, "block", True)
        # It takes all by other names than the function that it finds.
        if type(self.shape) is callables.Dispatched and not {"args", "kw"}.isdisjoint(named):
            return {}, None, False
        try:
            chosen = self.settings.fields
            seen = {one: value for one, value in {**spread, **named}.items() if chosen is None or one in chosen}
            fields = oracle.action(seen, self.name)
            return fields, oracle.effect(fields, self.name), False
        except oracle.WholeBad:
            return {}, "block", False
        except oracle.Unsure:
            return {}, None, False

    def judge(self, point, raw, found, fields, effect, clash):
        if raw.word != "ran":
            if found.word == "ran":
                raise Fault("it ran, and by itself it does not")
            # What dispatches, and what makes an instance, finds some errors out itself.
            is_late = isinstance(self.shape, (callables.Dispatched, callables.Class))
            if raw.word == "type" and found.word != "type" and point != "audit" and not is_late:
                raise Fault("Python's own error is expected")
            return
        if found.word == "ran":
            _check_same(raw.received, found.received)
        if point == "audit":
            if found.word != "ran":
                raise Fault("in audit mode, it did not run")
        elif found.word == "passed" and oracle.Bad in fields.values():
            return
        elif found.word == "blocked" and "has no name" in str(found.error):
            # What came by position without a name could be what the policy reads.
            return
        else:
            expected = {"allow": ["ran"], "block": ["blocked"], "require_approval": ["ask"], None: ["ran", "blocked", "ask"]}
            if found.word not in expected[effect]:
                raise Fault(f"{expected[effect]} is expected")
        if point in ("watched", "audit"):
            self.check_event(fields, effect, clash)

    def check_event(self, fields, effect, clash):
        if not self.runtimes.events:
            raise Fault("nobody was told of it")
        event = self.runtimes.events[-1]
        if any("has no name" in why for _, why in event.failures):
            return
        if effect is not None and event.effect != effect:
            raise Fault(f"the event says {event.effect}")
        if clash or effect is None:
            return
        for field, value in fields.items():
            if oracle.is_as_declared(field, value) and not _equal(event.action.get(field), value):
                raise Fault(f"the event says {field} is {event.action.get(field)!r:.200}, which is {value!r:.200}")
        beyond = set(event.action) - set(fields) - {"type"}
        if beyond and fields:
            raise Fault(f"the event says more: {beyond}")

    # -- grants

    def granted(self, raw, found, makers, call, counts):
        before = self.received(raw)
        fields, _, _ = self.expected(raw)
        named = {**raw.received[0], **raw.received[1]}
        # A name that no JSON can have is not told.
        known = oracle.is_known(before) and not any("\ud800" in name for name in named)
        if found.error.approval is None:
            # Of what is declared, an approval is bound to what the request holds.
            if known and all(map(oracle.is_readable, fields.values())):
                raise Fault(f"nothing can be approved, and all of it can be had: {found}")
            counts["not to be approved"] += 1
            return
        if not known:
            raise Fault("it can be approved, and not all of it can be had")
        if self.received(raw) != before:
            raise Fault("what it holds changed")
        found.error.approval.grant(by="somebody")
        other = self.varied(makers)
        args, kwargs = _made(other)
        raw_other = outcome(self.raw, self.flavour, self.raw_seen, args, kwargs)
        _, effect, _ = self.expected(raw_other)
        second = outcome(*call, args, kwargs)
        is_same = raw_other.word == "ran" and self.received(raw_other) == before
        counts["same after a grant" if is_same else "another after a grant"] += 1
        if is_same and self.settings.unbound and effect != "require_approval":
            # What is not bound is decided about all the same.
            if second.word == "ran" and effect == "block":
                raise Fault(f"a grant for {before!r:.600} ran what is blocked")
            args, kwargs = _made(makers)
            if outcome(*call, args, kwargs).word != "ran" and effect is not None:
                raise Fault("a grant is gone")
        elif is_same:
            if second.word != "ran":
                raise Fault(f"it was granted, and {second}")
            again = outcome(*call, args, kwargs)
            if again.word != "ask":
                raise Fault(f"a grant was used twice: {again}")
        elif second.word == "ran" and effect != "allow":
            raise Fault(f"a grant for {before!r:.600} ran {self.received(raw_other)!r:.600}")
        else:
            # It is still there for what it was given for.
            args, kwargs = _made(makers)
            if outcome(*call, args, kwargs).word != "ran":
                raise Fault("a grant is gone")

    def received(self, raw):
        named, spread = raw.received
        # What is made does not count as one of those that it is made of.
        unmade = self.shape.first if isinstance(self.shape, callables.Class) and self.shape.how != "meta" else ()
        unmade = {*unmade, *self.settings.unbound}
        return oracle.frozen({name: value for name, value in {**spread, **named}.items() if name not in unmade})

    def varied(self, makers):
        """The same, or nearly."""
        args, kwargs = list(makers[0]), dict(makers[1])
        places = [*range(len(args)), *kwargs]
        if not places or self.rng.random() < 0.4:
            return args, kwargs
        place = self.rng.choice(places)
        into = args if isinstance(place, int) else kwargs
        before = into[place]
        if self.rng.random() < 0.5:
            into[place] = values.any_maker(self.rng)
        else:
            # Something that looks much the same.
            alike = self.rng.choice(
                [
                    lambda: values.Text("500"), lambda: float(before()), lambda: int(before()), lambda: str(before()),
                    lambda: [before()], lambda: (before(),), lambda: bytes(before()), lambda: values.Number(before()),
                    lambda: decimal.Decimal(before()), lambda: values.Frozen(before()), lambda: values.Row(before()),
                    lambda: tuple(before()), lambda: list(before()), lambda: set(before()), lambda: values.Named(1, before()),
                ]  # fmt: skip
            )

            def made():
                try:
                    return alike()
                except BaseException:
                    return before()

            into[place] = made
        return args, kwargs


def _made(makers):
    return [maker() for maker in makers[0]], {name: maker() for name, maker in makers[1].items()}


def _check_same(one, other):
    for first, second in zip(one, other):
        if first.keys() != second.keys():
            raise Fault(f"the body received {sorted(second)}")
        for name, value in first.items():
            if value is second[name] or name in callables.RECEIVERS:
                continue
            packed = isinstance(value, tuple) and isinstance(second[name], tuple) and len(value) == len(second[name])
            if not packed or any(a is not b for a, b in zip(value, second[name])):
                raise Fault(f"the body received another `{name}`")


def _equal(shown, value):
    if value is oracle.UNREPRESENTABLE:
        return shown is None
    if isinstance(value, dict):
        return isinstance(shown, dict) and shown.keys() == value.keys() and all(_equal(shown[k], value[k]) for k in value)
    if isinstance(value, list):
        return isinstance(shown, list) and len(shown) == len(value) and all(map(_equal, shown, value))
    if isinstance(value, bool) or value is None:
        return shown is value
    if isinstance(value, (int, float, decimal.Decimal)) and not isinstance(shown, (str, bool, list, dict, type(None))):
        return decimal.Decimal(str(shown)) == decimal.Decimal(str(value))
    return type(shown) is type(value) and shown == value


def args_text(args, kwargs):
    def text(value):
        try:
            return f"{type(value).__name__}({value!r:.60})"
        except BaseException:
            return type(value).__name__

    return [text(one) for one in args], {name: text(one) for name, one in kwargs.items()}


def soak(seed, calls, on_fault=None):
    """Makes so many calls. Raises Fault with the seed of its site for the first that is not as it should be."""
    policy = actra.load_policy_from_string(oracle.SCHEMA, oracle.RULES)
    counts, number = Counter(), 0
    while counts["calls"] < calls:
        if number % SITES_OF_RUNTIMES == 0:
            runtimes = [Runtimes(policy, with_ctx) for with_ctx in (False, True)]
        number += 1
        rng = random.Random(f"{seed}/{number}")
        try:
            site_or_why(rng, rng.choice(runtimes), counts)
        except Fault as fault:
            if on_fault is None:
                raise Fault(f"seed {seed}/{number}: {fault}") from fault
            on_fault(seed, number, fault)
    return counts


def site_or_why(rng, runtimes, counts):
    with warnings.catch_warnings():
        # Not every function takes every field.
        warnings.simplefilter("ignore", UserWarning)
        try:
            site = Site(rng, runtimes)
        except actra.ActraSchemaError as error:
            counts["refused when decorated"] += 1
            counts[f"  {str(error)[:300]}"] += 0
            return
    for _ in range(CALLS_OF_A_SITE):
        site.call(counts)
