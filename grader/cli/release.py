"""`grader release`: build a module, audit it, and publish it to the template and to every student's repository."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from ..audit.release_gate import release_audit
from ..classroom.disk import DiskForge
from ..classroom.names import student_prefix
from ..classroom.release import apply_release, plan_release, refuse_early
from ..classroom.roster import Roster
from ..classroom.staff import let_read, read_staff
from ..counted import counted
from ..editions.build import build, drift
from ..pipeline.term import Term, forge_of
from ..pipeline.workspace import Workspace
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
    term = _without_a_class(workspace, forge) if roster is None else None
    term = term or Term.of(workspace, roster, forge)
    students, where, by = term.roster, term.forge, term.signature()
    chosen = workspace.course.module(module)
    if (today := datetime.now(UTC).date()) < chosen.release:
        print(f"{chosen.numbered} is planned to come out on {chosen.release}; today is {today}")
    staff = read_staff(workspace.staff_file, students)
    refuse_early(workspace.course, chosen, where)
    if dry_run:
        for line in drift(workspace.root, workspace.course):
            print(f"stale: {line}")
    else:
        changed = build(workspace.root, workspace.course)
        print(f"built: {counted(len(changed), 'file')} changed")
    for finding in release_audit(workspace.root, workspace.course, chosen).require():
        print(f"audit: {finding}")
    planned = plan_release(workspace.course, chosen, students, where, workspace.root, by)
    print(planned.text())
    for student in students.waiting:
        print(f"  no repository yet: {student.id} has no login in the class list")
    failed: dict[str, str] = {}
    if planned.empty:
        print(f"{chosen.numbered} is out and up to date everywhere: nothing to do")
    elif not dry_run:
        applied = apply_release(planned, where, by)
        failed |= applied.failed
        for repo, reason in failed.items():
            print(f"failed: {repo}: {one_line(reason, LINE_LIMIT)}")
        if planned.template.repo in applied.done:
            reached = len([offer for offer in planned.students if offer.repo in applied.done])
            people = f"{reached} of {counted(len(planned.students), 'student')}; {len(failed)} failed"
            print(
                f"released {chosen.numbered} to {people if planned.students else f'the template {planned.template.repo}'}"
            )
    rights = let_read(workspace.course, students, staff, where, dry_run=dry_run)
    print_rights(rights)
    if not students.enrolled:
        print(_EMPTY.format(module=chosen.numbered, file=workspace.roster_file))
    if dry_run:
        print("dry run: nothing was changed")
    if failed or rights.failed:
        raise typer.Exit(1)


def _without_a_class(workspace: Workspace, forge: str | None) -> Term | None:
    """Return a term with an empty class if there is no class list yet and no student needs the release; else None.

    On the forge on disk, a course can be tried before it has students. If the list is missing but students have repositories,
    the list was lost. On GitHub, it was forgotten. Both are mistakes.
    """
    if workspace.roster_file.exists():
        return None  # before the forge is opened: GitHub's token can be taken from the environment only once
    term = Term(workspace, Roster(students=()), forge_of(workspace, forge))
    if not isinstance(term.forge, DiskForge):
        return None
    begun = any(repo.startswith(student_prefix(workspace.course)) for repo in term.forge.repos())
    return None if begun else term
