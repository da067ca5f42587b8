"""`grader decide carry-over`: take over grades from GitHub Classroom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ...pipeline.decide import Desk, Facts, old_grades
from ..options import ModuleArgument
from .deciding import deciding


@deciding
def carry_over(
    desk: Desk,
    file: Annotated[Path, typer.Argument(help="GitHub Classroom's CSV of grades.")],
    module: ModuleArgument,
    assignment: Annotated[str | None, typer.Option(help="Which assignment of the file, if it holds several.")] = None,
    scale: Annotated[
        bool, typer.Option("--scale", help="Bring points out of another number to the module's, rounded down.")
    ] = False,
) -> Sequence[Facts]:
    """Take over grades from a course that was in GitHub Classroom: an override for each student of the file."""
    return old_grades(desk, file, module, assignment=assignment, scale=scale)
