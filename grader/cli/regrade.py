"""`grader regrade`: grade the commits of record again after a suite was mended, and show whose score changes."""

from __future__ import annotations

from typing import Annotated

import typer

from ..counted import counted
from ..gradebook.changes import table
from ..grading.grade import machinery_version
from ..grading.store import Store
from ..pipeline.processes import Processes
from ..pipeline.regrade import keep
from ..pipeline.regrade import regrade as regraded
from .options import ForgeOption, ModuleArgument, RosterOption, StateOption, term_here
from .printing import print_problems
from .task_progress import steps


def regrade(
    module: ModuleArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show which scores change, and keep no record.")] = False,
    every_commit: Annotated[
        bool, typer.Option("--every-commit", help="Grade all commits that were ever graded, not only those that count.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="Also grade what this suite and grader have graded, and name other outcomes."),
    ] = False,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Grade a module's commits of record again with the current suite. The times of pushes stay; nothing is posted."""
    term = term_here(state, roster, forge)
    chosen = term.course.module(module)

    def executor(store: Store) -> Processes:
        return Processes(term.workspace.grader(store=store.folder))

    with steps(None) as (on_step, _):
        done = regraded(term, chosen, executor, on_step, every_commit=every_commit, again=again)
    print(f"regrade of {chosen.numbered} with suite {done.suite[:12]}: {counted(done.graded, 'commit')} graded again")
    for line in table(done.changes):
        print(line)
    if not done.graded and not done.problems:
        why = (
            "nobody has a grade yet"
            if done.nobody
            else f"this suite and the grader {machinery_version()} have graded every commit that counts"
        )
        print(f"{chosen.numbered}: {why}, so there is nothing to grade again")
    problems = [*(f"{refused.path}: {refused.reason}" for refused in done.refused), *done.problems]
    print_problems("problem", problems)
    if dry_run:
        print("dry run: no record was kept, no score has changed")
    else:
        filled = keep(term, done)
        print(f"{counted(filled.added, 'new record')} in the gradebook; `grader publish` posts what is new")
    if problems:
        raise typer.Exit(1)
