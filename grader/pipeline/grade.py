"""Grade: hand tasks to an executor, and yield what comes of each as it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .executor import Ended, Executor, OnStep, silent
from .task import Task


def grade(tasks: Sequence[Task], executor: Executor, on_step: OnStep = silent) -> Iterator[Ended]:
    """Yield how each task ended, also those that the executor could not take in."""
    failed = executor.submit(tasks)
    for task in tasks:
        if reason := failed.get(task.student):
            yield Ended(task, None, reason)
    yield from executor.ended(on_step)
