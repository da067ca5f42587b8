"""Write GitHub Classroom's form of a result: JSON of version 3 in base64, and the two notices of its reporter.

The document says about each check only what the student may see.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from grader.grading.record import Outcome
from grader.reports.redact import CheckView, View

VERSION = 3
_WORDS = {Outcome.PASSED: "pass", Outcome.FAILED: "fail", Outcome.ERROR: "error", Outcome.NOT_RUN: "error"}


def result(view: View) -> dict[str, Any]:
    """Return the document. Its status is "error" if any check could not be run."""
    tests = [_test(check) for check in view.checks]
    found = {test["status"] for test in tests}
    status = next((word for word in ("error", "fail") if word in found), "pass")
    return {"version": VERSION, "status": status, "max_score": view.max_points, "tests": tests}


def encoded(view: View) -> str:
    """Return the document as a step's output."""
    return base64.b64encode(json.dumps(result(view), ensure_ascii=False).encode()).decode()


def notices(points: int, max_points: int) -> list[str]:
    """Return two workflow commands, from which a tool reads the points of a run."""
    report = json.dumps({"totalPoints": points, "maxPoints": max_points}, separators=(",", ":"))
    return [
        f"::notice title=Autograding complete::Points {points}/{max_points}",
        f"::notice title=Autograding report::{report}",
    ]


def _test(check: CheckView) -> dict[str, Any]:
    return {
        "name": check.title,
        "status": _WORDS[check.outcome],
        "score": check.points,
        "message": check.message or ("" if check.passed else check.about),
        "test_code": "",
        "filename": "",
        "line_no": 0,
        "task_id": 0,
        "duration": check.seconds or 0,
        "output": check.output,
    }
