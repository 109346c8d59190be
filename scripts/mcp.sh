#!/usr/bin/env bash
# Tests the gateway between a real client and real servers of the Model Context Protocol.
# Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/mcp-tools.sh
source scripts/mcp-tools.sh
if [ -z "${MCP_PYTHON:-}" ]; then
    echo "SKIPPED: real clients and servers of MCP, since there is no Python 3.10 or newer that can make a virtual environment"
    exit 0
fi
# With the whole workspace, as for other tests, so that nothing is built twice.
cargo build --quiet --workspace --bin actra
ACTRA_COMMAND=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/actra
export ACTRA_COMMAND
cd e2e/mcp
"$MCP_PYTHON" -m pytest -q -rs -p no:cacheprovider "$@"
