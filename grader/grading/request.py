"""What is asked of a run and what comes of it, as plain data. Imports nothing heavy: the command line reads it early."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol

from ..sandbox.levels import Confinement, Limits
from .outcomes import CaseOutcome
from .stage import Stage
from .suite import Suite

OnCase = Callable[[CaseOutcome], None]
# What a submission may use in all checks of a run together.
RUN_SECONDS = 480.0
# What these may take by the clock: then the machine was too busy, and what is left is the grader's error. More than a
# submission can take by itself of a machine that others use as well, and less than a grading process may.
CLOCK_SECONDS = 1680.0


@dataclass(frozen=True)
class RunRequest:
    """Everything a run needs to know; it may be handed to another process as JSON.

    stage: the folder with the submission and the helpers; imports: the submission's modules, in order; raw_report: where
    to keep pytest-json-report's own file (staff only)
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
    """What came of it. problem: why the suite itself could not be run, which is never the student's score."""

    cases: tuple[CaseOutcome, ...]
    confinement: Confinement
    problem: str | None


class Runner(Protocol):
    """Something that can run a suite: this process, or one that was started ahead."""

    def expect(self, suite: Suite) -> None:
        """What will be asked for next, so that it may be made ready."""

    def stage(self) -> Stage:
        """An empty stage to put the next submission on. The caller removes it."""

    def run(self, request: RunRequest, on_case: OnCase) -> Run:
        """Run the suite. Raises JailError when the submission could not be confined as asked."""
