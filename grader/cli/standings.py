"""`grader report`: reports, standings and the leaderboard, made anew from the records on disk."""

from __future__ import annotations

from typing import Annotated

import typer

from ..scratch import sweep_drafts
from .classroom import ForgeOption, RosterOption, StateOption
from .workspace import Workspace


def report(
    section: Annotated[str | None, typer.Option(help="Print the standings of this section only.")] = None,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Fill the gradebook from the records and write every report and the leaderboard anew."""
    from .term import Term

    workspace = Workspace.here(state)
    term = Term(workspace, workspace.roster(roster), workspace.forge(None))  # records say all: no forge is asked
    sweep_drafts(workspace.state)
    filled = term.fill_gradebook()
    for refused in filled.refused:
        print(f"refused: {refused.path}: {refused.reason}")
    term.print_standings(section)
    print(f"reports: {term.write_reports()}")
    print(f"leaderboard: {term.write_leaderboard()}")
    if filled.refused:
        raise typer.Exit(1)
