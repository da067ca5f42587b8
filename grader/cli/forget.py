"""`grader forget`: remove everything that is held on one student."""

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
    student: Annotated[str, typer.Argument(help="The student's id, even if they are no longer in the class list.")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove. Without --yes, only say what would be removed.")] = False,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Remove everything that is held on one student, and say what remains elsewhere. Safe to run twice."""
    workspace = workspace_here(state)
    students = read_class(workspace, roster)
    ids = {listed.login.lower(): listed.id for listed in students.everyone}
    known = {listed.id: listed for listed in students.everyone}
    if student not in known and (owner := ids.get(student.lower())):
        raise WorkspaceError(
            f"{student!r} is a login. To make sure that the right student is removed, give the id: {owner}"
        )
    repo = student_repo(workspace.course, known[student]) if student in known and known[student].login else ""
    held = forgotten(workspace, roster or workspace.roster_file, student, dry_run=not yes)
    done = "removed" if yes else "would remove"
    for line in _lines(held):
        print(f"{done}: {line}")
    if not held.anything:
        print(f"nothing is held on {student}")
    elif not yes:
        print("nothing was changed. To remove all of this, run the command again with --yes")
    elif (workspace.state / "site").is_dir():
        print(f"written again: {write_leaderboard(term_here(state, roster))}")
    _tell_what_remains(workspace, repo or "their repository")


def _lines(held: Held) -> list[str]:
    lines = [f"folder {folder} ({counted(count, 'file')})" for folder, count in held.folders.items()]
    lines += [f"records in the gradebook: {held.records}"] if held.records else []
    lines += [f"decisions in {held.decisions_file}: {held.decisions}"] if held.decisions else []
    lines += [f"the line in {held.class_list}"] if held.class_list else []
    return [
        *lines,
        *(f"folder {folder} (copies of everybody's data; made again when needed)" for folder in held.shared),
    ]


def _tell_what_remains(workspace: Workspace, repo: str) -> None:
    print("not removed; remove these yourself if required:")
    print(f"  {repo} on the forge, with its statuses, comments and badges: the student's own work")
    print(
        f"  {staff_repo(workspace.course)} on the forge, if you use `grader state`: a fetch would bring everything back."
    )
    print("    Delete that repository; then `grader state save` makes it again from the remaining state")
    print("  artifacts of workflow runs, until they expire: delete the runs that graded the student")
    print("  backups and copies of the state folder, exports, and data that a learning platform has imported")
    print("  a leaderboard that was published elsewhere: publish it anew")
