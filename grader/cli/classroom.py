"""`grader collect` and `grader publish`: fetch and grade what students pushed; post what came of it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ..files import alone
from .options import ForgeOption, RosterOption, StateOption


def collect(
    module: Annotated[
        list[str] | None, typer.Option(help="A module to grade; repeat for more. Default: all released.")
    ] = None,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Grade the head of main of every student, jailed and in parallel, and fill the gradebook."""
    from ..pipeline.term import Term

    term = Term.here(state, roster, forge)
    problems = term.collect_and_grade([term.course.module(name) for name in module] if module else None)
    term.write_reports()
    term.print_standings()
    if problems:
        raise typer.Exit(1)


def _turn(posted: Path) -> AbstractContextManager[None]:
    """Two that publish at once would each write a comment that the other has not seen."""
    posted.mkdir(exist_ok=True)
    return alone(posted, lambda: print("another `grader publish` is at work here: waiting until it ends"))


def publish(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what is new and post nothing.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Look at every post, also those made before, and mend what was changed.")
    ] = False,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Post statuses, comments and badges from the records; build the leaderboard. Runs nothing of a student's."""
    from ..pipeline.term import Term

    term = Term.here(state, roster, forge)
    with nullcontext() if dry_run else _turn(term.workspace.state / "posted"):
        problems = term.publish(dry_run=dry_run, again=again)
    print("dry run: nothing was changed" if dry_run else f"leaderboard: {term.write_leaderboard()}")
    if problems:
        raise typer.Exit(1)
