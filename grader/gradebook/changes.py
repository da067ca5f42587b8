"""Compare standings before and after a decision or a regrade, and list the scores that change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.counted import counted
from grader.gradebook.scores import Standing


@dataclass(frozen=True)
class Change:
    """Hold one score that changes.

    A decision about one module can change the score of another, because all modules share one pool of late days.
    capability: True if the change earns the capability, False if it loses it (as when a check is mended), None if neither
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
    """Yield the changed scores: students by id, their modules in the course's order."""
    then = {standing.student: standing for standing in after}
    for standing in sorted(before, key=lambda standing: standing.student):
        for module, score in standing.scores.items():
            new = then[standing.student].scores[module]
            was, is_now = score is not None and score.capability, new is not None and new.capability
            points = score.points if score else None, new.points if new else None
            if points[0] != points[1] or was != is_now:
                yield Change(standing.student, module, *points, is_now if was != is_now else None)


def table(changes: Sequence[Change]) -> list[str]:
    """Return one line for each changed score, and a last line that counts the students."""
    up, down = (len({change.student for change in changes if sign * change.by > 0}) for sign in (1, -1))
    changing = counted(len({change.student for change in changes}), "student changes", "students change")
    return [*lines(changes), f"{changing}: {up} up, {down} down"]


def lines(changes: Sequence[Change]) -> list[str]:
    """Return one line for each change, such as "  half  trial  6 -> 10  (+4)  capability earned"."""
    return [
        f"  {each.student}  {each.module}  {_points(each.before)} -> {_points(each.after)}  ({each.by:+d})"
        f"{_capability(each)}"
        for each in changes
    ]


def _capability(change: Change) -> str:
    if change.capability is None:
        return ""
    return "  capability earned" if change.capability else "  capability lost"


def _points(points: int | None) -> str:
    return "-" if points is None else str(points)
