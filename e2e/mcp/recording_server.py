"""A server that writes down each call before it answers. Its argument is the file."""

import json
import sys


def main() -> None:
    with open(sys.argv[1], "a") as executed:
        for line in sys.stdin:
            message = json.loads(line)
            method = message.get("method")
            if method == "tools/call":
                executed.write(message["params"]["arguments"]["mark"] + "\n")
                executed.flush()
            results = {
                "initialize": {
                    "protocolVersion": "2025-06-18",
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "recording", "version": "1"},
                },
                "tools/call": {"content": [{"type": "text", "text": "done"}], "isError": False},
            }
            if "id" in message and method in results:
                answer = {"jsonrpc": "2.0", "id": message["id"], "result": results[method]}
                print(json.dumps(answer), flush=True)


main()
