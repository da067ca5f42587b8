"""Define a task: one module of one submission to grade, as plain data. It holds all that a worker on another machine needs.

A worker has a checkout of the course, the task, and the pack that the task names. It has no forge, no token and no secret of the
course. The task brings the seed of the random inputs, and a key that signs the record.

The submission, the suite, the seed, the limits and the code of the grader decide an outcome. The worker compares suite and code
with its own before it grades. The versions of Python, NumPy and the kernel may differ between the workers of one class; the
record notes them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ..classroom.pushes import Push
from ..course import Course, Module
from ..grading.grade import Grader, Job, machinery_version, same_code
from ..grading.suite import suite_of
from ..sandbox.levels import Limits

Key = tuple[str, str, str]  # student, module, commit


class Task(BaseModel):
    """Hold one module of one submission.

    source: a repository that has the commit, or a pack of the commit, relative to the folder of the tasks; suite: digest of the
    suite; code: version of the grader; key: signs the record on a machine without the course's secret
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    course: str
    student: str
    repo: str
    commit: str
    module: str
    submitted_at: datetime | None
    source: str
    suite: str
    code: str
    required: int
    limits: Limits
    made_at: datetime
    seed: str = Field(repr=False)
    key: str = Field(repr=False)

    @property
    def id(self) -> Key:
        return self.student, self.module, self.commit

    @property
    def signing_key(self) -> bytes:
        return self.key.encode()

    def job(self, source: str | Path) -> Job:
        """Return the job for the grader of this machine. source: a repository that has the commit"""
        return Job(self.student, source, self.commit, self.module, self.submitted_at, self.repo, self.seed)

    def misfit(self, course: Course, suites: Mapping[str, str]) -> str:
        """Return why a checkout cannot grade this task; empty if it can. suites: by stem, the digest of the suite there"""
        if self.course != course.slug:
            return f"the task is of the course {self.course}, and this checkout is {course.slug}"
        if not same_code(self.code, machinery_version()):
            return f"the task is for the grader {self.code}, and this is {machinery_version()}: use the same commit of the course"
        if self.module not in suites:
            return f"this checkout has no written module {self.module}: use the same commit of the course"
        if self.suite != suites[self.module]:
            return f"the suite of {self.module} here is not the one that the task is for: use the same commit of the course"
        return ""


def suites_here(root: Path, course: Course, modules: Iterable[Module]) -> dict[str, str]:
    """Return by module the digest of its suite in the checkout at `root`."""
    return {module.stem: suite_of(root, course, module).digest for module in modules}


@dataclass(frozen=True)
class TaskMaker:
    """Make the tasks of one round, which share a time and a key.

    grader: the course's own, which may derive the seeds; suites: by module, the digest of its suite; code: version of the
    grader, computed before several threads make tasks. CPython 3.11 cannot parse in two threads at once: both threads count the
    depth of their trees in one number, which ends in a SystemError.
    """

    grader: Grader
    suites: Mapping[str, str]
    code: str = field(default_factory=machinery_version)
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    def tasks(self, push: Push, modules: Sequence[Module]) -> list[Task]:
        """Make a task for each module of one push. Raise RepositoryError or SubmissionError if its files cannot be read."""
        if not modules:
            return []
        files = self.grader.submission(Job(push.student, push.place, push.commit, modules[0].stem))
        return [
            Task(
                course=self.grader.course.slug,
                student=push.student,
                repo=push.repo,
                commit=push.commit,
                module=module.stem,
                submitted_at=push.submitted_at,
                source=push.place,
                suite=self.suites[module.stem],
                code=self.code,
                required=self.grader.required,
                limits=self.grader.limits,
                made_at=self.made_at,
                seed=self.grader.seed_of(push.student, module, files),
                key=self.key,
            )
            for module in modules
        ]
