"""Moodle: a CSV for Grades > Import, where ID number or Email address is mapped to the user and each item to a column.

Moodle stops at the first cell that is no number, so what has no grade, or is excused, is `-`, and there is no total.
"""

from __future__ import annotations

from grader.gradebook.scores import Score

from .sheet import NO_GRADE, Sheet, Table, last_and_first, title


def moodle(sheet: Sheet) -> Table:
    rows: list[list[object]] = []
    for line in sheet.lines:
        last, first = last_and_first(line.student.name)
        grades = [_grade(line.scores[module.id]) for module in sheet.modules]
        rows.append([first, last, line.student.id, line.student.email, *grades])
    return [["First name", "Last name", "ID number", "Email address", *map(title, sheet.modules)], *rows]


def _grade(score: Score | None) -> int | str:
    return NO_GRADE if score is None or score.points is None else score.points
