"""Report: write the standings, the reports for staff and students, and the leaderboard from the gradebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..gradebook.scores import Standing
from ..reports.folder import write_reports
from ..reports.site import leaderboard
from .executor import why_incomplete
from .term import Term


@dataclass(frozen=True)
class Report:
    """Hold the result of reporting.

    standings: of everybody enrolled; waiting: a line for each newest grading that failed and waits to be repeated; folder: where
    the reports are
    """

    standings: tuple[Standing, ...]
    waiting: tuple[str, ...]
    folder: Path


def report(term: Term) -> Report:
    """Write every report again from the gradebook."""
    with term.workspace.gradebook() as book:
        entries = term.entries(book)
        everybody = book.standings(term.course, dict.fromkeys(book.students()), entries)
        scores = {standing.student: standing.scores for standing in everybody}
        reported = [found for module in term.course.written for found in book.reported(module.stem)]
        for found in reported:
            record = term.under_present_stem(found.record)
            student, module = record.student, record.module
            write_reports(
                term.workspace.reports,
                record,
                tuple(book.history(student, module)),
                past_due=term.past_due(module),
                score=scores[student][module],
                trouble=found.trouble,
            )
    failed = [term.under_present_stem(found.trouble) for found in reported if found.trouble is not None]
    waiting = [
        f"{record.student} {record.module} at {record.commit[:12]}: {why_incomplete(record)}" for record in failed
    ]
    return Report(tuple(term.standings()), tuple(waiting), term.workspace.reports)


def write_leaderboard(term: Term) -> Path:
    """Write the site with the leaderboard, and return the path of its page."""
    return leaderboard(term.course, term.standings(), term.workspace.state / "site")
