"""Write one line about a record, for logs and for `--quiet`. This file imports only what that needs, so that it loads quickly."""

from __future__ import annotations

from grader.grading.record import Record
from grader.reports import words
from grader.reports.audience import Audience
from grader.reports.redact import redact


def summary_line(record: Record, audience: Audience = Audience.STUDENT) -> str:
    """Return a line without colour: "tensor: 45 / 60 points; public checks 8/8, hidden 3/6; level 3; capability: …" """
    view = redact(record, audience)
    who = f"{view.student} " if view.for_staff else ""
    state = "NOT COMPLETE, no score" if view.pending else words.points(view)
    milestone = f"; milestone: {words.met(view)}" if view.milestone else ""
    return (
        f"{who}{view.module}: {state}; {words.tallies(view)}; level {view.jail_level}; "
        f"capability: {words.earned(view)}{milestone}"
    )
