"""Progress while it runs: the check that ends now, and a bar that reaches its end only when all have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..grading.outcomes import CaseOutcome
from ..pipeline.executor import Ended, Executor, Step
from ..pipeline.grade import grade
from ..pipeline.task import Task


def bar(console: Console | None = None) -> Progress:
    """A bar that is drawn only when told to: the processes that grade are forked, and a drawing thread must not be."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}", markup=False),
        console=console or Console(stderr=True),
        auto_refresh=False,
        transient=True,
    )


def graded_with_bar(tasks: Sequence[Task], executor: Executor) -> Iterator[Ended]:
    """What comes of each task, as it ends, over a bar that names the check which runs."""
    with steps(len(tasks)) as (on_step, on_end):
        for ended in grade(tasks, executor, on_step):
            on_end()
            yield ended


@contextmanager
def steps(total: int | None) -> Iterator[tuple[Callable[[Step], None], Callable[[], None]]]:
    """A bar over tasks; yields what to call with each step, and what to call when a task has ended."""
    with bar() as progress:
        line = progress.add_task("grading", total=total, now="")
        progress.refresh()

        def on_step(step: Step) -> None:
            progress.update(line, now=f"{step.task.student} {step.task.module} {step.check or ''}", refresh=True)

        yield on_step, lambda: progress.advance(line)


@contextmanager
def cases(name: str, titles: Mapping[str, str]) -> Iterator[Callable[[CaseOutcome], None]]:
    """A bar over the checks of one suite; yields what to call with each case."""
    ended: set[str] = set()
    with bar() as progress:
        line = progress.add_task(name, total=len(titles), now="starting the jail")
        progress.refresh()

        def on_case(case: CaseOutcome) -> None:
            ended.add(case.check)
            progress.update(line, completed=len(ended), now=titles.get(case.check, case.check), refresh=True)

        yield on_case
