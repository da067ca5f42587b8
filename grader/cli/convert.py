"""`grader convert`: bring state of an earlier version up to date."""

from __future__ import annotations

from typing import Annotated

import typer

from ..classroom import state_repository
from ..classroom.names import staff_repo
from ..counted import counted
from ..pipeline.convert import convert as converted
from ..pipeline.term import forge_of, signature
from .options import ForgeOption, StateOption, workspace_of_any_version
from .printing import print_problems


def convert(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be converted, and change nothing.")
    ] = False,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Convert state of version 1, here and in the staff's repository on the forge. Safe to run again.

    After this, modules are identified by their stem. Records that are not signed with this course's secret stay as they are and
    are listed.
    """
    workspace = workspace_of_any_version(state)
    done = converted(workspace, dry_run=dry_run)
    where, repo = forge_of(workspace, forge), staff_repo(workspace.course)
    there = state_repository.convert(where, repo, workspace.secret, signature(workspace.course), dry_run=dry_run)
    verb = "would convert" if dry_run else "converted"
    print(
        f"{verb} {counted(len(done.done), 'file')}, {counted(done.decisions, 'decision')}, "
        f"{counted(done.rows, 'record')} of the gradebook, {counted(len(there.written), 'file')} of {repo}"
    )
    left = {**done.left, **{f"{repo}/{path}": reason for path, reason in there.left.items()}}
    print_problems("left", [f"{path}: {reason}" for path, reason in left.items()])
    if dry_run:
        print("dry run: nothing was changed")
    if left:
        raise typer.Exit(1)
