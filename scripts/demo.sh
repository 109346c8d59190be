#!/usr/bin/env bash
# The main job on real input: check a policy set, decide and explain requests, show what a broken set says.
set -uo pipefail
cd "$(dirname "$0")/.."
actra=${1:-actra}
step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
run() {
  step "actra $*"
  "$actra" "$@"
  local status=$?
  [ "$status" -le "${allowed:-0}" ] || { echo "demo: exit status $status" >&2; exit 1; }
}

echo "An agent may use a bank's tools. Its policy set lives in examples/banking."
run check examples/banking
allowed=1
run decide examples/banking --input examples/banking/requests.jsonl
allowed=0
for wanted in block require_approval; do
  line=$("$actra" decide examples/banking --input examples/banking/requests.jsonl --format json | grep -n "\"effect\":\"$wanted\"" | head -1 | cut -d: -f1)
  [ -n "$line" ] || { echo "demo: no request is decided as $wanted" >&2; exit 1; }
  request=$(mktemp)
  sed -n "${line}p" examples/banking/requests.jsonl >"$request"
  printf '\nWhy is request %s decided as %s?\n' "$line" "$wanted"
  run explain examples/banking --request "$request"
  rm -f "$request"
done
printf '\nTests of a policy set, and what they would notice: every change of a rule but the few that make no difference.\n'
allowed=0
run test policies/git --mutants --fail-under 95
printf '\nGovernance: what an organization demands of a team is proved of its policy.\n'
allowed=0
run check examples/organization/payments
printf '\nA change that looks harmless is refused, with a request that it would let through.\n'
changed=$(mktemp -d)/payments
cp -r examples/organization/payments "$changed"
sed -i.bak 's/when: snapshot.fraud_flag$/when: snapshot.fraud_flag \&\& !(action.to in snapshot.known)/' "$changed/policy.yaml"
rm "$changed/policy.yaml.bak"
allowed=1
step "actra check payments"
"$actra" check "$changed" && { echo "demo: the change is not refused" >&2; exit 1; }
rm "$changed/governance.yaml"
run diff examples/organization/payments "$changed" --fail-on weaker
rm -r "$(dirname "$changed")"
printf '\nAn agent with three tools asks before each call: what the policy blocks is never executed.\n'
step "cargo run -p actra-examples --bin agent"
cargo run --release --quiet -p actra-examples --bin agent
printf '\nA broken policy set says everything that is wrong with it at once.\n'
allowed=1
run check examples/broken
printf '\nAn agent reads a poisoned note. A policy stands in front of its file server, and the server never sees the unsafe call.\n'
# shellcheck source=scripts/mcp-tools.sh
source scripts/mcp-tools.sh
if [ -n "$MCP_PYTHON" ] && [ -n "$MCP_NODE" ]; then
  step "actra mcp run examples/mcp/policy -- mcp-server-filesystem WORKSPACE"
  "$MCP_PYTHON" examples/mcp/agent.py "$actra" "$MCP_NODE/node_modules/.bin/mcp-server-filesystem" 2>/dev/null \
    || { echo "demo: the scene fails" >&2; exit 1; }
else
  echo "SKIPPED: the scene needs Python 3.10 or newer and npm"
fi
