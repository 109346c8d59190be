"""Gateway, server and client are killed at random: no server executes a call without a recorded allow."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

SECONDS = float(os.environ.get("MCP_CHAOS_SECONDS", "15"))
SCHEMA = "actions:\n  do: { fields: { mark: string, allowed: boolean } }\n"
RULES = "  - { id: allowed, scope: { action: do }, when: action.allowed, effect: allow }\n"


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def converse(process: subprocess.Popen, round_number: int, chance: random.Random) -> None:
    """Sends calls as fast as they are taken, allowed and blocked ones, until a pipe breaks."""
    handshake = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    send = lambda message: process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")  # noqa: E731
    try:
        send({"id": 0, "method": "initialize", "params": handshake})
        process.stdin.flush()
        process.stdout.readline()
        for number in range(1, 100_000):
            is_allowed = chance.random() < 0.5
            mark = f"{round_number}-{number}-{'allowed' if is_allowed else 'blocked'}"
            arguments = {"mark": mark, "allowed": is_allowed}
            send({"id": number, "method": "tools/call", "params": {"name": "do", "arguments": arguments}})
            if chance.random() < 0.3:
                process.stdin.flush()
    except (BrokenPipeError, ValueError, OSError):
        pass


def test_nothing_is_executed_without_a_recorded_allow(tmp_path, gateway):
    gateway = gateway(SCHEMA, RULES)
    executed = tmp_path / "executed"
    executed.touch()
    server = [sys.executable, str(Path(__file__).with_name("recording_server.py")), str(executed)]
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    until, rounds, killed = time.monotonic() + SECONDS, 0, {"gateway": 0, "server": 0, "client": 0}
    while time.monotonic() < until:
        rounds += 1
        # Without its standard error, which would be too much.
        process = subprocess.Popen(
            gateway.command(server), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        client = threading.Thread(target=converse, args=(process, rounds, random.Random(chance.random())))
        reader = threading.Thread(target=lambda out=process.stdout: [None for _ in iter(lambda: out.read(4096), b"")])
        client.start()
        time.sleep(0.1 + chance.random() * 0.3)
        reader.start()
        time.sleep(chance.random() * 0.3)
        whom = chance.choice(["gateway", "server", "client"])
        killed[whom] += 1
        if whom == "server":
            for child in children(process.pid):
                kill(child)
        elif whom == "gateway":
            kill(process.pid)
        else:
            # A client that is gone has closed its pipes.
            try:
                os.close(os.dup(process.stdin.fileno()))
                process.stdin.close()
            except OSError:
                pass
        time.sleep(0.1)
        kill(process.pid)
        process.wait(timeout=30)
        client.join(timeout=30)
        reader.join(timeout=30)
        for pipe in (process.stdin, process.stdout):
            try:
                pipe.close()
            except OSError:
                pass
    time.sleep(1)
    done = executed.read_text().splitlines()
    allowed = set()
    for line in gateway.log.read_text().splitlines():
        # A line of a gateway that was killed may be torn.
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event["outcome"] == "ran":
            allowed.add(event["request"]["action"]["mark"])
    print(f"seed {seed}: {rounds} rounds, {killed}, {len(done)} calls executed, {len(allowed)} recorded as allowed")
    without = [mark for mark in done if mark not in allowed]
    assert not without, without[:5]
    assert not [mark for mark in done if mark.endswith("blocked")]
    assert len(done) == len(set(done)), "a call was executed twice"
    assert done and min(killed.values()) > 0 or SECONDS < 10
