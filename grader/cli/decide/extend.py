"""`grader decide extend`: move one student's deadline."""

from __future__ import annotations

from typing import Annotated

import typer

from ...pipeline.decide import Desk, Facts, moment
from ..options import ModuleArgument, StudentArgument
from .deciding import deciding


@deciding
def extend(
    desk: Desk,
    student: StudentArgument,
    module: ModuleArgument,
    until: Annotated[
        str, typer.Option(help="The new deadline: 2027-02-05 (its last minute, UTC) or 2027-02-05T18:00:00Z.")
    ],
) -> Facts:
    """Move one student's deadline in one module. The newest extension holds."""
    return {"kind": "extension", "student": student, "module": module, "until": moment(until)}
