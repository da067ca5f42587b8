"""The class list of a workspace, and how the people in it are named."""

from __future__ import annotations

from pathlib import Path

from ..classroom.roster import Roster, Student, read_roster
from ..course.problem import did_you_mean, nearest
from .workspace import Workspace, WorkspaceError


def read_class(workspace: Workspace, path: Path | None = None) -> Roster:
    """The class list at `path`; by default the one in the state folder."""
    chosen = path or workspace.roster_file
    if not chosen.is_file():
        raise WorkspaceError(
            f"there is no class list at {chosen}. Write one (id,name,login,email,section,pseudonym), make it from "
            "another system's with `grader roster import`, or name yours with --roster (make: ROSTER=). `make demo` shows all "
            "commands with a class that is made up"
        )
    return read_roster(chosen)


def find_student(roster: Roster, key: str) -> Student:
    """The student with this id or login, those who have dropped included."""
    try:
        return roster.student(key)
    except KeyError as error:
        ids = [student.id for student in roster.everyone]
        mend = nearest(key, ids, "A student is named by id or login.")
        raise WorkspaceError(f"no student {key!r} in the class list. {mend}") from error


def in_section(roster: Roster, section: str | None) -> tuple[Student, ...]:
    """Who is enrolled in this section, or everybody if none is named."""
    chosen = tuple(student for student in roster.enrolled if section in (None, student.section))
    if section is not None and not chosen:
        known = sorted({student.section for student in roster.enrolled if student.section})
        raise WorkspaceError(f"nobody is in section {section!r}. {did_you_mean(section, known)}")
    return chosen
