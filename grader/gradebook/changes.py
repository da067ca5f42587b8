"""Whose score a decision or a regrade changes: the standings before it beside those after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.gradebook.scores import Standing


@dataclass(frozen=True)
class Change:
    """One score that changes. Lateness is shared by the modules, so one may change that nothing was decided about."""

    student: str
    module: str
    before: int | None
    after: int | None

    @property
    def by(self) -> int:
        return (self.after or 0) - (self.before or 0)


def changes(before: Sequence[Standing], after: Sequence[Standing]) -> Iterator[Change]:
    """Students by id, their modules in the course's order."""
    then = {standing.student: standing for standing in after}
    for standing in sorted(before, key=lambda standing: standing.student):
        for module, score in standing.scores.items():
            new = then[standing.student].scores[module]
            change = Change(standing.student, module, score.points if score else None, new.points if new else None)
            if change.before != change.after:
                yield change
