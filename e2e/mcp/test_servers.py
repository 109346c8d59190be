"""The gateway in front of servers that others wrote: what is blocked is never executed."""

import asyncio
import json
import subprocess
import time

import pytest
from conftest import COMMAND, connected, node_server, python_server, run, text

FILES = """
actions:
  read_text_file: { fields: { path: path, head: number?, tail: number? } }
  write_file: { fields: { path: path, content: string } }
  create_directory: { fields: { path: path } }
"""


def rules_for(root) -> str:
    return f"""
  - {{ id: reads, scope: {{ action: read_text_file }}, when: 'action.path.within("{root}")', effect: allow }}
  - {{ id: writes, scope: {{ action: write_file }}, when: 'action.path.within("{root}/out")', effect: allow }}
  - {{ id: makes, scope: {{ action: create_directory }}, when: 'action.path.within("{root}")', effect: require_approval }}
"""


@pytest.fixture
def files(tmp_path, gateway):
    root = tmp_path / "data"
    (root / "out").mkdir(parents=True)
    (root / "a.txt").write_text("hello")
    return root, gateway(FILES, rules_for(root)), [*node_server("mcp-server-filesystem"), str(root)]


def test_a_call_that_is_blocked_is_never_executed(files):
    root, gateway, server = files

    async def calls():
        async with connected(gateway.command(server)) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            read = await client.call_tool("read_text_file", {"path": f"{root}/a.txt"})
            inside = await client.call_tool("write_file", {"path": f"{root}/out/b", "content": "x"})
            outside = await client.call_tool("write_file", {"path": f"{root}/b", "content": "x"})
            upwards = await client.call_tool("write_file", {"path": f"{root}/out/../b", "content": "x"})
            unknown = await client.call_tool("move_file", {"source": f"{root}/a.txt", "destination": f"{root}/c"})
            return tools, read, inside, outside, upwards, unknown

    tools, read, inside, outside, upwards, unknown = run(calls())
    assert sorted(tools) == ["create_directory", "read_text_file", "write_file"]
    assert not read.is_error and text(read) == "hello"
    assert not inside.is_error and (root / "out/b").read_text() == "x"
    for refused in (outside, upwards, unknown):
        assert refused.is_error and text(refused).startswith("The call was refused: action ")
    assert not (root / "b").exists() and (root / "a.txt").exists()
    assert gateway.outcomes() == [
        ("read_text_file", "ran"),
        ("write_file", "ran"),
        ("write_file", "refused"),
        ("write_file", "refused"),
        ("move_file", "refused"),
    ]


def test_a_grant_is_good_for_exactly_this_call_and_once(files):
    root, gateway, server = files

    async def calls():
        async with connected(gateway.command(server)) as client:
            make = lambda name: client.call_tool("create_directory", {"path": f"{root}/{name}"})  # noqa: E731
            asked = await make("new")
            request = asked.meta["actra/refused"]["approval"]["id"]
            grant = [COMMAND, "approvals", "grant", request, "--store", str(gateway.store), "--by", "ana"]
            subprocess.run(grant, check=True, capture_output=True)
            other = await make("other")
            granted = await make("new")
            again = await make("new")
            return asked, other, granted, again

    asked, other, granted, again = run(calls())
    assert asked.is_error and "approval request" in text(asked)
    assert other.is_error and again.is_error and not granted.is_error, text(granted)
    assert (root / "new").is_dir() and not (root / "other").exists()


def test_a_policy_is_replaced_while_the_gateway_runs(files):
    root, gateway, server = files

    async def calls():
        async with connected(gateway.command(server)) as client:
            read = lambda: client.call_tool("read_text_file", {"path": f"{root}/a.txt"})  # noqa: E731
            first = await read()
            gateway.write_rules("  - { id: none, scope: { global: true }, when: true, effect: block }\n")
            until = time.monotonic() + 30
            while not (second := await read()).is_error and time.monotonic() < until:
                await asyncio.sleep(0.2)
            # A set that cannot be used leaves the one before in force, and so does one that is gone.
            gateway.write_rules("  - { id: broken")
            await asyncio.sleep(3)
            third = await read()
            (gateway.set / "policy.yaml").unlink()
            await asyncio.sleep(3)
            return first, second, third, await read()

    first, second, third, fourth = run(calls())
    assert not first.is_error
    assert second.is_error and third.is_error and fourth.is_error


def test_many_calls_at_once_come_to_their_own_answers(files):
    root, gateway, server = files
    for number in range(40):
        (root / f"{number}.txt").write_text(f"text {number}")

    async def calls():
        async with connected(gateway.command(server)) as client:
            one = lambda path: client.call_tool("read_text_file", {"path": path})  # noqa: E731
            inside = [one(f"{root}/{number}.txt") for number in range(40)]
            outside = [one(f"/etc/{number}") for number in range(40)]
            return await asyncio.gather(*inside), await asyncio.gather(*outside)

    inside, outside = run(calls())
    assert [text(result) for result in inside] == [f"text {number}" for number in range(40)]
    assert all(result.is_error for result in outside)
    assert gateway.outcomes().count(("read_text_file", "refused")) == 40


def test_the_newest_revision_goes_through(tmp_path, gateway):
    repository = tmp_path / "repository"
    git = lambda *words: subprocess.run(["git", "-C", str(repository), *words], check=True, capture_output=True)  # noqa: E731
    repository.mkdir()
    git("init")
    (repository / "a").write_text("x")
    schema = "actions:\n  git_status: { fields: { repo_path: path } }\n  git_add: { fields: { repo_path: path, files: list<string> } }\n"
    rules = f"  - {{ id: looks, scope: {{ action: git_status }}, when: 'action.repo_path == \"{repository}\"', effect: allow }}\n"
    gateway = gateway(schema, rules)
    server = python_server("mcp_server_git")

    async def calls():
        async with connected(gateway.command(server)) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            status = await client.call_tool("git_status", {"repo_path": str(repository)})
            added = await client.call_tool("git_add", {"repo_path": str(repository), "files": ["a"]})
            return client.protocol_version, tools, status, added

    revision, tools, status, added = run(calls())
    assert revision == "2026-07-28" and tools == ["git_status"]
    assert not status.is_error and "Untracked" in text(status)
    assert added.is_error and "no rule allows it" in text(added)
    assert git("diff", "--cached", "--name-only").stdout == b""


@pytest.mark.parametrize("server", ["mcp-server-memory", "mcp-server-everything"])
def test_what_is_not_decided_is_the_same_with_and_without_it(server, gateway):
    gateway = gateway("actions: { none: {} }\n", "  - { id: none, scope: { action: none }, when: true, effect: allow }\n")
    server = node_server(server)

    async def told(command):
        async with connected(command) as client:
            capabilities = client.server_capabilities
            answers = [capabilities.model_dump_json(), client.protocol_version]
            if capabilities.resources:
                resources = (await client.list_resources()).resources
                answers += [one.model_dump_json() for one in resources]
                read = await client.read_resource(resources[0].uri) if resources else None
                answers.append(read and json.loads(read.model_dump_json()))
            if capabilities.prompts:
                answers += [one.model_dump_json() for one in (await client.list_prompts()).prompts]
            return answers

    assert run(told(server)) == run(told(gateway.command(server)))


def test_a_server_is_locked_and_its_changes_are_noticed(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    (root / "a.txt").write_text("hello")
    policy = tmp_path / "policy"
    files = [*node_server("mcp-server-filesystem"), str(root)]
    lock = lambda *words: subprocess.run([COMMAND, "mcp", "lock", str(policy), *words], capture_output=True, text=True, check=False)  # noqa: E731
    first = lock("--", *files)
    assert first.returncode == 0 and "14 tools are locked" in first.stderr, first
    assert lock("--check", "--", *files).returncode == 0
    other = lock("--check", "--", *node_server("mcp-server-memory"))
    assert other.returncode == 1 and "the tool `read_file` is gone" in other.stderr
    rules = "version: 1\ndefault: block\nrules: [{ id: all, scope: { global: true }, when: true, effect: allow }]\n"
    (policy / "policy.yaml").write_text(rules)

    async def calls():
        async with connected([COMMAND, "mcp", "run", str(policy), "--", *files]) as client:
            read = await client.call_tool("read_text_file", {"path": f"{root}/a.txt"})
            return read, len((await client.list_tools()).tools)

    read, count = run(calls())
    assert not read.is_error and text(read) == "hello" and count == 14
    # A tool whose description is another one.
    lines = (policy / "mcp.lock").read_text()
    subprocess.run([COMMAND, "mcp", "lock", str(policy), "--lock", str(tmp_path / "other.lock"), "--", *node_server("mcp-server-memory")], check=True, capture_output=True)
    (policy / "mcp.lock").write_text((tmp_path / "other.lock").read_text())
    changed, count = run(calls())
    assert changed.is_error and "was not there when" in text(changed) and count == 0
    (policy / "mcp.lock").write_text(lines.replace("Read the complete", "Read all of the"))
    broken = subprocess.run([COMMAND, "mcp", "run", str(policy), "--", *files], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert broken.returncode == 2 and "changed by hand" in broken.stderr


def test_a_server_that_ends_ends_the_gateway(gateway):
    gateway = gateway("actions: { none: {} }\n", "  - { id: none, scope: { action: none }, when: true, effect: allow }\n")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(gateway.command(["true"]), **pipes) as ended:
        # The client stays: only the server has gone.
        assert ended.wait(timeout=30) == 3 and b"has ended" in ended.stderr.read()
    missing = subprocess.run(gateway.command(["/no/such/server"]), stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    assert missing.returncode == 3 and b"/no/such/server" in missing.stderr


def test_a_client_that_goes_ends_gateway_and_server(gateway):
    gateway = gateway("actions: { none: {} }\n", "  - { id: none, scope: { action: none }, when: true, effect: allow }\n")
    ended = subprocess.run(gateway.command(["cat"]), stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    assert ended.returncode == 0 and ended.stdout == b""


def test_what_a_server_has_started_does_not_keep_the_gateway(gateway):
    gateway = gateway("actions: { none: {} }\n", "  - { id: none, scope: { action: none }, when: true, effect: allow }\n")
    began = time.monotonic()
    server = ["sh", "-c", "sleep 60 & exec cat"]
    ended = subprocess.run(gateway.command(server), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=50, check=False)
    assert ended.returncode == 0 and time.monotonic() - began < 40


def test_what_cannot_be_used_says_what_and_where(gateway, tmp_path):
    gateway = gateway(FILES, rules_for(tmp_path))

    def said(*options, server=("cat",), path=None):
        command = [COMMAND, "mcp", "run", str(path or gateway.set), *options, "--", *server]
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
        return ended.returncode, ended.stderr

    assert said(path=tmp_path / "no")[0] == 2 and "no policy directory" in said(path=tmp_path / "no")[1]
    for options, words in (
        (["--actor", "{"], "`--actor`: a JSON object is expected"),
        (["--actor", '{"nobody": 1}'], "nobody"),
        (["--snapshot", "@/no/such"], "cannot read `/no/such`"),
        (["--events", "/no/such/file"], "`/no/such/file`: "),
        (["--approvals", "/no/such/file"], "`/no/such/file`: "),
        (["--lock", "/no/such/file"], "`/no/such/file`: "),
        (["--user", " "], "it cannot be empty"),
    ):
        status, text = said(*options)
        assert status == 2 and words in text, (options, status, text)
    (gateway.set / "mcp.lock").write_text("{}")
    assert said()[0] == 2 and "mcp.lock" in said()[1] and "this is no lock of `actra mcp lock`" in said()[1]
    (gateway.set / "mcp.lock").unlink()
    # Somebody has to be there who can approve.
    assert "say `--approvals FILE`" in said()[1] and said("--user", "ana")[0] == 0
    gateway.write_rules("  - { id: broken")
    assert said()[0] == 2 and "policy.yaml:" in said()[1]
