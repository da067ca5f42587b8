"""`grader decide excuse`: let one module not count for one student."""

from __future__ import annotations

from ...pipeline.decide import Desk, Facts
from ..options import ModuleArgument, StudentArgument
from .deciding import deciding


@deciding
def excuse(desk: Desk, student: StudentArgument, module: ModuleArgument) -> Facts:
    """Let one module not count for one student: neither its points nor what they are out of."""
    return {"kind": "excused", "student": student, "module": module}
