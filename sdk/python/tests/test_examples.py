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
    assert [folder.name for folder in EXAMPLES] == ["agent", "refund", "rollout", "service", "worker"]
    readme = (FOLDER / "README.md").read_text()
    assert all(f"`{folder.name}/`" in readme for folder in EXAMPLES)


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_example(folder, tmp_path):
    if folder.name == "service":
        pytest.importorskip("fastapi")
        pytest.importorskip("httpx")
    # From another folder, and with hashes of texts that differ from run to run.
    environment = {**os.environ, "PYTHONHASHSEED": "random", "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(folder / "main.py")],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
    )
    # A resolver that fails is logged, with where it failed.
    said = re.sub(r"^actra: a resolver failed: (.*)\nTraceback .*\n(  .*\n)+\1\n", "", ran.stderr, flags=re.MULTILINE)
    assert (ran.returncode, said) == (0, "")
    assert ran.stdout == (folder / "output.txt").read_text()
