"""Name the readers of a report."""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    STUDENT = "student"
    STAFF = "staff"
