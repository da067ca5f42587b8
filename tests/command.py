"""Run the command line from its main program in this process, with a state folder whose records the tests make."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trial import SECRET, Trial

from grader.cli.app import main
from grader.grading.record import CheckResult, Outcome, ReachedLevel, Record, SubmittedFile, Visibility
from grader.grading.store import Store

DUE = datetime(2027, 1, 24, 23, 59, tzinfo=UTC)
DAY = timedelta(days=1)
CHECKS = {"test_double": 3, "test_square": 4, "test_box": 2, "test_through": 1}  # the points of the trial course


def run(folder: Path, *arguments: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """Run `grader ARGUMENTS` in `folder`, without the second that a new process needs to import everything.

    environment: None removes a variable
    """
    ours: dict[str, str | None] = {
        "NO_COLOR": "1",
        "COLUMNS": "160",
        "TERM": "dumb",
        "TINYTORCH_SECRET": SECRET.decode(),
        **environment,
    }
    before, argv, sys.argv = dict(os.environ), sys.argv, ["grader", *arguments]
    os.environ.update({name: value for name, value in ours.items() if value is not None})
    for name in ours.keys() - {name for name, value in ours.items() if value is not None}:
        os.environ.pop(name, None)
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
        return subprocess.CompletedProcess(sys.argv, status, out.getvalue(), err.getvalue())
    finally:
        sys.argv = argv
        os.environ.clear()
        os.environ.update(before)


def said(folder: Path, *arguments: str, **environment: str | None) -> str:
    """Return the output of a command that must succeed."""
    done = run(folder, *arguments, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(folder: Path, *arguments: str, **environment: str | None) -> str:
    """Return the message of a command that must refuse, without a traceback."""
    done = run(folder, *arguments, **environment)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def graded(
    student: str, failed: tuple[str, ...] = (), *, after_due: timedelta = -DAY, suite: str = "5" * 64, **facts: object
) -> Record:
    """Return a record of the trial course in which these checks failed."""
    checks = tuple(
        CheckResult(
            id=name, title=name.removeprefix("test_"), about="One sentence.", visibility=Visibility.HIDDEN,
            capability=name == "test_square", max_points=points, points=0 if name in failed else points,
            outcome=Outcome.FAILED if name in failed else Outcome.PASSED,
        )
        for name, points in CHECKS.items()
    )  # fmt: skip
    given: dict[str, object] = {
        "course": "trial", "module": "trial", "student": student, "repo": f"trial-{student}",
        "commit": (student.encode().hex() + "c0ffee" + "0" * 40)[:40], "submitted_at": DUE + after_due,
        "graded_at": DUE + after_due, "grader_version": "0.1.0", "suite_digest": suite, "seed_id": "seed",
        "input_digest": (student.encode().hex() + suite)[:64], "jail": ReachedLevel(level=3, name="bubblewrap"), "complete": True,
        "checks": checks, "points": sum(it.points for it in checks), "max_points": sum(CHECKS.values()),
        "capability": "Doubling", "capability_earned": "test_square" not in failed,
        "files": (SubmittedFile(path="tinytorch/trial.py", sha256=(student.encode().hex() + "0" * 64)[:64], size=10),),
    }  # fmt: skip
    return Record.model_validate({**given, **facts}).signed(SECRET)


def term(trial: Trial, roster: str, *records: Record) -> Path:
    """Make the trial course with this class list and these records; return its folder."""
    state = trial.folder / ".grader"
    state.mkdir(mode=0o700, exist_ok=True)
    (state / "roster.csv").write_text(roster)
    for record in records:
        Store(state).write(record)
    return trial.folder


def cells(output: str) -> Mapping[str, list[str]]:
    """Return the printed standings: the cells of each student's line."""
    rows = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in output.splitlines() if "|" in line]
    return {row[0]: row[1:] for row in rows}
