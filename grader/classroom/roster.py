"""Read the class list: a CSV file with one student on each line. Every mistake in it is named with its line."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ..errors import GraderError
from .lookalike_names import Known, look, owners
from .tables import Table, TableError, read_table

COLUMNS = ("id", "name", "login", "email", "section", "pseudonym", "dropped")
REQUIRED = ("id", "name")
UNIQUE = ("id", "login", "email")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HELP = {
    "id": "letters, digits, '.', '_' and '-', at most 64, beginning with a letter or digit",
    "login": "a GitHub login: letters, digits and single '-' between them, at most 39; or nothing, until it is known",
    "email": "an address such as ada@example.edu, or nothing",
    "dropped": "the day they left, as 2027-02-10, or nothing",
}


class RosterError(GraderError):
    """Report that the class list cannot be used, with one line for each problem."""

    def __init__(self, path: Path, problems: Iterable[tuple[int, str]]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(f"{path}:{line}: {text}" for line, text in self.problems))


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has characters that cannot be printed")
    if unicodedata.normalize("NFKC", text)[:1] in ("=", "+", "-", "@"):
        raise ValueError(f"begins with {text[0]!r}, which a spreadsheet takes for a formula")
    return text


Text = Annotated[str, BeforeValidator(_printable), Field(max_length=100)]
Day = Annotated[date | None, BeforeValidator(lambda text: text or None)]


class Student(BaseModel):
    """Hold one line of the class list.

    `pseudonym` is the student's own choice; students without a pseudonym stay off public pages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=rf"^{ID.pattern}$")
    name: Text = Field(min_length=1)
    login: str = Field(default="", pattern=r"^([A-Za-z0-9](-?[A-Za-z0-9]){0,38})?$", max_length=39)
    email: str = Field(default="", pattern=r"^([^@\s,;<>]+@[^@\s,;<>]+)?$")
    section: Text = ""
    pseudonym: Text = Field(default="", max_length=40)
    dropped: Day = None

    def has_left(self, today: date) -> bool:
        """Return whether the student has left.

        They have left from the day in `dropped` on; until then they are enrolled.
        """
        return self.dropped is not None and self.dropped <= today


class Roster(BaseModel):
    """Hold the class on one day.

    students: people for whom modules are released, work is collected and grades are posted
    waiting: enrolled, but without a login yet, and so without a repository
    dropped: left the course, but their records stay
    """

    model_config = ConfigDict(frozen=True)

    students: tuple[Student, ...]
    waiting: tuple[Student, ...] = ()
    dropped: tuple[Student, ...] = ()

    @classmethod
    def of(cls, everyone: Iterable[Student], today: date) -> Roster:
        """Make the roster of all lines of a class list, as it is on that day."""
        listed = tuple(everyone)
        return cls(
            students=tuple(one for one in listed if one.login and not one.has_left(today)),
            waiting=tuple(one for one in listed if not one.login and not one.has_left(today)),
            dropped=tuple(one for one in listed if one.has_left(today)),
        )

    @property
    def enrolled(self) -> tuple[Student, ...]:
        return (*self.students, *self.waiting)

    @property
    def everyone(self) -> tuple[Student, ...]:
        return (*self.enrolled, *self.dropped)

    def student(self, key: str) -> Student:
        """Return the student with this id, else the student with this login.

        Ids go first, because a student may choose another's id as login.
        """
        ids = (student for student in self.everyone if key == student.id)
        logins = (student for student in self.everyone if key and key.lower() == student.login.lower())
        found = next(chain(ids, logins), None)
        if found is None:
            raise KeyError(f"no student {key!r} in the roster of {len(self.everyone)}")
        return found


@dataclass(frozen=True)
class Clash:
    """Hold a problem with the student at index `at`, caused by the student at index `other` of the list."""

    at: int
    other: int | None
    text: str
    mend: str = ""

    def told(self, where: str) -> str:
        """Return the whole sentence. where: the place of `other`."""
        return f"{self.text}{'' if self.other is None else f' {where}'}{self.mend}"


def read_roster(path: Path, today: date | None = None) -> Roster:
    """Read the class list at `path` (UTF-8, columns in any order). Raise RosterError with every problem found.

    today: the day that counts, by default the present day (UTC)
    """
    table, students = read_lines(path)
    problems: list[tuple[int, str]] = list(table.problems)
    for clash in clashes([student for _, student in students]):
        where = "" if clash.other is None else f"on line {students[clash.other][0]}"
        problems.append((students[clash.at][0], clash.told(where)))
    if problems:
        raise RosterError(path, problems)
    return Roster.of((student for _, student in students), today or datetime.now(UTC).date())


def read_lines(path: Path) -> tuple[Table, list[tuple[int, Student]]]:
    """Return the students of a class list with their lines. Problems of single lines are added to the table's problems."""
    try:
        table = read_table(path)
    except TableError as error:
        raise RosterError(path, [(error.line, error.reason)]) from error
    problems = _header_problems(table.header)
    if problems:
        raise RosterError(path, problems)
    students: list[tuple[int, Student]] = []
    wrong: list[tuple[int, str]] = []
    for line, row in table.rows:
        student, said = made(row)
        wrong += [(line, text) for text in said]
        students += [(line, student)] if student else []
    return table.with_problems(wrong), students


def made(row: dict[str, str]) -> tuple[Student | None, list[str]]:
    """Make a student of these fields, or return what is wrong with them."""
    try:
        return Student.model_validate({key: value.strip() for key, value in row.items()}), []
    except ValidationError as error:
        return None, [_translate(detail["loc"], detail["msg"]) for detail in error.errors()]


def written(students: Iterable[Student]) -> str:
    """Write the class list as the text of its file."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows([getattr(student, name) or "" for name in COLUMNS] for student in students)
    return out.getvalue()


def clashes(students: Sequence[Student]) -> list[Clash]:
    """Find what is wrong with the class as a whole."""
    return _duplicates(students) + _impostors(students)


def _header_problems(names: Sequence[str]) -> list[tuple[int, str]]:
    want = f"the header is {','.join(COLUMNS)}; {', '.join(REQUIRED)} are required"
    found = [(1, f"column {name!r} is missing; {want}") for name in REQUIRED if name not in names]
    found += [(1, f"column {name!r} is not known; {want}") for name in names if name not in COLUMNS]
    found += [(1, f"column {name!r} appears twice") for name in COLUMNS if names.count(name) > 1]
    return found


def _translate(place: tuple[int | str, ...], message: str) -> str:
    name = str(place[0])
    return f"{name}: {_HELP.get(name, message.removeprefix('Value error, '))}"


def _duplicates(students: Sequence[Student]) -> list[Clash]:
    """Find repeated logins, addresses and ids. Case does not count: GitHub ignores it in logins, and ids become folders."""
    found: list[Clash] = []
    for column in UNIQUE:
        first: dict[str, int] = {}
        for at, student in enumerate(students):
            value = str(getattr(student, column))
            if value and first.setdefault(value.lower(), at) != at:
                found.append(Clash(at, first[value.lower()], f"{column}: {value!r} is already"))
    return found


def _impostors(students: Sequence[Student]) -> list[Clash]:
    """Find pseudonyms that the class would take for somebody else. Students may use their own name, even if two share it."""
    found: list[Clash] = []
    known = [Known.by(student.name, student.id, student.login) for student in students]
    chosen: dict[str, int] = {}
    for at, student in enumerate(students):
        seen = look(student.pseudonym)
        if student.pseudonym and not seen:
            text = f"pseudonym: {student.pseudonym!r} has no letter, digit or symbol that can be seen"
            found.append(Clash(at, None, text))
        elif student.pseudonym:
            read_as = owners(student.pseudonym, known)
            taken = min(read_as) if read_as and at not in read_as else chosen.setdefault(seen, at)
            if taken != at:
                text = f"pseudonym: {student.pseudonym!r} looks like somebody else,"
                found.append(Clash(at, taken, text, "; let the student choose another, and leave it empty until then"))
    return found
