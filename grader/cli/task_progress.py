"""Show a bar over tasks while an executor grades them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..pipeline.executor import Ended, Executor, Step
from ..pipeline.grade import grade
from ..pipeline.task import Task
from .progress import bar


def graded_with_bar(tasks: Sequence[Task], executor: Executor) -> Iterator[Ended]:
    """Grade tasks under a bar that names the current check, and yield how each task ended."""
    with steps(len(tasks)) as (on_step, on_end):
        for ended in grade(tasks, executor, on_step):
            on_end()
            yield ended


@contextmanager
def steps(total: int | None) -> Iterator[tuple[Callable[[Step], None], Callable[[], None]]]:
    """Draw a bar. Yield two functions: call the first with each step, and the second when a task has ended."""
    with bar() as progress:
        line = progress.add_task("grading", total=total, now="")
        progress.refresh()

        def on_step(step: Step) -> None:
            progress.update(line, now=f"{step.task.student} {step.task.module} {step.check or ''}", refresh=True)

        yield on_step, lambda: progress.advance(line)
