"""The class list: a CSV file, one student a line, and every mistake in it named with its line."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from .lookalike import look

COLUMNS = ("id", "name", "login", "email", "section", "pseudonym")
REQUIRED = ("id", "name", "login")
UNIQUE = ("id", "login", "email")
_HELP = {
    "id": "letters, digits, '.', '_' and '-', at most 64, beginning with a letter or digit",
    "login": "a GitHub login: letters, digits and single '-' between them, at most 39",
    "email": "an address such as ada@example.edu, or nothing",
}


class RosterError(ValueError):
    """The class list cannot be used; one line a problem."""

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


class Student(BaseModel):
    """One line of the class list. `pseudonym` is the student's own choice; without one they stay off public pages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    name: Text = Field(min_length=1)
    login: str = Field(pattern=r"^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$", max_length=39)
    email: str = Field(default="", pattern=r"^([^@\s,;<>]+@[^@\s,;<>]+)?$")
    section: Text = ""
    pseudonym: Text = Field(default="", max_length=40)


class Roster(BaseModel):
    model_config = ConfigDict(frozen=True)

    students: tuple[Student, ...]

    def student(self, key: str) -> Student:
        """The student with this id, or else with this login: a login is its owner's choice, and may be another's id."""
        ids = (student for student in self.students if key == student.id)
        logins = (student for student in self.students if key.lower() == student.login.lower())
        found = next(chain(ids, logins), None)
        if found is None:
            raise KeyError(f"no student {key!r} in the roster of {len(self.students)}")
        return found


def read_roster(path: Path) -> Roster:
    """The class list at `path` (UTF-8, columns in any order); raises RosterError with every problem found."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RosterError(path, [(1, f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise RosterError(path, [(1, "is not UTF-8; save it as 'CSV UTF-8'")]) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", strict=True)
    problems = _header_problems(reader.fieldnames or [])
    students: list[tuple[int, Student]] = []
    if problems:
        raise RosterError(path, problems)
    try:
        for row in reader:
            line = reader.line_num
            if "" in row or None in row.values():
                problems.append((line, f"does not have the {len(reader.fieldnames or [])} fields of the header"))
                continue
            try:
                students.append((line, Student.model_validate({key: value.strip() for key, value in row.items()})))
            except ValidationError as error:
                problems += [(line, _translate(detail["loc"], detail["msg"])) for detail in error.errors()]
    except csv.Error as error:
        problems.append((reader.line_num, f"is not CSV: {error}"))
    problems += _duplicates(students) + _impostors(students)
    if problems:
        raise RosterError(path, problems)
    return Roster(students=tuple(student for _, student in students))


def _header_problems(header: Iterable[str]) -> list[tuple[int, str]]:
    names = list(header)
    want = f"the header is {','.join(COLUMNS)}; {', '.join(REQUIRED)} are required"
    found = [(1, f"column {name!r} is missing; {want}") for name in REQUIRED if name not in names]
    found += [(1, f"column {name!r} is not known; {want}") for name in names if name not in COLUMNS]
    found += [(1, f"column {name!r} appears twice") for name in COLUMNS if names.count(name) > 1]
    return found


def _translate(place: tuple[int | str, ...], message: str) -> str:
    name = str(place[0])
    return f"{name}: {_HELP.get(name, message.removeprefix('Value error, '))}"


def _duplicates(students: list[tuple[int, Student]]) -> list[tuple[int, str]]:
    """GitHub logins and addresses are compared without regard to case; so are ids, which become folders."""
    found: list[tuple[int, str]] = []
    for column in UNIQUE:
        first: dict[str, int] = {}
        for line, student in students:
            value = str(getattr(student, column))
            if value and first.setdefault(value.lower(), line) != line:
                found.append((line, f"{column}: {value!r} is already on line {first[value.lower()]}"))
    return found


def _impostors(students: list[tuple[int, Student]]) -> list[tuple[int, str]]:
    """Pseudonyms that the class would read as somebody else. One's own name is one's own, even where two have it."""
    found: list[tuple[int, str]] = []
    real: dict[str, set[int]] = {}
    chosen: dict[str, int] = {}
    for line, student in students:
        for text in (student.id, student.login, student.name):
            real.setdefault(look(text), set()).add(line)
    for line, student in students:
        seen = look(student.pseudonym)
        if student.pseudonym and not seen:
            found.append((line, f"pseudonym: {student.pseudonym!r} has no letter, digit or symbol that can be seen"))
        elif student.pseudonym:
            others = real.get(seen, set())
            taken = min(others) if others and line not in others else chosen.setdefault(seen, line)
            if taken != line:
                found.append((line, f"pseudonym: {student.pseudonym!r} looks like somebody else, on line {taken}"))
    return found
