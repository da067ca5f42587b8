"""`grader state`: keep the course's state on the forge, and fetch it: for machines that keep nothing between runs."""

from __future__ import annotations

from typing import Annotated

import typer

from ..counted import counted
from ..pipeline.workspace import Workspace
from .options import ForgeOption, StateOption

app = typer.Typer(no_args_is_help=True)


@app.callback()
def state() -> None:
    """Keep class list, decisions and records in a private repository on the forge, for workflows. Never the secret."""


@app.command()
def fetch(
    replace: Annotated[bool, typer.Option("--replace", help="Also class list and decisions that differ here.")] = False,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Bring the state from the forge into the state folder. Exit status 1 if a file of staff's differs and was left."""
    from ..classroom.kept import fetch
    from ..classroom.names import staff_repo

    workspace = Workspace.here(state)
    found = fetch(workspace.forge(forge), staff_repo(workspace.course), workspace.state, replace=replace)
    for path in found.differ:
        print(
            f"left: {workspace.state / path} differs from the forge's; --replace takes that one, `state save` keeps yours"
        )
    print(f"fetched {counted(len(found.written), 'file')} from {staff_repo(workspace.course)}")
    if found.differ:
        raise typer.Exit(1)


@app.command()
def save(
    grades_only: Annotated[
        bool, typer.Option("--grades-only", help="Records and what was posted; not class list and decisions.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Name the files that are new, and save none.")] = False,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Put what is new in the state folder on the forge, in one commit. Nothing there is removed."""
    from ..classroom.kept import save
    from ..classroom.names import staff_repo

    workspace = Workspace.here(state)
    repo = staff_repo(workspace.course)
    where, by = workspace.forge(forge), workspace.signature()
    saved = save(where, repo, workspace.state, by, grades_only=grades_only, dry_run=dry_run)
    if dry_run:
        for path in saved:
            print(f"would save: {path}")
    print("dry run: nothing was changed" if dry_run else f"saved {counted(len(saved), 'file')} to {repo}")
