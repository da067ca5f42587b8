"""Write Classroom 50's result.json, schema classroom50/result/v1.

Its bundles are public, so the file holds only what a student may see.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from grader.reports.redact import View

SCHEMA = "classroom50/result/v1"


def result(view: View, owner: str, repository: str) -> dict[str, Any]:
    """Return the document. owner: the student's login; repository: its address, such as https://github.com/org/name."""
    tag = f"submit/{view.module}-{view.commit[:12]}"
    commit = f"{repository}/commit/{view.commit}"
    return {
        "schema": SCHEMA,
        "classroom": view.course,
        "assignment": view.module,
        "assignment_type": "individual",
        "owner": owner,
        "submission": tag,
        "commit": commit,
        "release": f"{repository}/releases/tag/{quote(tag, safe='')}",
        "review": commit,
        "datetime": _moment(view.submitted_at or view.graded_at),
        "graded_at": _moment(view.graded_at),
        "score": view.points,
        "max-score": view.max_points,
        "tests": [
            {"test-name": it.title, "passed": it.passed, "score": it.points, "max-score": it.max_points}
            for it in view.checks
        ],
    }


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
