"""Added time for a call and for a list of 2,000 tools: the same server directly and behind `actra mcp run`.

Usage: latency.py ACTRA. The server is this file, so that nothing but pipes and the gateway is measured.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOOLS = 2_000
CALLS = 2_000


def serve() -> None:
    tools = [
        {"name": f"t{number}", "description": f"Tool {number}", "inputSchema": {"type": "object", "properties": {"path": {"type": "string"}}}}
        for number in range(TOOLS)
    ]
    results = {
        "initialize": {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}},
        "tools/call": {"content": [{"type": "text", "text": "done"}], "isError": False},
        "tools/list": {"tools": tools},
    }
    texts = {method: json.dumps(result) for method, result in results.items()}
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("method") in texts:
            sys.stdout.write(f'{{"jsonrpc":"2.0","id":{message["id"]},"result":{texts[message["method"]]}}}\n')
            sys.stdout.flush()


def measure(command: list[str]) -> tuple[float, float, float, float]:
    """Microseconds to the first answer, for a call (median), for the first list and for later ones (median)."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:

        def ask(number: int, method: str, params: dict) -> float:
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            began = time.perf_counter()
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            took = time.perf_counter() - began
            assert b'"result"' in answer[:200] and b'"isError":true' not in answer, answer[:300]
            return took * 1e6

        began = time.perf_counter()
        ask(0, "initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}})
        start = (time.perf_counter() - began) * 1e6
        calls = [ask(number, "tools/call", {"name": "t0", "arguments": {"path": "/data/a"}}) for number in range(1, CALLS + 1)]
        lists = [ask(CALLS + number, "tools/list", {}) for number in range(1, 12)]
        process.stdin.close()
        return start, statistics.median(calls), lists[0], statistics.median(lists[1:])


def main() -> None:
    if sys.argv[1:] == ["serve"]:
        return serve()
    server = [sys.executable, __file__, "serve"]
    with tempfile.TemporaryDirectory() as directory:
        policy = Path(directory)
        actions = "".join(f"  t{number}: {{ fields: {{ path: path }} }}\n" for number in range(TOOLS))
        (policy / "schema.yaml").write_text(f"version: 1\nactions:\n{actions}")
        rule = "{ id: r, scope: { global: true }, when: 'action.path.within(\"/data\")', effect: allow }"
        (policy / "policy.yaml").write_text(f"version: 1\ndefault: block\nrules:\n  - {rule}\n")
        gateway = [sys.argv[1], "mcp", "run", directory, "--events", f"{directory}/events.jsonl", "--", *server]
        print("| way | start, ms | a call, median, us | first list, ms | later lists, median, ms |\n|---|--:|--:|--:|--:|")
        for _ in range(3):
            for way, command in (("direct", server), ("gateway", gateway)):
                start, call, first, later = measure(command)
                print(f"| {way} | {start / 1e3:.0f} | {call:.0f} | {first / 1e3:.1f} | {later / 1e3:.1f} |")


if __name__ == "__main__":
    main()
