"""`grader regrade`: after a suite was mended, grade the commits of record again and show who changes, before any of it counts."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from ..counted import counted
from .changes import table
from .options import ForgeOption, ModuleArgument, RosterOption, StateOption
from .progress import graded_with_bar


def regrade(
    module: ModuleArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who changes by how much; keep no record.")] = False,
    every_commit: Annotated[
        bool, typer.Option("--every-commit", help="All commits ever graded, not only those that count.")
    ] = False,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Grade a module's commits of record again with the suite as it is now. Times of pushes stay; nothing is posted."""
    from ..editions.stale import require_built
    from ..gradebook.store import Gradebook
    from ..grading.store import Store
    from ..grading.suite import suite_of
    from ..pipeline.regrade import Regrade
    from ..pipeline.suites import remember
    from ..pipeline.term import Term, print_problems, trouble_of

    term = Term.here(state, roster, forge)
    workspace = term.workspace
    chosen = term.course.module(module)
    require_built(workspace.root, [chosen])
    kept = Store(workspace.state)
    kept.records.mkdir(parents=True, exist_ok=True)
    suite = suite_of(workspace.root, chosen.id, chosen.stem).digest
    grader = workspace.grader(store=workspace.regrades)
    with Gradebook("sqlite://", suites_now=workspace.suites_now) as book:
        refused = book.fill(kept.records, workspace.secret).refused
        entries = term.entries(book, [chosen])
        job = Regrade(workspace.course, chosen, term.roster, term.forge, book, kept, entries, suite, every_commit)
        changes = job.run(lambda jobs: graded_with_bar(grader, jobs))
    print(f"regrade of {chosen.id} with suite {suite[:12]}: {counted(len(job.records), 'commit')} graded anew")
    for line in table(changes):
        print(line)
    problems = [f"{it.path}: {it.reason}" for it in refused]
    problems += [line for graded in job.troubled for line in trouble_of(graded)]
    print_problems("problem", problems)
    if dry_run:
        print("dry run: no record was kept, no score has changed")
    else:
        remember(workspace, [chosen])
        for record in job.records:
            kept.write(record)
        filled = term.fill_gradebook()
        shutil.rmtree(workspace.regrades, ignore_errors=True)
        print(f"{counted(filled.added, 'new record')} in the gradebook; `grader publish` posts what is new")
    if problems:
        raise typer.Exit(1)
