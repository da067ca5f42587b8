"""`grader plan`: what there is to grade now, in shards that machines without a token and without the secret can grade."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..counted import counted
from ..pipeline.workspace import Workspace, WorkspaceError
from .options import ForgeOption, RosterOption, StateOption

if TYPE_CHECKING:
    from ..classroom.roster import Roster
    from ..course import Module
    from ..pipeline.term import Term

PlanOption = Annotated[Path | None, typer.Option("--plan", help="Folder of the plan; default .grader/plan.")]


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
    from ..editions.stale import require_built
    from ..grading.store import Store
    from ..pipeline.shards import make_plan
    from ..pipeline.suites import about_to_grade
    from ..pipeline.term import Term, print_problems
    from ..scratch import Scratch, sweep

    term = Term.here(state, roster, forge)
    workspace = term.workspace
    where = plan_folder(workspace, folder)
    modules = _modules(term, module)
    require_built(workspace.root, modules)
    about_to_grade(workspace, term.decisions.entries, modules)
    where.parent.mkdir(parents=True, exist_ok=True)
    sweep(where.parent)
    with Scratch.make("plan", where.parent) as draft:
        made, problems = make_plan(
            workspace.course,
            _students(term.roster, student),
            term.forge,
            modules,
            draft,
            root=workspace.root,
            store=Store(workspace.state),
            secret=workspace.secret,
            per_shard=per_shard,
            again=again,
        )
        _replace(where, draft)  # an earlier plan, and what was graded for it, stays until this one is whole
    if matrix:
        print(json.dumps([shard.name for shard in made.shards]))
    with redirect_stdout(sys.stderr if matrix else sys.stdout):
        for shard in made.shards:
            students = counted(len({task.student for task in shard.tasks}), "student")
            print(f"{shard.name}  {students}, {counted(len(shard.tasks), 'record')}")
        print_problems("problem", problems)
        asked = f"{counted(len(made.tasks), 'record')} asked for, in {counted(len(made.shards), 'shard')}"
        print(f"{asked}; {counted(len(problems), 'problem')}")


def _replace(where: Path, draft: Path) -> None:
    where.mkdir(parents=True, exist_ok=True)
    for name in ("packs", "graded"):
        shutil.rmtree(where / name, ignore_errors=True)
    for made in sorted(draft.iterdir()):  # plan.json last: what it names is there
        made.replace(where / made.name)


def plan_folder(workspace: Workspace, given: Path | None) -> Path:
    return given or workspace.state / "plan"


def _modules(term: Term, names: list[str] | None) -> tuple[Module, ...]:
    released = term.released()
    if not names:
        return released
    chosen = tuple(term.workspace.course.module(name) for name in names)
    early = [module.id for module in chosen if module not in released]
    if early:
        raise WorkspaceError(f"{', '.join(early)} has not been released: nobody can have handed it in")
    return chosen


def _students(roster: Roster, keys: list[str] | None) -> Roster:
    if not keys:
        return roster
    from ..classroom.roster import Roster as Class

    try:
        chosen = {roster.student(key).id for key in keys}
    except KeyError as error:
        raise WorkspaceError(f"{error.args[0]}: give an id or a login") from error
    return Class(students=tuple(one for one in roster.students if one.id in chosen))
