"""`grader decide revoke`: take a decision back."""

from __future__ import annotations

from typing import Annotated

import typer

from ...pipeline.decide import Desk, Facts
from .deciding import deciding


@deciding
def revoke(
    desk: Desk,
    decision: Annotated[str, typer.Argument(help="The decision's id, which `grader decide list` shows.")],
) -> Facts:
    """Take a decision back. It stays in the file, but no longer counts."""
    return {"kind": "revocation", "revokes": decision}
