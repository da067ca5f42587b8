"""Find things on disk: the course's checkout, and the state folder with records, reports and everything else that is kept.

This file imports little, because every command begins here. Steps that need class, forge and decisions use `term.py`.
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
    from ..gradebook.gradebook import Gradebook

GRADEBOOK = "TINYTORCH_GRADEBOOK"


class WorkspaceError(GraderError):
    """Report that a command was given in the wrong place, or that something it needs is not there yet."""


@dataclass(frozen=True)
class Workspace:
    """Hold a checkout (`root`) and its state folder: secret, records, gradebook, reports, and by default the forge on disk."""

    root: Path
    state: Path
    alone: bool = False  # an invented class, whose gradebook is always a file in its state folder

    @cached_property
    def course(self) -> Course:
        return load_course(self.root / "course.yaml")

    @cached_property
    def secret(self) -> bytes:
        return course_secret(self.state)

    def grader(self, *, required: int = 3, store: Path | None = None) -> Grader:
        """Make a grader that writes into `store`; by default into the state folder, which holds the course's records."""
        return Grader(self.root, self.course, self.secret, Store(store or self.state), required)

    @property
    def tries(self) -> Path:
        """Return the folder for records of `grader grade`. The gradebook never reads it, so a try never becomes a score."""
        return self.state / "tries"

    @property
    def regrades(self) -> Path:
        """Return the folder for records of a regrade until they count."""
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
        """Return the address from the environment, or else from course.yaml, or else a file in the state folder."""
        named = os.environ.get(GRADEBOOK, "").strip() or self.course.gradebook
        return named if named and not self.alone else f"sqlite:///{self.state / 'gradebook.sqlite'}"

    @cached_property
    def _suites(self) -> dict[str, Suite]:
        """Return the current suites by module, without suites that have not been built."""
        found: dict[str, Suite] = {}
        for module in self.course.written:
            with suppress(
                SuiteError
            ):  # grading reports this error; earlier records can still be read without the suite
                found[module.stem] = suite_of(self.root, self.course, module)
        return found

    def gradebook(self, url: str = "") -> Gradebook:
        """Open the course's gradebook, or another gradebook for this course at `url`."""
        from ..gradebook.gradebook import (
            Gradebook,  # not above: SQLAlchemy takes longer to import than a submission to grade
        )

        return Gradebook(
            url or self.gradebook_url,
            suites_now={stem: suite.digest for stem, suite in self._suites.items()},
            checks_now={stem: frozenset(check.id for check in suite.checks) for stem, suite in self._suites.items()},
            renamed=self.course.renamed,
        )
