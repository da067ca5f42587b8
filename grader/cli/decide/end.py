"""`grader decide end`: end a withdrawal in the current suite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from ...pipeline.decide import Desk, Facts, answers
from .deciding import deciding


@deciding
def end(
    desk: Desk,
    decision: Annotated[str, typer.Argument(help="The withdrawal's id, which `grader decide list` shows.")],
) -> Sequence[Facts]:
    """End a withdrawal in the current suite, in which the check was mended. Earlier grades keep its points."""
    return answers(desk.workspace, decision, None, carried=False)
