"""Write the end of a `pytest` run for a student: what is missing, public points earned, and the checks that have not run here.

A function that is not written yet gets one line, and a failed check gets one traceback, however many checks stop there. The last
lines never say that everything is done. A push runs hidden checks too, and only the grader's record counts.
"""

from __future__ import annotations

import json
import os
import re
import traceback
from collections import defaultdict
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .plugin import check_name

FACTS = ".tinytorch.json"
CONFINEMENT = "level 0 (nothing is confined here: your code runs with your own rights)"
NOT_WRITTEN = re.compile(r"([\w.]+): not written yet")  # what a stub raises
WAITS = re.compile(r'not run: needs "(.*)", which failed')
HINT = r".venv\Scripts\python run.py hint {}" if os.name == "nt" else "make hint FUNCTION={}"
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
class Missing:
    """Name a function that is not written yet, and its place in the student's package."""

    function: str
    place: str


class Stops:
    """Remember why checks stop, so that each reason is told once: a missing function, or a failed check that others need."""

    def __init__(self) -> None:
        self._missing: defaultdict[tuple[str, str], set[Missing]] = defaultdict(set)  # by module and title of the check
        self._waits: dict[tuple[str, str], tuple[str, str]] = {}

    def add(self, module: str, title: str, error: BaseException) -> str | None:
        """Return how to call the outcome: "unwritten", "waiting", or None if the error needs a report of its own."""
        if found := NOT_WRITTEN.match(str(error)) if isinstance(error, NotImplementedError) else None:
            step = traceback.extract_tb(error.__traceback__)[-1]
            place = "/".join((*Path(step.filename).parts[-2:-1], f"{Path(step.filename).name}:{step.lineno}"))
            self._missing[module, title].add(Missing(found[1], place))
            return "unwritten"
        if found := WAITS.fullmatch(str(error)) if isinstance(error, pytest.fail.Exception) else None:
            self._waits[module, title] = module, found[1]
            return "waiting"
        return None

    def lines(self) -> Iterator[str]:
        stopped: dict[Missing, int] = defaultdict(int)
        waiting: dict[tuple[str, str], list[str]] = defaultdict(list)
        for check in {**self._missing, **self._waits}:
            root = self._root(check)
            for missing in self._missing.get(root, ()):
                stopped[missing] += 1
            if root not in self._missing:
                waiting[root].append(check[1])
        functions = max((len(missing.function) for missing in stopped), default=0)
        places = max((len(missing.place) for missing in stopped), default=0)
        for missing, count in stopped.items():
            checks = f"{count} check{' stops' if count == 1 else 's stop'} there"
            yield f"not written yet: {missing.function:<{functions}}  {missing.place:<{places}}  {checks}"
        for missing in list(stopped)[:1]:
            yield f"for a hint:      {HINT.format(missing.function)}"
        for (module, title), titles in waiting.items():
            yield f'{module}: "{title}" failed, and these checks wait for it: {", ".join(titles)}'

    def _root(self, check: tuple[str, str]) -> tuple[str, str]:
        """Follow the needs of a check to the one that failed itself."""
        while check in self._waits:
            check = self._waits[check]
        return check


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
        self._stops = Stops()
        self._outcomes: dict[tuple[str, str], str] = {}  # of tests that need no report of their own, by id and phase

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
        if not item.get_closest_marker("check"):
            return report
        module = item.path.parent.name
        check = self._modules[module].checks[check_name(item)]
        if report.when == "call" and report.passed:
            check.passed += 1
        if report.failed and call.excinfo and (told := self._stops.add(module, check.title, call.excinfo.value)):
            self._outcomes[report.nodeid, report.when] = told
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Give a test that only stops somewhere else an outcome of its own, so that pytest shows no traceback of it."""
        told = self._outcomes.get((report.nodeid, report.when or ""))
        return (told, told[0], told.upper()) if told else None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._modules:
            return
        lines = [line_of(name, tally, facts(self._config.rootpath)) for name, tally in sorted(self._modules.items())]
        terminalreporter.section("TinyTorch")
        if self._config.option.tbstyle != "no":
            for text in self._stops.lines():
                terminalreporter.line(text)
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
