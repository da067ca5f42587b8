"""A process started ahead: it starts a jail and imports NumPy and pytest while its parent still reads the command line.

Starting and importing is most of the time that grading one submission takes, and a second core can do half of it. What
passes between the two is JSON: a request there, cases and the outcome back. The jail that stands ready sees an empty stage,
which the parent fills before it sends the request. This file imports next to nothing, so that it can start first.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from .stage import Stage

if TYPE_CHECKING:
    from .request import OnCase, Run, RunRequest


class Ahead:
    """A Runner. Starts its process when it is made, and another one after each run."""

    def __init__(self) -> None:
        self._start()

    def stage(self) -> Stage:
        if self._used:
            self._start()
        return self._stage

    def run(self, request: RunRequest, on_case: OnCase) -> Run:
        from ..sandbox.faults import JailError
        from ..sandbox.levels import Confinement
        from .outcomes import CaseOutcome
        from .request import Run

        self._used = True
        cases = []
        with self._peer, self._peer.makefile("rwb") as stream:
            stream.write(request.to_json() + b"\n")
            stream.flush()
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
        """End a process that nothing was asked of."""
        if not self._used:
            self._peer.close()
            os.waitpid(self._pid, 0)
            self._stage.remove()

    def _start(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._used = False
        self._stage = Stage.make()
        self._peer, theirs = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            self._peer.close()
            _serve(theirs, self._stage)
        theirs.close()


def _serve(peer: socket.socket, stage: Stage) -> NoReturn:
    """The child: start a jail, import, wait for one request, answer, end without ceremony."""
    status = 1
    try:
        gc.disable()  # one suite and out: there is nothing worth collecting
        from ..sandbox.host import Host

        host = Host(stage.package, stage.helpers)
        import numpy  # noqa: F401
        import pytest  # noqa: F401

        with host, peer.makefile("rwb") as stream:
            line = stream.readline()
            if line:
                _answer(line, host, lambda message: _tell(stream, message))
        status = 0
    finally:
        os._exit(status)


def _answer(line: bytes, host: Any, tell: Any) -> None:
    from ..sandbox.faults import JailError
    from .request import RunRequest
    from .run import run_suite

    request = RunRequest.from_json(line)
    fits = request.highest == host.level and request.limits == host.limits
    try:
        done = run_suite(request, lambda case: tell({"case": case.as_dict()}), host if fits else None)
    except JailError as error:
        tell({"jail_error": str(error)})
    else:
        tell({"confinement": [done.confinement.level, done.confinement.notes], "problem": done.problem})


def _tell(stream: Any, message: dict[str, Any]) -> None:
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()
