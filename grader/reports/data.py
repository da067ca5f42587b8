"""A record as JSON for machines, schema `tinytorch/report/v1`; a student's copy is redacted like every other report."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from grader.grading.record import Record
from grader.reports.audience import Audience
from grader.reports.redact import redact

SCHEMA = "tinytorch/report/v1"


def for_student_json(record: Record, *, past_due: bool = False) -> str:
    return _json(record, Audience.STUDENT, past_due)


def for_staff_json(record: Record) -> str:
    return _json(record, Audience.STAFF, False)


def _json(record: Record, audience: Audience, past_due: bool) -> str:
    facts = {"schema": SCHEMA, **asdict(redact(record, audience, past_due=past_due))}
    return json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=True, default=_moment) + "\n"


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a report holds no {type(value).__name__}")
