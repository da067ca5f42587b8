"""A term: a class, its forge, what staff have decided, and the workspace that holds the records."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from ..classroom.disk import DiskForge
from ..classroom.facts import FACTS, released_stems
from ..classroom.forge import MAIN, Forge
from ..classroom.github.connect import connect
from ..classroom.names import template_repo
from ..classroom.roster import Roster
from ..course import Course, Module
from ..gradebook.book import Gradebook
from ..gradebook.decisions import Decisions, read_decisions
from ..gradebook.entries import Entry
from ..gradebook.scores import Standing
from ..grading.record import Record
from ..repository import Signature
from .people import read_class
from .suites import settled
from .workspace import Workspace, WorkspaceError

_BRANCH = f"refs/heads/{MAIN}"


@dataclass(frozen=True)
class Term:
    """What the steps of the pipeline work on."""

    workspace: Workspace
    roster: Roster
    forge: Forge

    @classmethod
    def of(cls, workspace: Workspace, roster: Path | None = None, forge: str | None = None) -> Term:
        """The class list at `roster` and the forge called `forge`; by default those in the state folder."""
        return cls(workspace, read_class(workspace, roster), forge_of(workspace, forge))

    @property
    def course(self) -> Course:
        return self.workspace.course

    def signature(self) -> Signature:
        return signature(self.course)

    def released(self) -> tuple[Module, ...]:
        """The modules that are out: those the template has."""
        repo = template_repo(self.course)
        if repo not in self.forge.repos():
            return ()
        with self.forge.workspace(repo) as git:
            # by its whole name: a tag may be called main as well
            name = f"{_BRANCH}:{FACTS}"
            if _BRANCH not in git.refs():
                raise WorkspaceError(
                    f"{repo} has no branch {MAIN} that can be read, so nobody knows which modules are out. Restore the branch "
                    "from a clone or a backup; or, if a first release was stopped, run `grader release` again"
                )
            found = git.look_up([name])[name]
        stems = released_stems(found)
        return tuple(module for module in self.course.written if stems.intersection(module.stems))

    @cached_property
    def decisions(self) -> Decisions:
        """What staff have decided, if it fits this course and class."""
        found = read_decisions(self.workspace.decisions_file)
        found.check(self.course, {student.id for student in self.roster.everyone})
        return found

    def entries(self, book: Gradebook, grading: Sequence[Module] = ()) -> list[Entry]:
        """The decisions as scores follow from them. grading: modules that are about to be graded by the suites of now."""
        return settled(self.workspace, self.decisions.entries, book, grading)

    def standings(self) -> list[Standing]:
        """Everybody enrolled, those without a login yet included."""
        pseudonyms = {student.id: student.pseudonym or None for student in self.roster.enrolled}
        with self.workspace.gradebook() as book:
            return book.standings(self.course, pseudonyms, self.entries(book))

    def under_present_stem(self, record: Record) -> Record:
        """Return the record as reports tell of it: under the stem that its module has now. Its signature no longer fits."""
        return record.model_copy(update={"module": self.course.module(record.module).stem})

    def past_due(self, stem: str) -> bool:
        """May checks marked AFTER_DUE be shown? When the course says so, and nobody can hand in any more with late days."""
        module = self.course.module(stem)
        last = module.due + timedelta(days=self.course.policy.late_days_per_module)
        return self.course.hidden_until(module) == "due" and datetime.now(UTC) > last


def forge_of(workspace: Workspace, where: str | None = None) -> Forge:
    """`github:ORG`, or a folder; by default the folder `forge` of the state."""
    if where and where.startswith("github:"):
        return connect(where, workspace.state / "github", os.environ)
    if where and ":" in where:
        raise WorkspaceError(f"--forge {where!r} is no folder, and an organisation is written github:ORG")
    return DiskForge(Path(where) if where else workspace.state / "forge")


def signature(course: Course) -> Signature:
    """Who makes the course's commits."""
    return Signature(course.title, "course@invalid", datetime.now(UTC).replace(microsecond=0))
