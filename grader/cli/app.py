"""`grader`: the verbs, and how an expected mistake is told: one clear message, exit status 2, no traceback."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import typer


def main() -> NoReturn:
    """Run the command line. Mistakes that a person can mend end with status 2, and without a traceback."""
    os.environ.setdefault(
        "PYDANTIC_DISABLE_PLUGINS", "1"
    )  # there are none; looking for them reads every package's metadata
    gc.disable()  # importing makes many objects and little garbage; on again before any work
    if sys.argv[1:2] == ["grade"] and "--help" not in sys.argv:
        from ..grading.ahead import Ahead

        runner = Ahead()  # before anything else is imported here: it imports beside us
        from . import grade

        grade.runner = runner
        atexit.register(runner.close)
    app = _app()
    gc.enable()
    try:
        app()
    except Exception as error:
        from .mistakes import expected

        if not isinstance(error, expected()):
            raise
        print(f"grader: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)


def _app() -> typer.Typer:
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
    verbs = (
        build.build,
        grade.grade,
        release.release,
        classroom.collect,
        classroom.publish,
        standings.report,
        doctor.doctor,
        doctor.schema,
        demo.demo,
    )
    for verb in verbs:
        app.command()(verb)
    return app
