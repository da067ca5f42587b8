"""Which record counts: the only place that chooses among the records of one student in one module.

1. Of one commit the newest clean record stands. A record that the grader's trouble left incomplete stands only where the
   commit has no clean one: it never takes the place of a grade, whichever suite or machine it comes from.
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


class Graded(Protocol):
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


Some = TypeVar("Some", bound=Graded)


@dataclass(frozen=True)
class Stand(Generic[Some]):
    """The record that stands for one commit.

    since: when the commit was handed in; waits: a later record of another suite that came to trouble, so that the commit
    has yet to be graded by that suite
    """

    record: Some
    since: datetime
    waits: Some | None = None


def stands(records: Iterable[Some]) -> list[Stand[Some]]:
    """One for each commit, the newest commit last."""
    by_commit: dict[str, list[Some]] = {}
    for record in records:
        by_commit.setdefault(record.commit, []).append(record)
    found = [_stand(sorted(them, key=lambda it: (it.clean, it.graded_at))) for them in by_commit.values()]
    return sorted(found, key=lambda it: (it.since, it.record.graded_at, it.record.commit))


def earning(newest_last: Sequence[Stand[Some]], passes: Callable[[Some], bool]) -> Stand[Some] | None:
    """The commit that earned what `passes` tells of a record; None as long as no commit has."""
    return next((it for it in newest_last if it.record.clean and passes(it.record)), None)


def _stand(best_last: Sequence[Some]) -> Stand[Some]:
    record = best_last[-1]
    sound = {it.suite for it in best_last if it.clean}
    late = [it for it in best_last if record.clean and it.suite not in sound and it.graded_at > record.graded_at]
    return Stand(record, min(it.handed_in for it in best_last), late[-1] if late else None)
