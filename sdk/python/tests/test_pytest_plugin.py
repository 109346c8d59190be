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
def directory(tmp_path):
    """A policy set with a case that holds."""
    directory = tmp_path / "set"
    directory.mkdir()
    (directory / "schema.yaml").write_text(SCHEMA)
    (directory / "policy.yaml").write_text(POLICY)
    put(directory, "tests/a.yaml")
    return directory


def put(directory, name, effect="block"):
    file = directory / name
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


def test_a_second_run_in_one_process_looks_again(directory):
    code, said = run_here("--actra-coverage", directory, at=directory.parent)
    assert code == 0 and "1 of 1 rules" in said
    rule = "  - { id: all, scope: { action: login }, when: 'true', effect: block }\n"
    (directory / "policy.yaml").write_text(POLICY.replace("id: eve", "id: mallory") + rule)
    code, said = run_here("--actra-coverage", directory, at=directory.parent)
    assert code == 1 and "2 of 2 rules" in said
    # Nor are the sets of others shown.
    (directory.parent / "empty").mkdir()
    assert "rules of" not in run_here("--actra-coverage", directory.parent / "empty", at=directory.parent)[1]


PASSED_OVER = "build dist node_modules venv .x x.egg __pycache__ deep/build/deep CVS environment".split()


def test_no_directory_of_a_set_is_passed_over(directory):
    for name in PASSED_OVER:
        put(directory, f"tests/{name}/b.yaml", "allow")
        (directory / "tests" / name / "test_python.py").write_text("def test_somebody_else(): assert False\n")
    (directory / "tests/environment/pyvenv.cfg").write_text("")
    (directory / "tests/environment/conda-meta").mkdir()
    (directory / "tests/environment/conda-meta/history").write_text("")
    for given in (directory, directory.parent, directory / "tests"):
        code, said = run_here(given, at=directory.parent)
        assert (code, f"{len(PASSED_OVER)} failed, 1 passed" in said) == (1, True), said
        assert "somebody_else" not in said
    (directory / "tests" / "a.yaml").unlink()
    code, said = run_here(directory, at=directory.parent)
    assert (code, f"{len(PASSED_OVER)} failed" in said) == (1, True), said


def test_what_is_ignored_on_purpose_is_ignored(directory):
    put(directory, "tests/build/b.yaml", "allow")
    put(directory, "tests/other/c.yaml", "allow")
    given = (f"--ignore={directory / 'tests/build'}", f"--ignore-glob={directory / 'tests/o*'}", directory)
    code, said = run_here(*given, at=directory.parent)
    assert (code, "1 passed" in said) == (0, True), said
    (directory / "conftest.py").write_text("collect_ignore = ['tests/other']\n")
    code, said = run(given[0], directory, at=directory.parent)
    assert (code, "1 passed" in said) == (0, True), said
    (directory / "conftest.py").write_text("collect_ignore_glob = ['tests/*/*.yaml']\n")
    code, said = run(directory, at=directory.parent)
    assert (code, "1 passed" in said) == (0, True), said


def test_one_file_or_one_case_may_be_chosen(directory):
    other = put(directory, "tests/build/b.yaml", "allow")
    for given in ((directory / "tests/a.yaml",), (f"{directory / 'tests/a.yaml'}::eve",), (directory, "-k", "a.yaml")):
        code, said = run_here(*given, at=directory.parent)
        assert (code, "1 passed" in said) == (0, True), said
    code, said = run_here(other, at=directory.parent)
    assert (code, "1 failed" in said) == (1, True), said
    # What did not fail last time is left out, which is no directory passed over.
    for given in ((directory,), ("--lf", directory)):
        code, said = run_here(*given, at=directory.parent)
        assert (code, "1 failed" in said) == (1, True), said
    assert "passed" not in said
    (other.parent / "test_python.py").write_text("def test_somebody(): pass\n")
    code, said = run_here(other.parent, at=directory.parent)
    assert (code, "1 failed, 1 passed" in said) == (1, True), said
    # Directories outside of a set are for pytest to pass over.
    (directory.parent / "build").mkdir()
    directory.rename(directory.parent / "build" / "set")
    assert run_here(directory.parent, at=directory.parent)[0] == 5


def test_what_is_passed_over_by_somebody_else_fails(directory):
    put(directory, "tests/deep/b.yaml", "allow")
    (directory.parent / "conftest.py").write_text(
        "import pytest\n@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_collect_file(file_path, parent): ...\n"
        "def pytest_collect_directory(path, parent):\n"
        "    if path.name == 'deep': return Nothing.from_parent(parent, path=path)\n"
        "class Nothing(pytest.Directory):\n"
        "    def collect(self): return []\n"
    )
    for given in (directory, "."):
        code, said = run(given, at=directory.parent)
        assert code == 4 and "tests/deep/b.yaml" in said.replace(os.sep, "/") and "not collected" in said, said
    # Whoever asks for one file has not asked for the others.
    assert run(directory / "tests/a.yaml", at=directory.parent)[0] == 0


def test_files_by_another_name_are_not_passed_over(directory):
    put(directory, "tests/b.yml", "allow")
    code, said = run_here(directory, at=directory.parent)
    assert code == 2 and "end in `.yaml`" in said, said
    (directory / "tests/a.yaml").unlink()
    code, said = run_here(directory, at=directory.parent)
    assert code == 2 and "end in `.yaml`" in said, said


def test_a_directory_of_tests_in_capitals_is_one(directory):
    (directory / "tests").rename(directory / "other")
    (directory / "other").rename(directory / "Tests")
    code, said = run_here(directory, at=directory.parent)
    assert (code, "1 passed" in said) == (0, True), said


def fail(directory):
    case = CASE.replace("EFFECT", "allow").replace("name: eve }", f"name: eve, card: '{MARK}' }}")
    (directory / "tests/a.yaml").write_text(case)


LOUD = ("--tb=long", "-vv", "-l", "--showlocals", "--full-trace")


def test_nothing_sensitive_of_a_failing_case(directory):
    fail(directory)
    code, said = run_here(*LOUD, directory, f"--junitxml={directory / 'j.xml'}", "-rA", at=directory.parent)
    assert code == 1 and "block" in said and MARK not in said + (directory / "j.xml").read_text(), said


@pytest.mark.parametrize("where", ["json.loads", "actra.pytest_plugin._shown"])
def test_nothing_sensitive_of_what_goes_wrong_within(directory, where):
    """What a frame of the plugin holds is not shown, whoever fails."""
    fail(directory)
    module, name = where.rsplit(".", 1)
    (directory / "conftest.py").write_text(
        f"import {module} as module\n"
        f"def fails(*given):\n    __tracebackhide__ = True\n    raise KeyError('gone')\n"
        f"def pytest_collection(session):\n    module.{name} = fails\n"
    )
    code, said = run(*LOUD, directory, at=directory.parent)
    assert code in (1, 2) and "KeyError" in said and MARK not in said, said
    assert not re.search(r"^(found|report|given|test|self) +=", said, re.MULTILINE), said


def test_nothing_sensitive_of_tests_that_cannot_be_read(directory):
    fail(directory)
    file = directory / "tests/a.yaml"
    file.write_text(file.read_text().replace("expect:", "expct:"))
    code, said = run_here(*LOUD, directory, at=directory.parent)
    assert code == 2 and "expct" in said and MARK not in said, said
    (directory / "policy.yaml").write_text("version: 1\n")
    code, said = run_here(*LOUD, directory, at=directory.parent)
    assert code == 2 and "does not compile" in said and MARK not in said, said
