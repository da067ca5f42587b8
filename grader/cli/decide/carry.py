"""`grader decide carry`: let a withdrawal also hold in the current suite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from ...pipeline.decide import Desk, Facts, answers
from .deciding import deciding


@deciding
def carry(
    desk: Desk,
    decision: Annotated[str, typer.Argument(help="The withdrawal's id, which `grader decide list` shows.")],
    check: Annotated[str | None, typer.Option(help="The check's name in the new suite, if it changed.")] = None,
) -> Sequence[Facts]:
    """Let a withdrawal also hold in the current suite, in which the check has changed."""
    return answers(desk.workspace, decision, check, carried=True)
