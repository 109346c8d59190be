#!/usr/bin/env bash
# Tries an installed Python package, outside of its sources, on the smallest example. The argument is the Python to use.
set -euo pipefail
python=${1:-python3}
directory=$(mktemp -d)
trap 'rm -r "$directory"' EXIT
cd "$directory"
cat >schema.yaml <<'YAML'
version: 1
actions: { refund: { fields: { amount: number } } }
YAML
cat >policy.yaml <<'YAML'
version: 1
default: block
rules: [{ id: small, scope: { action: refund }, when: action.amount <= 100, effect: allow }]
YAML
"$python" - <<'PYTHON'
import actra

actra.configure(policy=".")

@actra.admit()
def refund(amount):
    return amount

assert refund(25) == 25
try:
    refund(2500)
except actra.ActraPolicyError as error:
    print(error)
else:
    raise SystemExit("a refund that no rule allows ran")
PYTHON
