"""Write the end of a `pytest` run for a student: public points earned, and the checks that have not run here.

The last lines never say that everything is done. A push runs hidden checks too, and only the grader's record counts.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .plugin import check_name

FACTS = ".tinytorch.json"
CONFINEMENT = "level 0 (nothing is confined here: your code runs with your own rights)"
REPEAT = "the grader runs these checks again, with other random numbers"


@dataclass
class Check:
    """Hold the result of one public check: every case must have passed."""

    title: str
    points: int
    cases: int = 0
    passed: int = 0

    @property
    def earned(self) -> int:
        return self.points if self.cases and self.passed == self.cases else 0


@dataclass
class Tally:
    """Hold the public checks of one module."""

    checks: dict[str, Check] = field(default_factory=dict)

    @property
    def earned(self) -> int:
        return sum(check.earned for check in self.checks.values())

    @property
    def points(self) -> int:
        return sum(check.points for check in self.checks.values())


@dataclass(frozen=True)
class Line:
    """Hold the line about one module. `hidden` is None if the course's facts are missing."""

    module: str
    earned: int
    public: int
    hidden: tuple[int, int] | None

    def public_text(self) -> str:
        return f"{self.earned} of {self.public} points of public checks passed"

    def hidden_text(self) -> str:
        if self.hidden is None:
            return f"hidden checks: not known here ({FACTS} is missing or lists no such module); they run when the course grades"
        checks, points = self.hidden
        if not checks:
            return f"no hidden checks; {REPEAT} when the course grades"
        noun, verb, pronoun = ("check", "remains", "it runs") if checks == 1 else ("checks", "remain", "they run")
        return f"{checks} hidden {noun} worth {points} points {verb}; {pronoun} when the course grades"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tinytorch-summary", metavar="FILE", help="append the summary to FILE as a Markdown table")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Summary(config), "tinytorch-summary")


class Summary:
    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._modules: defaultdict[str, Tally] = defaultdict(Tally)

    @pytest.hookimpl(tryfirst=True)  # runs before -k and the like deselect tests: a case that did not run has not passed
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            mark = item.get_closest_marker("check")
            if mark:
                found = Check(mark.kwargs["title"], mark.kwargs["points"])
                self._modules[item.path.parent.name].checks.setdefault(check_name(item), found).cases += 1

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when == "call" and report.passed and item.get_closest_marker("check"):
            self._modules[item.path.parent.name].checks[check_name(item)].passed += 1
        return report

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._modules:
            return
        lines = [line_of(name, tally, facts(self._config.rootpath)) for name, tally in sorted(self._modules.items())]
        terminalreporter.section("TinyTorch")
        for line in lines:
            terminalreporter.line(f"{line.module}: {line.public_text()}")
            terminalreporter.line(f"{' ' * len(line.module)}  {line.hidden_text()}")
        terminalreporter.line(f"confinement: {CONFINEMENT}")
        target = self._config.getoption("--tinytorch-summary")
        if target:
            with Path(target).open("a", encoding="utf-8") as file:
                file.write(markdown(lines))


def facts(root: Path) -> dict[str, Any]:
    """Return the modules released to this repository, by id, or {} if the file is missing or cannot be read."""
    try:
        modules = json.loads((root / FACTS).read_text(encoding="utf-8"))["modules"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return modules if isinstance(modules, dict) else {}


def line_of(module: str, tally: Tally, released: dict[str, Any]) -> Line:
    """Take totals from the course's facts if there are any, because one selected test must not look like a whole module."""
    fact = released.get(module)
    if fact is None:
        return Line(module, tally.earned, tally.points, None)
    return Line(module, tally.earned, fact["public"]["points"], (fact["hidden"]["checks"], fact["hidden"]["points"]))


def markdown(lines: list[Line]) -> str:
    rows = [f"| {line.module} | {line.earned} / {line.public} | {line.hidden_text()} |" for line in lines]
    head = ["### Public checks", "", "| module | public points | and the rest |", "| --- | --- | --- |"]
    return "\n".join([*head, *rows, "", "Only the grader's status on your commit is a grade.", ""])
