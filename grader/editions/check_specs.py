"""Read the checks of a suite from its text. This runs no code and loads nothing outside the standard library."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from .problems import EditionError, at

PUBLIC, HIDDEN, AFTER_DUE = "public", "hidden", "after_due"
_NAMES = {"PUBLIC": PUBLIC, "HIDDEN": HIDDEN, "AFTER_DUE": AFTER_DUE}
SECONDS = 5.0  # the time limit of a case if a check gives none
_OPTIONS = ("points", "visibility", "needs", "capability", "seconds")


@dataclass(frozen=True)
class CheckSpec:
    """Describe one scored test, in its author's words."""

    id: str
    title: str
    about: str
    points: int
    visibility: str
    needs: tuple[str, ...]
    capability: bool
    seconds: float
    line: int


def suite_checks(path: Path) -> tuple[CheckSpec, ...]:
    """Return the checks of the suite at `path`, in its order. Raise EditionError if a check is described wrongly."""
    return checks_in(path.read_text(encoding="utf-8-sig"), str(path))


@lru_cache(maxsize=64)
def checks_in(text: str, filename: str) -> tuple[CheckSpec, ...]:
    """Return the checks of a suite given as text."""
    try:
        tree = ast.parse(text, filename)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise EditionError([at(filename, line, f"not valid Python: {error}", "Mend the syntax.")]) from error
    checks: list[CheckSpec] = []
    problems = list(_misplaced(tree, filename))
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            try:
                checks.extend(_checks_of(node, filename))
            except EditionError as error:
                problems.extend(error.problems)
    if problems:
        raise EditionError(problems)
    return tuple(checks)


def suite_problems(checks: Iterable[CheckSpec], filename: str, points: int, wanted_by: str) -> Iterator[str]:
    """Yield the problems of the checks taken together. `wanted_by` says where the module's `points` are written."""
    checks = tuple(checks)
    first: dict[str, CheckSpec] = {}
    for check in checks:
        if check.id in first:
            where = f"the first is at line {first[check.id].line}"
            yield at(
                filename, check.line, f"a second test called {check.id}; {where}", "Rename one: Python keeps the last."
            )
        first.setdefault(check.id, check)
    for check in checks:
        for need in check.needs:
            if need not in first:
                known = ", ".join(first)
                yield at(
                    filename,
                    check.line,
                    f"{check.id} needs {need!r}, which is not a check of this suite",
                    f"Name one of: {known}.",
                )
            elif check.visibility == PUBLIC and first[need].visibility != PUBLIC:
                mend = "Students do not have that test, so name a public one."
                yield at(filename, check.line, f"{check.id} is public and needs {need!r}, which is hidden", mend)
        if _reaches(check.id, check.id, first):
            yield at(
                filename, check.line, f"{check.id} needs itself, by way of other checks", "Break the circle of `needs`."
            )
    total = sum(check.points for check in checks)
    if total != points:
        mend = "Change the points of the checks, or of the module."
        yield at(filename, 1, f"the checks are worth {total} points, but {wanted_by} says {points}", mend)
    capabilities = [check for check in checks if check.capability]
    if not capabilities:
        yield at(filename, 1, "no check has capability=True", "Mark the check that answers the module's question.")
    for check in capabilities[1:]:
        where = f"{capabilities[0].id} at line {capabilities[0].line}"
        yield at(
            filename,
            check.line,
            f"a second capability check; the first is {where}",
            "Keep capability=True on one check.",
        )


def _reaches(start: str, goal: str, checks: dict[str, CheckSpec]) -> bool:
    seen: set[str] = set()
    ahead = list(checks[start].needs)
    while ahead:
        name = ahead.pop()
        if name == goal:
            return True
        if name in checks and name not in seen:
            seen.add(name)
            ahead.extend(checks[name].needs)
    return False


def _misplaced(tree: ast.Module, filename: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node not in tree.body and _marks(node):
            yield at(
                filename, node.lineno, f"check {node.name} is not at the top level", "Write it as a plain function."
            )


def _marks(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    """Return the decorators that are `check`, called or not."""
    return [d for d in node.decorator_list if _is_check(d.func if isinstance(d, ast.Call) else d)]


def _is_check(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "check"


def _checks_of(node: ast.FunctionDef | ast.AsyncFunctionDef, filename: str) -> Iterator[CheckSpec]:
    marks = _marks(node)
    if not marks:
        if node.name.startswith("test"):
            mend = 'Put @check("Title", points=N) above it.'
            raise EditionError([at(filename, node.lineno, f"test {node.name} is not scored", mend)])
        return
    if not node.name.startswith("test_"):
        raise EditionError([at(filename, node.lineno, f"check {node.name} is not a test", "Name it test_….")])
    if len(marks) > 1:
        raise EditionError([at(filename, node.lineno, f"{node.name} is marked twice", "Keep one @check.")])
    yield _Reader(node, marks[0], filename).spec()


class _Reader:
    """Read one `@check(...)`, whose arguments must be literals."""

    def __init__(self, node: ast.FunctionDef | ast.AsyncFunctionDef, mark: ast.expr, filename: str) -> None:
        self.node, self.mark, self.filename = node, mark, filename
        self.problems: list[str] = []

    def spec(self) -> CheckSpec:
        given = self._arguments()
        docstring = inspect.cleandoc(ast.get_docstring(self.node) or "")
        about = " ".join(docstring.split("\n\n")[0].split())
        if not about:
            self._wrong("has no docstring", "Say in one sentence what it checks. Students may read the sentence.")
        title = self._take(
            given, "title", None, lambda v: isinstance(v, str) and v.strip() != "", 'a text: "Adds shapes"'
        )
        points = self._take(given, "points", None, lambda v: type(v) is int and v >= 0, "a whole number: points=4")
        visibility = self._take(
            given, "visibility", PUBLIC, lambda v: v in _NAMES.values(), "PUBLIC, HIDDEN or AFTER_DUE"
        )
        needs = self._take(given, "needs", (), _is_names, 'names of tests: needs=("test_add",)')
        capability = self._take(given, "capability", False, lambda v: type(v) is bool, "True or False")
        seconds = self._take(
            given, "seconds", SECONDS, lambda v: type(v) in (int, float) and v > 0, "a time: seconds=2"
        )
        if self.problems:
            raise EditionError(self.problems)
        return CheckSpec(
            self.node.name, title, about, points, visibility, tuple(needs), capability, float(seconds), self.node.lineno
        )

    def _arguments(self) -> dict[str, ast.expr]:
        if not isinstance(self.mark, ast.Call):
            self._wrong("uses @check without a title and points", 'Write @check("Title", points=N).')
            return {}
        if len(self.mark.args) > 1:
            self._wrong("gives @check more than one unnamed argument", "Name all arguments except the title: points=4.")
        given = {"title": self.mark.args[0]} if self.mark.args else {}
        for keyword in self.mark.keywords:
            if keyword.arg in ("title", *_OPTIONS):
                given[str(keyword.arg)] = keyword.value
            else:
                shown = f"{keyword.arg}=" if keyword.arg else "**"
                self._wrong(f"gives @check {shown}", f"It takes a title and {', '.join(_OPTIONS)}.")
        return given

    def _take(
        self, given: dict[str, ast.expr], name: str, default: Any, good: Callable[[Any], bool], wanted: str
    ) -> Any:
        """Return the literal given for `name`.

        Note a problem if the value is not a literal or not `good`, or if it is missing and has no default.
        """
        node = given.get(name)
        if node is None:
            if default is None:
                self._wrong(f"gives no {name}", f"Write {wanted}.")
            return default
        if isinstance(node, ast.Name) and node.id in _NAMES:
            value: Any = _NAMES[node.id]
        else:
            try:
                value = ast.literal_eval(node)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                self._wrong(
                    f"computes {name} as {ast.unparse(node)}",
                    f"Write a literal, {wanted}: the value is read without running the suite.",
                )
                return default
        if not good(value):
            self._wrong(f"gives {name} as {ast.unparse(node)}", f"Write {wanted}.")
            return default
        return value

    def _wrong(self, what: str, mend: str) -> None:
        self.problems.append(at(self.filename, self.node.lineno, f"{self.node.name} {what}", mend))


def _is_names(value: object) -> bool:
    return isinstance(value, (tuple, list)) and all(isinstance(item, str) for item in value)
