"""The whole of ``conformance/`` through Python: as JSON text, and as Python's own values."""

import json
import os
from decimal import Decimal

import pytest

import actra

PATH = os.environ.get("ACTRA_CASES")


class NotPlain(Exception):
    """What JSON can say and values of Python cannot."""


def pairs(members):
    found = dict(members)
    if len(found) != len(members):
        raise NotPlain
    return found


def native(text):
    try:
        value = json.loads(text.decode(), object_pairs_hook=pairs, parse_float=Decimal, parse_constant=refuse)
        json.dumps(value, default=str, ensure_ascii=False).encode()
        return value
    except (NotPlain, ValueError, ArithmeticError, RecursionError):
        raise NotPlain from None


def refuse(_):
    raise NotPlain


@pytest.mark.skipif(not PATH, reason="`make python` writes the cases and sets ACTRA_CASES")
def test_every_case():
    as_json = as_values = 0
    policies = {}
    with open(PATH, encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            key = json.dumps(case["texts"])
            if key not in policies:
                texts = dict(map(tuple, case["texts"]))
                native_policy, errors, _ = actra._actra.compile(list(texts.items()))
                assert native_policy is not None, errors
                policies = {key: actra.Policy(native_policy)}
            policy = policies[key]
            request = bytes.fromhex(case["request"])
            expected = case["decision"].encode()
            assert policy.decide_json(request) == expected, case["name"]
            as_json += 1
            try:
                value = native(request)
            except NotPlain:
                continue
            if len(request) > 1 << 20:
                continue
            assert policy.decide(value).to_json() == expected, case["name"]
            as_values += 1
    print(f"{as_json} cases as JSON, {as_values} of them as values, too")
    assert as_json > 1000 and as_values > 0.9 * as_json
