#!/usr/bin/env bash
# What takes long or needs more than one toolchain: stores of approvals under chaos, and the Python package with every
# other version of Python that is here. Run before a release; the results are kept in docs/src/verification.md.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/actra}

echo "== 50 processes on one store, and 1,000 damaged ones"
ACTRA_SOAK_PROCESSES=50 ACTRA_SOAK_DAMAGE=1000 \
    cargo test --quiet --release -p actra-host --features sqlite --test approvals -- --nocapture

echo "== gateway, server and client killed at random for ten minutes"
MCP_CHAOS_SECONDS=600 scripts/mcp.sh -s test_chaos.py

[ -e "$cache/cases.jsonl" ] && ls "$cache"/wheels/*.whl > /dev/null || scripts/python.sh tests/test_errors.py
cargo build --quiet --workspace --bin actra
ACTRA_COMMAND=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/actra
export ACTRA_COMMAND ACTRA_CASES=$cache/cases.jsonl
for version in 3.9 3.10 3.12 3.13 3.14; do
    python=$(command -v "python$version" || ls "$HOME"/.pyenv/versions/"$version".*/bin/python 2> /dev/null | head -1 || true)
    if [ -z "$python" ]; then
        echo "SKIPPED: Python $version, since it is not here"
        continue
    fi
    echo "== Python $version"
    tools=$cache/e2e/$version
    [ -e "$tools/.made" ] || {
        rm -rf "$tools"
        "$python" -m venv "$tools"
        # What only checks types, or is not made for every version, is left out.
        grep -vE '^(maturin|mypy|pyright)' sdk/python/requirements-test.txt > "$cache/e2e/requirements.txt"
        "$tools/bin/pip" install --quiet --disable-pip-version-check -r "$cache/e2e/requirements.txt"
        touch "$tools/.made"
    }
    "$tools/bin/pip" install --quiet --disable-pip-version-check --no-deps --force-reinstall "$cache"/wheels/*.whl
    (cd sdk/python && "$tools/bin/python" -m pytest -q -p no:cacheprovider tests)
done
