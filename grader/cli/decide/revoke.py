"""`grader decide revoke`: take a decision back."""

from __future__ import annotations

from typing import Annotated

import typer

from ...pipeline.decide import Desk, Facts
from .deciding import deciding


@deciding
def revoke(
    desk: Desk,
    decision: Annotated[str, typer.Argument(help="Its id, which `grader decide list` shows.")],
) -> Facts:
    """Take a decision back. It stays in the file, and counts no more."""
    return {"kind": "revocation", "revokes": decision}
