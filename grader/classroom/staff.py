"""Read who helps: TAs and their sections, from a CSV beside the class list. TAs may read the repositories of their sections.

login,name,sections
grace-h,Grace Hopper,A; B
alan-t,Alan Turing,*
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.course import Course
from grader.course.problem import did_you_mean

from .forge import Forge, ForgeError
from .names import student_repo
from .roster import Roster, RosterError, Student, made
from .tables import TableError, read_table

COLUMNS = ("login", "name", "sections")
ALL = "*"
_BETWEEN = "Write ';' between two sections"


@dataclass(frozen=True)
class Helper:
    login: str
    name: str
    sections: tuple[str, ...]

    def helps(self, student: Student) -> bool:
        return ALL in self.sections or student.section in self.sections


def read_staff(path: Path, roster: Roster) -> tuple[Helper, ...] | None:
    """Return everyone in the file at `path`, or None if there is no file. Raise RosterError with every problem found."""
    if not path.exists():
        return None
    try:
        table = read_table(path)
    except TableError as error:
        raise RosterError(path, [(error.line, error.reason)]) from error
    if sorted(table.header) != sorted(COLUMNS):
        raise RosterError(path, [(1, f"the header is {','.join(COLUMNS)}")])
    problems = list(table.problems)
    helpers: list[Helper] = []
    known = {student.section for student in roster.everyone if student.section}
    students = {student.login.lower() for student in roster.enrolled if student.login}
    for line, row in table.rows:
        helper = Helper(row["login"].strip(), row["name"].strip(), _sections(row["sections"], known))
        helpers.append(helper)
        _, wrong = made({"id": "staff", "name": helper.name, "login": helper.login})
        problems += [(line, text) for text in wrong]
        if not helper.login:
            problems.append((line, "login: is missing"))
        if [one.login.lower() for one in helpers].count(helper.login.lower()) > 1:
            problems.append((line, f"login: {helper.login!r} appears twice"))
        if helper.login.lower() in students:
            problems.append(
                (line, f"login: {helper.login!r} belongs to a student, who could then read the work of others")
            )
        strange = [section for section in helper.sections if section != ALL and section not in known]
        problems += [
            (line, f"sections: nobody is in section {one!r}. {did_you_mean(one, known)} {_BETWEEN}") for one in strange
        ]
    if problems:
        raise RosterError(path, problems)
    return tuple(helpers)


def _sections(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Split at semicolons, since a name may contain blanks. Split at blanks if that gives only known names."""
    words = text.split()
    if text.strip() in known:
        return (text.strip(),)
    if all(word == ALL or word in known for word in words):
        return tuple(words)
    return tuple(name.strip() for name in text.split(";") if name.strip())


def readers(student: Student, staff: Sequence[Helper]) -> tuple[str, ...]:
    """Return the logins of those who may read this student's repository."""
    return tuple(sorted(helper.login for helper in staff if helper.helps(student)))


@dataclass(frozen=True)
class Rights:
    """Hold, by repository, who reads it now, which rights have changed (one line each), and why rights could not be set."""

    readers: Mapping[str, Sequence[str]]
    changed: Mapping[str, Sequence[str]]
    failed: Mapping[str, str]


def let_read(
    course: Course, roster: Roster, staff: Sequence[Helper] | None, forge: Forge, *, dry_run: bool = False
) -> Rights:
    """Let the staff of each section, and nobody else, read the existing repositories of its students.

    Without a file of staff (None), rights stay as they are. A file that lists nobody takes all of them back.
    """
    reading: dict[str, Sequence[str]] = {}
    changed: dict[str, Sequence[str]] = {}
    failed: dict[str, str] = {}
    existing = set(forge.repos()) if staff is not None else set()
    for student in roster.students:
        repo = student_repo(course, student)
        if repo not in existing:
            continue
        logins = readers(student, staff or ())
        try:
            lines = forge.set_readers(repo, logins, dry_run=dry_run)
        except ForgeError as error:
            failed[repo] = str(error)
        else:
            reading[repo] = logins
            changed |= {repo: lines} if lines else {}
    return Rights(reading, changed, failed)
