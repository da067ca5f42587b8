"""Describe a run's request and result as plain data. This imports nothing heavy, because the command line needs it early."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol

from ..sandbox.levels import Confinement, Limits
from .jail_folder import Stage
from .outcomes import CaseOutcome
from .suite import Suite

OnCase = Callable[[CaseOutcome], None]
# Seconds that a submission may use in all checks of a run together.
RUN_SECONDS = 480.0
# Seconds by the clock for the same. After that the machine was too busy, and the remaining checks are the grader's error.
# This is more than a submission can take by itself on a shared machine, and less than the limit of a grading process.
CLOCK_SECONDS = 1680.0


@dataclass(frozen=True)
class RunRequest:
    """Hold everything a run needs to know. It may be sent to another process as JSON.

    stage: the folder with the submission and the helpers; imports: the submission's modules, in order; raw_report: where
    to write pytest-json-report's own file (staff only)
    """

    stage: str
    imports: tuple[str, ...]
    seed: str
    raw_report: str
    required: int
    highest: int
    limits: Limits

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> RunRequest:
        fields = json.loads(text)
        return cls(**{**fields, "imports": tuple(fields["imports"]), "limits": Limits(**fields["limits"])})


@dataclass(frozen=True)
class Run:
    """Hold the result of a run. problem: why the suite itself could not run, which never counts as the student's score."""

    cases: tuple[CaseOutcome, ...]
    confinement: Confinement
    problem: str | None


class Runner(Protocol):
    """Define what can run a suite: this process, or a process that was started ahead."""

    def expect(self, suite: Suite) -> None:
        """Name the next suite, so that it can be made ready."""

    def stage(self) -> Stage:
        """Return an empty stage for the next submission. The caller removes it."""

    def run(self, request: RunRequest, on_case: OnCase) -> Run:
        """Run the suite. Raise JailError if the submission could not be confined as requested."""
