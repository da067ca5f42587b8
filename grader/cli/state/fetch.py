"""`grader state fetch`: bring the state from the forge to this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from ...classroom import kept
from ...classroom.names import staff_repo
from ...counted import counted
from ...pipeline.term import forge_of
from ..options import ForgeOption, StateOption, workspace_here


def fetch(
    replace: Annotated[bool, typer.Option("--replace", help="Also class list and decisions that differ here.")] = False,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Bring the state from the forge into the state folder. Exit status 1 if a file of staff's differs and was left."""
    workspace = workspace_here(state)
    repo = staff_repo(workspace.course)
    found = kept.fetch(forge_of(workspace, forge), repo, workspace.state, replace=replace)
    for path in found.differ:
        print(
            f"left: {workspace.state / path} differs from the forge's; --replace takes that one, `state save` keeps yours"
        )
    print(f"fetched {counted(len(found.written), 'file')} from {repo}")
    if found.differ:
        raise typer.Exit(1)
