"""Check records that another machine made. It ran students' code, so a submission may have taken it over.

All fields that do not depend on running anything are computed again here, from the task's own pack and the course's secret, and
must be the same. So a machine that a submission has taken over can lie about the outcomes of its tasks, and about nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from ..classroom.forge import own_trouble
from ..course import Course
from ..errors import GraderError
from ..grading.grade import Grader, earned, machinery_version, same_code
from ..grading.record import CheckResult, Outcome, Record
from ..grading.store import Store
from ..grading.submission import Submission, SubmissionError
from ..repository import RepositoryError
from ..scratch import Scratch
from .commit_pack import repository_at
from .task import Task

LEVEL = 3  # the level of confinement that grades need in order to count
SKEW = timedelta(minutes=10)  # how much the clocks of two machines may differ
_VERSION = re.compile(r"[0-9A-Za-z.]+\+[0-9a-f]{12}\.[0-9a-f]{8}")

# fields that are computed again, and what to say if they differ
_KNOWN = {
    "course": "it belongs to another course",
    "repo": "it names another repository",
    "submitted_at": "it names another time of the push",
    "suite_digest": "it was graded by another suite",
    "seed_id": "it was graded with other random inputs",
    "prerequisites": "it was graded with other earlier modules",
    "exclusive": "it was, or was not, graded alone on its machine",
    "files": "it names other files than those handed in",
    "ignored": "it names other files as left out",
    "warnings": "it has other warnings",
    "input_digest": "it was graded from other input",
    "capability": "it names another capability",
    "milestone": "it names another milestone",
}
_OF_THE_SUITE = ("id", "title", "about", "visibility", "capability", "max_points")


class NotAccepted(GraderError):
    """Report a record that does not match its task."""


@dataclass(frozen=True)
class Acceptance:
    """Hold the rules of one course for accepting records."""

    course: Course
    root: Path
    secret: bytes
    _latest: dict[tuple[str, str], Submission] = field(default_factory=dict)

    @cached_property
    def _grader(self) -> Grader:
        return Grader(
            self.root, self.course, self.secret, Store(self.root / "none")
        )  # it only prepares: nothing is stored

    def accept(self, task: Task | None, record: Record) -> Record:
        """Check a record against its task, and return it signed with the course's secret instead of the task's key.

        Raise NotAccepted with the reason if the record does not match.
        """
        wrong = self._wrong(task, record) if task else "no task asks for this record"
        if wrong:
            raise NotAccepted(f"record of {record.student}, {record.module}, commit {record.commit[:12]}: {wrong}")
        return record.signed(self.secret)

    def _wrong(self, task: Task, record: Record) -> str:
        if not record.is_signed_by(task.signing_key):
            return "not signed with the task's key: it was edited, or graded for an earlier plan"
        if (record.student, record.module, record.commit) != task.id:
            return "the task names another student, module or commit"
        if task.module not in {module.stem for module in self.course.written}:
            return f"course.yaml has no written module {task.module}: `grader plan` makes a new plan"
        if not same_code(record.grader_version, machinery_version()) or not _VERSION.fullmatch(record.grader_version):
            return f"it was graded by another grader, {record.grader_version}; this is {machinery_version()}"
        if record.graded_at.tzinfo is None:
            return "its time of grading has no time zone"
        try:
            blank = self._blank(task)
        except (OSError, RepositoryError, SubmissionError) as error:
            return f"its submission cannot be read: {own_trouble(error)}"
        checks = [_of_the_suite(check) for check in record.checks]
        outcome = earned(self.course.module(record.module), record.checks)
        between = task.made_at - SKEW <= record.graded_at <= datetime.now(UTC) + SKEW
        rules = {words: getattr(record, name) == getattr(blank, name) for name, words in _KNOWN.items()} | {
            "its checks are not the suite's": checks == [_of_the_suite(check) for check in blank.checks],
            "its result does not follow from its checks": all(
                getattr(record, name) == value for name, value in outcome.items()
            ),
            "it is marked complete, but a check has not run": not record.complete or _all_ran(record),
            f"it was graded at {record.graded_at:%Y-%m-%d %H:%M} UTC, and the task was made at "
            f"{task.made_at:%Y-%m-%d %H:%M}": between,
            f"it was graded at level {record.jail.level}": not record.complete or record.jail.level >= LEVEL,
        }
        return next((reason for reason, holds in rules.items() if not holds), "")

    def _blank(self, task: Task) -> Record:
        """Make the record that this task has before anything runs.

        The seed is derived here, so a task that was edited on the way cannot choose the random inputs.
        """
        key = task.student, task.commit
        job = replace(task.job(task.source), seed="")
        if key not in self._latest:
            self._latest.clear()  # students are handled one at a time, so a single submission is enough
            with Scratch.make("accept") as scratch:
                there = replace(job, source=repository_at(Path(task.source), scratch))
                self._latest[key] = self._grader.submission(there)
        return self._grader.prepare(job, self._latest[key]).blank


def _of_the_suite(check: CheckResult) -> list[object]:
    return [getattr(check, name) for name in _OF_THE_SUITE]


def _all_ran(record: Record) -> bool:
    return all(check.outcome in (Outcome.PASSED, Outcome.FAILED) for check in record.checks)
