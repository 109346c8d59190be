#!/usr/bin/env bash
# Builds the Python package, installs it into an empty virtual environment, and tests it there.
# Arguments go to pytest: `scripts/python.sh -s tests/test_soak.py` runs that file alone.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/actra}
tools=$cache/python
python=${PYTHON:-python3}
stamp=$tools/.$(cksum < sdk/python/requirements-test.txt | cut -d' ' -f1)
if [ ! -e "$stamp" ]; then
    rm -rf "$tools"
    "$python" -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check -r sdk/python/requirements-test.txt
    touch "$stamp"
fi
wheels=$cache/wheels
rm -rf "$wheels"
(cd sdk/python && "$tools/bin/maturin" build --quiet --release --out "$wheels" --interpreter "$tools/bin/python")
size=$(stat -c %s "$wheels"/*.whl 2> /dev/null || stat -f %z "$wheels"/*.whl)
echo "the wheel has $size bytes"
test "$size" -lt 6000000
"$tools/bin/pip" install --quiet --disable-pip-version-check --no-deps --force-reinstall "$wheels"/*.whl
ACTRA_CASES=$cache/cases.jsonl cargo test --quiet --workspace --test conformance write_the_cases -- --ignored
# With the whole workspace, as for other tests, so that nothing is built twice.
cargo build --quiet --workspace --bin actra
ACTRA_COMMAND=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/actra
export ACTRA_COMMAND
cd sdk/python
if [ $# -eq 0 ]; then
    set -- tests ../../policies/shell
fi
ACTRA_CASES=$cache/cases.jsonl "$tools/bin/python" -m pytest -q -rs -p no:cacheprovider "$@"
"$tools/bin/python" -m mypy --cache-dir "$cache/mypy"
# It comes with npm, which not every machine has.
if "$tools/bin/pyright" --version > /dev/null 2>&1; then
    "$tools/bin/pyright" --pythonpath "$tools/bin/python"
else
    echo "SKIPPED: pyright, since it could not be installed"
fi
