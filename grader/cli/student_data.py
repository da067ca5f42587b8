"""`grader student-data`: write out everything that is held on one student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..counted import counted
from ..files import write_atomic
from ..pipeline.people import find_student
from ..pipeline.personal import data_of
from ..pipeline.record import fill
from ..pipeline.workspace import WorkspaceError
from .options import RosterOption, StateOption, StudentArgument, term_here


def student_data(
    student: StudentArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="A new folder for the files.")],
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Write everything that is held on one student into a folder, to give to them. Begin with its README.txt."""
    term = term_here(state, roster)
    who = find_student(term.roster, student)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise WorkspaceError(f"{output} is there already: name a folder that is new or empty")
    fill(term.workspace)
    files = data_of(term, who)
    output.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, text in files.items():
        write_atomic(output / name, text)
    print(f"{output}: {counted(len(files), 'file')} on {who.id}; begin with {output / 'README.txt'}")
