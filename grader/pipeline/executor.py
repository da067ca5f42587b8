"""What grades tasks, wherever it does: takes them in, and tells how each ended, as they end.

`processes.py` grades on this machine and `shards.py` hands a folder to the machines of a workflow. Another executor needs
the two methods below, and `processes.work_on` on its machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..grading.record import Record
from .task import Task


@dataclass(frozen=True)
class Step:
    """One step of a task: a case that ended (`check`, `outcome`), or None for both when the task starts."""

    task: Task
    check: str | None
    outcome: str | None


OnStep = Callable[[Step], None]


def silent(step: Step) -> None:
    """Ignore progress."""


@dataclass(frozen=True)
class Ended:
    """How a task ended: with a record, or with the trouble that is the reason why there is none.

    task: None if somebody sent what was not asked for; place: where the record was found, for messages
    """

    task: Task | None
    record: Record | None
    trouble: str = ""
    place: str = ""


def trouble_of(ended: Ended) -> str:
    """Why a task has no record that counts, on one line; empty if it has one."""
    name = " ".join(ended.task.id[:2]) if ended.task else ended.place
    if ended.record is None:
        return f"{name}: {ended.trouble}"
    return "" if ended.record.complete else f"{name}: not graded, to be tried again: {why_incomplete(ended.record)}"


def why_incomplete(record: Record) -> str:
    """Return what the grader's trouble was."""
    return next((check.message for check in record.errors if check.message), "the run did not end")


class Executor(Protocol):
    def submit(self, tasks: Sequence[Task]) -> Mapping[str, str]:
        """Take in what is to be graded. Returns by student why their tasks could not be taken in."""

    def ended(self, on_step: OnStep = silent) -> Iterator[Ended]:
        """Yield what comes of the tasks that were submitted, as they end, in no particular order.

        Records are signed with the course's secret or with their task's key; `record` believes no others.
        """
