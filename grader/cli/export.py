"""`grader export`: write the scores of record in a form that another system imports."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..counted import counted
from ..exports.canvas import canvas, strangers
from ..exports.gradescope import gradescope
from ..exports.moodle import moodle
from ..exports.plain import plain
from ..exports.sheet import csv_text, sheet
from ..files import write_atomic
from ..pipeline.people import in_section
from ..pipeline.workspace import WorkspaceError
from .options import RosterOption, StateOption, term_here


class System(StrEnum):
    CANVAS = "canvas"
    MOODLE = "moodle"
    GRADESCOPE = "gradescope"
    CSV = "csv"


def export(
    form: Annotated[System, typer.Argument(help="The system that will import the file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: standard output.")
    ] = None,
    like: Annotated[
        Path | None, typer.Option(help="For canvas: a gradebook that Canvas exported; the export takes its ids.")
    ] = None,
    section: Annotated[str | None, typer.Option(help="Export only this section.")] = None,
    roster: RosterOption = None,
    state: StateOption = None,
) -> None:
    """Write the scores of record of everybody enrolled as a CSV file that the other system can import."""
    if like is not None and form is not System.CANVAS:
        raise WorkspaceError("--like is for canvas: the other systems need only ids and e-mail addresses")
    term = term_here(state, roster)
    grades = sheet(term.course, in_section(term.roster, section), term.standings())
    if not grades.lines:
        raise WorkspaceError("there is nobody to export")
    if not grades.modules:
        print("nobody has a grade yet: `grader collect` grades what students have pushed", file=sys.stderr)
    if form is System.CANVAS:
        table = canvas(grades, like)
    else:
        table = {System.MOODLE: moodle, System.GRADESCOPE: gradescope, System.CSV: plain}[form](grades)
    text = csv_text(table)
    if output is None:
        sys.stdout.write(text)
        return
    write_atomic(output, text, mode=0o600)  # the file holds names and grades
    print(f"{output}: {counted(len(grades.lines), 'student')}, {counted(len(grades.modules), 'module')}")
    for student in strangers(grades, like) if like else ():
        print(f"not in {like}: {student}")
