"""The examples print what they say they print."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "examples" / "python"
EXAMPLES = sorted(path.parent for path in FOLDER.glob("*/main.py"))


def test_there_are_all():
    assert [directory.name for directory in EXAMPLES] == ["agent", "refund", "rollout", "service", "worker"]
    readme = (FOLDER / "README.md").read_text()
    assert all(f"`{directory.name}/`" in readme for directory in EXAMPLES)


@pytest.mark.parametrize("directory", EXAMPLES, ids=lambda directory: directory.name)
def test_example(directory, tmp_path):
    if directory.name == "service":
        pytest.importorskip("fastapi")
        pytest.importorskip("httpx")
    # From another directory, and with hashes of texts that differ from run to run.
    environment = {**os.environ, "PYTHONHASHSEED": "random", "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(directory / "main.py")],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
    )
    # A resolver that fails is logged, with where it failed.
    said = re.sub(r"^actra: a resolver failed: (.*)\nTraceback .*\n(  .*\n)+\1\n", "", ran.stderr, flags=re.MULTILINE)
    assert (ran.returncode, said) == (0, "")
    assert ran.stdout == (directory / "output.txt").read_text()
