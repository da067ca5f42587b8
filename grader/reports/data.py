"""Write a record as JSON for programs, schema `tinytorch/report/v2`. A student's copy is redacted like every other report."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from grader.gradebook.scores import Score
from grader.grading.record import Record
from grader.reports.audience import Audience
from grader.reports.redact import Feat, redact

SCHEMA = "tinytorch/report/v2"


def for_student_json(
    record: Record, *, past_due: bool = False, score: Score | None = None, trouble: Record | None = None
) -> str:
    return _json(record, Audience.STUDENT, past_due, score, trouble)


def for_staff_json(record: Record, *, score: Score | None = None, trouble: Record | None = None) -> str:
    return _json(record, Audience.STAFF, False, score, trouble)


def _json(record: Record, audience: Audience, past_due: bool, score: Score | None, trouble: Record | None) -> str:
    view = redact(record, audience, past_due=past_due, score=score, trouble=trouble)
    facts = {
        "schema": SCHEMA,
        **asdict(view),
        **_feat("capability", "earned", view.capability),
        **_feat("milestone", "met", view.milestone),
    }
    return json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=True, default=_moment) + "\n"


def _feat(kind: str, done: str, feat: Feat | None) -> dict[str, object]:
    """Return four fields, such as capability, capability_passed (by this push), capability_earned, and when and where.

    capability_earned is null if the report was made without the gradebook.
    """
    return {
        kind: feat.name if feat else "",
        f"{kind}_passed": feat.passed if feat else False,
        f"{kind}_{done}": feat.earned if feat else False,
        f"{kind}_{done}_on": feat.on if feat else None,
        f"{kind}_{done}_at": feat.commit if feat else "",
    }


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a report cannot hold a value of type {type(value).__name__}")
