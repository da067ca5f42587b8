"""Define an executor: it accepts tasks, has them graded somewhere, and reports how each task ended.

The executor in `processes.py` grades on this machine. The executor in `shards.py` gives a folder to the machines of a workflow.
To write another, implement the two methods of `Executor`, and call `processes.work_on` on its machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..grading.record import Record
from .task import Task


@dataclass(frozen=True)
class Step:
    """Report one step of a task: a case that ended (`check`, `outcome`), or the start of the task (both None)."""

    task: Task
    check: str | None
    outcome: str | None


OnStep = Callable[[Step], None]


def silent(step: Step) -> None:
    """Ignore progress."""


@dataclass(frozen=True)
class Ended:
    """Report how a task ended: with a record, or with the trouble that prevented a record.

    task: None if the record matches no task; place: where the record was found, for messages
    """

    task: Task | None
    record: Record | None
    trouble: str = ""
    place: str = ""


def trouble_of(ended: Ended) -> str:
    """Return, on one line, why a task has no record that counts; empty if it has such a record."""
    name = " ".join(ended.task.id[:2]) if ended.task else ended.place
    if ended.record is None:
        return f"{name}: {ended.trouble}"
    return "" if ended.record.complete else f"{name}: not graded, to be tried again: {why_incomplete(ended.record)}"


def why_incomplete(record: Record) -> str:
    """Return the grader's trouble with an incomplete record."""
    return next((check.message for check in record.errors if check.message), "the run did not end")


class Executor(Protocol):
    """Grade tasks. The step `grade` calls `submit` once, then `ended`."""

    def submit(self, tasks: Sequence[Task]) -> Mapping[str, str]:
        """Accept tasks. Return, by student, why their tasks could not be accepted."""

    def ended(self, on_step: OnStep = silent) -> Iterator[Ended]:
        """Yield how each submitted task ended, in any order.

        A record must be signed with the course's secret or with its task's key; the step `record` refuses all others.
        """
