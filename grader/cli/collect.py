"""`grader collect`: fetch and grade what students pushed, and write the reports."""

from __future__ import annotations

from typing import Annotated

import typer

from ..counted import counted
from ..pipeline.collect import Collection
from ..pipeline.collect import collect as collected
from ..pipeline.processes import Processes
from ..pipeline.record import Recorded, fill, record
from ..pipeline.report import report
from .options import ForgeOption, RosterOption, StateOption, term_here
from .printing import print_notes, print_problems, print_standings
from .task_progress import graded_with_bar


def collect(
    module: Annotated[
        list[str] | None, typer.Option(help="A module to grade; repeat for more. Default: all released modules.")
    ] = None,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Grade the head of main of every student, jailed and in parallel, and fill the gradebook."""
    term = term_here(state, roster, forge)
    found = collected(term, [term.course.module(name) for name in module] if module else None)
    print_notes(found.notes)
    executor = Processes(term.workspace.grader())
    recorded = record(term.workspace, found.tasks, graded_with_bar(found.tasks, executor))
    filled = fill(term.workspace)
    problems = [*troubles(found, recorded), *(f"{refused.path}: {refused.reason}" for refused in filled.refused)]
    print_problems("problem", problems)
    new = f"{counted(filled.added, 'new record')} in the gradebook, {counted(len(problems), 'problem')}"
    print(f"looked at {counted(len(found.tasks), 'submission')}; {new}")
    print_standings(term.course, report(term).standings)
    if problems:
        raise typer.Exit(1)


def troubles(found: Collection, recorded: Recorded) -> list[str]:
    """Return a line for each grade that could not be made, with the reason."""
    lines = [f"{student}: {reason}" for student, reason in found.missing.items()]
    lines += [f"{student} {module}: {reason}" for (student, module, _), reason in recorded.failed.items()]
    for (student, module, _), incomplete in recorded.incomplete.items():
        lines.append(f"{student} {module}: not graded, to be tried again: {incomplete.reason}")
    return [*lines, *recorded.refused]
