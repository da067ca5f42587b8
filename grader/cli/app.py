"""`grader`: the verbs, and how an expected mistake is told: one clear message, exit status 2, no traceback."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from . import build, check, classroom, demo, doctor, grade, release, standings

app = typer.Typer(
    name="grader",
    help="Build, release, grade and report the TinyTorch course.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(check.app, name="course", help="Questions about course.yaml.")
app.command()(build.build)
app.command()(grade.grade)
app.command()(release.release)
app.command()(classroom.collect)
app.command()(classroom.publish)
app.command()(standings.report)
app.command()(doctor.doctor)
app.command()(doctor.schema)
app.command()(demo.demo)


def main() -> NoReturn:
    """Run the command line. Mistakes that a person can mend end with status 2, trouble of the machine with 1."""
    from .mistakes import expected

    try:
        app()
    except expected() as error:
        print(f"grader: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)
