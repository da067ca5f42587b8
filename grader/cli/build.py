"""`grader build`: write both editions of every module and the workflows, or report which files differ."""

from __future__ import annotations

from typing import Annotated

import typer

from ..counted import counted
from ..editions import workflows
from ..editions.build import build as write
from ..editions.build import drift, remarks
from .options import workspace_here


def build(
    module: Annotated[str | None, typer.Argument(help="Build only this module: 02_tensor, 2 or tensor.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if a fresh build would differ.")] = False,
) -> None:
    """Write assignments/ and solutions/ from tinytorch_ref/ and modules/, and workflows from .github/templates/."""
    workspace = workspace_here()
    course = workspace.course
    if check:
        differences = drift(workspace.root, course, module) + workflows.drift(workspace.root, course)
        for line in differences:
            print(line)
        if differences:
            raise typer.Exit(1)
        print(f"The editions of {len(course.written)} modules are up to date.")
        return
    touched = write(workspace.root, course, module) + workflows.write(workspace.root, course)
    for path in touched:
        print(path.relative_to(workspace.root))
    for line in remarks(workspace.root, course, module):
        print(f"remark: {line}")
    planned = len(course.modules) - len(course.written)
    built = f"{counted(len(course.written), 'module')} built, {counted(len(touched), 'file')} changed"
    print(f"{built}; {counted(planned, 'module is', 'modules are')} planned and skipped.")
