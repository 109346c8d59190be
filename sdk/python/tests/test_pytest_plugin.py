"""The tests of policy sets in pytest."""

import contextlib
import io
import os
import re
import subprocess
import sys

import pytest

SCHEMA = """
version: 1
actions: { login: { fields: { name: string, card: { type: string, sensitive: true, optional: true } } } }
"""
POLICY = """
version: 1
default: allow
rules:
  - { id: eve, scope: { action: login }, when: action.name == "eve", effect: block }
"""
CASE = """
version: 1
cases:
  - { name: eve, request: { action: { type: login, name: eve } }, expect: { effect: EFFECT, matched_rule: eve } }
"""
MARK = "4711-0815"


@pytest.fixture
def folder(tmp_path):
    """A policy set with a case that holds."""
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "schema.yaml").write_text(SCHEMA)
    (folder / "policy.yaml").write_text(POLICY)
    put(folder, "tests/a.yaml")
    return folder


def put(folder, name, effect="block"):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(CASE.replace("EFFECT", effect))
    return file


def run(*args, at):
    """pytest in a process of its own, for whatever changes the process."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=at, check=False)
    return done.returncode, done.stdout + done.stderr


def run_here(*args, at):
    said, before = io.StringIO(), os.getcwd()
    os.chdir(at)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = pytest.main(["-o", f"cache_dir={at / 'cache'}", "-s", *map(str, args)])
    finally:
        os.chdir(before)
    return int(code), said.getvalue()


def test_a_second_run_in_one_process_looks_again(folder):
    code, said = run_here("--actra-coverage", folder, at=folder.parent)
    assert code == 0 and "1 of 1 rules" in said
    rule = "  - { id: all, scope: { action: login }, when: 'true', effect: block }\n"
    (folder / "policy.yaml").write_text(POLICY.replace("id: eve", "id: mallory") + rule)
    code, said = run_here("--actra-coverage", folder, at=folder.parent)
    assert code == 1 and "2 of 2 rules" in said
    # Nor are the sets of others shown.
    (folder.parent / "empty").mkdir()
    assert "rules of" not in run_here("--actra-coverage", folder.parent / "empty", at=folder.parent)[1]


PASSED_OVER = "build dist node_modules venv .x x.egg __pycache__ deep/build/deep CVS environment".split()


def test_no_folder_of_a_set_is_passed_over(folder):
    for name in PASSED_OVER:
        put(folder, f"tests/{name}/b.yaml", "allow")
        (folder / "tests" / name / "test_python.py").write_text("def test_somebody_else(): assert False\n")
    (folder / "tests/environment/pyvenv.cfg").write_text("")
    (folder / "tests/environment/conda-meta").mkdir()
    (folder / "tests/environment/conda-meta/history").write_text("")
    for given in (folder, folder.parent, folder / "tests"):
        code, said = run_here(given, at=folder.parent)
        assert (code, f"{len(PASSED_OVER)} failed, 1 passed" in said) == (1, True), said
        assert "somebody_else" not in said
    (folder / "tests" / "a.yaml").unlink()
    code, said = run_here(folder, at=folder.parent)
    assert (code, f"{len(PASSED_OVER)} failed" in said) == (1, True), said


def test_what_is_ignored_on_purpose_is_ignored(folder):
    put(folder, "tests/build/b.yaml", "allow")
    put(folder, "tests/other/c.yaml", "allow")
    given = (f"--ignore={folder / 'tests/build'}", f"--ignore-glob={folder / 'tests/o*'}", folder)
    code, said = run_here(*given, at=folder.parent)
    assert (code, "1 passed" in said) == (0, True), said
    (folder / "conftest.py").write_text("collect_ignore = ['tests/other']\n")
    code, said = run(given[0], folder, at=folder.parent)
    assert (code, "1 passed" in said) == (0, True), said
    (folder / "conftest.py").write_text("collect_ignore_glob = ['tests/*/*.yaml']\n")
    code, said = run(folder, at=folder.parent)
    assert (code, "1 passed" in said) == (0, True), said


def test_one_file_or_one_case_may_be_chosen(folder):
    other = put(folder, "tests/build/b.yaml", "allow")
    for given in ((folder / "tests/a.yaml",), (f"{folder / 'tests/a.yaml'}::eve",), (folder, "-k", "a.yaml")):
        code, said = run_here(*given, at=folder.parent)
        assert (code, "1 passed" in said) == (0, True), said
    code, said = run_here(other, at=folder.parent)
    assert (code, "1 failed" in said) == (1, True), said
    # What did not fail last time is left out, which is no folder passed over.
    for given in ((folder,), ("--lf", folder)):
        code, said = run_here(*given, at=folder.parent)
        assert (code, "1 failed" in said) == (1, True), said
    assert "passed" not in said
    (other.parent / "test_python.py").write_text("def test_somebody(): pass\n")
    code, said = run_here(other.parent, at=folder.parent)
    assert (code, "1 failed, 1 passed" in said) == (1, True), said
    # Folders outside of a set are for pytest to pass over.
    (folder.parent / "build").mkdir()
    folder.rename(folder.parent / "build" / "set")
    assert run_here(folder.parent, at=folder.parent)[0] == 5


def test_what_is_passed_over_by_somebody_else_fails(folder):
    put(folder, "tests/deep/b.yaml", "allow")
    (folder.parent / "conftest.py").write_text(
        "import pytest\n@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_collect_file(file_path, parent): ...\n"
        "def pytest_collect_directory(path, parent):\n"
        "    if path.name == 'deep': return Nothing.from_parent(parent, path=path)\n"
        "class Nothing(pytest.Directory):\n"
        "    def collect(self): return []\n"
    )
    for given in (folder, "."):
        code, said = run(given, at=folder.parent)
        assert code == 4 and "tests/deep/b.yaml" in said.replace(os.sep, "/") and "not collected" in said, said
    # Whoever asks for one file has not asked for the others.
    assert run(folder / "tests/a.yaml", at=folder.parent)[0] == 0


def test_files_by_another_name_are_not_passed_over(folder):
    put(folder, "tests/b.yml", "allow")
    code, said = run_here(folder, at=folder.parent)
    assert code == 2 and "end in `.yaml`" in said, said
    (folder / "tests/a.yaml").unlink()
    code, said = run_here(folder, at=folder.parent)
    assert code == 2 and "end in `.yaml`" in said, said


def test_a_folder_of_tests_in_capitals_is_one(folder):
    (folder / "tests").rename(folder / "other")
    (folder / "other").rename(folder / "Tests")
    code, said = run_here(folder, at=folder.parent)
    assert (code, "1 passed" in said) == (0, True), said


def fail(folder):
    case = CASE.replace("EFFECT", "allow").replace("name: eve }", f"name: eve, card: '{MARK}' }}")
    (folder / "tests/a.yaml").write_text(case)


LOUD = ("--tb=long", "-vv", "-l", "--showlocals", "--full-trace")


def test_nothing_sensitive_of_a_failing_case(folder):
    fail(folder)
    code, said = run_here(*LOUD, folder, f"--junitxml={folder / 'j.xml'}", "-rA", at=folder.parent)
    assert code == 1 and "block" in said and MARK not in said + (folder / "j.xml").read_text(), said


@pytest.mark.parametrize("where", ["json.loads", "actra.pytest_plugin._shown"])
def test_nothing_sensitive_of_what_goes_wrong_within(folder, where):
    """What a frame of the plugin holds is not shown, whoever fails."""
    fail(folder)
    module, name = where.rsplit(".", 1)
    (folder / "conftest.py").write_text(
        f"import {module} as module\n"
        f"def fails(*given):\n    __tracebackhide__ = True\n    raise KeyError('gone')\n"
        f"def pytest_collection(session):\n    module.{name} = fails\n"
    )
    code, said = run(*LOUD, folder, at=folder.parent)
    assert code in (1, 2) and "KeyError" in said and MARK not in said, said
    assert not re.search(r"^(found|report|given|test|self) +=", said, re.MULTILINE), said


def test_nothing_sensitive_of_tests_that_cannot_be_read(folder):
    fail(folder)
    file = folder / "tests/a.yaml"
    file.write_text(file.read_text().replace("expect:", "expct:"))
    code, said = run_here(*LOUD, folder, at=folder.parent)
    assert code == 2 and "expct" in said and MARK not in said, said
    (folder / "policy.yaml").write_text("version: 1\n")
    code, said = run_here(*LOUD, folder, at=folder.parent)
    assert code == 2 and "does not compile" in said and MARK not in said, said
