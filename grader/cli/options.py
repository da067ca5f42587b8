"""The arguments and options that many commands have, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RosterOption = Annotated[Path | None, typer.Option(help="The class list; default .grader/roster.csv.")]
ForgeOption = Annotated[
    str | None,
    typer.Option(envvar="FORGE", help="A folder, or github:ORG for an organisation; default .grader/forge."),
]
StateOption = Annotated[Path | None, typer.Option(help="Folder for records and reports; default .grader.")]
StudentArgument = Annotated[str, typer.Argument(help="The student: id or login.")]
ModuleArgument = Annotated[str, typer.Argument(help="The module: 02_tensor, 2 or tensor.")]
