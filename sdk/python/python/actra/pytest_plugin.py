"""Collects the tests of policy sets: each case of ``tests/**/*.yaml`` beside a ``schema.yaml`` is a test.

Nothing has to be set up: ``pytest policies/`` runs them. ``--actra-coverage`` shows which rules no case makes true.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest

from . import _actra

_reports: Dict[Path, Any] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--actra-coverage``."""
    group = parser.getgroup("actra")
    group.addoption("--actra-coverage", action="store_true", help="show which policy rules no test makes true")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Optional[pytest.Collector]:
    """Takes YAML files below the ``tests`` folder of a policy set."""
    if file_path.suffix != ".yaml":
        return None
    for folder in file_path.parents:
        if folder.name == "tests" and (folder.parent / "schema.yaml").is_file():
            found: pytest.Collector = PolicyTests.from_parent(parent, path=file_path)
            return found
    return None


def _set_of(path: Path) -> Path:
    for folder in path.parents:
        if folder.name == "tests" and (folder.parent / "schema.yaml").is_file():
            return folder.parent
    raise ValueError(f"{path} belongs to no policy set")


def _report(folder: Path) -> Any:
    if folder not in _reports:
        try:
            _reports[folder] = json.loads(bytes(_actra.run_tests(folder)))
        except ValueError as error:
            _reports[folder] = error
    return _reports[folder]


class PolicyTests(pytest.File):
    """One file of cases."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each case."""
        folder = _set_of(self.path)
        report = _report(folder)
        if isinstance(report, ValueError):
            raise self.CollectError(f"{folder}: {report}")
        name = self.path.relative_to(folder).as_posix()
        for test in report["tests"]:
            if test["file"] == name:
                item: PolicyCase = PolicyCase.from_parent(self, name=test["name"])
                item.found = test
                yield item


class CaseFailed(Exception):
    """A case does not hold."""


class PolicyCase(pytest.Item):
    """One case."""

    found: Dict[str, Any]

    def runtest(self) -> None:
        """Fails if the case does not hold."""
        if not self.found["ok"]:
            raise CaseFailed(_shown(self.path, self.found))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is not as expected, and why the rules say what they say."""
        if isinstance(excinfo.value, CaseFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> Tuple[Path, int, str]:
        """Where the case stands."""
        return self.path, self.found["line"] - 1, self.name


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
    for folder, report in sorted(_reports.items()):
        coverage = report.get("coverage") if isinstance(report, dict) else None
        if not coverage:
            continue
        rules = coverage["rules"]
        missed = [rule["rule"] for rule in rules if not rule["true"]]
        terminalreporter.section(f"actra: rules of {folder}")
        terminalreporter.line(f"{len(rules) - len(missed)} of {len(rules)} rules are true in some test")
        for rule in missed:
            terminalreporter.line(f"  never true: {rule}")
