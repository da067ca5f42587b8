"""Lines that several commands print."""

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
    """A line each: they may quote a branch or a file that a student has named, or the grader's own trouble with it."""
    for line in problems:
        print(f"{what}: {one_line(line, LINE_LIMIT)}")


def print_notes(notes: Iterable[str]) -> None:
    """What staff should know, beside what a command prints for machines."""
    for line in notes:
        print(line, file=sys.stderr)


def print_standings(course: Course, standings: Sequence[Standing], students: Iterable[Student] | None = None) -> None:
    """Of these students, or of all."""
    shown = None if students is None else {student.id for student in students}
    Console().print(ClassTable([it for it in standings if shown is None or it.student in shown], course))


def print_rights(rights: Rights) -> None:
    """A line for each repository where something has changed, or could not be changed."""
    for repo, lines in rights.changed.items():
        print(f"  {repo}: {', '.join(lines)}")
    for repo, reason in rights.failed.items():
        print(f"failed: {repo}: {one_line(reason, LINE_LIMIT)}")
