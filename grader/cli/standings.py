"""`grader report`: reports, standings and the leaderboard, made anew from the records on disk."""

from __future__ import annotations

from typing import Annotated

import typer

from ..pipeline.workspace import in_section
from ..scratch import sweep_drafts
from .options import RosterOption, StateOption

SHOWN = 20  # records that are refused; more have one cause, as a rule


def report(
    section: Annotated[str | None, typer.Option(help="Print the standings of this section only.")] = None,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Fill the gradebook from the records and write every report and the leaderboard anew."""
    from ..pipeline.term import Term, print_problems

    term = Term.here(state, roster)
    shown = in_section(term.roster, section)
    sweep_drafts(term.workspace.state)
    filled = term.fill_gradebook()
    for refused in filled.refused[:SHOWN]:
        print(f"refused: {refused.path}: {refused.reason}")
    if len(filled.refused) > SHOWN:
        print(f"refused: {len(filled.refused) - SHOWN} more")
    print_problems("waits to be graded again", term.waiting())
    term.print_standings(shown)
    print(f"reports: {term.write_reports()}")
    print(f"leaderboard: {term.write_leaderboard()}")
    if filled.refused:
        raise typer.Exit(1)
