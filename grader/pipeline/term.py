"""Bring a term together: the class, its forge, the decisions of staff, and the workspace with the records."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from ..classroom.disk import DiskForge
from ..classroom.forge import MAIN, Forge
from ..classroom.github.connect import connect
from ..classroom.names import template_repo
from ..classroom.repo_facts import FACTS, released_stems
from ..classroom.roster import Roster
from ..course import Course, Module
from ..gradebook.decisions import Decisions, read_decisions
from ..gradebook.entries import Entry
from ..gradebook.gradebook import Gradebook
from ..gradebook.scores import Standing
from ..grading.record import Record
from ..repository import Signature
from .known_suites import settled
from .people import read_class
from .workspace import Workspace, WorkspaceError

_BRANCH = f"refs/heads/{MAIN}"


@dataclass(frozen=True)
class Term:
    """Hold everything that the steps of the pipeline work on."""

    workspace: Workspace
    roster: Roster
    forge: Forge

    @classmethod
    def of(cls, workspace: Workspace, roster: Path | None = None, forge: str | None = None) -> Term:
        """Open a term with the class list at `roster` and the forge called `forge`; by default those in the state folder."""
        return cls(workspace, read_class(workspace, roster), forge_of(workspace, forge))

    @property
    def course(self) -> Course:
        return self.workspace.course

    def signature(self) -> Signature:
        return signature(self.course)

    def released(self) -> tuple[Module, ...]:
        """Return the released modules, which are the modules in the template."""
        repo = template_repo(self.course)
        if repo not in self.forge.repos():
            return ()
        with self.forge.workspace(repo) as git:
            # use the full name of the branch, because a tag may be called main too
            name = f"{_BRANCH}:{FACTS}"
            if _BRANCH not in git.refs():
                raise WorkspaceError(
                    f"{repo} has no readable branch {MAIN}, so it is unknown which modules are released. Restore the branch "
                    "from a clone or a backup; or, if a first release was stopped, run `grader release` again"
                )
            found = git.look_up([name])[name]
        stems = released_stems(found)
        return tuple(module for module in self.course.written if stems.intersection(module.stems))

    @cached_property
    def decisions(self) -> Decisions:
        """Read the decisions of staff, and check that they fit this course and class."""
        found = read_decisions(self.workspace.decisions_file)
        found.check(self.course, {student.id for student in self.roster.everyone})
        return found

    def entries(self, book: Gradebook, grading: Sequence[Module] = ()) -> list[Entry]:
        """Return the decisions from which scores are computed. grading: modules that the current suites are about to grade"""
        return settled(self.workspace, self.decisions.entries, book, grading)

    def standings(self) -> list[Standing]:
        """Return the standings of everybody enrolled, including students without a login."""
        pseudonyms = {student.id: student.pseudonym or None for student in self.roster.enrolled}
        with self.workspace.gradebook() as book:
            return book.standings(self.course, pseudonyms, self.entries(book))

    def under_present_stem(self, record: Record) -> Record:
        """Return the record for reports, under the current stem of its module. Its signature no longer fits."""
        return record.model_copy(update={"module": self.course.module(record.module).stem})

    def past_due(self, stem: str) -> bool:
        """Tell whether checks marked AFTER_DUE may be shown: if the course says so, and late days are over too."""
        module = self.course.module(stem)
        last = module.due + timedelta(days=self.course.policy.late_days_per_module)
        return self.course.hidden_until(module) == "due" and datetime.now(UTC) > last


def forge_of(workspace: Workspace, where: str | None = None) -> Forge:
    """Open the forge `github:ORG` or a folder; by default the folder `forge` of the state."""
    if where and where.startswith("github:"):
        return connect(where, workspace.state / "github", os.environ)
    if where and ":" in where:
        raise WorkspaceError(f"--forge {where!r} is not a folder; write an organisation as github:ORG")
    return DiskForge(Path(where) if where else workspace.state / "forge")


def signature(course: Course) -> Signature:
    """Return the author of the course's commits."""
    return Signature(course.title, "course@invalid", datetime.now(UTC).replace(microsecond=0))
