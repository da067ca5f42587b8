"""Read the class list of a workspace, and find people in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..classroom.roster import Roster, Student, read_roster
from ..course.problem import did_you_mean, nearest
from .workspace import Workspace, WorkspaceError


def read_class(workspace: Workspace, path: Path | None = None) -> Roster:
    """Read the class list at `path`; by default the list in the state folder."""
    chosen = path or workspace.roster_file
    if not chosen.is_file():
        raise WorkspaceError(
            f"there is no class list at {chosen}. Write a class list (id,name,login,email,section,pseudonym), make it from the "
            "list of another system with `grader roster import`, or name yours with --roster (make: ROSTER=). `make demo` shows "
            "all commands with an invented class"
        )
    return read_roster(chosen)


def find_student(roster: Roster, key: str) -> Student:
    """Find the student with this id or login, including students who have dropped."""
    try:
        return roster.student(key)
    except KeyError as error:
        ids = [student.id for student in roster.everyone]
        mend = nearest(key, ids, "Name a student by id or login.")
        raise WorkspaceError(f"no student {key!r} in the class list. {mend}") from error


def only(roster: Roster, keys: Iterable[str]) -> Roster:
    """Return the class with only these students, named by id or login. Each must have a repository that may be graded."""
    wanted = {find_student(roster, key) for key in keys}
    for student in wanted.difference(roster.students):
        why = "has left the course" if student in roster.dropped else "has no login in the class list yet"
        raise WorkspaceError(f"{student.id} {why}, so there is no repository to grade")
    return Roster(students=tuple(student for student in roster.students if student in wanted))


def in_section(roster: Roster, section: str | None) -> tuple[Student, ...]:
    """Return the students enrolled in a section, or everybody enrolled if `section` is None."""
    chosen = tuple(student for student in roster.enrolled if section in (None, student.section))
    if section is not None and not chosen:
        known = sorted({student.section for student in roster.enrolled if student.section})
        raise WorkspaceError(f"nobody is in section {section!r}. {did_you_mean(section, known)}")
    return chosen
