"""Start a process ahead: it starts a jail, imports NumPy and pytest and reads the suite while its parent reads the submission.

Starting and importing takes most of the time of grading one submission, and a second core can do half of it. The two
processes exchange JSON: the parent sends the suite and then a request, the child sends cases and the outcome. The waiting
jail sees an empty stage, and the parent fills the stage before it sends the request. This file imports almost nothing,
so that it can start first.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .jail_folder import Stage

if TYPE_CHECKING:
    from ..sandbox.host import Host
    from .run_request import OnCase, Run, RunRequest
    from .suite import Suite


class Ahead:
    """Run suites in a process that is started ahead: when this Runner is made, and again after each run."""

    _pid: int
    _peer: socket.socket
    _stage: Stage
    _busy: bool  # the process has been told which suite to read
    _used: bool

    def __init__(self) -> None:
        self._start()

    def expect(self, suite: Suite) -> None:
        if self._busy:
            self.close()
            self._start()
        self._busy = True
        names = {"stem": suite.stem, "folder": str(suite.folder), "library": str(suite.library)}
        self._send(json.dumps(names).encode())

    def stage(self) -> Stage:
        return self._stage

    def run(self, request: RunRequest, on_case: OnCase) -> Run:
        from ..sandbox.faults import JailError
        from ..sandbox.levels import Confinement
        from .outcomes import CaseOutcome
        from .run_request import Run

        self._used = True
        cases = []
        with self._peer, self._peer.makefile("rb") as stream:
            self._send(request.to_json())
            for line in stream:
                message = json.loads(line)
                if "case" in message:
                    cases.append(CaseOutcome(**message["case"]))
                    on_case(cases[-1])
                elif "jail_error" in message:
                    raise JailError(message["jail_error"])
                else:
                    level, notes = message["confinement"]
                    return Run(tuple(cases), Confinement(level, tuple(notes)), message["problem"])
        _, status = os.waitpid(self._pid, 0)
        raise JailError(f"the process that runs the suite ended with status {os.waitstatus_to_exitcode(status)}")

    def close(self) -> None:
        """End the process. After a run it has ended already."""
        if not self._used:
            self._used = True
            self._peer.close()
            os.waitpid(self._pid, 0)
            self._stage.remove()

    def _send(self, line: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # the process has ended; `run` notices that, and says how
            self._peer.sendall(line + b"\n")

    def _start(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._busy = self._used = False
        self._stage = Stage.make()
        self._peer, theirs = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            self._peer.close()
            _serve(theirs, self._stage)
        theirs.close()


def _serve(peer: socket.socket, stage: Stage) -> NoReturn:
    """Be the child: start a jail, import, read the suite, wait for one request, answer, and exit at once."""
    status = 1
    try:
        gc.disable()  # the process runs one suite and ends, so collecting garbage gains nothing
        from ..sandbox.host import Host

        host = Host(stage.package, stage.helpers)
        import numpy  # noqa: F401
        import pytest  # noqa: F401

        with host, peer.makefile("rwb") as stream:
            if line := stream.readline():
                _attend(json.loads(line), host, stream)
        status = 0
    finally:
        os._exit(status)


def _attend(names: dict[str, str], host: Host, stream: io.BufferedRWPair) -> None:
    from ..sandbox.faults import JailError
    from .ready_suite import ReadySuite, with_ready
    from .run_request import RunRequest
    from .suite import Suite

    def answer(ready: ReadySuite) -> None:
        line = stream.readline()
        if not line:
            return  # the parent had a record already, or could not read the submission
        request = RunRequest.from_json(line)
        fits = request.highest == host.level and request.limits == host.limits
        done = ready.run(request, lambda case: tell({"case": case.as_dict()}), host if fits else None)
        tell({"confinement": [done.confinement.level, done.confinement.notes], "problem": done.problem})

    def tell(message: dict[str, Any]) -> None:
        stream.write(json.dumps(message).encode() + b"\n")
        stream.flush()

    suite = Suite(names["stem"], Path(names["folder"]), Path(names["library"]))
    try:
        with_ready(suite, answer)
    except JailError as error:
        tell({"jail_error": str(error)})
