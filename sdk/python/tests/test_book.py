"""The Python of the book runs.

The ``python`` blocks of a page are one program, in a directory that holds the files that the page has shown so far. A
``text`` block right behind one is what it prints.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$(\n\n(?=```text\n))?", re.MULTILINE | re.DOTALL)
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs" / "src").rglob("*.md"))]
    if "```python" in page.read_text(encoding="utf-8")
]
RULES = "version: 1\ndefault: allow\nrules:\n"
MARK = "-- the block of line {} --"


def program(text, directory):
    """One program of a page, and by the line of its block what each must print."""
    source, expected, printing = [], [], False
    for found in BLOCK.finditer(text):
        info, body, followed = found.groups()
        line = text.count("\n", 0, found.start()) + 1
        kind, _, path = info.partition(" ")
        if kind == "text" and printing:
            expected[-1][1] = body
        if kind in ("yaml", "json") and path and " " not in path:
            if kind == "json" and path == "request":
                path = "request.json"
            content = RULES + body if path == "rules" else body
            path = "policy.yaml" if path == "rules" else path
            source.append(f"_write({path!r}, {content!r})")
        if kind == "python":
            mark = MARK.format(line)
            # Each block has the numbers of its lines.
            source.append(f"print({mark!r}); exec(compile({chr(10) * line + body!r}, {str(directory)!r}, 'exec'))")
            expected.append([line, None if followed is None else ""])
        printing = kind == "python" and followed is not None
    prelude = (
        "def _write(path, text):\n    import pathlib\n    path = pathlib.Path(path)\n"
        "    path.parent.mkdir(parents=True, exist_ok=True)\n    path.write_text(text)\n"
    )
    return prelude + "\n".join(source), expected


def test_there_are_pages():
    assert {page.name for page in PAGES} >= {"enforcing-python.md", "approvals.md", "rollout.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page, tmp_path):
    pytest.importorskip("fastapi")
    pytest.importorskip("opentelemetry.sdk")
    source, expected = program(page.read_text(encoding="utf-8"), page)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", source], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    printed = {}
    for line, _ in expected:
        before, mark, after = ran.stdout.rpartition(MARK.format(line) + "\n")
        assert mark
        printed[line] = after
    for number, (line, text) in enumerate(expected):
        following = [MARK.format(other) for other, _ in expected[number + 1 : number + 2]]
        said = printed[line].split(following[0] + "\n")[0] if following else printed[line]
        assert said == (text or ""), f"{page.name}:{line}"
