"""A duration of another class is exactly what Python's own would be, or refused."""

import datetime
import random

import pytest

import actra


class Parts(datetime.timedelta):
    """Sums its parts up as numbers with a fraction, as that of pandas does."""

    def total_seconds(self):
        return self.days * 86_400 + self.seconds + self.microseconds / 1_000_000


class Nano(datetime.timedelta):
    """Holds more than it compares by."""

    def total_seconds(self):
        return super().total_seconds() + 1e-9


class Calendar(datetime.timedelta):
    """What pendulum makes of years and months."""

    years, months = 0, 0

    def of(self, **calendar):
        self.__dict__.update(calendar)
        return self


class Between(Calendar):
    """Two moments, of which the length is known, however many months it is."""

    start, end = 0, 1


@pytest.fixture
def has_value():
    schema = "version: 1\nactions: { wait: { fields: { time: duration } } }\n"
    rules = (
        "version: 1\ndefault: allow\nrules:\n"
        "  - { id: long, scope: { action: wait }, when: 'action.time > duration(\"1h\")', effect: block }\n"
    )
    policy = actra.load_policy_from_string(schema, rules)

    def has_value(time):
        try:
            decision = policy.evaluate({"action": {"type": "wait", "time": time}, "actor": {}, "snapshot": {}})
        except TypeError:
            return False
        # As Python's own it is what it is.
        base = datetime.timedelta
        plain = base(*(getattr(base, part).__get__(time) for part in ("days", "seconds", "microseconds")))
        assert decision == policy.evaluate({"action": {"type": "wait", "time": plain}, "actor": {}, "snapshot": {}})
        return True

    return has_value


def durations(count=2_000):
    some = random.Random(1)
    for most in (10**6, 10**12, 86_400 * 365 * 250 * 10**6):
        for _ in range(count // 3):
            yield datetime.timedelta(microseconds=some.randint(-most, most))


def test_how_it_sums_itself_up_is_no_matter(has_value):
    for one in (-datetime.timedelta(milliseconds=1), -datetime.timedelta(microseconds=1), *durations()):
        assert has_value(Parts(one.days, one.seconds, one.microseconds)), one


def test_one_that_holds_more_is_refused(has_value):
    for one in (datetime.timedelta(0), datetime.timedelta(seconds=1), -datetime.timedelta(hours=1)):
        assert not has_value(Nano(one.days, one.seconds, one.microseconds)), one


def test_one_of_years_or_months_has_no_length(has_value):
    assert has_value(Calendar(30))
    assert not has_value(Calendar(30).of(months=1))
    assert not has_value(Calendar(365).of(years=1))
    assert has_value(Between(31).of(months=1))


def test_those_of_pandas(has_value):
    pandas = pytest.importorskip("pandas")
    for one in durations():
        assert has_value(pandas.Timedelta(one)), one
    assert not has_value(pandas.Timedelta("5ns"))


def test_those_of_pendulum(has_value):
    pendulum = pytest.importorskip("pendulum")
    assert has_value(pendulum.duration(days=1)) and has_value(pendulum.duration(seconds=-1.5))
    assert has_value(pendulum.interval(pendulum.datetime(2020, 1, 1), pendulum.datetime(2020, 2, 1)))
    assert not has_value(pendulum.duration(months=1)) and not has_value(pendulum.duration(years=1))
