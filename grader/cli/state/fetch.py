"""`grader state fetch`: copy the state from the forge to this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from ...classroom import state_repository
from ...classroom.names import staff_repo
from ...counted import counted
from ...pipeline.term import forge_of
from ..options import ForgeOption, StateOption, workspace_here


def fetch(
    replace: Annotated[
        bool, typer.Option("--replace", help="Also replace a class list or decisions that differ here.")
    ] = False,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Copy the state from the forge into the state folder. Exit status 1 if the class list or decisions differ and stay."""
    workspace = workspace_here(state)
    repo = staff_repo(workspace.course)
    found = state_repository.fetch(forge_of(workspace, forge), repo, workspace.state, replace=replace)
    for path in found.differ:
        print(
            f"left: {workspace.state / path} differs from the forge's file; --replace takes that file, `state save` keeps yours"
        )
    print(f"fetched {counted(len(found.written), 'file')} from {repo}")
    if found.differ:
        raise typer.Exit(1)
