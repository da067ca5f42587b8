"""Many jobs at once: a process each, forked from one that has NumPy and pytest imported, as many at a time as asked for.

A grading process that dies (memory, a signal, a bug) costs its own job a retry and nobody else anything. What it found is
on disk as a record; the pipe only says how far it is, in JSON.
"""

from __future__ import annotations

import contextlib
import gc
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from ..course import CourseError
from ..editions.errors import EditionError
from .grade import Grader, Job, machinery_version
from .outcomes import CaseOutcome
from .record import Record
from .suite import SuiteError, suite_of

ATTEMPTS = 2
JOB_SECONDS = 600.0  # a grading process that takes longer is ended: an error, never a score


@dataclass(frozen=True)
class Progress:
    """One step of a job: a case that ended (`check`, `outcome`), or None for both when the job starts."""

    job: Job
    check: str | None
    outcome: str | None


@dataclass(frozen=True)
class Graded:
    """How a job ended: with a record, or with the reason why there is none."""

    job: Job
    record: Record | None
    problem: str | None


class _Running:
    def __init__(self, grader: Grader, job: Job, attempt: int) -> None:
        self.job, self.attempt = job, attempt
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe(duplex=False)
        self.process = context.Process(target=_grade, args=(grader, job, theirs), daemon=True)
        self.deadline = time.monotonic() + JOB_SECONDS
        self.path: Path | None = None
        self.problem: str | None = None
        self.process.start()
        theirs.close()


def grade_all(
    grader: Grader,
    jobs: Iterable[Job],
    *,
    workers: int | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Iterator[Graded]:
    """Grade every job, yielding each as it ends, in no particular order. workers: how many at a time; default, the cores."""
    waiting = [(job, 1) for job in jobs][::-1]
    _warm_up(grader, [job for job, _ in waiting])
    running: dict[Any, _Running] = {}
    limit = workers or len(os.sched_getaffinity(0))
    try:
        while waiting or running:
            while waiting and len(running) < limit:
                started = _Running(grader, *waiting.pop())
                running[started.pipe] = started
                on_progress(Progress(started.job, None, None))
            for pipe in wait(list(running), timeout=1.0):
                assert isinstance(pipe, Connection)
                if not _hear(running[pipe], on_progress):
                    ended = running.pop(pipe)
                    graded = _conclude(grader, ended)
                    if (
                        graded.record is None
                        and ended.path is None
                        and ended.problem is None
                        and ended.attempt < ATTEMPTS
                    ):
                        waiting.append((ended.job, ended.attempt + 1))
                    else:
                        yield graded
            for late in [r for r in running.values() if time.monotonic() > r.deadline]:
                late.problem = f"grading took longer than {JOB_SECONDS:.0f} seconds and was ended"
                late.process.kill()
    finally:
        for left in running.values():
            left.process.kill()
            left.process.join()


def _warm_up(grader: Grader, jobs: list[Job]) -> None:
    """Do once, before the forks, what every grading process would otherwise do for itself."""
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import pytest_metadata.plugin  # noqa: F401

    from ..sandbox import connection, levels, seccomp  # noqa: F401
    from . import run  # noqa: F401

    levels.interpreter()
    machinery_version()
    with contextlib.suppress(OSError):  # no libseccomp: the jail will say so
        seccomp.jail_filter()
        seccomp.session_filter()
    for key in {job.module for job in jobs}:
        with contextlib.suppress(CourseError, SuiteError, EditionError):  # its own job will say so
            module = grader.course.module(key)
            _ = suite_of(grader.root, module.id, module.stem).checks
    gc.collect()
    gc.freeze()


def _hear(running: _Running, on_progress: Callable[[Progress], None]) -> bool:
    """Read one message. False when the process has closed its end."""
    try:
        message = json.loads(running.pipe.recv_bytes())
    except EOFError:
        return False
    if "check" in message:
        on_progress(Progress(running.job, message["check"], message["outcome"]))
    running.path = Path(message["record"]) if "record" in message else running.path
    running.problem = message.get("problem", running.problem)
    return True


def _conclude(grader: Grader, ended: _Running) -> Graded:
    ended.process.join()
    ended.pipe.close()
    if ended.path is not None:
        return Graded(ended.job, grader.store.read(ended.path), None)
    problem = ended.problem or f"the grading process ended with status {ended.process.exitcode}"
    return Graded(ended.job, None, problem)


def _grade(grader: Grader, job: Job, pipe: Connection) -> None:
    """The body of a grading process."""

    def tell(case: CaseOutcome) -> None:
        pipe.send_bytes(json.dumps({"check": case.check, "outcome": case.outcome}).encode())

    try:
        record = grader.grade(job, tell)
        pipe.send_bytes(json.dumps({"record": str(grader.store.path_of(record))}).encode())
    except Exception as error:
        # The job's own trouble (no such commit, say) is told to the parent, which shows it; other jobs go on.
        pipe.send_bytes(json.dumps({"problem": f"{type(error).__name__}: {error}"}).encode())
    finally:
        pipe.close()
