"""`grader report`: write reports, standings and the leaderboard again from the records on disk."""

from __future__ import annotations

from typing import Annotated

import typer

from ..pipeline.people import in_section
from ..pipeline.record import fill
from ..pipeline.report import report as reported
from ..pipeline.report import write_leaderboard
from ..scratch import sweep_drafts
from .options import RosterOption, StateOption, term_here
from .printing import print_problems, print_standings

SHOWN = 20  # how many refused records are listed; a larger number usually has a single cause


def report(
    section: Annotated[str | None, typer.Option(help="Print the standings of this section only.")] = None,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Fill the gradebook from the records, and write every report and the leaderboard again."""
    term = term_here(state, roster)
    shown = in_section(term.roster, section)
    sweep_drafts(term.workspace.state)
    refused = fill(term.workspace).refused
    for file in refused[:SHOWN]:
        print(f"refused: {file.path}: {file.reason}")
    if len(refused) > SHOWN:
        print(f"refused: {len(refused) - SHOWN} more")
    made = reported(term)
    print_problems("waits to be graded again", made.waiting)
    print_standings(term.course, made.standings, shown)
    print(f"reports: {made.folder}")
    print(f"leaderboard: {write_leaderboard(term)}")
    if refused:
        raise typer.Exit(1)
