"""Define the record: the immutable outcome of grading one module of one submission.

A record is a JSON document with the schema `tinytorch/record/v2`. It starts as all zeros, written before anything runs; only
an explicit pass raises points. It is signed with the course's secret, so that a later job can tell that nobody edited it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

SCHEMA = "tinytorch/record/v2"


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Visibility(StrEnum):
    PUBLIC = "public"
    HIDDEN = "hidden"
    AFTER_DUE = "after_due"


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # the grader's own error: never a zero, tried again and shown
    NOT_RUN = "not_run"  # the checks of an all-zero record, before the suite has run


class CheckResult(Frozen):
    """Hold the result of one check of one suite."""

    id: str = Field(description="Stable name of the check: its test function in the suite.")
    title: str
    about: str = Field(description="One sentence that students may read even if the check is hidden.")
    visibility: Visibility
    capability: bool = False
    max_points: int = Field(ge=0)
    points: int = Field(default=0, ge=0)
    outcome: Outcome = Outcome.NOT_RUN
    seconds: float = Field(default=0.0, ge=0)
    exception: str | None = Field(
        default=None, description="Type name of the exception; shown even if the check is hidden."
    )
    message: str = Field(
        default="", description="What was tried, expected and returned. Staff only if the check is hidden."
    )
    detail: str = Field(default="", description="Tracebacks of the suite and of the submission. Staff only if hidden.")
    output: str = Field(default="", description="What the submission printed, cut and cleaned. Staff only if hidden.")
    blocked_by: str | None = Field(default=None, description="The check that had to pass first but did not.")

    @model_validator(mode="after")
    def _only_a_pass_earns(self) -> Self:
        if self.points != (self.max_points if self.outcome is Outcome.PASSED else 0):
            raise ValueError(f"check {self.id}: outcome {self.outcome} cannot have {self.points} points")
        return self


class ReachedLevel(Frozen):
    """Name the confinement: level 3 bubblewrap, seccomp, rlimits; 2 Landlock, seccomp, rlimits; 1 rlimits; 0 nothing."""

    level: int = Field(ge=0, le=3)
    name: str
    notes: tuple[str, ...] = ()


class SubmittedFile(Frozen):
    path: str
    sha256: str
    size: int


class IgnoredFile(Frozen):
    path: str
    reason: str


class Measurement(Frozen):
    """Hold a quantity that is measured but earns no points, such as the time of one training step."""

    name: str = Field(min_length=1)
    value: FiniteFloat
    unit: str = Field(description="Unit, such as s, MB or images/s; empty for a plain number.")
    reference: FiniteFloat | None = Field(
        default=None, description="The same quantity of the reference, measured in the same run."
    )
    interval: tuple[FiniteFloat, FiniteFloat] | None = Field(
        default=None, description="Confidence interval of the value: its lower end, its upper end."
    )

    @model_validator(mode="after")
    def _ends_in_order(self) -> Self:
        if self.interval is not None and self.interval[0] > self.interval[1]:
            raise ValueError(f"measurement {self.name}: the interval {self.interval} ends before it begins")
        return self


class Record(Frozen):
    """Hold the result of grading. It never changes once complete; overrides and extensions are separate entries."""

    schema_: Literal["tinytorch/record/v2"] = Field(default="tinytorch/record/v2", alias="schema")
    course: str
    module: str = Field(description="Stem of the module, such as tensor: its number may change.")
    student: str = Field(description="Id in the roster.")
    repo: str = Field(description="The repository from which the submission was fetched.")
    commit: str = Field(description="The commit, or the digest of a folder that is not a repository.")
    submitted_at: datetime | None = Field(default=None, description="Time of the push in UTC, if the forge knows it.")
    graded_at: datetime
    grader_version: str
    suite_digest: str
    seed_id: str = Field(description="A name for the seed that does not reveal the seed.")
    input_digest: str = Field(description="Digest of everything that can change the outcome. It is the cache's key.")
    prerequisites: Literal["own", "reference"] = "own"
    jail: ReachedLevel
    complete: bool = Field(default=False, description="False in the all-zero record that is written first.")
    seconds: float = Field(default=0.0, ge=0)
    exclusive: bool = Field(
        default=False,
        description="A batch grades nothing else on the machine beside this run, so that its times are true.",
    )
    checks: tuple[CheckResult, ...]
    points: int = Field(default=0, ge=0)
    max_points: int = Field(ge=0)
    capability: str = Field(description="Name of the module's capability.")
    capability_earned: bool = False
    milestone: str = Field(default="", description="Title of the milestone that the module ends on, if there is one.")
    milestone_met: bool = False
    measurements: tuple[Measurement, ...] = ()
    files: tuple[SubmittedFile, ...] = ()
    ignored: tuple[IgnoredFile, ...] = ()
    warnings: tuple[str, ...] = ()
    signature: str = ""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, defer_build=True
    )

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.points != sum(c.points for c in self.checks):
            raise ValueError(f"points {self.points} are not the sum of the checks' points")
        if self.max_points != sum(c.max_points for c in self.checks):
            raise ValueError(f"max_points {self.max_points} is not the sum of the checks' points")
        names = [measurement.name for measurement in self.measurements]
        if len(set(names)) != len(names):
            raise ValueError(f"two measurements have one name: {', '.join(names)}")
        return self

    @property
    def errors(self) -> tuple[CheckResult, ...]:
        """Return the checks that the grader could not run. A record with errors is graded again, and never posted as a score."""
        return tuple(c for c in self.checks if c.outcome is Outcome.ERROR)

    def to_json(self) -> str:
        return (
            json.dumps(self.model_dump(mode="json", by_alias=True), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        )

    def signed(self, secret: bytes) -> Record:
        return self.model_copy(update={"signature": self._mac(secret)})

    def is_signed_by(self, secret: bytes) -> bool:
        return hmac.compare_digest(
            self.signature.encode(), self._mac(secret).encode()
        )  # for texts, it accepts only ASCII

    def _mac(self, secret: bytes) -> str:
        unsigned = self.model_copy(update={"signature": ""}).to_json()
        return hmac.new(secret, b"tinytorch record\n" + unsigned.encode(), hashlib.sha256).hexdigest()


def utc(moment: datetime) -> datetime:
    """Return a time of a record in UTC. A time without a zone is meant in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def json_schema() -> str:
    """Return the published JSON Schema of a record."""
    schema = Record.model_json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **schema}
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
