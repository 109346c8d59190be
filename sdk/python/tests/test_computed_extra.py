"""What a model finds out itself is left out where nothing reads it, also if a sender has added something to the model."""

import itertools

import pytest

import actra

pydantic = pytest.importorskip("pydantic")

SCHEMA = """
version: 1
actions:
  pay:
    fields:
      order: { type: object, fields: { id: string, total: number? } }
"""
RULES = """
version: 1
default: allow
rules:
  - { id: total, scope: { action: pay }, when: 'has(action.order.total) && action.order.total > 100', effect: block }
  - { id: other, scope: { action: pay }, when: action.order.id == "b", effect: block }
"""
POLICY = actra.load_policy_from_string(SCHEMA, RULES)
clock = itertools.count()


class Order(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")

    id: str = "a"
    each: int = 1

    @pydantic.computed_field
    @property
    def total(self) -> int:
        return self.each * 10

    @pydantic.computed_field
    @property
    def since(self) -> int:
        return next(clock)


@pytest.fixture(params=[False, True])
def pay(request):
    runtime = actra.ActraRuntime(POLICY, on_event=(lambda event: None) if request.param else None)
    return runtime.admit("pay")(lambda order: "ran")


@pytest.mark.parametrize("more", [{}, {"note": "hi"}, {"note": {"a": [1]}}], ids=repr)
def test_it_may_be_another_one_each_time(pay, more):
    assert pay(Order(**more)) == "ran"


@pytest.mark.parametrize("more", [{}, {"note": "hi"}], ids=repr)
def test_what_a_rule_reads_counts(pay, more):
    for given, rule in (({"each": 20}, "total"), ({"id": "b"}, "other")):
        with pytest.raises(actra.ActraPolicyError) as refused:
            pay(Order(**given, **more))
        assert refused.value.matched_rule == rule


def test_what_a_sender_has_named_is_not_told():
    request = {"action": {"type": "pay", "order": Order(planted=object())}, "actor": {}, "snapshot": {}}
    with pytest.raises(TypeError) as refused:
        POLICY.decide(request)
    assert "action.order" in str(refused.value) and "planted" not in str(refused.value)
