"""`grader plan`: what there is to grade now, in shards that machines without a token and without the secret can grade."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import Annotated

import typer

from ..classroom.roster import Roster
from ..counted import counted
from ..pipeline.collect import collect
from ..pipeline.shards import Shards, read_plan
from ..pipeline.workspace import WorkspaceError
from .options import ForgeOption, PlanOption, RosterOption, StateOption, plan_folder, term_here
from .printing import print_notes, print_problems


def plan(
    module: Annotated[list[str] | None, typer.Option(help="A module; repeat for more. Default: all released.")] = None,
    student: Annotated[
        list[str] | None, typer.Option(help="A student's id or login; repeat for more. Default: all.")
    ] = None,
    per_shard: Annotated[int, typer.Option(min=1, max=1000, help="How many students a shard has.")] = 30,
    again: Annotated[bool, typer.Option("--again", help="Also what has been graded with the suites of now.")] = False,
    matrix: Annotated[
        bool,
        typer.Option("--matrix", help="Print the shards' names as JSON and nothing else, for a workflow's matrix."),
    ] = False,
    folder: PlanOption = None,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Find out which repositories have moved, and write what has to be graded, and the files, into a folder.

    Then `grader grade-shard` for each shard, on any machine that has the folder; then `grader take`. For a class that one
    machine grades, `grader collect` does it all.
    """
    term = term_here(state, roster, forge)
    where = plan_folder(term.workspace, folder)
    modules = [term.course.module(name) for name in module] if module else None
    found = collect(term, modules, _students(term.roster, student), new_only=not again)
    print_notes(found.notes)
    failed = Shards(where, per_shard).submit(found.tasks)
    made = read_plan(where)
    if matrix:
        print(json.dumps([shard.name for shard in made.shards]))
    with redirect_stdout(sys.stderr if matrix else sys.stdout):
        for shard in made.shards:
            students = counted(len({task.student for task in shard.tasks}), "student")
            print(f"{shard.name}  {students}, {counted(len(shard.tasks), 'record')}")
        problems = [f"{student}: {reason}" for student, reason in {**found.missing, **failed}.items()]
        print_problems("problem", problems)
        asked = f"{counted(len(made.tasks), 'record')} asked for, in {counted(len(made.shards), 'shard')}"
        print(f"{asked}; {counted(len(problems), 'problem')}")


def _students(roster: Roster, keys: list[str] | None) -> Roster:
    if not keys:
        return roster
    try:
        chosen = {roster.student(key).id for key in keys}
    except KeyError as error:
        raise WorkspaceError(f"{error.args[0]}: give an id or a login") from error
    return Roster(students=tuple(one for one in roster.students if one.id in chosen))
