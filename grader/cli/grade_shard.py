"""`grader grade-shard`: grade one shard of a plan. This needs the plan's folder and a jail, but no forge, token or secret."""

from __future__ import annotations

from typing import Annotated

import typer

from ..counted import counted
from ..pipeline.executor import trouble_of
from ..pipeline.shards import grade_shard as graded
from ..pipeline.shards import read_plan
from .options import PlanOption, StateOption, plan_folder, workspace_here
from .printing import print_problems


def grade_shard(
    name: Annotated[str, typer.Argument(help="The shard, such as 001.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Jails at a time; default: the number of cores.")] = None,
    folder: PlanOption = None,
    state: StateOption = None,
) -> None:
    """Grade one shard of a plan in jails, and write the records into the plan's folder.

    The records are signed with the plan's key. They count once `grader take` has checked them. Exit status 1 if something could
    not be graded.
    """
    workspace = workspace_here(state)
    where = plan_folder(workspace, folder)
    asked = len(read_plan(where).shard(name).tasks)
    problems: list[str] = []
    for ended in graded(where, name, workspace.course, workspace.root, workers=workers):
        if trouble := trouble_of(ended):
            problems.append(trouble)
        elif record := ended.record:
            print(f"{record.student} {record.module}: {record.points}/{record.max_points}")
    print_problems("problem", problems)
    print(f"shard {name}: {counted(asked, 'record')} asked for; {counted(len(problems), 'problem')}")
    if problems:
        raise typer.Exit(1)
