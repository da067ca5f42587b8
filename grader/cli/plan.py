"""`grader plan`: divide what must be graded now into shards for machines that have neither a token nor the secret."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import Annotated

import typer

from ..counted import counted
from ..pipeline.collect import collect
from ..pipeline.people import only
from ..pipeline.shards import Shards, read_plan
from .options import ForgeOption, PlanOption, RosterOption, StateOption, plan_folder, term_here
from .printing import print_notes, print_problems


def plan(
    module: Annotated[
        list[str] | None, typer.Option(help="A module; repeat for more. Default: all released modules.")
    ] = None,
    student: Annotated[
        list[str] | None, typer.Option(help="A student's id or login; repeat for more. Default: all students.")
    ] = None,
    per_shard: Annotated[int, typer.Option(min=1, max=1000, help="Number of students in a shard.")] = 30,
    again: Annotated[
        bool, typer.Option("--again", help="Also plan commits that the current suites have already graded.")
    ] = False,
    matrix: Annotated[
        bool,
        typer.Option("--matrix", help="Print only the names of the shards, as JSON for a workflow's matrix."),
    ] = False,
    folder: PlanOption = None,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Find new pushes, and write the tasks and the students' files into a folder, for grading on several machines.

    Next, run `grader grade-shard` for each shard, on any machine that has the folder, and then `grader take`. If one machine
    grades the whole class, run `grader collect` instead.
    """
    term = term_here(state, roster, forge)
    where = plan_folder(term.workspace, folder)
    modules = [term.course.module(name) for name in module] if module else None
    found = collect(term, modules, only(term.roster, student) if student else None, new_only=not again)
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
