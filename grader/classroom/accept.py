"""Take in what another machine has graded. It ran students' code: it is believed no further than its records can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.course import Course
from grader.gradebook.intake import load
from grader.gradebook.problem import GradebookError
from grader.grading.record import Record
from grader.grading.seeds import seed_for, seed_id
from grader.grading.suite import Suite, suite_of

from .plan import Plan, Task

LEVEL = 3  # of confinement, for grades that count
Key = tuple[str, str, str]


class NotAccepted(Exception):
    """The record is not one that the plan asked for."""


@dataclass(frozen=True)
class Acceptance:
    """The rules, for one plan. `accept` gives the record, signed with the course's secret in place of the plan's key."""

    plan: Plan
    course: Course
    root: Path
    secret: bytes

    @cached_property
    def asked(self) -> Mapping[Key, Task]:
        return {(task.student, task.module, task.commit): task for task in self.plan.tasks}

    @cached_property
    def _suites(self) -> Mapping[str, Suite]:
        modules = {self.course.module(task.module) for task in self.plan.tasks}
        return {module.id: suite_of(self.root, module.id, module.stem) for module in modules}

    def accept(self, path: Path) -> Record:
        """The record in the file at `path`; NotAccepted says what is wrong with it."""
        try:
            record = load(path, self.plan.signing_key)
        except GradebookError as error:
            raise NotAccepted(str(error).replace("this course's secret", "the plan's key")) from error
        wrong = self._wrong(record)
        if wrong:
            raise NotAccepted(f"record of {record.student}, {record.module}, commit {record.commit[:12]}: {wrong}")
        return record.signed(self.secret)

    def _wrong(self, record: Record) -> str:
        """Why the record cannot be what this plan leads to, or nothing."""
        task = self.asked.get((record.student, record.module, record.commit))
        if task is None:
            return "the plan asks for no such record"
        suite = self._suites[record.module]
        seed = seed_for(self.secret, task.student, task.module)
        rules = {
            f"it is of another course, {record.course}": record.course == self.course.slug,
            "it names another repository": record.repo == task.repo,
            "it names another time of the push": record.submitted_at == task.submitted_at,
            "it was graded by another suite": record.suite_digest == suite.digest,
            "its random inputs were others": record.seed_id == seed_id(seed),
            "its checks are not the suite's": _checks_of(record)
            == [(c.id, c.visibility, c.points) for c in suite.checks],
            f"it was graded at level {record.jail.level}": not record.complete or record.jail.level >= LEVEL,
        }
        return next((reason for reason, holds in rules.items() if not holds), "")


def _checks_of(record: Record) -> list[tuple[str, str, int]]:
    return [(check.id, check.visibility, check.max_points) for check in record.checks]
