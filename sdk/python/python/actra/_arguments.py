"""From the arguments of a call to the fields of an action, at the speed of a call.

Of the parameters of what a call comes to a binder is made: a function with the same parameters that returns them as a
dictionary. So arguments are bound as Python itself binds them, errors included.
"""

from __future__ import annotations

import functools
import gc
import inspect
import itertools
import types
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Optional, Sequence, Set, Tuple

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

Parameter = inspect.Parameter
#: ``binder(*args, **kwargs) -> dictionary``
Binder = Callable[..., Dict[str, Any]]

#: Callables that lie in each other, at most.
_MAX_DEPTH = 50
_LRU = type(functools.lru_cache(maxsize=0)(lambda: None))
_partial: Any = functools.partial.__dict__

#: What stands for an argument that comes later, from Python 3.14 on.
_PLACEHOLDER: Any = getattr(functools, "Placeholder", None)
#: What makes an instance, unless a class of classes does it otherwise.
_MAKES = type.__dict__["__call__"]
#: The code of a method that finds its function by the class of an argument; later versions of Python make no function.
_DISPATCHING: Any = getattr(functools.singledispatchmethod(lambda _: None).__get__(0), "__code__", None)
#: The code of our own wrappers, which hand on what they get.
wrapper_codes: Set[types.CodeType] = set()


class CalleeParameters(List[inspect.Parameter]):
    """The parameters of the function that a call comes to at last.

    What a decorator says of a function (``__wrapped__``, ``__signature__``) is not asked: it tells what the function shows,
    and may hand on other arguments than it takes.
    """

    #: What the function gets besides the arguments of the call, from the inside outwards: receivers, and what ``partial``
    #: keeps.
    prebound: Tuple[Any, ...] = ()
    #: Objects that it works on, and takes by no parameter.
    captured_objects: Tuple[Any, ...] = ()
    #: The name of the parameter for an instance that is about to be made, which no caller gives.
    instance_names: FrozenSet[str] = frozenset()
    #: Whether these are its parameters. A callable can hide them, or what they are by default.
    has_signature: bool = True

    def with_prebound(self, one: Any) -> CalleeParameters:
        """These parameters with one more thing in ``prebound``; a copy."""
        made = CalleeParameters(self)
        made.__dict__.update(self.__dict__)
        made.prebound = (*self.prebound, one)
        return made

    def add_captured(self, *objects: Any) -> CalleeParameters:
        """Adds to ``captured_objects`` whatever no parameter takes; itself."""
        taken = {id(one.of) for one in self.prebound if isinstance(one, Receiver)}
        self.captured_objects += tuple(one for one in objects if id(one) not in taken)
        return self


class PartialArguments:
    """What a ``partial`` calls, and with what: from itself, since a class of its own can say otherwise."""

    __slots__ = ("of",)

    def __init__(self, of: Any) -> None:
        self.of = of

    def check_places(self) -> None:
        """Refuses what changes the places of arguments: they are bound in the order of the call."""
        if _PLACEHOLDER is not None and any(one is _PLACEHOLDER for one in self.args):
            raise TypeError(
                "a `functools.partial` that keeps a `functools.Placeholder` cannot be decorated, since its arguments change "
                "their places; write a function that calls it"
            )

    @property
    def function(self) -> Any:
        return _partial["func"].__get__(self.of)

    @property
    def args(self) -> Tuple[Any, ...]:
        found: Tuple[Any, ...] = _partial["args"].__get__(self.of)
        return found

    @property
    def keywords(self) -> Dict[str, Any]:
        found: Dict[str, Any] = _partial["keywords"].__get__(self.of)
        return found


class Receiver:
    """What a method is bound to, which it gets as its first argument."""

    __slots__ = ("of",)

    def __init__(self, of: Any) -> None:
        self.of = of


def parameters(function: Any) -> Optional[CalleeParameters]:
    """The parameters of what is called; ``None`` for a callable that does not tell."""
    found = callee_parameters(function)
    return found if found.has_signature else None


def callee_parameters(function: Any, depth: int = 0) -> CalleeParameters:
    """What a call comes to, also where that does not tell its parameters."""
    try:
        return _callee_parameters(function, depth)
    except (AttributeError, LookupError, TypeError, ValueError):
        # What hides a function may hide its receiver.
        silent = CalleeParameters()
        silent.has_signature = False
        return silent.add_captured(*((function,) if issubclass(type(function), _LRU) else _compiled_receiver(function)))


def _callee_parameters(function: Any, depth: int) -> CalleeParameters:
    kind = type(function)
    if depth > _MAX_DEPTH:
        raise ValueError("callables are nested too deeply")
    if kind is types.FunctionType:
        if function.__code__ in wrapper_codes:
            return callee_parameters(_wrapped_function(function), depth + 1)
        return CalleeParameters(_of_function(function)).add_captured(*_dispatch_receiver(function))
    if kind is types.MethodType:
        return callee_parameters(function.__func__, depth + 1).with_prebound(Receiver(function.__self__))
    if issubclass(kind, functools.partial) and kind.__call__ is functools.partial.__call__:
        arguments = PartialArguments(function)
        return callee_parameters(arguments.function, depth + 1).with_prebound(arguments)
    if kind is _LRU:
        return callee_parameters(_function_below_cache(function), depth + 1)
    if kind in (staticmethod, classmethod):
        return callee_parameters(function.__func__, depth + 1)
    call = member(kind, "__call__")
    if call is _MAKES:
        return _of_class(function, depth)
    if type(call) is types.FunctionType:
        return callee_parameters(call, depth + 1).with_prebound(Receiver(function))
    if call is None or _is_compiled(call):
        return _of_compiled(function)
    if not hasattr(type(call), "__get__"):
        # What is no method gets no receiver.
        return callee_parameters(call, depth + 1)
    method = callee_parameters(call.__get__(function, kind), depth + 1)
    return method if type(call) in (staticmethod, classmethod) else method.add_captured(function)


def _of_compiled(function: Any) -> CalleeParameters:
    """What compiled code tells that it takes.

    What shows the attributes of another object would tell of that one, and what takes any name hides its defaults.
    """
    kind = type(function)
    if function.__class__ is not kind or getattr(function, "__signature__", None) is not None:
        raise ValueError("the signature may be that of another function")
    of = CalleeParameters(inspect.signature(function, follow_wrapped=False).parameters.values())
    if names(of)[1] or (issubclass(kind, type) and member(kind, "__call__") is not _MAKES):
        raise ValueError("its parameters are not known")
    return of.add_captured(*_compiled_receiver(function))


def _compiled_receiver(function: Any) -> Tuple[Any, ...]:
    """What compiled code works on: the receiver of a method, or whatever an object is that is called itself."""
    kind = type(function)
    if kind in (types.BuiltinMethodType, types.MethodWrapperType):
        of = function.__self__
        return () if of is None or type(of) is types.ModuleType else (of,)
    # Functions of other compilers can be methods, as those of Python.
    return () if issubclass(kind, type) or hasattr(kind, "__get__") else (function,)


def _dispatch_receiver(function: types.FunctionType) -> Tuple[Any, ...]:
    """The receiver of a method that is a function, where it is known which variable holds it."""
    if function.__code__ is not _DISPATCHING:
        return ()
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    instance = cells["obj"].cell_contents
    return (cells["cls"].cell_contents if instance is None else instance,)


def _wrapped_function(function: types.FunctionType) -> Any:
    """The function below one of our own wrappers, whatever its ``__wrapped__`` was made to say."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    inner = cells.get("function")
    return inner.cell_contents if inner is not None else _wrapped_function(cells["begun"].cell_contents)


def inside(function: Any) -> Iterator[Any]:
    """A callable, and what lies in it as far as it tells: for what only makes a call stricter."""
    left = [function]
    for _ in range(_MAX_DEPTH):
        if not left:
            return
        one = left.pop()
        yield one
        inner = one.func if isinstance(one, functools.partial) else getattr(one, "__wrapped__", None)
        left += [other for other in (call_of(one), inner) if other is not None]


def call_of(function: Any) -> Any:
    """The method that is called of an object that is no function."""
    return None if inspect.isroutine(function) or isinstance(function, type) else getattr(type(function), "__call__", None)


def _function_below_cache(function: Any) -> Any:
    """The function below ``lru_cache``. What ``__wrapped__`` says is believed where the cache itself refers to it."""
    wrapped = function.__wrapped__
    if not any(one is wrapped for one in gc.get_referents(function)):
        raise ValueError("a cache hides what it calls")
    return wrapped


def _of_function(function: types.FunctionType) -> List[inspect.Parameter]:
    """What a function takes, and not what it says that it takes."""
    code, defaults, by_name = function.__code__, function.__defaults__ or (), function.__kwdefaults__ or {}
    count = code.co_argcount
    named = code.co_varnames[: count + code.co_kwonlyargcount]
    rest = list(code.co_varnames[len(named) :])
    found: List[inspect.Parameter] = []
    for at, name in enumerate(named[:count]):
        kind = Parameter.POSITIONAL_ONLY if at < code.co_posonlyargcount else Parameter.POSITIONAL_OR_KEYWORD
        from_end = at - count
        default = defaults[from_end] if -from_end <= len(defaults) else Parameter.empty
        found.append(Parameter(name, kind, default=default))
    if code.co_flags & inspect.CO_VARARGS:
        found.append(Parameter(rest.pop(0), Parameter.VAR_POSITIONAL))
    for name in named[count:]:
        found.append(Parameter(name, Parameter.KEYWORD_ONLY, default=by_name.get(name, Parameter.empty)))
    if code.co_flags & inspect.CO_VARKEYWORDS:
        found.append(Parameter(rest.pop(0), Parameter.VAR_KEYWORD))
    return found


def _of_class(of: Any, depth: int) -> CalleeParameters:
    """What a class takes to make an instance. ``__new__`` and ``__init__`` get the same arguments."""
    new, init = member(of, "__new__"), member(of, "__init__")
    made = [
        _without_first(one, depth)
        for one in (new.__func__ if type(new) is staticmethod else new, init)
        if one is not None and not _is_compiled(one)
    ]
    if not made:
        return _of_compiled(of)
    # One that takes everything leaves it to the other.
    telling = [one for one in made if any(_is_named(parameter) for parameter in one)] or made[-1:]
    if any(len(one) != len(telling[-1]) or not all(map(_is_same, one, telling[-1])) for one in telling):
        raise ValueError("`__new__` and `__init__` name the same arguments differently, or have different defaults")
    return telling[-1]


def _without_first(function: Any, depth: int) -> CalleeParameters:
    """The parameters of a function but the one that gets the class or the instance."""
    of = callee_parameters(function, depth + 1)
    if type(function) not in (types.FunctionType, _LRU) or not of.has_signature or of.prebound or of.captured_objects:
        raise ValueError("what is not a plain function may get other arguments")
    if of and of[0].kind is not Parameter.VAR_POSITIONAL:
        of.instance_names = frozenset((of.pop(0).name,))
    return of


def _is_same(one: inspect.Parameter, other: inspect.Parameter) -> bool:
    if (one.name, one.kind) != (other.name, other.kind):
        return False
    plain = type(one.default) is type(other.default) and type(one.default) in (bool, int, float, str, bytes)
    return one.default is other.default or (plain and repr(one.default) == repr(other.default))


def _is_named(parameter: inspect.Parameter) -> bool:
    return parameter.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def member(of: type, name: str) -> Any:
    """What a class has under a name, as it lies there."""
    for one in type.__dict__["__mro__"].__get__(of):
        if name in one.__dict__:
            return one.__dict__[name]
    return None


def _is_compiled(member: Any) -> bool:
    return isinstance(member, (types.WrapperDescriptorType, types.BuiltinFunctionType, types.MethodDescriptorType))


def hidden(function: Callable[..., Any], of: Sequence[inspect.Parameter]) -> FrozenSet[str]:
    """Parameters that a callable shows, and has not: those of a function that it wraps."""
    return frozenset(name for one in inside(function) for name in _shown(one)) - {one.name for one in of}


def _shown(function: Any) -> List[str]:
    is_object = not inspect.isroutine(function) and not isinstance(function, type)
    call: Any = member(type(function), "__call__") if is_object else None
    if type(call) in (staticmethod, classmethod):
        # Asked about the object, Python leaves out the first.
        function = call.__func__
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def names(of: Sequence[inspect.Parameter]) -> Tuple[List[str], bool]:
    """The names that arguments can have, and whether any other can come by ``**``."""
    named = [one.name for one in of if one.kind is not Parameter.VAR_KEYWORD]
    return named, any(one.kind is Parameter.VAR_KEYWORD for one in of)


def colliding(of: Sequence[inspect.Parameter]) -> FrozenSet[str]:
    """Names that an argument by ``**`` may have beside a parameter that cannot be named in a call."""
    if not any(one.kind is Parameter.VAR_KEYWORD for one in of):
        return frozenset()
    unnamed = (Parameter.POSITIONAL_ONLY, Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return frozenset(one.name for one in of if one.kind in unnamed) | getattr(of, "instance_names", frozenset())


def captured_values(of: CalleeParameters) -> Dict[str, Any]:
    """What a call is bound to beside its arguments, by names that no parameter has."""
    receivers = [] if of.has_signature else [one.of for one in of.prebound if isinstance(one, Receiver)]
    taken = {one.name for one in of}
    free = (name for name in itertools.chain(("self",), (f"self{n}" for n in itertools.count(2))) if name not in taken)
    return dict(zip(free, (*of.captured_objects, *receivers)))


def all_arguments(of: Sequence[inspect.Parameter]) -> Binder:
    """A binder of all arguments, defaults included."""
    named, _ = names(of)
    spread = [one.name for one in of if one.kind is Parameter.VAR_KEYWORD]
    items = [f"**{name}" for name in spread] + [f"{name!r}: {name}" for name in named]
    return _binder(of, "{" + ", ".join(items) + "}")


def fields(
    of: Sequence[inspect.Parameter], action_type: str, wanted: Sequence[Tuple[str, str]]
) -> Optional[Binder]:
    """A binder of an action with these fields of these arguments; ``None`` if some can only come by ``**``."""
    named, _ = names(of)
    if not {argument for _, argument in wanted} <= set(named):
        return None
    items = [f"'type': {str.__repr__(action_type)}"] + [f"{field!r}: {argument}" for field, argument in wanted]
    return _binder(of, "{" + ", ".join(items) + "}")


def _binder(of: Sequence[inspect.Parameter], result: str) -> Binder:
    written: List[str] = []
    scope: Dict[str, Any] = {}
    positional_only = any(one.kind is Parameter.POSITIONAL_ONLY for one in of)
    starred = False
    for number, one in enumerate(of):
        if not one.name.isidentifier():
            raise TypeError(f"a parameter cannot be called {one.name!r}")
        if one.kind is not Parameter.POSITIONAL_ONLY and positional_only:
            written.append("/")
            positional_only = False
        if one.kind is Parameter.KEYWORD_ONLY and not starred:
            written.append("*")
            starred = True
        text = one.name
        if one.kind is Parameter.VAR_POSITIONAL:
            text, starred = f"*{one.name}", True
        elif one.kind is Parameter.VAR_KEYWORD:
            text = f"**{one.name}"
        elif one.default is not Parameter.empty:
            scope[f"_actra_default_{number}"] = one.default
            text = f"{one.name}=_actra_default_{number}"
        written.append(text)
    if positional_only:
        written.append("/")
    code = f"def _actra_bind({', '.join(written)}):\n    return {result}\n"
    exec(compile(code, "<actra: arguments>", "exec"), scope)  # noqa: S102
    binder: Binder = scope["_actra_bind"]
    for one in getattr(of, "prebound", ()):
        binder = _with_prebound(binder, one)
    return binder


def _with_prebound(inner: Binder, prebound: Any) -> Binder:
    """A binder that adds what is given besides, as it is when the call is made."""
    if isinstance(prebound, Receiver):
        receiver = prebound.of

        def binder(*args: Any, **kwargs: Any) -> Dict[str, Any]:
            return inner(receiver, *args, **kwargs)

    else:

        def binder(*args: Any, **kwargs: Any) -> Dict[str, Any]:
            return inner(*prebound.args, *args, **{**prebound.keywords, **kwargs})

    setattr(binder, "__wrapped__", inner)  # noqa: B010
    return binder


def name_after(binder: Binder, function: Callable[..., Any]) -> Binder:
    """Makes the errors of a binder about arguments name the function, and returns it."""
    name = getattr(function, "__qualname__", None) or "call"
    one: Any = binder
    while one is not None:
        one.__name__ = one.__qualname__ = name
        # Before Python 3.10 errors take the name from the code.
        one.__code__ = one.__code__.replace(co_name=name)
        one = getattr(one, "__wrapped__", None)
    return binder
