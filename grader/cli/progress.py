"""Progress while it runs: the check that ends now, and a bar that reaches its end only when all have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from ..grading.batch import Graded
    from ..grading.grade import Grader, Job
    from ..grading.outcomes import CaseOutcome


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


def graded_with_bar(grader: Grader, jobs: Sequence[Job], workers: int | None = None) -> Iterator[Graded]:
    """What comes of each job, as it ends, over a bar that names the check which runs."""
    from ..grading.batch import Progress as Step
    from ..grading.batch import grade_all

    with bar() as progress:
        task = progress.add_task("grading", total=len(jobs), now="")
        progress.refresh()

        def show(step: Step) -> None:
            progress.update(task, now=f"{step.job.student} {step.job.module} {step.check or ''}", refresh=True)

        for graded in grade_all(grader, jobs, workers=workers, on_progress=show):
            progress.advance(task)
            yield graded


@contextmanager
def cases(name: str, titles: Mapping[str, str]) -> Iterator[Callable[[CaseOutcome], None]]:
    """A bar over the checks of one suite; yields what to call with each case."""
    ended: set[str] = set()
    with bar() as progress:
        task = progress.add_task(name, total=len(titles), now="starting the jail")
        progress.refresh()

        def on_case(case: CaseOutcome) -> None:
            ended.add(case.check)
            progress.update(task, completed=len(ended), now=titles.get(case.check, case.check), refresh=True)

        yield on_case
