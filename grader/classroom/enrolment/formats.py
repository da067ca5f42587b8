"""Recognise files that list a class by their header, and read each row as facts under our column names.

ours           any of our own columns with id, e-mail or login, such as a form's `login,pseudonym`
classroom      GitHub Classroom, now retired: identifier,github_username,github_id,name
classroom50    Classroom 50:                 username,first_name,last_name,email,section,github_id
canvas         a gradebook's export:         Student,ID,SIS User ID,SIS Login ID,Section, then assignments
moodle         participants or grades:       First name,Last name,ID number,Email address, then anything
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..roster import COLUMNS, ID, UNIQUE, RosterError
from ..tables import Table, TableError, read_table

Row = Mapping[str, str]
_FORM = {"Timestamp"}  # a form adds this column; we do not need it


@dataclass(frozen=True)
class Listed:
    """Hold the facts that one line of a file gives about one student: some of our columns, none of them empty."""

    line: int
    facts: dict[str, str]


@dataclass(frozen=True)
class Format:
    """Describe a system's form. whole: the file lists everybody, so a student who is not on it has left."""

    name: str
    title: str
    header: frozenset[str]
    read: Callable[[Row], Row | None]
    whole: bool = True

    def fits(self, header: tuple[str, ...]) -> bool:
        return self.header <= set(header)


@dataclass(frozen=True)
class Listing:
    """Hold a file that was read: its form and its facts."""

    path: Path
    format: Format
    rows: tuple[Listed, ...]


def _ours(row: Row) -> Row:
    return {name: value for name, value in row.items() if name in COLUMNS}


def _classroom(row: Row) -> Row:
    """Read a row. The identifier is whatever the instructor had chosen: an e-mail address, a number or a name."""
    who, name = row["identifier"].strip(), row.get("name", "").strip()
    kind = "email" if "@" in who else "id" if ID.fullmatch(who) else "name"
    return {"login": row["github_username"], "name": name, kind: name if kind == "name" and name else who}


def _classroom50(row: Row) -> Row:
    name = f"{row['first_name'].strip()} {row['last_name'].strip()}"
    return {"login": row["username"], "name": name, "email": row.get("email", ""), "section": row.get("section", "")}


def _canvas(row: Row) -> Row | None:
    """Skip the rows that are not students: points possible, posting policies, and the test student."""
    name = row["Student"].strip() if "Student" in row else f"{row['LastName'].strip()}, {row['FirstName'].strip()}"
    if not row["ID"].strip() or name in ("", "Points Possible", "Student, Test"):
        return None
    login = row.get("SIS Login ID", "").strip()
    return {
        "id": row.get("SIS User ID", "").strip() or row["ID"],
        "name": _first_name_first(name),
        "email": login if "@" in login else "",
        "section": row["Section"],
    }


def _moodle(row: Row) -> Row:
    last = row.get("Last name", row.get("Surname", ""))
    return {
        "id": row.get("ID number", "").strip() or row.get("Username", ""),
        "name": f"{row['First name'].strip()} {last.strip()}",
        "email": row.get("Email address", ""),
        "section": row.get("Groups", row.get("Group", "")),
    }


def _first_name_first(name: str) -> str:
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma else name


FORMATS = (
    Format("classroom", "GitHub Classroom", frozenset({"identifier", "github_username"}), _classroom),
    Format("classroom50", "Classroom 50", frozenset({"username", "first_name", "last_name"}), _classroom50),
    Format("canvas", "Canvas", frozenset({"Student", "ID", "Section"}), _canvas),
    Format("canvas", "Canvas", frozenset({"LastName", "FirstName", "ID", "Section"}), _canvas),
    Format("moodle", "Moodle", frozenset({"First name", "Last name", "Email address"}), _moodle),
    Format("moodle", "Moodle", frozenset({"First name", "Surname", "Email address"}), _moodle),
    Format("ours", "our own columns", frozenset(), _ours, whole=False),
)


def read_listing(path: Path, name: str | None = None) -> Listing:
    """Read the file at `path`. name: the format, if the header does not show it."""
    try:
        table = read_table(path)
    except TableError as error:
        raise RosterError(path, [(error.line, error.reason)]) from error
    found = _format_of(path, table, name)
    if found.name == "ours":
        _refuse_strangers(path, table)
    if table.problems:
        raise RosterError(path, table.problems)
    rows: list[Listed] = []
    for line, row in table.rows:
        facts = found.read(row)
        if facts is not None:
            said = {column: value.strip() for column, value in facts.items() if value.strip()}
            rows.append(Listed(line, said))
    return Listing(path, found, tuple(rows))


def _format_of(path: Path, table: Table, name: str | None) -> Format:
    fitting = [one for one in FORMATS if one.fits(table.header) and name in (None, one.name)]
    if fitting:
        return fitting[0]
    known = {one.name: one for one in reversed(FORMATS)}  # if one system has two forms, name the first
    if name not in known:
        raise RosterError(path, [(1, f"there is no format {name!r}; known are {', '.join(sorted(known))}")])
    missing = ", ".join(sorted(known[name].header - set(table.header)))
    raise RosterError(path, [(1, f"is not a list of {known[name].title}: column {missing} is missing")])


def _refuse_strangers(path: Path, table: Table) -> None:
    """Refuse columns that no format knows, instead of guessing."""
    strange = [column for column in table.header if column not in COLUMNS and column not in _FORM]
    if strange:
        systems = ", ".join(sorted({one.title for one in FORMATS if one.header}))
        names = ", ".join(map(repr, strange))
        these = f"column {names} is" if len(strange) == 1 else f"columns {names} are"
        text = f"{these} not known: this is not a list of {systems}, and our columns are {','.join(COLUMNS)}"
        raise RosterError(path, [(1, text)])
    if not set(UNIQUE) & set(table.header):
        raise RosterError(path, [(1, f"names nobody: one of the columns {', '.join(UNIQUE)} is needed")])
