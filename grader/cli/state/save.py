"""`grader state save`: save the state of this machine on the forge."""

from __future__ import annotations

from typing import Annotated

import typer

from ...classroom import state_repository
from ...classroom.names import staff_repo
from ...counted import counted
from ...pipeline.term import forge_of, signature
from ..options import ForgeOption, StateOption, workspace_here


def save(
    grades_only: Annotated[
        bool,
        typer.Option("--grades-only", help="Save records and the list of posts, but not class list and decisions."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Name the files that are new, and save none.")] = False,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Save new files of the state folder on the forge, in one commit. Nothing is removed there."""
    workspace = workspace_here(state)
    repo, by = staff_repo(workspace.course), signature(workspace.course)
    where = forge_of(workspace, forge)
    saved = state_repository.save(where, repo, workspace.state, by, grades_only=grades_only, dry_run=dry_run)
    if dry_run:
        for path in saved:
            print(f"would save: {path}")
    print("dry run: nothing was changed" if dry_run else f"saved {counted(len(saved), 'file')} to {repo}")
