"""Read, check and extend the file of decisions: YAML that staff write, review and keep under version control.

- kind: extension
  student: ada
  module: tensor
  at: '2027-02-01T10:00:00Z'
  author: grace
  reason: was ill
  until: '2027-02-05T23:59:00Z'

Commands append to the file. They never change the text that is already there, including comments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from grader.course import Course
from grader.course.problem import CourseError, Problem, did_you_mean, nearest
from grader.course.yaml_lines import Located
from grader.gradebook import GradebookError
from grader.gradebook.entries import Entry, Kind, in_force

HEADER = """# Decisions of staff: see docs/records.md. Every command that shows a score reads this file.
# Never change an entry: add another entry, or a revocation. `grader decide` writes here. You may write here too;
# then run `grader decide list` to check the file.
"""


class DecisionError(GradebookError):
    """Report that the file of decisions cannot be used, with one line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Decisions:
    """Hold the entries in the order of the file, and the line on which each begins."""

    path: Path
    text: str = ""
    entries: tuple[Entry, ...] = ()
    lines: tuple[int, ...] = ()

    def check(self, course: Course, students: Collection[str]) -> None:
        """Refuse entries with a student not in `students` (ids), an unknown module, or too many points.

        A revoked entry may say anything. Staff revoke a decision that no longer fits the course.
        """
        problems: list[Problem] = []
        ids: dict[str, int] = {}
        withdrawn: set[str] = set()
        held = {entry.id for entry in in_force(self.entries)}
        for entry, line in zip(self.entries, self.lines, strict=True):
            wrong = _contradictions(entry, course, students) if entry.id in held else ()
            problems += [Problem(str(self.path), line, *said) for said in wrong]
            if entry.kind is Kind.REVOCATION and entry.revokes not in ids:
                mend = "`grader decide list` shows them."
                problems.append(Problem(str(self.path), line, f"there is no decision {entry.revokes!r} above", mend))
            if entry.decision is not None and entry.decision not in withdrawn:
                mend = "`grader decide list` shows them."
                problems.append(Problem(str(self.path), line, f"there is no withdrawal {entry.decision!r} above", mend))
            if entry.kind is Kind.INCIDENT:
                withdrawn.add(entry.id)
            if ids.setdefault(entry.id, line) != line:
                problems.append(
                    Problem(str(self.path), line, f"the same decision as on line {ids[entry.id]}", "Remove one.")
                )
        if problems:
            raise DecisionError(problems)

    def alike(self, entry: Entry) -> Entry | None:
        """Return the decision in force that says the same as `entry`, so that adding `entry` would change nothing.

        Late days add up, so two entries of late days are the same only if the reason is the same too. A revocation of a
        decision that is already revoked is the same as the revocation that did it.
        """
        held = in_force(self.entries)
        if entry.kind is Kind.REVOCATION:
            gone = entry.revokes not in {other.id for other in held}
            return next((other for other in self.entries if gone and other.revokes == entry.revokes), None)
        loose = {"at", "author"} if entry.kind is Kind.LATE_DAYS else {"at", "author", "reason"}
        about = entry.kind, entry.student, entry.module
        same = [other for other in held if (other.kind, other.student, other.module) == about]
        if entry.kind in (Kind.EXTENSION, Kind.OVERRIDE):  # only the newest of these holds
            same = same[-1:]
        wanted = entry.model_dump(exclude=loose)
        return next((other for other in same if other.model_dump(exclude=loose) == wanted), None)

    def with_entries(self, entries: Sequence[Entry]) -> Decisions:
        """Return the file with more decisions at its end. The text before them is unchanged."""
        before = self.text or HEADER
        text = before + ("" if before.endswith("\n") else "\n") + "".join(map(_written, entries))
        after = parse(text, self.path)
        if after.entries != (*self.entries, *entries):
            mend = "Write the list as blocks of `- key: value`, one entry below the other."
            raise DecisionError([Problem(str(self.path), 1, "no entry can be added below this list", mend)])
        return after

    def about(self, student: str) -> list[Entry]:
        """Return the decisions about one student, and the revocations of these decisions."""
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.student == student or entry.revokes in found:
                found[entry.id] = entry
        return list(found.values())

    def without_student(self, student: str) -> Decisions:
        """Return the file without the decisions about one student."""
        gone = {entry.id for entry in self.about(student)}
        if not gone:
            return self
        lines = self.text.splitlines(keepends=True)
        ends = [*(line - 1 for line in self.lines[1:]), len(lines)]
        for entry, line, end in reversed(list(zip(self.entries, self.lines, ends, strict=True))):
            if entry.id in gone:
                del lines[line - 1 : end]
        return parse("".join(lines), self.path)


def read_decisions(path: Path) -> Decisions:
    """Read the decisions in the file at `path`. Without a file there are no decisions."""
    if not path.exists():
        return Decisions(path)
    try:
        return parse(path.read_text(encoding="utf-8-sig"), path)
    except UnicodeDecodeError as error:
        problem = Problem(str(path), 1, f"not UTF-8 at byte {error.start}", "Save the file as UTF-8.")
        raise DecisionError([problem]) from error


def parse(text: str, path: Path) -> Decisions:
    """Parse the text of a file of decisions. path: for messages"""
    try:
        located = Located(text, str(path))
    except CourseError as error:
        raise DecisionError([problem for problem in error.problems if isinstance(problem, Problem)]) from error
    if located.data == {}:
        return Decisions(path, text)
    if not isinstance(located.data, tuple):
        raise DecisionError([located.problem((), "not a list of decisions", "Begin each with `- kind: …`.")])
    problems = list(located.problems)
    entries: list[Entry] = []
    for place, written in enumerate(located.data):
        try:
            entries.append(Entry.model_validate(written))
        except ValidationError as error:
            problems += [_translate(located, place, detail) for detail in error.errors(include_url=False)]
    if problems:
        raise DecisionError(problems)
    return Decisions(path, text, tuple(entries), tuple(located.line((place,)) for place in range(len(entries))))


def _translate(located: Located, place: int, detail: Any) -> Problem:
    where = (place, *detail["loc"])
    message = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        return located.problem(where, "unknown key", did_you_mean(str(where[-1]), Entry.model_fields))
    if detail["type"] == "missing":
        return located.problem(where, "is missing", f"Write `{where[-1]}: …` in this entry.")
    return located.problem(where, message, "See docs/records.md for the kinds of decisions.")


def _contradictions(entry: Entry, course: Course, students: Collection[str]) -> Iterable[tuple[str, str]]:
    """Yield what does not fit this course and class: (what is wrong, how to mend it)."""
    if entry.student is not None and entry.student not in students:
        mend = "A student who has left stays in the list, with a day in `dropped`; `grader forget` removes a student everywhere."
        yield f"no student {entry.student!r} in the class list", nearest(entry.student, students, mend)
    if entry.module is None:
        return
    if entry.module in {module.stem for module in course.withdrawn}:
        return
    module = next((module for module in course.modules if entry.module in module.stems), None)
    if module is None:
        mend = (
            f"{did_you_mean(entry.module, (module.stem for module in course.modules))} If the module has another stem now, "
            f"write `renamed_from: {entry.module}` in its block of {course.path.name}. If it should no longer count, list it "
            "there under `withdrawn:`, with a reason."
        )
        yield f"no module {entry.module!r}", mend
    elif entry.points is not None and entry.points > module.points:
        mend = f"Give at most {module.points}. To take this entry back, run `grader decide revoke {entry.id}`."
        yield f"{entry.points} points, but {module.numbered} is worth {module.points}", mend


def without_effect(entry: Entry, course: Course) -> str | None:
    """Return why an extension has no effect, or None if it moves the deadline.

    An extension never shortens a deadline, and `due` may be moved past it later.
    """
    module = next((module for module in course.modules if entry.module in module.stems), None)
    if module is None or entry.until is None or entry.until > module.due:
        return None
    return f"{module.numbered} is due {module.due:%Y-%m-%d %H:%M} UTC anyhow"


def _written(entry: Entry) -> str:
    said = {name: _plain(value) for name, value in entry if value is not None}
    return yaml.safe_dump([said], sort_keys=False, allow_unicode=True, width=1_000)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.value if isinstance(value, Kind) else value
