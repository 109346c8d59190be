"""What a model finds out itself counts where the schema declares it: it may be another one each time."""

import itertools

import pytest

import actra

pydantic = pytest.importorskip("pydantic")

pytestmark = pytest.mark.filterwarnings("ignore:the policy reads:UserWarning")

SCHEMA = """
version: 1
actions:
  pay:
    fields:
      order: { type: object, optional: true, fields: { id: string, total: number?, age: number? } }
      orders: { type: list, optional: true, of: { type: object, fields: { id: string } } }
      any: any?
      map: { type: map, optional: true, of: any }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: total, scope: { action: pay }, when: 'has(action.order) && has(action.order.total) && action.order.total > 100', effect: block }
  - { id: any, scope: { action: pay }, when: 'has(action.any) && has(action.any.total) && action.any.total > 100', effect: block }
  - { id: map, scope: { action: pay }, when: 'has(action.map) && "total" in action.map && action.map["total"] > 100', effect: block }
"""
POLICY = actra.load_policy_from_string(SCHEMA, RULES)
clock = itertools.count()


class Order(pydantic.BaseModel):
    id: str = "a"
    each: int = 1

    @pydantic.computed_field
    @property
    def total(self) -> int:
        return self.each * 10


class Timed(Order):
    @pydantic.computed_field
    @property
    def since(self) -> int:
        return next(clock)


class Aged(Order):
    @pydantic.computed_field
    @property
    def age(self) -> int:
        return next(clock)


def outcome(watched, **given):
    runtime = actra.ActraRuntime(POLICY, on_event=(lambda event: None) if watched else None)

    @runtime.admit("pay")
    def pay(order=None, orders=None, any=None, map=None, other=None):
        return "ran"

    try:
        return pay(**{"order": {"id": "a"}, "orders": [], "any": {}, "map": {}, **given})
    except actra.ActraPolicyError as refused:
        return str(refused)


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("name", ["order", "any", "map"])
def test_what_a_rule_reads_counts(name, watched):
    assert outcome(watched, **{name: Order()}) == "ran"
    assert f"blocked by rule {name.replace('order', 'total')}" in outcome(watched, **{name: Order(each=20)})


@pytest.mark.parametrize("watched", [False, True])
def test_what_nobody_declares_does_not(watched):
    for given in ({"order": Timed()}, {"orders": [Timed(), Timed()]}, {"other": Timed()}):
        assert outcome(watched, **given) == "ran"
    assert "blocked by rule total" in outcome(watched, order=Timed(each=20))


@pytest.mark.parametrize("watched", [False, True])
def test_what_is_declared_and_another_one_each_time_is_refused(watched):
    for given in ({"order": Aged()}, {"any": Timed()}, {"map": Timed()}):
        assert "changed" in outcome(watched, **given) or "not the same" in outcome(watched, **given), given
