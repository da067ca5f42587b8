"""Define the decisions of staff: a later deadline, other points, a withdrawn check. Each has a date, a reason and an author.

Decisions are never changed. A later decision replaces an earlier one of the same kind, except that late days add up. A
revocation takes back the decision that it names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator


class Kind(StrEnum):
    EXTENSION = "extension"  # one module's deadline for one student is moved to `until`
    OVERRIDE = "override"  # one module's points become `points`; None takes back an earlier override
    LATE_DAYS = "late_days"  # `days` are added to the student's pool
    EXCUSED = "excused"  # one module does not count for one student: neither the points nor the maximum
    INCIDENT = "incident"  # a check is withdrawn: everybody graded with it gets its points; see withdrawals.py
    CARRIED = "carried"  # the incident `decision` also holds for `suite`, in which the check's code differs
    ENDED = "ended"  # the incident `decision` does not hold for `suite`
    REVOCATION = "revocation"  # the decision with the id `revokes` no longer holds


_FACTS = ("student", "module", "until", "points", "days", "check", "suite", "code", "only", "decision", "revokes")
_NEEDED = {
    Kind.EXTENSION: {"student", "module", "until"},
    Kind.OVERRIDE: {"student", "module"},
    Kind.LATE_DAYS: {"student", "days"},
    Kind.EXCUSED: {"student", "module"},
    Kind.INCIDENT: {"module", "check", "suite"},
    Kind.CARRIED: {"decision", "suite"},
    Kind.ENDED: {"decision", "suite"},
    Kind.REVOCATION: {"revokes"},
}
_MAY = {
    Kind.OVERRIDE: {"points"},
    Kind.INCIDENT: {"code", "only"},
    Kind.CARRIED: {"check", "code"},
    Kind.ENDED: {"check", "code"},
}
_ALLOWED = {kind: needed | _MAY.get(kind, set()) for kind, needed in _NEEDED.items()}


def _one_line(text: object) -> object:
    if not isinstance(text, str):
        return text
    line = " ".join(text.split())
    if not line.isprintable():
        raise ValueError("has characters that cannot be printed")
    return line


OneLine = Annotated[str, BeforeValidator(_one_line), Field(min_length=1)]


class Entry(BaseModel):
    """Hold one decision."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    student: str | None = Field(default=None, min_length=1)
    module: str | None = None
    at: datetime
    author: OneLine
    reason: OneLine
    until: datetime | None = None
    points: int | None = Field(default=None, ge=0)
    days: int | None = Field(default=None, ge=1)
    check: str | None = None
    suite: str | None = None
    code: str | None = None  # digest of the check's own code in that suite
    only: bool | None = None  # withdrawn in that earlier suite alone: newer suites are not affected
    decision: str | None = None
    revokes: str | None = None

    @property
    def id(self) -> str:
        """Return eight hexadecimal digits that name this decision. They are computed from its content."""
        return hashlib.sha256(self.model_dump_json(exclude_none=True).encode()).hexdigest()[:8]

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
        said = {name for name in _FACTS if getattr(self, name) is not None}
        missing, extra = _NEEDED[self.kind] - said, said - _ALLOWED[self.kind]
        name = self.kind.value.replace("_", " ")
        if missing:
            raise ValueError(f"a decision of kind {name} needs {' and '.join(sorted(missing))}")
        if extra:
            raise ValueError(f"a decision of kind {name} has no {' or '.join(sorted(extra))}")
        return self


def revoked(entries: Iterable[Entry]) -> set[str]:
    """Return the ids of revoked decisions. A revocation may itself be revoked."""
    taken_back: set[str | None] = set()
    found: set[str] = set()
    for entry in _oldest_first(entries)[::-1]:
        if entry.id in taken_back:
            found.add(entry.id)
        elif entry.kind is Kind.REVOCATION:
            taken_back.add(entry.revokes)
    return found


def in_force(entries: Iterable[Entry]) -> list[Entry]:
    """Return the decisions that hold, oldest first, without revocations."""
    entries = list(entries)
    gone = revoked(entries)
    return [entry for entry in _oldest_first(entries) if entry.id not in gone and entry.kind is not Kind.REVOCATION]


def _oldest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Sort by time. Entries of the same time keep their order in the file."""
    return sorted(entries, key=lambda entry: entry.at)
