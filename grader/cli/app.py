"""`grader`: the verbs, and how an expected mistake is told: one clear message, exit status 2, no traceback."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from ..errors import told

if TYPE_CHECKING:
    import typer


def main() -> NoReturn:
    """Run the command line. Mistakes that a person can mend end with status 2, and without a traceback."""
    os.environ.setdefault(
        "PYDANTIC_DISABLE_PLUGINS", "1"
    )  # there are none; looking for them reads every package's metadata
    gc.disable()  # importing makes many objects and little garbage; on again before any long work
    if is_grade := sys.argv[1:2] == ["grade"] and "--help" not in sys.argv:
        from ..grading.ahead import Ahead

        runner = Ahead()  # before anything else is imported here: it imports beside us
        from . import grade

        grade.runner = runner
        atexit.register(runner.close)
    app = _app(sys.argv[1] if len(sys.argv) > 1 else "")
    if not is_grade:
        gc.enable()
    try:
        app()
    except Exception as error:
        message = told(error)
        if message is None:
            raise
        print(f"grader: {message}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)


# verb: the file that holds its function of that name, here in the order of `grader --help`
_VERBS = {
    "build": "build",
    "course": "check",
    "audit": "audit",
    "grade": "grade",
    "provision": "provision",
    "release": "release",
    "collect": "classroom",
    "publish": "classroom",
    "report": "standings",
    "regrade": "regrade",
    "decide": "decide",
    "roster": "roster",
    "export": "export",
    "result": "result",
    "student-data": "personal",
    "forget": "personal",
    "plan": "plan",
    "grade-shard": "shard",
    "take": "take",
    "state": "state",
    "doctor": "doctor",
    "schema": "doctor",
    "demo": "demo",
}
_GROUPS = {"course", "decide", "roster", "state"}  # these have verbs of their own


def _app(asked: str = "") -> typer.Typer:
    """The application, with all verbs, or with the one asked for if there is such a one: importing the others takes time."""
    import typer

    app = typer.Typer(
        name="grader",
        help="Build, release, grade and report the TinyTorch course.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_grader)
    for verb in [asked] if asked in _VERBS else _VERBS:
        room = importlib.import_module(f".{_VERBS[verb]}", __package__)
        if verb in _GROUPS:
            app.add_typer(room.app, name=verb)
        else:
            app.command(name=verb)(getattr(room, verb.replace("-", "_")))
    return app


def _grader() -> None:
    """Build, release, grade and report the TinyTorch course."""
