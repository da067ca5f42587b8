"""A process started ahead: it starts a jail, imports NumPy and pytest and collects while its parent still reads on.

Starting and importing is most of the time that grading one submission takes, and a second core can do half of it. What
passes between the two is JSON: the suite and then a request there, cases and the outcome back. The jail that stands ready
sees an empty stage, which the parent fills before it sends the request. This file imports next to nothing, so that it can
start first.
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

from .stage import Stage

if TYPE_CHECKING:
    from ..sandbox.host import Host
    from .request import OnCase, Run, RunRequest
    from .suite import Suite


class Ahead:
    """A Runner. Starts its process when it is made, and another one after each run."""

    _pid: int
    _peer: socket.socket
    _stage: Stage
    _busy: bool  # it has been told which suite to collect
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
        from .request import Run

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
        """End the process, if it was not asked for a run, which ends it too."""
        if not self._used:
            self._used = True
            self._peer.close()
            os.waitpid(self._pid, 0)
            self._stage.remove()

    def _send(self, line: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # it has ended: `run` finds that out, and how
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
    """The child: start a jail, import, collect, wait for one request, answer, end without ceremony."""
    status = 1
    try:
        gc.disable()  # one suite and out: there is nothing worth collecting
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
    from .ready import ReadySuite, with_ready
    from .request import RunRequest
    from .suite import Suite

    def answer(ready: ReadySuite) -> None:
        line = stream.readline()
        if not line:
            return  # it was all known already, or the submission could not be read
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
