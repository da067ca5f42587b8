"""Whose score a decision or a regrade changes: the standings before it beside those after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.counted import counted
from grader.gradebook.scores import Standing


@dataclass(frozen=True)
class Change:
    """One score that changes. Lateness is shared by the modules, so one may change that nothing was decided about.

    capability: earned by it, or lost, as by a mended check; None: neither
    """

    student: str
    module: str
    before: int | None
    after: int | None
    capability: bool | None = None

    @property
    def by(self) -> int:
        return (self.after or 0) - (self.before or 0)


def changes(before: Sequence[Standing], after: Sequence[Standing]) -> Iterator[Change]:
    """Students by id, their modules in the course's order."""
    then = {standing.student: standing for standing in after}
    for standing in sorted(before, key=lambda standing: standing.student):
        for module, score in standing.scores.items():
            new = then[standing.student].scores[module]
            was, is_now = score is not None and score.capability, new is not None and new.capability
            points = score.points if score else None, new.points if new else None
            if points[0] != points[1] or was != is_now:
                yield Change(standing.student, module, *points, is_now if was != is_now else None)


def table(changes: Sequence[Change]) -> list[str]:
    """One line a changed score, and the sum of them."""
    up, down = (len({it.student for it in changes if sign * it.by > 0}) for sign in (1, -1))
    changing = counted(len({it.student for it in changes}), "student changes", "students change")
    return [*lines(changes), f"{changing}: {up} up, {down} down"]


def lines(changes: Sequence[Change]) -> list[str]:
    """ "  half  trial  6 -> 10  (+4)  capability earned" """
    return [
        f"  {it.student}  {it.module}  {_points(it.before)} -> {_points(it.after)}  ({it.by:+d}){_capability(it)}"
        for it in changes
    ]


def _capability(change: Change) -> str:
    if change.capability is None:
        return ""
    return "  capability earned" if change.capability else "  capability lost"


def _points(points: int | None) -> str:
    return "-" if points is None else str(points)
