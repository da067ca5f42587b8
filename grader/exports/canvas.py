"""Write a gradebook file for Canvas, Grades > Import.

Canvas' importer identifies a student by Canvas' own ID, else by SIS User ID, else by SIS Login ID, else by name. It
identifies an assignment by the number in brackets after its title, else by its title. `EX` excuses a student, and an empty
cell changes nothing. If a file exported by Canvas is given, its ids are used, so that Canvas has no questions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from grader.classroom.roster import RosterError, Student
from grader.classroom.tables import Table as Read
from grader.classroom.tables import TableError, read_table
from grader.course import Module
from grader.gradebook.scores import Score

from .sheet import Sheet, Table, title

_PLACE = re.compile(r"^\d+[ _]")
IDENTITY = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def canvas(sheet: Sheet, exported: Path | None = None) -> Table:
    """Return the table. `exported` is a file that Canvas exported."""
    known = _read(exported) if exported else Read((), ())
    headers = [_header(module, known.header) for module in sheet.modules]
    people = {id(line): _person(line.student, known) for line in sheet.lines}
    points = ["    Points Possible", "", "", "", "", *(module.points for module in sheet.modules)]
    rows = [
        [*people[id(line)], *(_grade(line.scores[module.stem]) for module in sheet.modules)] for line in sheet.lines
    ]
    return [[*IDENTITY, *headers], points, *rows]


def strangers(sheet: Sheet, exported: Path) -> Iterator[str]:
    """Find students whom Canvas' file does not have. An import would ask whether to add them."""
    known = _read(exported)
    return (line.student.id for line in sheet.lines if _row_of(line.student, known) is None)


def _grade(score: Score | None) -> int | str | None:
    if score is None:
        return None
    return "EX" if score.excused else score.points


def _header(module: Module, known: Sequence[str]) -> str:
    names = {module.stem.casefold(), module.title.casefold()}
    return next((name for name in known if _without_numbers(name).casefold() in names), title(module))


def _without_numbers(header: str) -> str:
    """Cut a module's place and Canvas' number off a header: "02 Tensor (12345)" -> "Tensor".

    The place may be another than today. A header without a number in brackets gives "".
    """
    name, bracket, number = header.rpartition("(")
    known = bracket and number.endswith(")") and number[:-1].isdecimal()
    return _PLACE.sub("", name.strip()) if known else ""


def _person(student: Student, known: Read) -> list[str]:
    row = _row_of(student, known)
    if row is not None:
        return [row.get(column, "") for column in IDENTITY]
    return [student.name, "", student.id, student.email, student.section]


def _row_of(student: Student, known: Read) -> Mapping[str, str] | None:
    wanted = {value.casefold() for value in (student.id, student.email, student.login) if value}
    columns = ("SIS User ID", "ID", "SIS Login ID")
    rows = (row for _, row in known.rows if wanted & {row.get(column, "").strip().casefold() for column in columns})
    return next(rows, None)


def _read(path: Path) -> Read:
    try:
        table = read_table(path)
    except TableError as error:
        raise RosterError(path, [(error.line, error.reason)]) from error
    missing = [column for column in ("Student", "ID", "Section") if column not in table.header]
    if missing:
        raise RosterError(path, [(1, f"is not a gradebook exported by Canvas: column {missing[0]} is missing")])
    return table
