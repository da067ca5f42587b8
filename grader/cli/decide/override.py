"""`grader decide override`: set one student's points."""

from __future__ import annotations

from typing import Annotated

import typer

from ...pipeline.decide import Desk, Facts
from ..options import ModuleArgument, StudentArgument
from .deciding import deciding


@deciding
def override(
    desk: Desk,
    student: StudentArgument,
    module: ModuleArgument,
    points: Annotated[int, typer.Option(help="The points of record; they replace the graded points.")],
) -> Facts:
    """Set one student's points in one module. The newest override holds."""
    return {"kind": "override", "student": student, "module": module, "points": points}
