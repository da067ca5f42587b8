"""`grader convert`: bring state of an earlier version up to date."""

from __future__ import annotations

from typing import Annotated

import typer

from ..classroom.names import staff_repo
from ..counted import counted
from ..pipeline.convert import convert as converted
from ..pipeline.term import forge_of
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

    After this, modules are identified by their stem. Records that are not signed with this course's secret are set aside in
    unconverted/ and listed.
    """
    workspace = workspace_of_any_version(state)
    done = converted(workspace, forge_of(workspace, forge), dry_run=dry_run)
    repo = staff_repo(workspace.course)
    print(
        f"{'would convert' if dry_run else 'converted'} {counted(len(done.state.done), 'file')}, "
        f"{counted(done.decisions, 'decision')}, {counted(done.gradebook.signed, 'record')} of the gradebook, "
        f"{counted(len(done.repository.done), 'file')} of {repo}"
    )
    places = (("", done.state), ("gradebook: ", done.gradebook), (f"{repo}/", done.repository))
    aside = [f"{place}{path}: {reason}" for place, found in places for path, reason in found.aside]
    print_problems("set aside", aside)
    if dry_run:
        print("dry run: nothing was changed")
    if aside:
        raise typer.Exit(1)
