"""`grader regrade`: after a suite was mended, grade the commits of record again and show who changes, before any of it counts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from .classroom import ForgeOption, RosterOption, StateOption
from .workspace import Workspace

if TYPE_CHECKING:
    from ..classroom.regrade import Change
    from ..grading.batch import Graded
    from ..grading.grade import Grader, Job


def regrade(
    module: Annotated[str, typer.Argument(help="The module: 02_tensor, 2 or tensor.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who changes by how much; keep no record.")] = False,
    every_commit: Annotated[
        bool, typer.Option("--every-commit", help="All commits ever graded, not only those that count.")
    ] = False,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Grade a module's commits of record again with the suite as it is now. Times of pushes stay; nothing is posted."""
    from ..classroom.regrade import Regrade
    from ..gradebook.store import Gradebook
    from ..grading.store import Store
    from ..grading.suite import suite_of
    from .term import Term, print_problems, trouble_of

    workspace = Workspace.here(state)
    chosen = workspace.course.module(module)
    term = Term(workspace, workspace.roster(roster), workspace.forge(forge))
    kept = Store(workspace.state)
    kept.records.mkdir(parents=True, exist_ok=True)
    suite = suite_of(workspace.root, chosen.id, chosen.stem).digest
    grader = workspace.grader(store=workspace.regrades)
    with Gradebook("sqlite://") as book:
        refused = book.fill(kept.records, workspace.secret).refused
        job = Regrade(
            workspace.course, chosen, term.roster, term.forge, book, kept, term.decisions.entries, suite, every_commit
        )
        changes = job.run(lambda jobs: _graded(grader, jobs))
    print(f"regrade of {chosen.id} with suite {suite[:12]}: {len(job.records)} commits graded anew")
    for line in table(changes):
        print(line)
    problems = [f"{it.path}: {it.reason}" for it in refused]
    problems += [line for graded in job.troubled for line in trouble_of(graded)]
    print_problems("problem", problems)
    if dry_run:
        print("dry run: no record was kept, no score has changed")
    else:
        for record in job.records:
            kept.write(record)
        filled = term.fill_gradebook()
        shutil.rmtree(workspace.regrades, ignore_errors=True)
        print(f"{filled.added} new records in the gradebook; `grader publish` posts them")
    if problems:
        raise typer.Exit(1)


def table(changes: Sequence[Change]) -> list[str]:
    """One line a changed score, and the sum of them."""
    lines = [
        f"  {it.student}  {it.module}  {_points(it.before)} -> {_points(it.after)}  ({it.by:+d})" for it in changes
    ]
    up, down = (len({it.student for it in changes if sign * it.by > 0}) for sign in (1, -1))
    return [*lines, f"{len({it.student for it in changes})} students change: {up} up, {down} down"]


def _points(points: int | None) -> str:
    return "-" if points is None else str(points)


def _graded(grader: Grader, jobs: Sequence[Job]) -> Iterator[Graded]:
    from ..grading.batch import Progress, grade_all
    from .progress import bar

    with bar() as progress:
        task = progress.add_task("grading", total=len(jobs), now="")

        def show(step: Progress) -> None:
            progress.update(task, now=f"{step.job.student} {step.check or ''}", refresh=True)

        for graded in grade_all(grader, jobs, on_progress=show):
            progress.advance(task)
            yield graded
