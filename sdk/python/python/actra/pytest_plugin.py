"""Collects the tests of policy sets: each case of ``tests/**/*.yaml`` beside a ``schema.yaml`` is a test.

Nothing has to be set up: ``pytest policies/`` runs them. ``--actra-coverage`` shows which rules no case makes true.
"""

from __future__ import annotations

import fnmatch
import json
import os
from pathlib import Path
from typing import Any, Dict, Generator, Iterator, List, Optional, Set, Tuple

import pytest

from . import _actra

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True

#: What the tests of each set came to, in one run of pytest: the next one in the process looks again.
_REPORTS = pytest.StashKey[Dict[Path, Any]]()
#: Files that were collected, and what a host has ignored on purpose.
_COLLECTED = pytest.StashKey[Set[Path]]()
_IGNORED = pytest.StashKey[Set[Path]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--actra-coverage``."""
    group = parser.getgroup("actra")
    group.addoption("--actra-coverage", action="store_true", help="show which policy rules no test makes true")


def pytest_configure(config: pytest.Config) -> None:
    """Sets up the plugin with no coverage collected."""
    config.stash[_REPORTS] = {}
    config.stash[_COLLECTED] = set()
    config.stash[_IGNORED] = set()


@pytest.hookimpl(hookwrapper=True)
def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> Generator[None, Any, None]:
    """Below the ``tests`` of a set no directory is passed over for its name: `actra test` runs what is there."""
    outcome = yield
    if _set_of(collection_path) is None:
        return
    if outcome.get_result():
        if _is_for_its_name(collection_path, config):
            outcome.force_result(False)
        else:
            config.stash[_IGNORED].add(collection_path)
    elif not _is_yaml(collection_path) and collection_path.is_file():
        # What else lies in such a directory is for pytest to pass over, as before.
        asked = {above for one in _requested_paths(config) for above in (one, *one.parents)}
        if any(_is_for_its_name(directory, config) for directory in _directories(collection_path) if directory not in asked):
            outcome.force_result(True)


def _is_for_its_name(directory: Path, config: pytest.Config) -> bool:
    """Whether pytest passes a directory over for what it is called or looks like, and nobody has said so."""
    if not directory.is_dir() or directory.name.startswith("..") or _is_named(directory, config):
        return False
    patterns: List[str] = ["__pycache__", *config.getini("norecursedirs")]
    environment = any((directory / name).is_file() for name in ("pyvenv.cfg", "conda-meta/history"))
    return environment or any(fnmatch.fnmatch(directory.name, one) or directory.match(one) for one in patterns)


def _is_named(directory: Path, config: pytest.Config) -> bool:
    """Whether the command line says to ignore a directory."""
    ignored: List[Any] = config.getoption("ignore") or []
    globs: List[Any] = config.getoption("ignore_glob") or []
    here = config.invocation_params.dir
    return any(directory == Path(os.path.normpath(here / one)) for one in ignored) or any(
        fnmatch.fnmatch(str(directory), os.path.normpath(here / one)) for one in globs
    )


def _requested_paths(config: pytest.Config) -> Set[Path]:
    """The paths that pytest was given to collect from."""
    return {Path(os.path.normpath(config.invocation_params.dir / one.split("::")[0])) for one in config.args}


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Optional[pytest.Collector]:
    """Takes YAML files below the ``tests`` directory of a policy set."""
    if not _is_yaml(file_path) or _set_of(file_path) is None:
        return None
    parent.config.stash[_COLLECTED].add(file_path)
    found: pytest.Collector = PolicyTests.from_parent(parent, path=file_path)
    return found


def _is_yaml(file: Path) -> bool:
    # A name that is none for tests is an error of the set, and not to be passed over.
    return file.suffix.lower() in (".yaml", ".yml")


def _set_of(path: Path) -> Optional[Path]:
    """The directory of the set to whose ``tests`` a path belongs; ``None`` if there is none."""
    for directory in path.parents:
        if directory.name.lower() == "tests" and (directory.parent / "schema.yaml").is_file():
            return directory.parent
    return None


def _directories(path: Path) -> Iterator[Path]:
    """The directories below the ``tests`` of a set in which something lies."""
    for directory in path.parents:
        if _set_of(directory) is None:
            return
        yield directory


def _report(directory: Path, config: pytest.Config) -> Any:
    reports = config.stash[_REPORTS]
    if directory not in reports:
        try:
            reports[directory] = json.loads(bytes(_actra.run_tests(directory)))
        except ValueError as error:
            reports[directory] = error
    return reports[directory]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Fails if a file with tests was not collected, and nobody has asked for less."""
    asked = _requested_paths(config)
    passed: Set[Path] = {*config.stash[_COLLECTED], *config.stash[_IGNORED]}
    for directory, report in sorted(config.stash[_REPORTS].items()):
        tests: List[Any] = report["tests"] if isinstance(report, dict) else []
        for file in sorted({directory / test["file"] for test in tests}):
            above = {file, *file.parents}
            if above.isdisjoint(passed) and not above.isdisjoint(asked):
                raise pytest.UsageError(
                    f"{file} holds tests of a policy, and it was not collected; `--ignore` says so on purpose"
                )


class PolicyTests(pytest.File):
    """A file of cases, as pytest collects it."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each case."""
        directory = _set_of(self.path)
        assert directory is not None
        report = _report(directory, self.config)
        if isinstance(report, ValueError):
            raise self.CollectError(f"{directory}: {report}")
        name = self.path.relative_to(directory).as_posix()
        found = [test for test in report["tests"] if test["file"] == name]
        if not found:
            raise self.CollectError(f"{self.path} is among the tests of {directory}, but no test was collected from it")
        for test in found:
            item: PolicyCase = PolicyCase.from_parent(self, name=test["name"])
            item.found = test
            yield item

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The text for a file of which no tests could be made."""
        if isinstance(excinfo.value, self.CollectError):
            return str(excinfo.value)
        return _without_values(excinfo)


class CaseFailed(Exception):
    """A case does not hold; the text says what was expected and what came."""


class PolicyCase(pytest.Item):
    """A case of a file, which pytest runs as one test."""

    found: Dict[str, Any]

    def runtest(self) -> None:
        """Fails if the case does not hold."""
        if not self.found["ok"]:
            raise CaseFailed(_shown(self.path, self.found))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is not as expected, and why the rules say what they say."""
        if isinstance(excinfo.value, CaseFailed):
            return str(excinfo.value)
        return _without_values(excinfo)

    def reportinfo(self) -> Tuple[Path, int, str]:
        """The file and line of the case, and its name."""
        return self.path, self.found["line"] - 1, self.name


def _without_values(excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Where something failed that should not. What the frames hold may be sensitive, and is not shown at any verbosity."""
    return excinfo.getrepr(style="short", showlocals=False, funcargs=False)


def _shown(path: Path, test: Dict[str, Any]) -> str:
    lines: List[str] = [f"{path}:{test['line']}: {test['name']}"]
    for difference in test["differences"]:
        lines.append(
            f"  line {difference['line']}: {difference['subject']}"
            f" is {difference['actual']}, and {difference['expected']} is expected"
        )
    explanation = test["explanation"]
    if explanation:
        lines.append(f"  the decision: {explanation['decision']['effect']}")
        lines.extend(f"    {rule['rule']}: {rule['truth']}" for rule in explanation["rules"])
    return "\n".join(lines)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Shows the coverage of rules."""
    if not config.getoption("--actra-coverage"):
        return
    for directory, report in sorted(config.stash[_REPORTS].items()):
        coverage = report.get("coverage") if isinstance(report, dict) else None
        if not coverage:
            continue
        rules = coverage["rules"]
        missed = [rule["rule"] for rule in rules if not rule["true"]]
        terminalreporter.section(f"actra: rules of {directory}")
        terminalreporter.line(f"{len(rules) - len(missed)} of {len(rules)} rules are true in some test")
        for rule in missed:
            terminalreporter.line(f"  never true: {rule}")
