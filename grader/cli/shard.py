"""`grader grade-shard`: grade one shard of a plan. Needs the plan's folder and a jail; no forge, no token, not the secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..counted import counted
from ..pipeline.workspace import Workspace, WorkspaceError
from .options import StateOption
from .plan import PlanOption, plan_folder

if TYPE_CHECKING:
    from pathlib import Path

    from ..grading.grade import Job
    from ..pipeline.shards import Plan, Shard


def grade_shard(
    name: Annotated[str, typer.Argument(help="The shard, such as 001.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Jails at a time; default: the cores.")] = None,
    folder: PlanOption = None,
    state: StateOption = None,
) -> None:
    """Grade one shard of a plan, jailed, into the plan's folder. Exit status 1 if something could not be graded.

    The records are signed with the plan's key. They count once `grader take` has checked them.
    """
    from ..grading.batch import grade_all
    from ..grading.grade import Grader
    from ..grading.store import Store
    from ..pipeline.shards import read_plan
    from ..pipeline.term import print_problems, trouble_of
    from ..scratch import Scratch

    workspace = Workspace.here(state)
    where = plan_folder(workspace, folder)
    plan = read_plan(where)
    if plan.course != workspace.course.slug:
        raise WorkspaceError(f"the plan is for {plan.course}, and this checkout is {workspace.course.slug}")
    shard = plan.shard(name)
    grader = Grader(workspace.root, workspace.course, plan.signing_key, Store(where / "graded" / shard.name))
    problems: list[str] = []
    with Scratch.make("shard") as scratch:
        jobs, problems = _jobs(plan, shard, where, scratch)
        for graded in grade_all(grader, jobs, workers=workers):
            if graded.record is not None and graded.record.complete:
                print(f"{graded.job.student} {graded.job.module}: {graded.record.points}/{graded.record.max_points}")
            problems += trouble_of(graded)
    print_problems("problem", problems)
    print(f"shard {shard.name}: {counted(len(shard.tasks), 'record')} asked for; {counted(len(problems), 'problem')}")
    if problems:
        raise typer.Exit(1)


def _jobs(plan: Plan, shard: Shard, folder: Path, scratch: Path) -> tuple[list[Job], list[str]]:
    """What to grade, from repositories unpacked below `scratch`; and what could not be unpacked, a line each."""
    from ..grading.grade import Job
    from ..pipeline.packs import unpack
    from ..pipeline.shards import pack_of
    from ..repository import RepositoryError

    jobs: list[Job] = []
    problems: list[str] = []
    for task in shard.tasks:
        packed = pack_of(folder, task.student, task.commit)
        here = scratch / f"{packed.stem}.git"
        try:
            if not here.exists():
                unpack(packed.read_bytes(), here)
        except (RepositoryError, OSError) as error:
            problems.append(f"{task.student} {task.module}: {error}")
            continue
        jobs.append(Job(task.student, here, task.commit, task.module, task.submitted_at, task.repo, seed=task.seed))
    return jobs, problems
