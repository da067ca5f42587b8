"""Write a record as one self-contained page: for a TA everything, with the history; for a student the part that they may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.gradebook.scores import Score
from grader.grading.record import Outcome, Record
from grader.reports import words
from grader.reports.audience import Audience
from grader.reports.pages import page
from grader.reports.redact import View, redact


@dataclass(frozen=True)
class Spark:
    """Hold points over time, as coordinates in a drawing 360 wide, from y = 56 (no points) up to y = 8 (all points)."""

    points: tuple[tuple[float, float], ...]
    first: int
    last: int
    top: int


def for_staff(
    record: Record, history: Sequence[Record] = (), *, score: Score | None = None, trouble: Record | None = None
) -> str:
    """Write the TA's page. `history` is every record of this student and module, newest first."""
    view = redact(record, Audience.STAFF, score=score, trouble=trouble)
    return _page(view, [redact(past, Audience.STAFF) for past in history])


def for_student(
    record: Record, *, past_due: bool = False, score: Score | None = None, trouble: Record | None = None
) -> str:
    return _page(redact(record, Audience.STUDENT, past_due=past_due, score=score, trouble=trouble), [])


def _page(view: View, history: list[View]) -> str:
    failed = [check for check in view.checks if check.outcome is Outcome.FAILED]
    from_public = sum(check.points for check in view.checks if check.public)
    return page(
        "record.html",
        view=view,
        history=history,
        spark=_spark([past for past in reversed(history) if not past.pending]),
        earned={"public": from_public, "hidden": view.points - from_public},
        opened=failed if view.for_staff else failed[:1],
        outcomes=words.OUTCOMES,
        visibilities=words.VISIBILITIES,
        confinement=words.CONFINEMENT[view.jail_level],
        prerequisites=words.prerequisites(view),
        opening=words.opening(view),
        closing=words.closing(view),
        pending=words.PENDING,
        capability=words.earned(view),
        milestone=words.met(view),
        withheld=words.WITHHELD,
        moment=words.moment,
        reason=words.reason,
    )


def _spark(past: list[View]) -> Spark | None:
    if len(past) < 2:
        return None
    top = max(max(view.max_points, 1) for view in past)
    step = 352 / (len(past) - 1)
    points = tuple((round(4 + at * step, 1), round(56 - 48 * view.points / top, 1)) for at, view in enumerate(past))
    return Spark(points, past[0].points, past[-1].points, top)
