"""What staff decide beside the records: a later deadline, other points, more late days. Each has a date, reason and author."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Kind(StrEnum):
    EXTENSION = "extension"  # one module's deadline for one student is moved to `until`
    OVERRIDE = "override"  # one module's points become `points`; None withdraws an earlier override
    LATE_DAYS = "late_days"  # `days` are added to the student's pool


class Entry(BaseModel):
    """One decision. Entries are never changed: the newest of a kind holds, and late days add up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    student: str = Field(min_length=1)
    module: str | None = None
    at: datetime
    author: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    until: datetime | None = None
    points: int | None = Field(default=None, ge=0)
    days: int | None = None

    @field_validator("at", "until")
    @classmethod
    def _aware(cls, moment: datetime | None) -> datetime | None:
        if moment is None:
            return None
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone; write for example {moment.isoformat()}+00:00")
        return moment.astimezone(UTC)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if (self.module is None) != (self.kind is Kind.LATE_DAYS):
            raise ValueError("an extension and an override name a module; late days do not")
        if (self.until is not None) != (self.kind is Kind.EXTENSION):
            raise ValueError("an extension, and nothing else, has `until`")
        if (self.days is not None) != (self.kind is Kind.LATE_DAYS):
            raise ValueError("late days, and nothing else, have `days`")
        if self.points is not None and self.kind is not Kind.OVERRIDE:
            raise ValueError("only an override has `points`")
        return self
