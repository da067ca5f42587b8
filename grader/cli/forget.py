"""`grader forget`: everything held on one student, removed."""

from __future__ import annotations

from typing import Annotated

import typer

from ..classroom.names import staff_repo, student_repo
from ..counted import counted
from ..pipeline.people import read_class
from ..pipeline.personal import Held
from ..pipeline.personal import forget as forgotten
from ..pipeline.report import write_leaderboard
from ..pipeline.workspace import Workspace, WorkspaceError
from .options import RosterOption, StateOption, term_here, workspace_here


def forget(
    student: Annotated[str, typer.Argument(help="The student's id, also when they are no longer in the class list.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this, only say what would be removed.")] = False,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Remove everything that is held on one student, and say what remains elsewhere. Safe to run twice."""
    workspace = workspace_here(state)
    students = read_class(workspace, roster)
    logins = [one.id for one in students.everyone if one.login.lower() == student.lower()]
    if logins and student not in {one.id for one in students.everyone}:
        raise WorkspaceError(f"{student!r} is a login: to be sure who is meant, name the id, {logins[0]}")
    repos = [student_repo(workspace.course, one) for one in students.everyone if one.id == student and one.login]
    held = forgotten(workspace, roster or workspace.roster_file, student, dry_run=not yes)
    done = "removed" if yes else "would remove"
    for line in _lines(held):
        print(f"{done}: {line}")
    if not held.anything:
        print(f"nothing is held on {student}")
    elif not yes:
        print("nothing was changed: run it again with --yes")
    elif (workspace.state / "site").is_dir():
        print(f"written anew: {write_leaderboard(term_here(state, roster))}")
    _tell_what_remains(workspace, repos[0] if repos else "their repository")


def _lines(held: Held) -> list[str]:
    lines = [f"folder {folder} ({counted(count, 'file')})" for folder, count in held.folders.items()]
    lines += [f"records in the gradebook: {held.records}"] if held.records else []
    lines += [f"decisions in {held.decisions_file}: {held.decisions}"] if held.decisions else []
    lines += [f"the line in {held.class_list}"] if held.class_list else []
    return [*lines, *(f"folder {folder} (copies, everybody's; made anew when wanted)" for folder in held.shared)]


def _tell_what_remains(workspace: Workspace, repo: str) -> None:
    print("not touched, and yours to remove where it has to go:")
    print(f"  {repo} on the forge, with its statuses, comments and badges: the student's own work")
    print(
        f"  {staff_repo(workspace.course)} on the forge, if you use `grader state`: a fetch would bring everything back."
    )
    print("    Delete that repository, then `grader state save` makes it anew from what is left")
    print("  artifacts of workflow runs, until they expire: delete the runs that graded the student")
    print("  backups and copies of the state folder, exports, and what a learning platform has imported")
