"""Which record counts: the only place that chooses among the records of one student in one module.

1. Of one commit the newest clean record by the suite as it is now stands, and without any the newest clean one: a suite
   that was put back to an earlier text counts again, whatever clocks said. A record that the grader's trouble left
   incomplete stands only where the commit has no clean one: it never takes the place of a grade, whichever suite or machine
   it comes from.
2. A commit was handed in at the earliest time that any of its records knows.
3. The newest commit is the one that was handed in last.
4. What earns a capability or a milestone is the first commit handed in whose standing record passes its check. Later commits
   take nothing away, and lateness does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar


class Candidate(Protocol):
    """What the choice needs to know of a record. clean: complete, and without an error of the grader's."""

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
    """The record that stands for one commit.

    since: when the commit was handed in; waits: a record of the suite as it is now that came to trouble, so that the commit
    has yet to be graded by that suite. Where nobody knows the suite of now, a later record of another suite
    """

    record: Some
    since: datetime
    waits: Some | None = None


def stands(records: Iterable[Some], now: str | None = None) -> list[Stand[Some]]:
    """One for each commit, the newest commit last. now: the digest of the suite as it is now, where it is known"""
    by_commit: dict[str, list[Some]] = {}
    for record in records:
        by_commit.setdefault(record.commit, []).append(record)
    best_last = (sorted(them, key=lambda it: (it.clean, it.suite == now, it.graded_at)) for them in by_commit.values())
    found = [_stand(them, now) for them in best_last]
    return sorted(found, key=lambda it: (it.since, it.record.graded_at, it.record.commit))


def earning(newest_last: Sequence[Stand[Some]], passes: Callable[[Some], bool]) -> Stand[Some] | None:
    """The commit that earned what `passes` tells of a record; None as long as no commit has."""
    return next((it for it in newest_last if it.record.clean and passes(it.record)), None)


def _stand(best_last: Sequence[Some], now: str | None) -> Stand[Some]:
    record = best_last[-1]
    sound = {it.suite for it in best_last if it.clean}
    asked = [it for it in best_last if record.clean and it.suite not in sound]
    late = [it for it in asked if (it.suite == now if now else it.graded_at > record.graded_at)]
    return Stand(record, min(it.handed_in for it in best_last), late[-1] if late else None)
