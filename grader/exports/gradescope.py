"""Write Gradescope's own course export, which many scripts for final grades read: four columns for each module."""

from __future__ import annotations

from datetime import datetime, timedelta

from grader.course import Module
from grader.gradebook.scores import Score

from .sheet import Sheet, Table, last_and_first, title

SIDES = ("", " - Max Points", " - Submission Time", " - Lateness (H:M:S)")


def gradescope(sheet: Sheet) -> Table:
    header = ["First Name", "Last Name", "SID", "Email", "Sections"]
    header += [f"{title(module)}{side}" for module in sheet.modules for side in SIDES]
    rows: list[list[object]] = []
    for line in sheet.lines:
        last, first = last_and_first(line.student.name)
        row: list[object] = [first, last, line.student.id, line.student.email, line.student.section]
        for module in sheet.modules:
            row += _cells(line.scores[module.stem], module)
        rows.append(row)
    return [header, *rows]


def _cells(score: Score | None, module: Module) -> list[object]:
    if score is None or score.points is None:
        return [None, float(module.points), None, None]
    late = _lateness(score, module)
    when = f"{score.handed_in:%Y-%m-%d %H:%M:%S %z}" if score.handed_in else None
    return [float(score.points), float(module.points), when, late]


def _lateness(score: Score, module: Module) -> str | None:
    if score.handed_in is None:
        return None
    moved: datetime | None = score.extension.until if score.extension else None
    late = max(timedelta(0), score.handed_in - max(module.due, moved or module.due))
    hours, rest = divmod(int(late.total_seconds()), 3600)
    return f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
