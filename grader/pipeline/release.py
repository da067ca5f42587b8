"""Release: build and audit modules, then give one to the template and to every student's repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..audit.finding import Finding
from ..audit.release_gate import release_audits
from ..classroom.disk import DiskForge
from ..classroom.names import student_prefix
from ..classroom.release import apply_release, plan_release
from ..classroom.release_plan import Applied, ReleasePlan
from ..classroom.roster import Roster
from ..course import Module
from ..editions.build import build, drift
from .people import read_class
from .term import Term, forge_of
from .workspace import Workspace


@dataclass(frozen=True)
class Checked:
    """Hold what was found before a release.

    built: the files that the build has written; stale: in a dry run, a line for each file that the build would write; audit: by
    stem of the module, the points of its audit, which all hold
    """

    built: tuple[Path, ...]
    stale: tuple[str, ...]
    audit: Mapping[str, tuple[Finding, ...]]


def check(
    workspace: Workspace, modules: Sequence[Module], *, dry_run: bool = False, workers: int | None = None
) -> Checked:
    """Build the course and audit these modules. Raise AuditError if a module is not fit. dry_run: write no file"""
    root, course = workspace.root, workspace.course
    stale = drift(root, course) if dry_run else []
    built = [] if dry_run else build(root, course)
    audits = release_audits(root, course, modules, workers)
    found = {module.stem: audit.require() for module, audit in zip(modules, audits, strict=True)}
    return Checked(tuple(built), tuple(stale), found)


def plan(term: Term, module: Module) -> ReleasePlan:
    """Plan what a release of the module does to each repository. Change nothing."""
    by = term.signature()
    return plan_release(term.course, module, term.roster, term.forge, term.workspace.root, by)


def release(term: Term, planned: ReleasePlan) -> Applied:
    """Do what the plan says."""
    return apply_release(planned, term.forge, term.signature())


def term_for_release(workspace: Workspace, roster: Path | None, forge: str | None) -> Term:
    """Open the term. If there is no class list yet and no student needs the release, the class is empty.

    On the forge on disk, a course can be tried before it has students. If the list is missing but students have repositories,
    the list was lost. On GitHub, it was forgotten. Both are mistakes.
    """
    if roster is not None or workspace.roster_file.exists():
        return Term.of(workspace, roster, forge)
    # open the forge once: GitHub's token can be taken from the environment only once
    where = forge_of(workspace, forge)
    prefix = student_prefix(workspace.course)
    if not isinstance(where, DiskForge) or any(repo.startswith(prefix) for repo in where.repos()):
        return Term(workspace, read_class(workspace), where)
    return Term(workspace, Roster(students=()), where)
