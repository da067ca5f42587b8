"""Grade many jobs at once, each in a process forked from a process that has the suite ready.

If a grading process dies (memory, a signal, a bug), only its own job is affected, and that job is tried again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import cast

from ..scratch import sweep
from .fork_server import JOB_SECONDS, ForkServer
from .grade import Grader, Job, machinery_version
from .outcomes import WORTH_ANOTHER_TRY
from .record import Record

ATTEMPTS = 2


@dataclass(frozen=True)
class Progress:
    """Report one step of a job: a case that ended (`check`, `outcome`), or None for both when the job starts."""

    job: Job
    check: str | None
    outcome: str | None


@dataclass(frozen=True)
class Graded:
    """Report how a job ended: with a record, or with the reason why there is no record."""

    job: Job
    record: Record | None
    problem: str | None


@dataclass
class _Running:
    server: ForkServer
    attempt: int
    path: Path | None = None
    problem: str | None = None


def grade_all(
    grader: Grader,
    jobs: Iterable[Job],
    *,
    workers: int | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Iterator[Graded]:
    """Grade every job and yield each as it ends, in no particular order. workers: how many at a time (default: the cores)."""
    batch = _Batch(grader, list(jobs), workers or len(os.sched_getaffinity(0)))
    warm_up()
    sweep()
    try:
        while batch.waiting or batch.running or batch.alone:
            for job in batch.start():
                on_progress(Progress(job, None, None))
            for event in batch.hear():
                if isinstance(event, Progress):
                    on_progress(event)
                else:
                    yield event
    finally:
        batch.close()


@dataclass
class _Batch:
    """Hold the state of the jobs.

    waiting: (job number, attempt), the next one last; running: by the job's number; alone: jobs of exclusive modules, and jobs
    that other jobs kept from running. Each job in `alone` gets the machine to itself when the others are done
    """

    grader: Grader
    jobs: list[Job]
    limit: int
    servers: dict[str, ForkServer] = field(default_factory=dict)
    waiting: list[tuple[int, int]] = field(init=False)
    running: dict[int, _Running] = field(default_factory=dict)
    alone: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        exclusive = {module.stem for module in self.grader.course.modules if module.exclusive}
        in_turn = [(number, 1) for number in reversed(range(len(self.jobs)))]
        self.waiting = [it for it in in_turn if self.jobs[it[0]].module not in exclusive]
        self.alone = [it for it in in_turn if self.jobs[it[0]].module in exclusive]

    def start(self) -> Iterator[Job]:
        """Start jobs while there are free workers."""
        if self.alone and not self.waiting and not self.running:
            self.waiting.append(self.alone.pop())
        while self.waiting and len(self.running) < self.limit:
            number, attempt = self.waiting.pop()
            job = self.jobs[number]
            if job.module not in self.servers:
                self.servers[job.module] = ForkServer(self.grader, job.module, self.jobs)
            self.running[number] = _Running(self.servers[job.module], attempt)
            self.servers[job.module].start(number)
            yield job

    def hear(self) -> Iterator[Progress | Graded]:
        """Wait for messages, and handle one from each fork server that has sent any."""
        by_descriptor = {server.fileno(): server for server in self.servers.values()}
        for descriptor in wait(list(by_descriptor)):
            server = by_descriptor[cast(int, descriptor)]
            message = server.hear()
            if message is None:
                yield from self._end_server(server)
            elif "check" in message:
                yield Progress(self.jobs[message["job"]], message["check"], message["outcome"])
            elif "ended" in message:
                yield from self._conclude(message["job"], message["ended"])
            else:
                running = self.running[message["job"]]
                running.path = Path(message["record"]) if "record" in message else None
                running.problem = message.get("problem")

    def close(self) -> None:
        for server in self.servers.values():
            server.close()

    def _conclude(self, number: int, status: int | None) -> Iterator[Graded]:
        running, job = self.running.pop(number), self.jobs[number]
        record = self.grader.store.read(running.path) if running.path is not None else None
        if record is not None and _was_kept_waiting(record) and running.attempt < ATTEMPTS:
            self.alone.append((number, running.attempt + 1))
        elif record is not None:
            yield Graded(job, record, None)
        elif running.problem is not None:
            yield Graded(job, None, running.problem)
        elif running.attempt < ATTEMPTS:
            self.waiting.append((number, running.attempt + 1))
        else:
            yield Graded(
                job, None, f"the grading process ended with status {status} (at most {JOB_SECONDS} s are allowed)"
            )

    def _end_server(self, server: ForkServer) -> Iterator[Graded]:
        """Handle the death of a fork server, which ends its jobs: try each of them again in a new server."""
        self.servers = {module: one for module, one in self.servers.items() if one is not server}
        status = server.close()
        for number in [number for number, running in self.running.items() if running.server is server]:
            yield from self._conclude(number, status)


def _was_kept_waiting(record: Record) -> bool:
    return any(check.exception in WORTH_ANOTHER_TRY for check in record.errors)


def warm_up() -> None:
    """Do once, before the forks, what every process would otherwise do for itself.

    The imports stand here and not at the top, so that a command that grades nothing starts without them.
    """
    import msgpack  # noqa: F401
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import pytest_metadata.plugin  # noqa: F401

    from ..sandbox import connection, levels, seccomp  # noqa: F401
    from . import ready_suite  # noqa: F401

    levels.interpreter()
    machinery_version()
    with contextlib.suppress(OSError):  # without libseccomp, the jail reports the error
        seccomp.jail_filter()
        seccomp.session_filter()
