"""Write a table for your own spreadsheet: student, points by module, total, late days, capabilities and milestones."""

from __future__ import annotations

from grader.gradebook.scores import Score

from .sheet import Sheet, SheetRow, Table


def plain(sheet: Sheet) -> Table:
    modules = [module.stem for module in sheet.modules]
    sums = ["total", "out_of", "late_days_spent", "capabilities", "milestones"]
    header = ["id", "name", "login", "email", "section", *modules, *sums]
    rows = [[*_row(line), *(_points(line.scores[module]) for module in modules), *_sums(line)] for line in sheet.lines]
    return [header, *rows]


def _row(line: SheetRow) -> list[object]:
    who = line.student
    return [who.id, who.name, who.login, who.email, who.section]


def _points(score: Score | None) -> int | str | None:
    if score is None:
        return None
    return "excused" if score.excused else score.points


def _sums(line: SheetRow) -> list[object]:
    spent = sum(score.late_days_spent for score in line.scores.values() if score)
    earned = ["; ".join(names) for names in (line.standing.capabilities, line.standing.milestones)]
    return [line.standing.total, line.standing.max_points, spent, *earned]
