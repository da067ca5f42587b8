"""Where things are: the course's checkout, and the folder that holds what grading leaves behind.

Imports little, because every command begins here. What needs the class, the forge and the decisions is in `term.py`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..course import Course, load_course
from ..errors import GraderError
from ..grading.course_secret import course_secret
from ..grading.grade import Grader
from ..grading.store import Store
from ..grading.suite import Suite, SuiteError, suite_of

if TYPE_CHECKING:
    from ..gradebook.book import Gradebook

GRADEBOOK = "TINYTORCH_GRADEBOOK"


class WorkspaceError(GraderError):
    """The command was given in the wrong place, or something it needs is not there yet."""


@dataclass(frozen=True)
class Workspace:
    """A checkout (`root`) and its state: secret, records, gradebook, reports, and the forge on disk by default."""

    root: Path
    state: Path
    alone: bool = False  # a class that is made up: its gradebook stays in its own state folder

    @cached_property
    def course(self) -> Course:
        return load_course(self.root / "course.yaml")

    @cached_property
    def secret(self) -> bytes:
        return course_secret(self.state)

    def grader(self, *, required: int = 3, highest: int = 3, store: Path | None = None) -> Grader:
        """Grades into `store`; by default into the state folder, whose records are the course's."""
        return Grader(self.root, self.course, self.secret, Store(store or self.state), required, highest)

    @property
    def tries(self) -> Path:
        """Where `grader grade` keeps what it finds: never read by the gradebook, so a try is never a score."""
        return self.state / "tries"

    @property
    def regrades(self) -> Path:
        """Where a regrade keeps what it finds until it is made to count."""
        return self.state / "regrade"

    @property
    def reports(self) -> Path:
        return self.state / "reports"

    @property
    def roster_file(self) -> Path:
        return self.state / "roster.csv"

    @property
    def staff_file(self) -> Path:
        return self.state / "staff.csv"

    @property
    def decisions_file(self) -> Path:
        return self.state / "decisions.yaml"

    @property
    def gradebook_url(self) -> str:
        """The address that the environment gives, or else course.yaml; without either, a file in the state folder."""
        named = os.environ.get(GRADEBOOK, "").strip() or self.course.gradebook
        return named if named and not self.alone else f"sqlite:///{self.state / 'gradebook.sqlite'}"

    @cached_property
    def _suites(self) -> dict[str, Suite]:
        """By module, the suite as it is now; without those that have not been built."""
        found: dict[str, Suite] = {}
        for module in self.course.written:
            with suppress(SuiteError):  # grading says so; what was graded before can still be read
                found[module.stem] = suite_of(self.root, module)
        return found

    def gradebook(self, url: str = "") -> Gradebook:
        """Open the course's gradebook, or one of this course at `url`."""
        from ..gradebook.book import (
            Gradebook,  # not above: SQLAlchemy takes longer to import than a submission to grade
        )

        return Gradebook(
            url or self.gradebook_url,
            suites_now={stem: suite.digest for stem, suite in self._suites.items()},
            checks_now={stem: frozenset(it.id for it in suite.checks) for stem, suite in self._suites.items()},
            renamed=self.course.renamed,
        )
