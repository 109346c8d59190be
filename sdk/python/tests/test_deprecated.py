"""A deprecated field of a model is read as any other: what is deprecated about it is for who wrote the function."""

import warnings

import pytest

import actra

pydantic = pytest.importorskip("pydantic")

SCHEMA = """
version: 1
actions:
  pay: { fields: { order: { type: object, fields: { id: 'string?', old: 'number?', sum: 'number?' } } } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: old, scope: { action: pay }, when: 'has(action.order.old) && action.order.old > 100', effect: block }
  - { id: sum, scope: { action: pay }, when: 'has(action.order.sum) && action.order.sum > 1000', effect: block }
"""
POLICY = actra.load_policy_from_string(SCHEMA, RULES)


class Order(pydantic.BaseModel):
    id: str = "a"
    old: int = pydantic.Field(1, deprecated=True)
    each: int = 1

    @pydantic.computed_field(deprecated="read each")
    @property
    def sum(self) -> int:
        return self.each * 10


class Further(Order):
    more: int = 1


class Own(Order):
    """Reads its attributes itself."""

    def __getattribute__(self, name):
        return 500 if name == "old" else super().__getattribute__(name)


@pytest.fixture
def pay():
    return actra.ActraRuntime(POLICY).admit("pay")(lambda order: "ran")


@pytest.mark.parametrize("kind", [Order, Further])
@pytest.mark.parametrize("action", ["error", "always"])
def test_it_is_read_without_a_warning(pay, kind, action):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter(action)
        assert pay(kind()) == "ran"
        for given, rule in (({"old": 500}, "old"), ({"each": 500}, "sum")):
            with pytest.raises(actra.ActraPolicyError) as refused:
                pay(kind(**given))
            assert refused.value.matched_rule == rule
    assert warned == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_the_function_reads_counts(pay):
    with pytest.raises(actra.ActraPolicyError) as refused:
        pay(Own())
    assert refused.value.matched_rule == "old"
