"""`grader release`: build, audit, and publish a module to the template and to every student's repository."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from ..audit.gate import release_audit
from ..classroom.release import apply, plan
from ..classroom.staff import let_read, read_staff
from ..counted import counted
from ..editions.build import build, drift
from ..reports.clean import one_line
from .options import ForgeOption, ModuleArgument, RosterOption, StateOption, term_here
from .printing import LINE_LIMIT, print_rights


def release(
    module: ModuleArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and change nothing.")] = False,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Release a module: a branch and a pull request in every student's repository. Never overwrites a changed file."""
    term = term_here(state, roster, forge)
    workspace, students, where, by = term.workspace, term.roster, term.forge, term.signature()
    chosen = workspace.course.module(module)
    if (today := datetime.now(UTC).date()) < chosen.release:
        print(f"{chosen.numbered} is planned to come out on {chosen.release}; today is {today}")
    staff = read_staff(workspace.staff_file, students)
    plan(workspace.course, chosen, students, where, workspace.root, by)  # asks first whether its turn has come
    if dry_run:
        for line in drift(workspace.root, workspace.course):
            print(f"stale: {line}")
    else:
        changed = build(workspace.root, workspace.course)
        print(f"built: {counted(len(changed), 'file')} changed")
    for finding in release_audit(workspace.root, workspace.course, chosen).require():
        print(f"audit: {finding}")
    planned = plan(workspace.course, chosen, students, where, workspace.root, by)
    print(planned.text())
    for student in students.waiting:
        print(f"  no repository yet: {student.id} has no login in the class list")
    failed: dict[str, str] = {}
    if planned.empty:
        print(f"{chosen.numbered} is out and up to date everywhere: nothing to do")
    elif not dry_run:
        applied = apply(planned, where, by)
        failed |= applied.failed
        for repo, reason in failed.items():
            print(f"failed: {repo}: {one_line(reason, LINE_LIMIT)}")
        reached = len([one for one in planned.students if one.repo in applied.done])
        print(
            f"released {chosen.numbered} to {reached} of {counted(len(planned.students), 'student')}; {len(failed)} failed"
        )
    rights = let_read(workspace.course, students, staff, where, dry_run=dry_run)
    print_rights(rights)
    if dry_run:
        print("dry run: nothing was changed")
    if failed or rights.failed:
        raise typer.Exit(1)
