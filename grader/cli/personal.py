"""`grader student-data` and `grader forget`: everything held on one student, given out or removed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..counted import counted
from ..files import alone, write_atomic
from ..pipeline.workspace import Workspace, WorkspaceError, find_student
from .options import RosterOption, StateOption, StudentArgument

if TYPE_CHECKING:
    from ..classroom.roster import Roster


def student_data(
    student: StudentArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="A new folder for it.")],
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Write everything that is held on one student into a folder, to be given to them: begin with its README.txt."""
    from ..exports.personal import personal
    from ..pipeline.term import Term

    term = Term.here(state, roster)
    who = find_student(term.roster, student)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise WorkspaceError(f"{output} is there already: name a folder that is new or empty")
    term.fill_gradebook()
    with term.gradebook() as book:
        modules = book.modules_of(who.id)
        records = [record for module in modules for record in book.history(who.id, module)]
        standings = book.standings(term.course, {who.id: who.pseudonym or None}, term.entries(book))
    output.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = personal(who, standings[0], term.decisions.about(who.id), records)
    for name, text in files.items():
        write_atomic(output / name, text)
    print(f"{output}: {counted(len(files), 'file')} on {who.id}; begin with {output / 'README.txt'}")


def forget(
    student: Annotated[str, typer.Argument(help="The student's id, also when they are no longer in the class list.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this, only say what would be removed.")] = False,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Remove everything that is held on one student, and say what remains elsewhere. Safe to run twice."""
    from ..exports.personal import copies, folders_of
    from ..gradebook.decisions import read_decisions
    from ..gradebook.store import Gradebook
    from ..pipeline.term import Term

    workspace = Workspace.here(state)
    path = roster or workspace.roster_file
    students = workspace.roster(roster)
    known = [one for one in students.everyone if one.id == student]
    logins = [one.id for one in students.everyone if one.login.lower() == student.lower()]
    if not known and logins:
        raise WorkspaceError(f"{student!r} is a login: to be sure who is meant, name the id, {logins[0]}")
    with alone(workspace.state), Gradebook(workspace.gradebook_url) as book:
        folders = folders_of(workspace.state, student)
        decisions = read_decisions(workspace.decisions_file)
        decided = decisions.about(student)
        graded = sum(len(book.history(student, module)) for module in book.modules_of(student))
        held = [
            f"folder {folder} ({counted(sum(it.is_file() for it in folder.rglob('*')), 'file')})" for folder in folders
        ]
        held += [f"records in the gradebook: {graded}"] if graded else []
        held += [f"decisions in {decisions.path}: {len(decided)}"] if decided else []
        held += [f"the line in {path}"] if known else []
        shared = copies(workspace.state) if held else []
        for line in held:
            print(f"{'removed' if yes else 'would remove'}: {line}")
        for folder in shared:
            print(
                f"{'removed' if yes else 'would remove'}: folder {folder} (copies, everybody's; made anew when wanted)"
            )
        if not held:
            print(f"nothing is held on {student}")
        if yes:
            for folder in (*shared, *folders):
                shutil.rmtree(folder)
            book.forget(student)
            if decided:
                write_atomic(decisions.path, decisions.without_student(student).text)
            if known:  # last: as long as something is left, its owner can be named
                write_atomic(path, _without(path, student))
    if yes and held and (workspace.state / "site").is_dir():
        left = workspace.roster(roster)
        print(f"written anew: {Term(workspace, left, workspace.forge(None)).write_leaderboard()}")
    if held and not yes:
        print("nothing was changed: run it again with --yes")
    _tell_what_remains(workspace, students, student)


def _without(path: Path, student: str) -> str:
    from ..classroom.roster import read_lines, written

    return written(one for _, one in read_lines(path)[1] if one.id != student)


def _tell_what_remains(workspace: Workspace, roster: Roster, student: str) -> None:
    from ..classroom.names import staff_repo, student_repo

    logins = [one for one in roster.everyone if one.id == student and one.login]
    repo = student_repo(workspace.course, logins[0]) if logins else "their repository"
    print("not touched, and yours to remove where it has to go:")
    print(f"  {repo} on the forge, with its statuses, comments and badges: the student's own work")
    print(
        f"  {staff_repo(workspace.course)} on the forge, if you use `grader state`: a fetch would bring everything back."
    )
    print("    Delete that repository, then `grader state save` makes it anew from what is left")
    print("  artifacts of workflow runs, until they expire: delete the runs that graded the student")
    print("  backups and copies of the state folder, exports, and what a learning platform has imported")
    print("  a leaderboard that was published elsewhere: publish it anew")
