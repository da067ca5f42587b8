"""`grader roster import`: import another system's list into the class list."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ...classroom.enrolment.formats import read_listing
from ...classroom.enrolment.merge import Options, merge, summary, too_many
from ...classroom.roster import Roster, RosterError, Student, read_lines, read_roster, written
from ...counted import counted
from ...files import alone, write_atomic
from ...reports.clean import one_line
from ..options import StateOption, workspace_here
from ..printing import LINE_LIMIT


def import_(
    file: Annotated[
        Path, typer.Argument(help="A list from Canvas, Moodle, GitHub Classroom, Classroom 50, or our own.")
    ],
    into: Annotated[Path | None, typer.Option(help="The class list; default: .grader/roster.csv.")] = None,
    format: Annotated[
        str | None,
        typer.Option(help="canvas, moodle, classroom, classroom50 or ours; default: recognised by the header."),
    ] = None,
    id_from: Annotated[
        str | None, typer.Option(help="Column for the ids of new students if the list has no ids: login or email.")
    ] = None,
    drop_missing: Annotated[
        bool, typer.Option("--drop-missing", help="Students who are not on this list have left the course today.")
    ] = False,
    drop_many: Annotated[
        bool, typer.Option("--drop-many", help="Let --drop-missing drop more than a quarter of the class.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")] = False,
    state: StateOption = None,
) -> None:
    """Import another list into the class list. Students match by id, e-mail or login. Empty fields are filled; ids and
    logins stay.
    """
    workspace = workspace_here(state)
    path = into or workspace.roster_file
    today = datetime.now(UTC).date()
    listing = read_listing(file, format)
    if id_from not in (None, "login", "email"):
        raise typer.BadParameter("login or email", param_hint="--id-from")
    if drop_missing and not listing.format.whole:
        raise RosterError(
            file, [(1, "--drop-missing needs a list of everybody, such as the list of a learning platform")]
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path.parent):
        existing: list[tuple[int, Student]] = []
        if path.exists():
            read_roster(path)  # raises an error if the class list has mistakes, which must be mended first
            existing = read_lines(path)[1]
        options = Options(today, id_from, drop_missing)
        students, news = merge(existing, listing, path, options)
        refusal = "" if drop_many else too_many([student for _, student in existing], students, today)
        if refusal and not dry_run:
            raise RosterError(file, [(1, refusal)])
        if students != [student for _, student in existing] and not dry_run:
            write_atomic(path, written(students))
    for line in news:
        print(one_line(line, LINE_LIMIT))
    print(f"{file} ({listing.format.title}, {counted(len(listing.rows), 'student')}): {summary(news)}")
    waiting = Roster.of(students, today).waiting
    if waiting:
        print(
            f"{counted(len(waiting), 'student has', 'students have')} no login yet: no repository until a list gives one"
        )
    if refusal:
        print(f"without --dry-run this is refused: {refusal}")
    print("dry run: nothing was changed" if dry_run else f"the class list: {path}")
