"""`grader decide withdraw`: withdraw a check that was wrong."""

from __future__ import annotations

from typing import Annotated

import typer

from ...pipeline.decide import Desk, Facts, withdrawal
from ..options import ModuleArgument
from .deciding import deciding


@deciding
def withdraw(
    desk: Desk,
    module: ModuleArgument,
    check: Annotated[str, typer.Argument(help="The check: its test function in the suite, such as test_kink.")],
    suite: Annotated[
        str | None, typer.Option(help="Digest of the suite, or its beginning; default: the current suite.")
    ] = None,
) -> Facts:
    """Withdraw a check that was wrong: everybody graded with it gets its points.

    The check stays withdrawn in newer suites as long as its own code is the same. When its code changes, commands ask you to
    `carry` or `end` the withdrawal. With --suite, the check is withdrawn in that earlier suite alone.
    """
    return withdrawal(desk.workspace, module, check, suite)
