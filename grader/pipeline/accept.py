"""Take in what another machine has graded. It ran students' code: it is believed no further than its records can be checked.

What does not depend on running anything is made anew here, from the plan's own packs and the course's secret, and has to be
the same: so a machine that a submission has broken out on can lie about outcomes of what was asked, and about nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from ..course import Course
from ..errors import GraderError
from ..gradebook.intake import load
from ..gradebook.problem import GradebookError
from ..grading.grade import Grader, Job, earned, machinery_version, same_code
from ..grading.record import CheckResult, Outcome, Record
from ..grading.store import Store
from ..grading.submission import Submission, SubmissionError
from ..repository import RepositoryError
from ..scratch import Scratch
from .packs import unpack
from .shards import Plan, Task, pack_of

LEVEL = 3  # of confinement, for grades that count
SKEW = timedelta(minutes=10)  # by which two machines' clocks may differ
Key = tuple[str, str, str]
_VERSION = re.compile(r"[0-9A-Za-z.]+\+[0-9a-f]{12}\.[0-9a-f]{8}")

# fields that are made anew, and what it means where they differ
_KNOWN = {
    "course": "it is of another course",
    "repo": "it names another repository",
    "submitted_at": "it names another time of the push",
    "suite_digest": "it was graded by another suite",
    "seed_id": "its random inputs were others",
    "prerequisites": "it was graded with other earlier modules",
    "files": "it names other files than were handed in",
    "ignored": "it names other files as left out",
    "warnings": "it carries other warnings",
    "input_digest": "it is of another input",
    "capability": "it names another capability",
    "milestone": "it names another milestone",
}
_OF_THE_SUITE = ("id", "title", "about", "visibility", "capability", "max_points")


class NotAccepted(GraderError):
    """The record is not one that the plan asked for."""


@dataclass(frozen=True)
class Acceptance:
    """The rules, for one plan and its folder. `accept` gives the record, signed with the course's secret in place of the
    plan's key.
    """

    plan: Plan
    folder: Path
    course: Course
    root: Path
    secret: bytes
    _latest: dict[tuple[str, str], Submission] = field(default_factory=dict)

    @cached_property
    def asked(self) -> Mapping[Key, Task]:
        return {(task.student, task.module, task.commit): task for task in self.plan.tasks}

    @cached_property
    def _grader(self) -> Grader:
        return Grader(self.root, self.course, self.secret, Store(self.folder / "none"))

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
        if not same_code(record.grader_version, machinery_version()) or not _VERSION.fullmatch(record.grader_version):
            return f"it was graded by another grader, {record.grader_version}; this is {machinery_version()}"
        if record.graded_at.tzinfo is None:
            return "its time of grading has no time zone"
        try:
            blank = self._blank(task, record.grader_version)
        except (OSError, RepositoryError, SubmissionError) as error:
            return f"its submission cannot be read from the plan: {error}"
        checks = [_of_the_suite(check) for check in record.checks]
        outcome = earned(self.course.module(record.module), record.checks)
        between = self.plan.made_at - SKEW <= record.graded_at <= datetime.now(UTC) + SKEW
        rules = {words: getattr(record, name) == getattr(blank, name) for name, words in _KNOWN.items()} | {
            "its checks are not the suite's": checks == [_of_the_suite(check) for check in blank.checks],
            "it does not follow from its checks": all(getattr(record, name) == it for name, it in outcome.items()),
            "it is complete with a check that has not run": not record.complete or _all_ran(record),
            f"it was graded at {record.graded_at:%Y-%m-%d %H:%M} UTC, and the plan is of "
            f"{self.plan.made_at:%Y-%m-%d %H:%M}": between,
            f"it was graded at level {record.jail.level}": not record.complete or record.jail.level >= LEVEL,
        }
        return next((reason for reason, holds in rules.items() if not holds), "")

    def _blank(self, task: Task, machinery: str) -> Record:
        """The record that this task has before anything runs, made here."""
        with Scratch.make("accept") as scratch:
            job = Job(task.student, scratch / "own.git", task.commit, task.module, task.submitted_at, task.repo)
            key = task.student, task.commit
            if key not in self._latest:
                unpack(pack_of(self.folder, *key).read_bytes(), scratch / "own.git")
                self._latest.clear()  # of one student after the other, so one is enough
                self._latest[key] = self._grader.submission(job)
            return self._grader.prepare(job, self._latest[key], machinery).blank


def _of_the_suite(check: CheckResult) -> list[object]:
    return [getattr(check, name) for name in _OF_THE_SUITE]


def _all_ran(record: Record) -> bool:
    return all(check.outcome in (Outcome.PASSED, Outcome.FAILED) for check in record.checks)
