"""`grader collect` and `grader publish`: fetch and grade what students pushed; post what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .workspace import Workspace

RosterOption = Annotated[Path | None, typer.Option(help="The class list; default .grader/roster.csv.")]
ForgeOption = Annotated[Path | None, typer.Option(help="Folder of the forge on disk; default .grader/forge.")]
StateOption = Annotated[Path | None, typer.Option(help="Folder for records and reports; default .grader.")]


def collect(
    module: Annotated[
        list[str] | None, typer.Option(help="A module to grade; repeat for more. Default: all released.")
    ] = None,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Grade the head of main of every student, jailed and in parallel, and fill the gradebook."""
    from .term import Term

    workspace = Workspace.here(state)
    term = Term(workspace, workspace.roster(roster), workspace.forge(forge))
    problems = term.collect_and_grade([workspace.course.module(name) for name in module] if module else None)
    term.write_reports()
    term.print_standings()
    if problems:
        raise typer.Exit(1)


def publish(roster: RosterOption = None, forge: ForgeOption = None, state: StateOption = None) -> None:
    """Post statuses, comments and badges from the records; build the leaderboard. Runs nothing of a student's."""
    from .term import Term

    workspace = Workspace.here(state)
    term = Term(workspace, workspace.roster(roster), workspace.forge(forge))
    problems = term.publish()
    print(f"leaderboard: {term.write_leaderboard()}")
    if problems:
        raise typer.Exit(1)
