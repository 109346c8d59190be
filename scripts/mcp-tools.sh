# Installs clients and servers of the Model Context Protocol outside of the clone, once for each list of them.
# Sets MCP_PYTHON, a Python that has them, and MCP_NODE, a directory of npm; each is empty where it cannot be had.
mcp_tools=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/actra}/mcp
mcp_stamp=$(cat e2e/mcp/requirements.txt e2e/mcp/package.json | cksum | cut -d' ' -f1)
if [ ! -e "$mcp_tools/.$mcp_stamp" ]; then
    rm -rf "$mcp_tools"
    mkdir -p "$mcp_tools/node"
    # The protocol's own package needs Python 3.10.
    if "${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2> /dev/null \
        && "${PYTHON:-python3}" -m venv "$mcp_tools/python" > /dev/null 2>&1; then
        "$mcp_tools/python/bin/pip" install --quiet --disable-pip-version-check -r e2e/mcp/requirements.txt
    fi
    if command -v npm > /dev/null; then
        cp e2e/mcp/package.json "$mcp_tools/node"
        (cd "$mcp_tools/node" && npm install --silent --no-audit --no-fund > /dev/null)
    fi
    touch "$mcp_tools/.$mcp_stamp"
fi
MCP_PYTHON=$([ ! -x "$mcp_tools/python/bin/python" ] || echo "$mcp_tools/python/bin/python")
MCP_NODE=$([ ! -d "$mcp_tools/node/node_modules" ] || echo "$mcp_tools/node")
export MCP_PYTHON MCP_NODE
