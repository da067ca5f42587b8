"""`grader roster`: the class list from other systems' lists, and whether it is right."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..counted import counted
from ..files import alone
from ..pipeline.workspace import Workspace
from .options import ForgeOption, RosterOption, StateOption

if TYPE_CHECKING:
    from ..classroom.roster import Student

app = typer.Typer(no_args_is_help=True, help="The class list: from other systems' lists, and whether it is right.")


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="A list of Canvas, Moodle, GitHub Classroom, Classroom 50, or our own.")],
    into: Annotated[Path | None, typer.Option(help="The class list; default .grader/roster.csv.")] = None,
    format: Annotated[
        str | None,
        typer.Option(help="canvas, moodle, classroom, classroom50 or ours; default: what the header says."),
    ] = None,
    id_from: Annotated[
        str | None, typer.Option(help="Column for ids of new students, where the list has none: login or email.")
    ] = None,
    drop_missing: Annotated[
        bool, typer.Option("--drop-missing", help="Who is not on this list has left the course today.")
    ] = False,
    drop_many: Annotated[
        bool, typer.Option("--drop-many", help="Let --drop-missing drop more than a quarter of the class.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")] = False,
    state: StateOption = None,
) -> None:
    """Bring another list into the class list: by id, e-mail or login. Fills what is empty; ids and logins stay."""
    from ..classroom.enrolment.formats import read_listing
    from ..classroom.enrolment.merge import Options, merge, summary, too_many
    from ..classroom.roster import Roster, RosterError, read_lines, read_roster, written
    from ..files import write_atomic
    from ..reports.clean import one_line

    workspace = Workspace.here(state)
    path = into or workspace.roster_file
    today = datetime.now(UTC).date()
    listing = read_listing(file, format)
    if id_from not in (None, "login", "email"):
        raise typer.BadParameter("login or email", param_hint="--id-from")
    if drop_missing and not listing.format.whole:
        raise RosterError(file, [(1, "--drop-missing wants a list of everybody, such as a learning platform's")])
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path.parent):
        existing: list[tuple[int, Student]] = []
        if path.exists():
            read_roster(path)  # a class list that is wrong is mended first
            existing = read_lines(path)[1]
        options = Options(today, id_from, drop_missing)
        students, news = merge(existing, listing, path, options)
        refusal = "" if drop_many else too_many([student for _, student in existing], students, today)
        if refusal and not dry_run:
            raise RosterError(file, [(1, refusal)])
        if students != [student for _, student in existing] and not dry_run:
            write_atomic(path, written(students))
    for line in news:
        print(one_line(line, 1_000))
    print(f"{file} ({listing.format.title}, {counted(len(listing.rows), 'student')}): {summary(news)}")
    waiting = Roster.of(students, today).waiting
    if waiting:
        print(f"{counted(len(waiting), 'has', 'have')} no login yet, and no repository until a list brings it")
    if refusal:
        print(f"without --dry-run this is refused: {refusal}")
    print("dry run: nothing was changed" if dry_run else f"the class list: {path}")


@app.command()
def check(roster: RosterOption = None, state: StateOption = None) -> None:
    """Is the class list right, and the list of staff? Counts by section, who waits for a login, who has left."""
    from ..classroom.staff import ALL

    workspace = Workspace.here(state)
    students = workspace.roster(roster)
    staff = workspace.staff(students) or ()
    sections = Counter(student.section for student in students.enrolled)
    for section, number in sorted(sections.items()):
        helpers = [helper.login for helper in staff if {section, ALL} & set(helper.sections)]
        print(f"section {section or '(none)'}: {counted(number, 'student')}; read by {', '.join(helpers) or 'nobody'}")
    for student in students.waiting:
        print(f"no login yet: {student.id}, {student.name}")
    for student in students.enrolled:
        if student.dropped:
            print(f"leaves on {student.dropped}: {student.id}, {student.name}")
    for student in students.dropped:
        print(f"left on {student.dropped}: {student.id}, {student.name}")
    shown = sum(1 for student in students.enrolled if student.pseudonym)
    print(
        f"the class list is right: {counted(len(students.enrolled), 'student')}, {shown} of them on the leaderboard by choice"
    )


@app.command()
def readers(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")] = False,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Let staff read the repositories of their sections, and take it from those who no longer help there."""
    from ..classroom.staff import let_read
    from .rights import print_rights

    workspace = Workspace.here(state)
    students = workspace.roster(roster)
    staff = workspace.staff(students)
    if staff is None:
        print(f"there is no {workspace.state / 'staff.csv'}, so nobody's rights were looked at")
        return
    rights = let_read(workspace.course, students, staff, workspace.forge(forge), dry_run=dry_run)
    print_rights(rights)
    for helper in staff:
        number = sum(helper.login in logins for logins in rights.readers.values())
        print(f"{helper.login} {'would read' if dry_run else 'reads'} the repositories of {counted(number, 'student')}")
    print("dry run: nothing was changed" if dry_run else f"{len(staff)} staff")
    if rights.failed:
        raise typer.Exit(1)
