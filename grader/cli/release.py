"""`grader release`: build a module, audit it, and publish it to the template and to every student's repository."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer

from ..classroom.release import refuse_early
from ..classroom.release_plan import ReleasePlan
from ..classroom.staff import let_read, read_staff
from ..counted import counted
from ..course import Module
from ..pipeline.release import check, plan, term_for_release
from ..pipeline.release import release as release_as_planned
from ..pipeline.term import Term
from ..reports.clean import one_line
from .options import ForgeOption, ModuleArgument, RosterOption, StateOption, workspace_here
from .printing import LINE_LIMIT, print_rights

_EMPTY = (
    "the class is empty, so nobody has {module} yet. Write the class list {file} (first line: "
    "id,name,login,email,section,pseudonym), or make it from the list of another system with `grader roster import`. Then run "
    "`make release MODULE={module}` again to give the module to everybody"
)


def release(
    module: ModuleArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and change nothing.")] = False,
    roster: RosterOption = None,
    forge: ForgeOption = None,
    state: StateOption = None,
) -> None:
    """Release a module: a branch and a pull request in every student's repository. Never overwrites a changed file."""
    workspace = workspace_here(state)
    chosen = workspace.course.module(module)
    term = term_for_release(workspace, roster, forge)
    if (today := datetime.now(UTC).date()) < chosen.release:
        print(f"course.yaml plans the release of {chosen.numbered} for {chosen.release}; today is {today}")
    staff = read_staff(workspace.staff_file, term.roster)
    refuse_early(workspace.course, chosen, term.forge)
    checked = check(workspace, [chosen], dry_run=dry_run)
    for line in checked.stale:
        print(f"stale: {line}")
    if not dry_run:
        print(f"built: {counted(len(checked.built), 'file')} changed")
    for finding in checked.audit[chosen.stem]:
        print(f"audit: {finding}")
    planned = plan(term, chosen)
    print(planned.text())
    for student in term.roster.waiting:
        print(f"  no repository yet: {student.id} has no login in the class list")
    if planned.empty:
        print(f"{chosen.numbered} is out and up to date everywhere: nothing to do")
    failed = {} if dry_run or planned.empty else _carry_out(term, planned, chosen)
    rights = let_read(workspace.course, term.roster, staff, term.forge, dry_run=dry_run)
    print_rights(rights)
    if not term.roster.enrolled:
        print(_EMPTY.format(module=chosen.numbered, file=workspace.roster_file))
    if dry_run:
        print("dry run: nothing was changed")
    if failed or rights.failed:
        raise typer.Exit(1)


def _carry_out(term: Term, planned: ReleasePlan, module: Module) -> Mapping[str, str]:
    """Do what the plan says, and print what was done. Return the repositories that failed."""
    applied = release_as_planned(term, planned)
    for repo, reason in applied.failed.items():
        print(f"failed: {repo}: {one_line(reason, LINE_LIMIT)}")
    if planned.template.repo in applied.done:
        reached = len([offer for offer in planned.students if offer.repo in applied.done])
        people = f"{reached} of {counted(len(planned.students), 'student')}; {len(applied.failed)} failed"
        print(
            f"released {module.numbered} to {people if planned.students else f'the template {planned.template.repo}'}"
        )
    return applied.failed
