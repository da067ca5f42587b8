"""Print lines that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console

from ..classroom.roster import Student
from ..classroom.staff import Rights
from ..course import Course
from ..gradebook.scores import Standing
from ..reports.clean import one_line
from ..reports.terminal import ClassTable

LINE_LIMIT = 1_000


def print_problems(what: str, problems: Iterable[str]) -> None:
    """Print a line for each problem, made harmless, because it may quote names of branches or files that a student chose."""
    for line in problems:
        print(f"{what}: {one_line(line, LINE_LIMIT)}")


def print_notes(notes: Iterable[str]) -> None:
    """Print notes for staff to standard error, because programs read standard output."""
    for line in notes:
        print(line, file=sys.stderr)


def print_standings(course: Course, standings: Sequence[Standing], students: Iterable[Student] | None = None) -> None:
    """Print the standings of these students, by default of all."""
    if students is not None:
        ids = {student.id for student in students}
        standings = [standing for standing in standings if standing.student in ids]
    Console().print(ClassTable(standings, course))


def print_rights(rights: Rights) -> None:
    """Print a line for each repository whose rights have changed, or could not be changed."""
    for repo, lines in rights.changed.items():
        print(f"  {repo}: {', '.join(lines)}")
    for repo, reason in rights.failed.items():
        print(f"failed: {repo}: {one_line(reason, LINE_LIMIT)}")
