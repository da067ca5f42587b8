"""`grader roster readers`: let staff read the repositories of their sections."""

from __future__ import annotations

from typing import Annotated

import typer

from ...classroom.staff import let_read, read_staff
from ...counted import counted
from ...pipeline.people import read_class
from ...pipeline.term import forge_of
from ..options import ForgeOption, RosterOption, StateOption, workspace_here
from ..printing import print_rights


def readers(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")] = False,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Let staff read the repositories of their sections, and remove that right from those who no longer help there."""
    workspace = workspace_here(state)
    students = read_class(workspace, roster)
    staff = read_staff(workspace.staff_file, students)
    if staff is None:
        print(f"there is no {workspace.staff_file}, so nothing was done")
        return
    rights = let_read(workspace.course, students, staff, forge_of(workspace, forge), dry_run=dry_run)
    print_rights(rights)
    for helper in staff:
        number = sum(helper.login in logins for logins in rights.readers.values())
        print(f"{helper.login} {'would read' if dry_run else 'reads'} the repositories of {counted(number, 'student')}")
    print("dry run: nothing was changed" if dry_run else f"{len(staff)} staff")
    if rights.failed:
        raise typer.Exit(1)
