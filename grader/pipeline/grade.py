"""Grade: give tasks to an executor, and yield how each ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .executor import Ended, Executor, OnStep, silent
from .task import Task


def grade(tasks: Sequence[Task], executor: Executor, on_step: OnStep = silent) -> Iterator[Ended]:
    """Yield how each task ended, including tasks that the executor could not accept."""
    failed = executor.submit(tasks)
    for task in tasks:
        if reason := failed.get(task.student):
            yield Ended(task, None, reason)
    yield from executor.ended(on_step)
