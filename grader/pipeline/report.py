"""Report: what the gradebook says, as standings, as reports for staff and students, and as the leaderboard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..gradebook.book import Gradebook, Reported
from ..gradebook.scores import Standing
from ..reports.folder import write_reports
from ..reports.site import leaderboard
from .executor import why_incomplete
from .term import Term


@dataclass(frozen=True)
class Report:
    """What was made.

    standings: of everybody enrolled; waiting: the newest gradings that came to trouble and wait to be done again, a line
    each; folder: where the reports are
    """

    standings: tuple[Standing, ...]
    waiting: tuple[str, ...]
    folder: Path


def report(term: Term) -> Report:
    """Write every report anew from the gradebook."""
    with term.workspace.gradebook() as book:
        entries = term.entries(book)
        everybody = book.standings(term.course, dict.fromkeys(book.students()), entries)
        scores = {it.student: it.scores for it in everybody}
        reported = _reported(term, book)
        for one in reported:
            record = term.under_present_stem(one.record)
            student, module = record.student, record.module
            write_reports(
                term.workspace.reports,
                record,
                tuple(book.history(student, module)),
                past_due=term.past_due(module),
                score=scores[student][module],
                trouble=one.trouble,
            )
    late = [one.trouble for one in reported if one.trouble is not None]
    waiting = [f"{it.student} {it.module} at {it.commit[:12]}: {why_incomplete(it)}" for it in late]
    return Report(tuple(term.standings()), tuple(waiting), term.workspace.reports)


def write_leaderboard(term: Term) -> Path:
    """Write the site with the leaderboard. Returns its page."""
    return leaderboard(term.course, term.standings(), term.workspace.state / "site")


def _reported(term: Term, book: Gradebook) -> list[Reported]:
    """A record of every student in every module."""
    return [one for module in term.course.written for one in book.reported(module.stem)]
