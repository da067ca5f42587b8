"""Prepare what every export needs: the students with their scores, the modules that have scores, and safe cells."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.classroom.roster import Student
from grader.course import Course, Module
from grader.gradebook.scores import Score, Standing

Table = Sequence[Sequence[object]]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
NO_GRADE = "-"


@dataclass(frozen=True)
class SheetRow:
    """Hold one student with their scores by module."""

    student: Student
    standing: Standing

    @property
    def scores(self) -> Mapping[str, Score | None]:
        return self.standing.scores


@dataclass(frozen=True)
class Sheet:
    """Hold students in the order of the class list, and the modules in which at least one student has a score."""

    lines: tuple[SheetRow, ...]
    modules: tuple[Module, ...]


def sheet(course: Course, students: Iterable[Student], standings: Sequence[Standing]) -> Sheet:
    by_id = {standing.student: standing for standing in standings}
    lines = tuple(SheetRow(student, by_id[student.id]) for student in students)
    scored = {module for standing in standings for module, score in standing.scores.items() if score is not None}
    return Sheet(lines, tuple(module for module in course.written if module.stem in scored))


def title(module: Module) -> str:
    """Return the name of a module in other systems: 02 Tensor."""
    return f"{module.number:02d} {module.title}"


def last_and_first(name: str) -> tuple[str, str]:
    """Split a name into last and first: "Ada Maria Ohm" and "Ohm, Ada Maria" give ("Ohm", "Ada Maria").

    This is a guess, which does no harm: other systems match people by id.
    """
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.rpartition(" ")
    return last.strip(), first.strip()


def csv_text(rows: Table) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    """Return a cell as text. Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    text = "" if value is None else str(value)
    is_text = isinstance(value, str) and text != NO_GRADE
    # Only the first character matters. On a long text, `normalize` would take quadratic time, because it sorts combining
    # marks.
    return f"'{text}" if is_text and unicodedata.normalize("NFKC", text[:1]).startswith(_FORMULA) else text
