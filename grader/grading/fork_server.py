"""Run a fork server: a process in which pytest has read one module's suite, and which forks a grading process for each job.

The fork server and the batch exchange little: job numbers one way, and JSON the other way, one document in each packet. The
results are on disk as records.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Any

from ..course import CourseError
from ..editions.problems import EditionError
from ..files import disk_trouble
from ..sandbox.faults import JailError
from .grade import Grader, Job
from .outcomes import CaseOutcome
from .suite import SuiteError, suite_of

JOB_SECONDS = 1800  # a grading process that takes longer is ended: that is an error and never a score
MAX_PROBLEM = 8_000  # characters of up to twelve bytes each in JSON; a packet takes some 200,000 bytes
PR_SET_PDEATHSIG = 1


class ForkServer:
    """Start a fork server's process, and talk with it. `fileno()` is readable when `hear()` has a message."""

    def __init__(self, grader: Grader, module: str, jobs: Sequence[Job]) -> None:
        self._peer, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        context = multiprocessing.get_context("fork")
        self._process = context.Process(target=_live, args=(grader, module, jobs, theirs, self._peer))
        self._process.start()
        theirs.close()

    def fileno(self) -> int:
        return self._peer.fileno()

    def start(self, number: int) -> None:
        """Have the job with this number graded."""
        with contextlib.suppress(
            BrokenPipeError, ConnectionResetError
        ):  # the process has died; `hear` will report that
            self._peer.send(str(number).encode())

    def hear(self) -> dict[str, Any] | None:
        """Return the next message: `job` with `check` and `outcome`, `record`, `problem`, or `ended`. None after its death."""
        try:
            packet = self._peer.recv(1 << 20)
        except ConnectionResetError:
            packet = b""
        message: dict[str, Any] | None = json.loads(packet) if packet else None
        return message

    def close(self) -> int | None:
        """End the process and all its jobs. Return its exit status."""
        # `close` alone is not enough: nurseries that were forked later hold a copy of this socket, which keeps it open.
        with contextlib.suppress(OSError):  # the process has died already
            self._peer.shutdown(socket.SHUT_RDWR)
        self._peer.close()
        self._process.join()
        return self._process.exitcode


def _live(grader: Grader, module: str, jobs: Sequence[Job], peer: socket.socket, other: socket.socket) -> None:
    from .ready_suite import (
        with_ready,
    )  # imported here, because it needs NumPy and pytest, and a command that grades nothing should start without them

    other.close()
    _die_with_parent()
    try:
        suite = suite_of(grader.root, grader.course, grader.course.module(module))
        with_ready(suite, lambda ready: _serve(replace(grader, runner=ready), jobs, peer))
    except (CourseError, SuiteError, EditionError, JailError):
        _serve(grader, jobs, peer)  # each job meets the same error again, and reports it


def _serve(grader: Grader, jobs: Sequence[Job], peer: socket.socket) -> None:
    """Start jobs until the batch closes its socket. Then end the jobs that still run."""
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every page that the jobs share with us
    context = multiprocessing.get_context("fork")
    running: dict[int, tuple[int, multiprocessing.process.BaseProcess]] = {}
    while True:
        for ready in wait([peer, *running]):
            if ready is peer:
                packet = peer.recv(64)
                if not packet:
                    for _, process in running.values():
                        process.kill()
                    return
                number = int(packet)
                process = context.Process(target=_grade, args=(grader, number, jobs[number], peer))
                process.start()
                running[process.sentinel] = number, process
            else:
                assert isinstance(ready, int)
                number, process = running.pop(ready)
                process.join()
                _tell(peer, {"job": number, "ended": process.exitcode})


def _grade(grader: Grader, number: int, job: Job, peer: socket.socket) -> None:
    """Grade one job. This is the body of a grading process."""

    def tell(case: CaseOutcome) -> None:
        _tell(peer, {"job": number, "check": case.check, "outcome": case.outcome})

    _die_with_parent()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(JOB_SECONDS)
    try:
        record = grader.grade(job, tell)
        _tell(peer, {"job": number, "record": str(grader.store.path_of(record))})
    except Exception as error:
        # The job's own error, such as a missing commit, is sent to the batch, which shows it. Other jobs continue.
        said = disk_trouble(error) if isinstance(error, OSError) else None
        _tell(peer, {"job": number, "problem": (said or f"{type(error).__name__}: {error}")[:MAX_PROBLEM]})
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # exit without finishing pytest, which belongs to the parent


def _tell(peer: socket.socket, message: dict[str, Any]) -> None:
    peer.send(json.dumps(message).encode())


def _die_with_parent() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, f"prctl(PR_SET_PDEATHSIG) was refused: {os.strerror(code)}")
    parent = multiprocessing.parent_process()
    if parent is None or os.getppid() != parent.pid:  # the parent died before the kernel knew of our request
        os._exit(1)
