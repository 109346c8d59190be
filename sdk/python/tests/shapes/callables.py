"""Callables of every shape. Each notes what its body receives; ``wrap`` is nothing, or what puts a policy in front."""

import abc
import dataclasses
import functools
import inspect

#: What bodies return.
TOKEN = "ran"
#: The last are Unicode; the very last is written as a ligature, of which Python makes `fix`.
NAMES = {
    "act": "amount note items data more extra self cls ctx args kwargs action arguments übung ﬁx".split(),
    "named": "value type more extra self cls ctx args kwargs action amount".split(),
}
DEFAULTS = {
    "amount": [5, 500, 5000, None, 0.5], "value": [5, 500, 5000, None], "note": ["no", "yes", None],
    "items": [["x"], [], None, ["y"]], "data": ["x", "y", None, {}], "type": ["x", "y", None],
}  # fmt: skip
#: Parameters that the methods of a class have first.
RECEIVERS = ("this", "klass")


class Seen:
    """What bodies received, call by call."""

    def __init__(self):
        self.calls = []

    def __call__(self, named, spread):
        self.calls.append((named, spread))
        return TOKEN


class Parameters:
    """A list of parameters, as text and as data."""

    def __init__(self, rng, name, first=()):
        pool = list(NAMES[name])
        rng.shuffle(pool)
        # Most functions take what the schema declares.
        pool.sort(key=lambda one: one in DEFAULTS and rng.random() < 0.6, reverse=True)
        chosen = pool[: rng.randint(0, 5)]
        kinds = sorted(rng.choice([0, 1, 1, 1, 1, 3]) for _ in chosen)
        self.items = [(one, 0 if 0 in kinds else 1, None) for one in first]
        is_default = False
        self.scope = {}
        for one, kind in zip(chosen, kinds):
            is_default = (is_default and kind < 3) or rng.random() < 0.4
            default = None
            if is_default:
                default = f"_default_{len(self.scope)}"
                self.scope[default] = rng.choice(DEFAULTS.get(one, [1, "d", None, []]))
            self.items.append((one, kind, default))
        left = pool[len(chosen) :]
        for kind, chance in ((2, 0.2), (4, 0.25)):
            if left and rng.random() < chance:
                self.items.append((left.pop(0), kind, None))
        self.items.sort(key=lambda item: item[1])

    def text(self):
        parts, seen_star = [], False
        for number, (one, kind, default) in enumerate(self.items):
            if kind == 3 and not seen_star:
                parts.append("*")
                seen_star = True
            if kind == 2:
                parts.append(f"*{one}")
                seen_star = True
            elif kind == 4:
                parts.append(f"**{one}")
            else:
                parts.append(one if default is None else f"{one}={default}")
            following = [item[1] for item in self.items[number + 1 :]]
            if kind == 0 and 0 not in following:
                parts.append("/")
        return ", ".join(parts)

    def __repr__(self):
        return f"({self.text()}) {self.scope}"

    def record(self):
        named = ", ".join(f"{one!r}: {one}" for one, kind, _ in self.items if kind != 4)
        named = named.replace("ﬁ", "fi")
        spread = next((one for one, kind, _ in self.items if kind == 4), "{}")
        return f"_seen({{{named}}}, {spread})"


BODIES = {
    "sync": "def act({}):\n    return {}\n",
    "gen": "def act({}):\n    yield {}\n",
    "async": "async def act({}):\n    return {}\n",
    "asyncgen": "async def act({}):\n    yield {}\n",
    "lambda": "act = lambda {}: {}\n",
}


def function(parameters, flavour, seen):
    scope = {**parameters.scope, "_seen": seen}
    exec(BODIES[flavour].format(parameters.text(), parameters.record()), scope)
    return scope["act"]


class Shape:
    """How a callable is made: ``build(flavour, seen, wrap)`` gives it."""

    def __init__(self, rng, name):
        self.parameters = Parameters(rng, name, self.first)

    #: Parameters that no caller gives.
    first = ()
    flavours = ("sync", "gen", "async", "asyncgen")

    def of_all_others(self):
        """The name of ``**``, if there is one."""
        return [one.replace("ﬁ", "fi") for one, kind, _ in self.parameters.items if kind == 4]

    def build(self, flavour, seen, wrap):
        return wrap(function(self.parameters, flavour, seen))


class Lambda(Shape):
    flavours = ("lambda",)


class Shown(Shape):
    """It shows the signature of another function, as decorators do that inject, drop, rename or reorder arguments."""

    def __init__(self, rng, name):
        super().__init__(rng, name)
        self.other = Parameters(rng, name)
        self.how = rng.choice(["wraps", "signature", "wrapped"])

    def build(self, flavour, seen, wrap):
        called = function(self.parameters, flavour, seen)
        other = function(self.other, flavour, seen)
        if self.how == "wraps":
            called = functools.wraps(other)(called)
        elif self.how == "signature":
            called.__signature__ = inspect.signature(other)
        else:
            called.__wrapped__ = other
        return wrap(called)


class PassesOn(Shape):
    """A decorator between the policy and the function, which takes what comes and shows what the function takes."""

    flavours = ("sync",)

    def build(self, flavour, seen, wrap):
        inner = function(self.parameters, flavour, Seen())

        @functools.wraps(inner)
        def act(*args, **kwargs):
            seen({"args": args}, kwargs)
            return inner(*args, **kwargs)

        return wrap(act)

    def of_all_others(self):
        return ["kwargs"]


class Outside(Shape):
    """A decorator on top of the policy that changes arguments."""

    def __init__(self, rng, name):
        super().__init__(rng, name)
        self.how = rng.choice(["inject", "drop", "rename", "reorder", "same"])

    def build(self, flavour, seen, wrap):
        inner = wrap(function(self.parameters, flavour, seen))

        @functools.wraps(inner)
        def act(*args, **kwargs):
            if self.how == "inject":
                args = (7, *args)
            elif self.how == "drop":
                kwargs.pop(next(iter(kwargs), ""), None)
            elif self.how == "rename":
                kwargs = {{"amount": "more", "note": "data"}.get(one, one): value for one, value in kwargs.items()}
            elif self.how == "reorder":
                args = args[::-1]
            return inner(*args, **kwargs)

        return act


@dataclasses.dataclass
class Holder:
    """A class whose methods are called."""

    tag: int = 1


class Method(Shape):
    first = ("this",)

    def build(self, flavour, seen, wrap):
        members = {"act": wrap(function(self.parameters, flavour, seen))}
        return type("Holds", (Holder,), members)(3).act


class ClassMethod(Shape):
    first = ("klass",)
    order = classmethod

    def __init__(self, rng, name):
        super().__init__(rng, name)
        self.inside = rng.random() < 0.5

    def build(self, flavour, seen, wrap):
        inner, order = function(self.parameters, flavour, seen), type(self).order
        return type("Holds", (Holder,), {"act": wrap(order(inner)) if self.inside else order(wrap(inner))})(3).act


class StaticMethod(ClassMethod):
    first = ()
    order = staticmethod


class BoundMethod(Shape):
    """A method of an object that is decorated as it is."""

    first = ("this",)

    def build(self, flavour, seen, wrap):
        return wrap(type("Holds", (Holder,), {"act": function(self.parameters, flavour, seen)})(3).act)


class Partial(Shape):
    """Some arguments are given already."""

    def __init__(self, rng, name):
        super().__init__(rng, name)
        self.args = [rng.choice([5, 500, 5000, "no", "x"]) for _ in range(rng.choice([0, 0, 1, 1, 2]))]
        after = [one for one, kind, _ in self.parameters.items if kind in (1, 3)][len(self.args) :]
        self.kwargs = {rng.choice(after).replace("ﬁ", "fi"): rng.choice([5, 5000, "no"])} if after else {}
        self.inside = rng.random() < 0.7

    def build(self, flavour, seen, wrap):
        inner = function(self.parameters, flavour, seen)
        made = functools.partial(inner if self.inside else wrap(inner), *self.args, **self.kwargs)
        return wrap(made) if self.inside else made


class PartialMethod(Partial):
    first = ("this",)

    def build(self, flavour, seen, wrap):
        inner = function(self.parameters, flavour, seen)
        made = functools.partialmethod(inner if self.inside else wrap(inner), *self.args, **self.kwargs)
        holder = type("Holds", (Holder,), {"act": made})(3)
        return wrap(holder.act) if self.inside else holder.act


class Callable(Shape):
    """An object with ``__call__``, which can be a method of any kind."""

    flavours = ("sync",)

    def __init__(self, rng, name):
        self.how = rng.choice(["method", "static", "class", "partial", "property"])
        self.first = {"method": ("this",), "class": ("klass",), "partial": ("this",)}.get(self.how, ())
        super().__init__(rng, name)

    def build(self, flavour, seen, wrap):
        inner = function(self.parameters, flavour, seen)
        kinds = {"static": staticmethod, "class": classmethod, "partial": functools.partialmethod}
        kinds["property"] = lambda same: property(lambda this: same)
        call = kinds.get(self.how, lambda same: same)(inner)
        return wrap(type("Holds", (Holder,), {"__call__": call})(3))

    def of_all_others(self):
        # An approval is bound to the object, by this name.
        return [*super().of_all_others(), *(["self"] if self.how == "property" else [])]


class Class(Shape):
    """A class, whose construction is the operation."""

    first = ("this",)
    flavours = ("sync",)

    def __init__(self, rng, name):
        super().__init__(rng, name)
        self.how = rng.choice(["init", "new", "both", "meta", "abc", "signature"])

    def build(self, flavour, seen, wrap):
        inner = function(self.parameters, flavour, seen)

        if self.how == "new":
            return wrap(type("Made", (), {"__new__": inner}))
        # A constructor gives back nothing.
        scope = {**self.parameters.scope, "_seen": seen}
        exec(f"def init({self.parameters.text()}):\n    {self.parameters.record()}\n", scope)
        members = {"__init__": scope["init"]}
        if self.how == "both":
            members["__new__"] = lambda klass, *args, **kwargs: object.__new__(klass)
        if self.how == "meta":
            meta = type("Meta", (type,), {"__call__": inner})
            return wrap(meta("Made", (), {"__init__": lambda this, other=1: None}))
        if self.how == "signature":
            members["__signature__"] = inspect.signature(lambda amount=1, note=2: None)
        return wrap((abc.ABCMeta if self.how == "abc" else type)("Made", (), members))


class Cached(Shape):
    flavours = ("sync",)

    def build(self, flavour, seen, wrap):
        return wrap(functools.lru_cache(maxsize=0)(function(self.parameters, flavour, seen)))


class Dispatched(Shape):
    """By the class of its first argument."""

    flavours = ("sync",)

    def build(self, flavour, seen, wrap):
        return wrap(functools.singledispatch(function(self.parameters, flavour, seen)))

    def of_all_others(self):
        return ["args", "kw"]


class Dispatches(Dispatched):
    """The function that is dispatched to is decorated."""

    def build(self, flavour, seen, wrap):
        made = functools.singledispatch(lambda *args, **kwargs: "other")
        made.register(object, wrap(function(self.parameters, flavour, seen)))
        return made

    def of_all_others(self):
        return Shape.of_all_others(self)


#: The ordinary ones come more often.
SHAPES = [
    Shape, Shape, Shape, Lambda, Shown, PassesOn, Outside, Method, ClassMethod, StaticMethod, BoundMethod, Partial,
    PartialMethod, Callable, Class, Cached, Dispatched, Dispatches,
]  # fmt: skip
