"""Show progress: the check that ended last, and a bar that is full when all checks have ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..grading.outcomes import CaseOutcome


def bar(console: Console | None = None) -> Progress:
    """Make a bar without a thread that refreshes it, because grading forks processes, and a thread must not be forked."""
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


@contextmanager
def cases(name: str, titles: Mapping[str, str]) -> Iterator[Callable[[CaseOutcome], None]]:
    """Show a bar over the checks of one suite. Yield a function to call with each case."""
    ended: set[str] = set()
    with bar() as progress:
        line = progress.add_task(name, total=len(titles), now="starting the jail")
        progress.refresh()

        def on_case(case: CaseOutcome) -> None:
            ended.add(case.check)
            progress.update(line, completed=len(ended), now=titles.get(case.check, case.check), refresh=True)

        yield on_case
