"""Choose which record counts, among the records of one student in one module. No other file makes this choice.

A record is clean if it is complete and no check in it ended with an error of the grader.

1. Each commit is represented by one record. This is its newest clean record by the current suite, or else its newest clean
   record by any suite. So if a suite is put back to an earlier text, its old records count again, whatever the clocks said. A
   record that is not clean represents its commit only if the commit has no clean record. So it never replaces a grade,
   whichever suite or machine it comes from.
2. The hand-in time of a commit is the earliest time in any of its records.
3. The newest commit is the commit with the latest hand-in time.
4. A capability or a milestone is earned by the first commit whose representing record passes its check. Later commits take
   nothing away, and lateness does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar


class Candidate(Protocol):
    """Define the fields of a record that the choice reads."""

    @property
    def commit(self) -> str: ...
    @property
    def handed_in(self) -> datetime: ...
    @property
    def graded_at(self) -> datetime: ...
    @property
    def clean(self) -> bool: ...
    @property
    def suite(self) -> str: ...


Some = TypeVar("Some", bound=Candidate)


@dataclass(frozen=True)
class Stand(Generic[Some]):
    """Hold the record that represents one commit.

    since: when the commit was handed in
    waits: a record by the current suite that is not clean, so the commit must still be graded by that suite. If the current
    suite is not known, a later record by another suite that is not clean
    """

    record: Some
    since: datetime
    waits: Some | None = None


def stands(records: Iterable[Some], now: str | None = None) -> list[Stand[Some]]:
    """Return a Stand for each commit, the newest commit last. now: the digest of the current suite, if it is known"""
    by_commit: dict[str, list[Some]] = {}
    for record in records:
        by_commit.setdefault(record.commit, []).append(record)
    best_last = (
        sorted(group, key=lambda record: (record.clean, record.suite == now, record.graded_at))
        for group in by_commit.values()
    )
    found = [_stand(group, now) for group in best_last]
    return sorted(found, key=lambda stand: (stand.since, stand.record.graded_at, stand.record.commit))


def earning(newest_last: Sequence[Stand[Some]], passes: Callable[[Some], bool]) -> Stand[Some] | None:
    """Return the first commit whose record is clean and passes; None as long as there is no such commit."""
    return next((stand for stand in newest_last if stand.record.clean and passes(stand.record)), None)


def _stand(best_last: Sequence[Some], now: str | None) -> Stand[Some]:
    record = best_last[-1]
    graded_by = {other.suite for other in best_last if other.clean}
    failed = [other for other in best_last if record.clean and other.suite not in graded_by]
    late = [other for other in failed if (other.suite == now if now else other.graded_at > record.graded_at)]
    return Stand(record, min(other.handed_in for other in best_last), late[-1] if late else None)
