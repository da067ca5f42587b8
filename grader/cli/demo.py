"""`grader demo`: run all steps, from the build to the leaderboard, with an invented class on a forge on disk.

GitPython makes the students' clones, because these are ours alone. `grader/repository` says why no other code uses GitPython.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from git import Actor, Repo

from ..classroom.disk import DiskForge
from ..classroom.names import student_repo
from ..course import Course, Module
from ..files import write_atomic
from ..pipeline.collect import collect
from ..pipeline.people import read_class
from ..pipeline.processes import Processes
from ..pipeline.publish import publish
from ..pipeline.record import fill, record
from ..pipeline.release import check, plan, release
from ..pipeline.report import report, write_leaderboard
from ..pipeline.term import Term
from ..pipeline.workspace import Workspace
from .collect import troubles
from .demo_class import CLASS, DemoError, DemoStudent, files_of, roster_csv
from .options import workspace_here
from .printing import print_problems, print_standings
from .publish import print_publication
from .task_progress import graded_with_bar


def demo(
    folder: Annotated[
        Path, typer.Option(help="Folder for the class. Files of an earlier demonstration there are removed.")
    ] = Path("build/demo"),
    modules: Annotated[
        str | None,
        typer.Option(help="Last module to include, or all. Default: the first module with a milestone."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Submissions graded at a time; default: the number of cores.")
    ] = None,
) -> None:
    """Show the whole course with an invented class of eight on disk: release, push, grade in jails, publish."""
    began = time.monotonic()
    here = workspace_here()
    chosen = _up_to(here.course, modules)
    state = (here.root / folder).absolute()
    _clear(state)
    write_atomic(state / "roster.csv", roster_csv())
    workspace = Workspace(here.root, state / "staff", alone=True)
    forge = DiskForge(state / "forge")
    term = Term(workspace, read_class(workspace, state / "roster.csv"), forge)

    _say("build and release")
    _release(term, forge, chosen, workers)
    _say("students push")
    for student in CLASS:
        _push(term, student, chosen, state / "students" / student.id)
        print(f"  {student.id:<5} {student.does}")
    _say("collect and grade, jailed")
    found = collect(term)
    executor = Processes(workspace.grader(), workers)
    recorded = record(workspace, found.tasks, graded_with_bar(found.tasks, executor))
    fill(workspace)
    problems = troubles(found, recorded)
    print_problems("problem", problems)
    _say("reports and publishing")
    made = report(term)
    done = publish(term)
    print_publication(done)
    board = write_leaderboard(term)
    print_standings(term.course, made.standings)
    _guide(term, board, state)
    took = f"{time.monotonic() - began:.1f} seconds"
    left_out = len(here.course.written) - len(chosen)
    print(f"{took}; with all {len(here.course.written)} modules: make demo MODULES=all" if left_out else took)
    if problems or done.problems:
        raise typer.Exit(1)


def _say(step: str) -> None:
    print(f"-- {step}", flush=True)


def _clear(state: Path) -> None:
    """Remove the files of an earlier demonstration; refuse to remove anything else."""
    if not state.exists():
        return
    if any(state.iterdir()) and not (state / "roster.csv").is_file():
        raise typer.BadParameter(f"{state} holds files that do not come from a demonstration; name another folder")
    shutil.rmtree(state)


def _up_to(course: Course, last: str | None) -> tuple[Module, ...]:
    """Return the modules of the demonstration: all written modules up to `last`, since each module builds on earlier modules.

    The default stops at the first milestone. More modules take longer and show nothing new.
    """
    written = course.written
    if last == "all":
        return written
    if last is not None:
        module = course.module(last)
        if module.planned:
            raise DemoError(
                f"{module.numbered} is planned, not written. The last written module is {written[-1].numbered}"
            )
        return written[: written.index(module) + 1]
    first = next((place for place, module in enumerate(written) if module.milestone is not None), len(written) - 1)
    return written[: first + 1]


def _release(term: Term, forge: DiskForge, modules: Sequence[Module], workers: int | None) -> None:
    checked = check(term.workspace, modules, workers=workers)
    for module in modules:
        applied = release(term, plan(term, module))
        for repo, pull in applied.pulls.items():
            # as a student does with the green button
            forge.merge_pull_request(repo, pull.number, term.signature())
        points = len(checked.audit[module.stem])
        print(f"  {module.numbered}: {points} points of the audit hold; released to {len(applied.done)} repositories")


def _push(term: Term, student: DemoStudent, modules: Sequence[Module], folder: Path) -> None:
    """Clone the repository, commit each module, and push, as the student would do with git."""
    workspace, listed = term.workspace, term.roster.student(student.id)
    repo = Repo.clone_from(term.forge.url(student_repo(workspace.course, listed)), folder)
    author = Actor(listed.name, listed.email)
    for module, files in files_of(student, workspace.root, modules).items():
        for path, content in files.items():
            (folder / path).write_bytes(content)
        repo.index.add(list(files))
        repo.index.commit(f"Work on {module}", author=author, committer=author)
    repo.remote().push("main").raise_if_error()
    repo.close()


def _guide(term: Term, board: Path, state: Path) -> None:
    """Print where to look, as paths relative to the checkout. Leave out reports on modules that are not part."""
    cheat = student_repo(term.course, term.roster.student("gus"))
    reports = term.workspace.reports
    places = {
        "leaderboard": board,
        "a report as the TA sees it": reports / "dan" / "activations" / "ta.html",
        "the same for the student": reports / "dan" / "activations" / "student.md",
        "the report on the cheat": reports / "gus" / "tensor" / "ta.html",
        "records, signed": term.workspace.state / "records",
        "statuses and comments": state / "forge" / "state" / cheat,
        "a student's repository": state / "students" / "ada",
    }
    print("Where to look:")
    for what, path in places.items():
        if path.exists():
            shown = path.relative_to(term.workspace.root) if path.is_relative_to(term.workspace.root) else path
            print(f"  {what:<28} {shown}{'/' if path.is_dir() else ''}")
