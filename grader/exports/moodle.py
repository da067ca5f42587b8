"""Write a CSV for Moodle, Grades > Import. There you map ID number or Email address to the user, and each item to a column.

Moodle stops at the first cell that is not a number or `-`. So a missing grade and an excuse are `-`, and there is no total.
"""

from __future__ import annotations

from grader.gradebook.scores import Score

from .sheet import NO_GRADE, Sheet, Table, last_and_first, title


def moodle(sheet: Sheet) -> Table:
    rows: list[list[object]] = []
    for line in sheet.lines:
        last, first = last_and_first(line.student.name)
        grades = [_grade(line.scores[module.stem]) for module in sheet.modules]
        rows.append([first, last, line.student.id, line.student.email, *grades])
    return [["First name", "Last name", "ID number", "Email address", *map(title, sheet.modules)], *rows]


def _grade(score: Score | None) -> int | str:
    return NO_GRADE if score is None or score.points is None else score.points
