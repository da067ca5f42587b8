"""`grader provision`: a repository for everybody in the class list, an invitation to it, and rules that protect it."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import ForgeOption, RosterOption, StateOption
from .workspace import Workspace


def provision(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what is missing and change nothing.")] = False,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Create the repositories that are missing, invite who cannot push yet, and protect what is the course's."""
    from ..classroom.provision import apply, plan
    from ..reports.clean import one_line

    workspace = Workspace.here(state)
    students = workspace.roster(roster)
    where = workspace.forge(forge)
    by = workspace.signature()
    planned = plan(workspace.course, students, where, workspace.root, by)
    print(planned.text())
    if dry_run:
        print("dry run: nothing was changed")
        return
    done = apply(planned, where, by)
    for repo, reason in done.failed.items():
        print(f"failed: {repo}: {one_line(reason, 1_000)}")
    print(f"repositories made: {len(done.created)}, invited again: {len(done.invited)}, failed: {len(done.failed)}")
    if done.failed:
        raise typer.Exit(1)
