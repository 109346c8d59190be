"""Real servers and a real client, with the gateway between them."""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

COMMAND = os.environ["ACTRA_COMMAND"]
NODE = os.environ.get("MCP_NODE")


class Gateway:
    """A policy in front of a server, and what it wrote about calls."""

    def __init__(self, directory: Path, schema: str, rules: str) -> None:
        self.set = directory / "policy"
        self.set.mkdir()
        (self.set / "schema.yaml").write_text("version: 1\n" + schema)
        self.write_rules(rules)
        self.log = directory / "events.jsonl"
        self.store = directory / "approvals.db"

    def write_rules(self, rules: str) -> None:
        (self.set / "policy.yaml").write_text("version: 1\ndefault: block\nrules:\n" + rules)

    def command(self, server: list[str], *options: str) -> list[str]:
        fixed = ["--events", str(self.log), "--approvals", str(self.store)]
        return [COMMAND, "mcp", "run", str(self.set), *fixed, *options, "--", *server]

    def events(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def outcomes(self) -> list[tuple[str, str]]:
        return [(event["request"]["action"]["type"], event["outcome"]) for event in self.events()]


@pytest.fixture
def gateway(tmp_path):
    return lambda schema, rules: Gateway(tmp_path, schema, rules)


@asynccontextmanager
async def connected(command: list[str], **options):
    async with Client(StdioServerParameters(command=command[0], args=command[1:]), **options) as client:
        yield client


def node_server(name: str) -> list[str]:
    if not NODE:
        pytest.skip("no npm, so no servers that are written in JavaScript")
    return [f"{NODE}/node_modules/.bin/{name}"]


def python_server(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 60))


def text(result) -> str:
    return "\n".join(part.text for part in result.content if part.type == "text")
