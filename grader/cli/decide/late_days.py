"""`grader decide late-days`: give one student more late days."""

from __future__ import annotations

from typing import Annotated

import typer

from ...pipeline.decide import Desk, Facts
from ..options import StudentArgument
from .deciding import deciding


@deciding
def late_days(
    desk: Desk,
    student: StudentArgument,
    days: Annotated[int, typer.Option(help="Days to add to the student's pool.")],
) -> Facts:
    """Give one student more late days. They add up. The same number for the same reason is given only once."""
    return {"kind": "late_days", "student": student, "days": days}
