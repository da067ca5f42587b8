"""`grader provision`: give everybody in the class list a repository, an invitation to it, and rules that protect it."""

from __future__ import annotations

from typing import Annotated

import typer

from ..classroom.provision import apply_provision, plan_provision
from ..reports.clean import one_line
from .options import ForgeOption, RosterOption, StateOption, term_here
from .printing import LINE_LIMIT


def provision(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what is missing and change nothing.")] = False,
    app: Annotated[
        int | None, typer.Option(min=1, help="Number of the course's GitHub App; the rules do not apply to it.")
    ] = None,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Create missing repositories, invite students who cannot push yet, and protect the course's branches."""
    term = term_here(state, roster, forge)
    by = term.signature()
    planned = plan_provision(term.course, term.roster, term.forge, term.workspace.root, by, app=app)
    if dry_run:
        print(planned.text())
        print("dry run: nothing was changed")
        if planned.broken:
            raise typer.Exit(1)
        return
    print(planned.text(with_rules=False))
    done = apply_provision(planned, term.forge, by)
    for line in done.rules:
        print(line)
    for repo, reason in done.failed.items():
        print(f"failed: {repo}: {one_line(reason, LINE_LIMIT)}")
    print(f"repositories made: {len(done.created)}, invited again: {len(done.invited)}, failed: {len(done.failed)}")
    if done.failed:
        raise typer.Exit(1)
