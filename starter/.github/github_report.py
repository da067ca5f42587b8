"""Show a run on GitHub: one line for each failed check or missing function, at its place in your code, the points, and a page.

This is a pytest plugin, loaded by `python run.py check --github`. The file problem-matcher.json beside it turns the lines into
remarks on your files.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import traceback
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import pytest

PACKAGE = "tinytorch"
MATCHER = ".github/problem-matcher.json"
SHOWN = 300  # characters of a message
WAITS = "not run: needs "  # another check, whose failure is already listed


@dataclass
class Check:
    """Hold the result of a check. trouble: the message of the first case that failed; place: where."""

    title: str
    points: int
    cases: int = 0
    passed: int = 0
    place: str = ""
    trouble: str = ""
    unwritten: bool = False

    @property
    def has_passed(self) -> bool:
        return 0 < self.cases == self.passed


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Report(config.rootpath), "tinytorch-github")
    print(f"::add-matcher::{MATCHER}")


class Report:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._modules: dict[str, dict[str, Check]] = {}
        self._broken: dict[str, tuple[str, str]] = {}  # suites that could not be read: place and trouble
        self._own_tests_failed = False  # tests that the student has added

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if mark := item.get_closest_marker("check"):
                checks = self._modules.setdefault(item.path.parent.name, {})
                checks.setdefault(name_of(item), Check(mark.kwargs["title"], mark.kwargs["points"])).cases += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            path, _, name = report.nodeid.partition("::")
            check = self._modules.get(Path(path).parent.name, {}).get(name.partition("[")[0])
            if check is not None:
                check.passed += 1

    def pytest_exception_interact(self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo) -> None:
        error = call.excinfo.value.__cause__ if isinstance(node, pytest.Collector) else call.excinfo.value
        error = error or call.excinfo.value
        if isinstance(node, pytest.Collector):
            self._broken[node.path.parent.name] = place_of(error, self._root) or own_file(node, self._root), said(error)
            return
        check = self._modules.get(node.path.parent.name, {}).get(name_of(node))
        if check is None or check.trouble:
            self._own_tests_failed |= check is None
            return
        waits = isinstance(error, pytest.fail.Exception) and str(error).startswith(WAITS)
        check.unwritten = waits or isinstance(error, NotImplementedError)
        if not waits:
            check.place = (
                place_of(error, self._root) or last_used(node, error, self._root) or own_file(node, self._root)
            )
            check.trouble = said(error)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Pass a run even if a module is not begun: the stub of the next module arrives while you work on this one."""
        begun = [checks for module, checks in self._modules.items() if not self._is_waiting(module)]
        done = begun and all(check.has_passed for checks in begun for check in checks.values())
        if exitstatus == pytest.ExitCode.TESTS_FAILED and done and not (self._broken or self._own_tests_failed):
            session.exitstatus = pytest.ExitCode.OK

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        failed = [("", *broken) for broken in dict.fromkeys(self._broken.values())]
        missing: defaultdict[tuple[str, str], list[str]] = defaultdict(list)  # titles of checks by place and trouble
        for module, checks in sorted(self._modules.items()):
            if self._is_waiting(module):
                terminalreporter.line(f"{module}: not begun")
                continue
            for check in checks.values():
                if check.trouble and check.unwritten:
                    missing[check.place, check.trouble].append(check.title)
                elif check.trouble:
                    failed.append((check.title, check.place, check.trouble))
        failed += [(first_of(titles), place, trouble) for (place, trouble), titles in missing.items()]
        for title, place, trouble in failed:
            terminalreporter.line(f"{place}: check: {': '.join(filter(None, (title, trouble)))}")
        earned = sum(c.points for checks in self._modules.values() for c in checks.values() if c.has_passed)
        points = sum(self._points(module) for module in {*self._modules, *self._broken})
        report = json.dumps({"totalPoints": earned, "maxPoints": points}, separators=(",", ":"))
        terminalreporter.line(f"::notice title=Autograding complete::Points {earned}/{points}")
        terminalreporter.line(f"::notice title=Autograding report::{report}")
        page = os.environ.get("GITHUB_STEP_SUMMARY")
        if page and failed:
            with Path(page).open("a", encoding="utf-8") as file:
                file.write(markdown(failed))

    def _points(self, module: str) -> int:
        """Return the points of a module's public checks, even if its suite could not be read."""
        from checks.summary import facts  # not at the top: its folder is on the path only when pytest has started

        tally = sum(check.points for check in self._modules.get(module, {}).values())
        return facts(self._root).get(module, {}).get("public", {}).get("points", tally)

    def _is_waiting(self, module: str) -> bool:
        """Return whether a module is not begun: nothing passes, and only missing functions are the reason."""
        checks = self._modules[module].values()
        return all(not check.passed and check.unwritten for check in checks)


def name_of(item: pytest.Item) -> str:
    return getattr(item, "originalname", None) or item.name


def first_of(titles: list[str]) -> str:
    """Name the first check that needs a missing function, and count the others."""
    return titles[0] + (f" and {len(titles) - 1} more" if len(titles) > 1 else "")


def said(error: BaseException) -> str:
    """Return type and first line of an error."""
    text = str(error).strip().splitlines()
    return ": ".join([type(error).__name__, *text[:1]])[:SHOWN]


def place_of(error: BaseException, root: Path) -> str:
    """Return the innermost line of the student's code that the error came through, as `tinytorch/tensor.py:42`, or ""."""
    through = frames(error)
    if isinstance(error, SyntaxError):
        through.append((error.filename or "", error.lineno or 1))
    return next(filter(None, (shown(file, line, root) for file, line in reversed(through))), "")


def frames(error: BaseException) -> list[tuple[str, int]]:
    """Return file and line of every call that the error came through, the outermost first."""
    return [(step.filename, step.lineno or 1) for step in traceback.extract_tb(error.__traceback__)]


def trace(error: BaseException) -> list[FrameType]:
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)]


def last_used(item: pytest.Item, error: BaseException, root: Path) -> str:
    """Return where the student's function begins that the test used last before it failed, because its answer was wrong.

    If there is no such function, return the class: most tests make a Tensor and then use another function on it.
    """
    here = [frame for frame in trace(error) if Path(frame.f_code.co_filename) == item.path]
    if not here:
        return ""
    line = next(at for file, at in frames(error) if Path(file) == item.path)
    known = {**here[0].f_globals, **here[0].f_locals}
    classes = [value for value in known.values() if inspect.isclass(value)]
    tree = ast.parse(item.path.read_text(encoding="utf-8"))
    tests = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name_of(item))
    names = [node for test in tests for node in ast.walk(test) if isinstance(node, (ast.Name, ast.Attribute))]
    things: list[object] = []
    for node in sorted(names, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        if node.lineno <= line:
            named = [known.get(node.id)] if isinstance(node, ast.Name) else [vars(c).get(node.attr) for c in classes]
            things += named
    for thing in sorted(things, key=inspect.isclass):
        if place := definition(thing, root):
            return place
    return ""


def definition(thing: object, root: Path) -> str:
    try:
        one = inspect.unwrap(thing) if callable(thing) else thing
        return shown(inspect.getsourcefile(one) or "", inspect.getsourcelines(one)[1], root)
    except (TypeError, OSError):  # this object has no source
        return ""


def own_file(node: pytest.Item | pytest.Collector, root: Path) -> str:
    stem = node.path.parent.name.partition("_")[2]
    return f"{PACKAGE}/{stem}.py:1"


def shown(file: str, line: int, root: Path) -> str:
    """Return a place in the student's package as GitHub names it, and "" for any other place."""
    path = Path(file)
    inside = path.is_absolute() and path.is_relative_to(root / PACKAGE)
    return f"{path.relative_to(root).as_posix()}:{line}" if inside else ""


def markdown(failed: list[tuple[str, str, str]]) -> str:
    def code(text: str) -> str:
        return f"`{text.replace('`', chr(39))}`"

    rows = [f"- **{title or 'cannot be read'}**, {place}: {code(trouble)}" for title, place, trouble in failed]
    return "\n".join(["", "### To look at", "", *rows, ""])
