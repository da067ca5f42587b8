"""`grader decide`: what staff decide beside the records, written into the file of decisions. No record is ever changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..counted import counted
from ..pipeline.suites import known_suites
from ..pipeline.workspace import Workspace
from .deciding import answers, decide, decide_all, moment, said, withdrawn
from .options import ModuleArgument, RosterOption, StateOption, StudentArgument

app = typer.Typer(no_args_is_help=True, help="What staff decide beside the records: each with a reason and an author.")

Reason = Annotated[str, typer.Option(help="Why; kept with the decision.")]
By = Annotated[str, typer.Option("--by", envvar="GRADER_AUTHOR", help="Who decides; kept with the decision.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show whose score changes by how much; write nothing.")]


@app.command()
def extend(
    student: StudentArgument,
    module: ModuleArgument,
    until: Annotated[
        str, typer.Option(help="The new deadline: 2027-02-05 (its last minute, UTC) or 2027-02-05T18:00:00Z.")
    ],
    reason: Reason,
    by: By,
    dry_run: DryRun = False,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Move one student's deadline in one module. The newest extension holds."""
    decide(roster, state, by, reason, dry_run, kind="extension", student=student, module=module, until=moment(until))


@app.command()
def override(
    student: StudentArgument,
    module: ModuleArgument,
    points: Annotated[int, typer.Option(help="The points of record, whatever was graded.")],
    reason: Reason,
    by: By,
    dry_run: DryRun = False,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Set one student's points in one module. The newest override holds."""
    decide(roster, state, by, reason, dry_run, kind="override", student=student, module=module, points=points)


@app.command()
def excuse(
    student: StudentArgument,
    module: ModuleArgument,
    reason: Reason,
    by: By,
    dry_run: DryRun = False,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Let one module not count for one student: neither its points nor what they are out of."""
    decide(roster, state, by, reason, dry_run, kind="excused", student=student, module=module)


@app.command(name="late-days")
def late_days(
    student: StudentArgument,
    days: Annotated[int, typer.Option(help="Days to add to the student's pool.")],
    reason: Reason,
    by: By,
    dry_run: DryRun = False,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Give one student more late days. They add up; the same number for the same reason is given once."""
    decide(roster, state, by, reason, dry_run, kind="late_days", student=student, days=days)


@app.command()
def withdraw(
    module: ModuleArgument,
    check: Annotated[str, typer.Argument(help="The check: its test function in the suite, such as test_kink.")],
    reason: Reason,
    by: By,
    dry_run: DryRun = False,
    suite: Annotated[
        str | None, typer.Option(help="Digest of the suite, or its beginning; default: the suite as it is now.")
    ] = None,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Withdraw a check that was wrong: everybody graded with it gets its points.

    It stays withdrawn in newer suites for as long as its own code is the same. When that changes, commands ask: `carry` or
    `end`. With --suite it is withdrawn in that earlier suite alone.
    """
    workspace = Workspace.here(state)
    decide(roster, state, by, reason, dry_run, **withdrawn(workspace, module, check, suite))


@app.command()
def carry(
    decision: Annotated[str, typer.Argument(help="The withdrawal's id, which `grader decide list` shows.")],
    reason: Reason,
    by: By,
    dry_run: DryRun = False,
    check: Annotated[str | None, typer.Option(help="The check's name in the new suite, if it has another.")] = None,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Carry a withdrawal over to the suite as it is now, in which the check is another one."""
    wanted = answers(Workspace.here(state), decision, check, carried=True)
    decide_all(roster, state, by, reason, wanted, dry_run=dry_run)


@app.command()
def end(
    decision: Annotated[str, typer.Argument(help="The withdrawal's id, which `grader decide list` shows.")],
    reason: Reason,
    by: By,
    dry_run: DryRun = False,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """End a withdrawal for the suite as it is now, in which the check was mended. What was graded before keeps its points."""
    wanted = answers(Workspace.here(state), decision, None, carried=False)
    decide_all(roster, state, by, reason, wanted, dry_run=dry_run)


@app.command(name="carry-over")
def carry_over(
    file: Annotated[Path, typer.Argument(help="GitHub Classroom's CSV of grades.")],
    module: ModuleArgument,
    reason: Reason,
    by: By,
    dry_run: DryRun = False,
    assignment: Annotated[str | None, typer.Option(help="Which assignment of the file, if it holds several.")] = None,
    scale: Annotated[
        bool, typer.Option("--scale", help="Bring points out of another number to the module's, rounded down.")
    ] = False,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Take over grades from a course that was in GitHub Classroom: an override for each student of the file."""
    from ..adapters.old_grades import read_old_grades
    from ..classroom.roster import RosterError

    workspace = Workspace.here(state)
    chosen = workspace.course.module(module)
    grades = read_old_grades(file, workspace.roster(roster), assignment)
    odd = [it for it in grades if it.available != chosen.points]
    if odd and not scale:
        text = f"is out of {odd[0].available} points, and {chosen.id} is worth {chosen.points}: --scale brings them to that"
        raise RosterError(file, [(odd[0].line, text)])
    overrides: list[dict[str, object]] = [
        {"kind": "override", "student": it.student, "module": chosen.id, "points": it.out_of(chosen.points)}
        for it in grades
    ]
    decide_all(roster, state, by, reason, overrides, dry_run=dry_run)


@app.command()
def revoke(
    decision: Annotated[str, typer.Argument(help="Its id, which `grader decide list` shows.")],
    reason: Reason,
    by: By,
    dry_run: DryRun = False,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Take a decision back. It stays in the file, and counts no more."""
    decide(roster, state, by, reason, dry_run, kind="revocation", revokes=decision)


@app.command(name="list")
def list_(roster: RosterOption = None, state: StateOption = None) -> None:
    """Every decision with its id and whether it is in force; at the end what is wrong with the file, if anything is."""
    from ..gradebook.decisions import read_decisions, without_effect
    from ..gradebook.entries import in_force, revoked
    from ..gradebook.withdrawals import unsettled
    from ..reports.clean import one_line

    workspace = Workspace.here(state)
    decisions = read_decisions(workspace.decisions_file)
    gone = revoked(decisions.entries)
    asks = {one.entry.id for one in unsettled(decisions.entries, known_suites(workspace, decisions.entries))}
    for entry in decisions.entries:
        late = without_effect(entry, workspace.course)
        note = "  (revoked)" if entry.id in gone else f"  (no effect: {late})" if late else ""
        if entry.id in asks:
            note = f"  (the check is another one in the suite as it is now: `grader decide carry {entry.id}` or `end`)"
        print(one_line(f"{entry.id}  {said(entry)}{note}", 1_000))
    workspace.decisions(workspace.roster(roster))  # raises what does not fit this course and class
    held = len(in_force(decisions.entries))
    print(f"{decisions.path}: {counted(len(decisions.entries), 'decision')}, {held} in force")
