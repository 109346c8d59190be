"""What is decorated keeps its type. Read by mypy and pyright, never run: see ``pyproject.toml``."""

from typing import AsyncIterator, Awaitable, Callable, Iterator, List, TypeVar

from typing_extensions import assert_type

import actra

T = TypeVar("T")
runtime = actra.configure("policies", deadline=2.0)
assert_type(runtime, actra.ActraRuntime)


@runtime.admit
def bare(amount: int, note: str = "") -> str:
    return note


@runtime.admit()
def empty(amount: int) -> str:
    return str(amount)


@runtime.admit("refund", fields=["amount"], unbound=["note"])
def named(amount: int, *, note: str) -> List[str]:
    return [note]


@actra.admit
def of_module(amount: int) -> float:
    return float(amount)


@actra.admit("refund")
async def later(amount: int) -> str:
    return str(amount)


@actra.audit
def audited(amount: int) -> bytes:
    return bytes(amount)


@runtime.audit("refund")
def generator(amount: int) -> Iterator[int]:
    yield amount


@runtime.admit("refund")
async def stream(amount: int) -> AsyncIterator[int]:
    yield amount


@runtime.admit("refund")
def generic(amount: T) -> List[T]:
    return [amount]


class Till:
    @runtime.admit
    def method(self, amount: int) -> str:
        return str(amount)

    @runtime.admit("refund")
    async def later(self, amount: int) -> str:
        return str(amount)

    @classmethod
    @runtime.admit("refund")
    def of_class(cls, amount: int) -> "Till":
        return cls()

    @staticmethod
    @runtime.admit
    def static(amount: int) -> int:
        return amount


def checked() -> None:
    assert_type(bare(1, note="x"), str)
    assert_type(empty(1), str)
    assert_type(named(1, note="x"), List[str])
    assert_type(of_module(1), float)
    assert_type(audited(1), bytes)
    assert_type(generator(1), Iterator[int])
    assert_type(stream(1), AsyncIterator[int])
    assert_type(generic("x"), List[str])
    assert_type(Till().method(1), str)
    assert_type(Till.of_class(1), Till)
    assert_type(Till.static(1), int)
    assert_type(actra.propagate(bare)(1), str)


async def awaited() -> None:
    assert_type(await later(1), str)
    assert_type(await Till().later(1), str)
    async for item in stream(1):
        assert_type(item, int)


def misused() -> None:
    bare("one")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    named(1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    of_module(1, 2)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    Till().method("one")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    runtime.admit(1)  # type: ignore[call-overload] # pyright: ignore[reportCallIssue, reportArgumentType]
    actra.configure("policies", deadlines=2.0)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    runtime.admit("refund", field=["amount"])  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]


def taken(function: Callable[[int], Awaitable[str]]) -> None:
    taken(later)
    taken(empty)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
