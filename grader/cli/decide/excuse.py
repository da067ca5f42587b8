"""`grader decide excuse`: let one module not count for one student."""

from __future__ import annotations

from ...pipeline.decide import Desk, Facts
from ..options import ModuleArgument, StudentArgument
from .deciding import deciding


@deciding
def excuse(desk: Desk, student: StudentArgument, module: ModuleArgument) -> Facts:
    """Excuse one student from one module: neither its points nor its maximum count."""
    return {"kind": "excused", "student": student, "module": module}
