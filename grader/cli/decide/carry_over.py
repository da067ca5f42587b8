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
        bool, typer.Option("--scale", help="Convert the points if the file has another maximum; rounds down.")
    ] = False,
) -> Sequence[Facts]:
    """Take over grades from a course in GitHub Classroom: one override for each student in the file."""
    return old_grades(desk, file, module, assignment=assignment, scale=scale)
