"""Read GitHub Classroom's CSV of grades, which has one line for each student and assignment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from grader.classroom.roster import Roster, RosterError, Student
from grader.classroom.tables import TableError, read_table

COLUMNS = (
    "assignment_name", "assignment_url", "starter_code_url", "github_username", "roster_identifier",
    "student_repository_name", "student_repository_url", "submission_timestamp", "points_awarded", "points_available",
)  # fmt: skip


@dataclass(frozen=True)
class OldGrade:
    line: int
    student: str  # id in the class list
    assignment: str
    points: Decimal
    available: Decimal

    def out_of(self, points: int) -> int:
        """Return the same share of `points`, rounded down to whole points."""
        return int(self.points * points / self.available)


def read_old_grades(path: Path, roster: Roster, assignment: str | None = None) -> list[OldGrade]:
    """Return the grades in the file, or only those of `assignment`. Raise RosterError with every problem and its line."""
    try:
        table = read_table(path)
    except TableError as error:
        raise RosterError(path, [(error.line, error.reason)]) from error
    missing = [column for column in COLUMNS if column not in table.header]
    if missing:
        raise RosterError(
            path, [(1, f"is not a list of grades from GitHub Classroom: column {', '.join(missing)} is missing")]
        )
    problems = list(table.problems)
    found: list[OldGrade] = []
    for line, row in table.rows:
        if assignment in (None, row["assignment_name"]):
            try:
                found.append(_grade(line, row, roster))
            except ValueError as error:
                problems.append((line, str(error)))
    names = sorted({row["assignment_name"] for _, row in table.rows})
    if assignment is None and len(names) > 1:
        problems.append((1, f"holds several assignments; name one: {', '.join(names)}"))
    if assignment is not None and assignment not in names:
        problems.append((1, f"has no assignment {assignment!r}, only {', '.join(names)}"))
    if problems:
        raise RosterError(path, problems)
    return found


def _grade(line: int, row: dict[str, str], roster: Roster) -> OldGrade:
    student = _owner(row, roster)
    points, available = _number(row, "points_awarded"), _number(row, "points_available")
    if not 0 <= points <= available or not available:
        raise ValueError(f"points_awarded {points} of points_available {available} is not a grade")
    return OldGrade(line, student.id, row["assignment_name"], points, available)


def _owner(row: dict[str, str], roster: Roster) -> Student:
    login, identifier = row["github_username"].strip(), row["roster_identifier"].strip()
    for one in roster.everyone:
        known = {value.casefold() for value in (one.id, one.email) if value}
        if (login and one.login.casefold() == login.casefold()) or identifier.casefold() in known:
            return one
    raise ValueError(f"nobody in the class list has the login {login!r} or the id or address {identifier!r}")


def _number(row: dict[str, str], column: str) -> Decimal:
    try:
        return Decimal(row[column].strip() or "0")
    except InvalidOperation as error:
        raise ValueError(f"{column}: {row[column]!r} is not a number") from error
