"""`grader publish`: post grades to the students' repositories, and build the leaderboard."""

from __future__ import annotations

from typing import Annotated

import typer

from ..counted import counted
from ..pipeline.publish import Publication
from ..pipeline.publish import publish as published
from ..pipeline.report import write_leaderboard
from .options import ForgeOption, RosterOption, StateOption, term_here
from .printing import print_problems


def publish(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what is new and post nothing.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also check posts made before, and repair those that were changed.")
    ] = False,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Post statuses, comments and badges from the records, and build the leaderboard. This runs no code of a student."""
    term = term_here(state, roster, forge)
    done = published(term, dry_run=dry_run, again=again, on_wait=_tell_of_the_wait)
    if dry_run:
        _print_dry_run(done)
    else:
        print_publication(done)
        print(f"leaderboard: {write_leaderboard(term)}")
    if done.problems:
        raise typer.Exit(1)


def print_publication(done: Publication, posted: str = "posted") -> None:
    """Print the problems, and how many students got a post. posted: the verb of the last line"""
    print_problems("not posted", done.problems)
    before = f"; {counted(done.known, 'grade')} posted before" if done.known else ""
    print(f"{posted} to {counted(len(done.posted), 'student')}; {counted(len(done.problems), 'problem')}{before}")
    if not (done.posted or done.known or done.problems):
        print("there is no grade to post: `grader collect` grades what students have pushed")


def _print_dry_run(done: Publication) -> None:
    for student, lines in done.posted.items():
        for line in lines:
            print(f"would post: {student} {line}")
    print_publication(done, "would post")
    print("dry run: nothing was changed")


def _tell_of_the_wait() -> None:
    print("another `grader publish` is running here: waiting until it ends")
