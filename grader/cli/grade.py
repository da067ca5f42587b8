"""`grader grade`: grade one submission from a folder or a git repository in a jail, and report to the terminal and to TAs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..grading.grade import Grader, Job
from ..grading.record import Record
from ..grading.submission import PACKAGE, from_commit, from_folder
from ..grading.suite import suite_of
from ..pipeline.people import find_student, read_class
from ..pipeline.workspace import Workspace, WorkspaceError
from ..reports.audience import Audience
from ..reports.folder import write_reports
from ..reports.summary import summary_line
from ..reports.terminal import record_panel
from ..repository import ls_remote, whole_commit_id
from .options import RosterOption, StateOption, workspace_here
from .progress import cases

NOBODY = "local"  # the name used when no student is given


def grade(
    context: typer.Context,
    submission: Annotated[
        str, typer.Argument(help="A folder that holds tinytorch/, or the URL or path of a git repository.")
    ],
    module: Annotated[
        list[str] | None, typer.Option(help="A module to grade; repeat for more. Default: all modules handed in.")
    ] = None,
    commit: Annotated[
        str | None,
        typer.Option(
            help="A commit: at least 7 digits of its id (all 40 for a URL). Default for a URL: the head of main."
        ),
    ] = None,
    student: Annotated[
        str,
        typer.Option(help="Student whose random inputs are used: id or login. Without a class list, any word will do."),
    ] = NOBODY,
    any_level: Annotated[
        bool, typer.Option("--any-level", help="Grade even if this machine lacks level 3; the record shows the level.")
    ] = False,
    audience: Annotated[Audience, typer.Option(help="Who will read the printed report.")] = Audience.STAFF,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print one line for each module, no progress.")] = False,
    reports: Annotated[bool, typer.Option(help="Write HTML, Markdown and JSON reports.")] = True,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Grade one submission with the hidden suites, in a jail. This is a try: it never becomes a score.

    For grades that count, use `collect`. Exit status 1 if a check could not run.
    """
    workspace = workspace_here(state)
    grader = workspace.grader(required=0 if any_level else 3, store=workspace.tries)
    if context.obj is not None:  # the main program has already started a runner
        grader = replace(grader, runner=context.obj)
    student = _id_of(workspace, student, roster)
    source, commit = _located(submission, commit)
    trouble = False
    for name in module or _handed_in(workspace, source, commit):
        chosen = workspace.course.module(name)
        if chosen.planned:
            raise WorkspaceError(f"{chosen.numbered} is planned, not written: there is nothing to grade yet")
        record = _graded(grader, Job(student, source, commit, chosen.stem), quiet)
        trouble = trouble or not record.complete
        _show(record, audience, quiet)
        if reports:
            for path in write_reports(workspace.tries / "reports", record):
                if not quiet:
                    print(f"  {path}")
    if trouble:
        raise typer.Exit(1)


def _id_of(workspace: Workspace, student: str, roster: Path | None) -> str:
    """Return the student's id. An unknown student is an error, because their random inputs would be nobody's."""
    if student == NOBODY or not (roster or workspace.roster_file.is_file()):
        return student
    return find_student(read_class(workspace, roster), student).id


def _graded(grader: Grader, job: Job, quiet: bool) -> Record:
    if quiet:
        return grader.grade(job)
    module = grader.course.module(job.module)
    checks = suite_of(grader.root, grader.course, module).checks
    with cases(module.numbered, {check.id: check.title for check in checks}) as on_case:
        return grader.grade(job, on_case)


def _show(record: Record, reader: Audience, quiet: bool) -> None:
    if quiet:
        print(summary_line(record, reader))
    else:
        Console().print(record_panel(record, reader))


def _located(submission: str, commit: str | None) -> tuple[str | Path, str | None]:
    folder = Path(submission)
    if not folder.exists() and "://" not in submission and "@" not in submission:
        raise WorkspaceError(
            f"there is no folder {submission}. Name a folder that holds tinytorch/, or a repository's URL"
        )
    is_bare = (folder / "objects").is_dir() and (folder / "HEAD").is_file() and not (folder / "tinytorch").exists()
    if folder.is_dir() and commit is None and not is_bare:
        return folder.absolute(), None
    source: str | Path = folder.absolute() if folder.exists() else submission
    if commit is None:
        commit = ls_remote(source)
        if commit is None:
            raise WorkspaceError(f"{submission} has no branch main; name a commit with --commit")
    return source, whole_commit_id(source, commit)


def _handed_in(workspace: Workspace, source: str | Path, commit: str | None) -> list[str]:
    """Return the written modules for which the submission has a file."""
    files = (from_folder(Path(source)) if commit is None else from_commit(source, commit)).files
    found = [m.stem for m in workspace.course.written if f"{PACKAGE}/{m.stem}.py" in files]
    if not found:
        raise WorkspaceError(
            f"{source} has no file of a course module under {PACKAGE}/. To grade it anyway, name a module with --module"
        )
    return found
