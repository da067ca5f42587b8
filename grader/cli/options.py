"""Define the arguments and options that many commands share, and open the workspace and the term that they name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..classroom import version_1
from ..pipeline.workspace import Workspace, WorkspaceError

if TYPE_CHECKING:
    from ..pipeline.term import Term

RosterOption = Annotated[Path | None, typer.Option(help="The class list; default: .grader/roster.csv.")]
ForgeOption = Annotated[
    str | None,
    typer.Option(envvar="FORGE", help="A folder, or github:ORG for an organisation; default: .grader/forge."),
]
StateOption = Annotated[Path | None, typer.Option(help="Folder for records and reports; default: .grader.")]
PlanOption = Annotated[Path | None, typer.Option("--plan", help="Folder of the plan; default: .grader/plan.")]
StudentArgument = Annotated[str, typer.Argument(help="The student: id or login.")]
ModuleArgument = Annotated[str, typer.Argument(help="The module: 02_tensor, 2 or tensor.")]


def workspace_here(state: Path | None = None) -> Workspace:
    """Find the checkout around the current folder, and its state folder, which is made if it is missing.

    Raise WorkspaceError if the state is of version 1, so that no command reads only a part of it.
    """
    workspace = workspace_of_any_version(state)
    if old := version_1.remains(workspace.state):
        raise WorkspaceError(
            f"{workspace.state / old} is of version 1, which named modules with their number. Nothing was changed. Run "
            "`grader convert --dry-run`, and then `grader convert`"
        )
    return workspace


def workspace_of_any_version(state: Path | None = None) -> Workspace:
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "course.yaml").is_file() and (folder / "tinytorch_ref").is_dir():
            chosen = state or folder / ".grader"
            chosen.mkdir(parents=True, exist_ok=True, mode=0o700)
            _keep_out_others(chosen)
            return Workspace(folder, chosen)
    raise WorkspaceError("there is no course.yaml here or above. Run this inside a checkout of the course")


def term_here(state: Path | None, roster: Path | None, forge: str | None = None) -> Term:
    """Open the term that a command's options name.

    The default is the forge on disk. Commands that work from records alone never ask the forge.
    """
    from ..pipeline.term import (
        Term,  # not above: `grader grade` needs no class and no forge, and starts quicker without
    )

    return Term.of(workspace_here(state), roster, forge)


def plan_folder(workspace: Workspace, given: Path | None) -> Path:
    return given or workspace.state / "plan"


def _keep_out_others(state: Path) -> None:
    """Take rights away from other users, also in a folder made by hand, because the state holds names, grades and hidden values.

    The rights of the folder's group stay, for a group of staff.
    """
    status = state.stat()
    if status.st_mode & 0o007 and status.st_uid == os.geteuid():
        state.chmod(status.st_mode & 0o770)
