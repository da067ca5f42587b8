"""Run the untrusted side: `python -I -S -B worker.py CONFIG`, with a control socket among the inherited descriptors.

The *warm* process confines itself, imports NumPy and the student's modules once, then waits. For each test it receives a
socket and forks a *session* (session.py), which answers that test's requests until the socket closes. So no state passes
from test to test, and a crash costs one test. Each command and each answer on the control socket is one JSON document.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import shutil
import signal
import socket
import sys
import time
from typing import Any

LAST_WORDS = 0.05  # seconds that a late session gets to print its traceback


def main() -> None:
    config = json.loads(sys.argv[1])
    sys.path[:] = [*config["path"], *(p for p in sys.path if p and not p.startswith(config["path"][0]))]
    from grader.sandbox.inside import confine

    control = socket.socket(fileno=config["control"])
    try:
        confine.apply(config["confine"])
        import numpy  # noqa: F401  (imported once here, so that no session has to)

        from grader.sandbox.inside import session  # noqa: F401
    except (OSError, ImportError) as error:
        _answer(control, {"refused": f"{type(error).__name__}: {error}"})
        return
    sys.path += config["student_path"]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(  # type: ignore[union-attr]
            line_buffering=True, errors="backslashreplace"
        )  # so that output before a kill is not lost
    _answer(control, {"ready": True})
    faulthandler.register(signal.SIGUSR1, all_threads=False)  # asks a late session to print where it is
    gc.collect()
    gc.freeze()  # otherwise the collector would touch, and so copy, every page that a session shares with us
    Warm(control, config).serve()


def _answer(control: socket.socket, reply: dict[str, Any]) -> None:
    control.sendall(json.dumps(reply).encode())


class Warm:
    """Fork one session for each test."""

    def __init__(self, control: socket.socket, config: dict[str, Any]) -> None:
        self._control = control
        self._owns_processes = config["owns_pid_namespace"]
        self._session_seccomp = config["session_seccomp"]
        self._scratch: list[str] = config["scratch"]
        self._session: int | None = None

    def serve(self) -> None:
        while True:
            message, descriptors, _, _ = socket.recv_fds(self._control, 65536, 1)
            if not message:
                os._exit(0)
            command = json.loads(message)
            if command["do"] == "import":
                _import(command["module"])
                _answer(self._control, {"imported": True})
            elif command["do"] == "fork":
                self._fork(descriptors[0])
            elif command["do"] == "reap":
                _answer(self._control, {"status": self._reap(late=command["late"])})

    def _fork(self, descriptor: int) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            os.close(descriptor)
            self._session = pid
            return
        status = 70
        try:
            with contextlib.suppress(
                PermissionError
            ):  # if a filter forbids it, the session cannot start processes either
                os.setsid()  # otherwise the processes it starts must be killed with it
            self._control.close()
            from grader.sandbox.inside import confine
            from grader.sandbox.inside.session import Session

            confine.die_with_parent()  # needed if there is no PID namespace that would end us with it
            if self._session_seccomp is not None:
                confine.seccomp(self._session_seccomp)
            Session(socket.socket(fileno=descriptor)).serve()
            status = 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _reap(self, *, late: bool) -> int | None:
        """Kill the session and everything it left behind. Return its exit status, or None if there was no session.

        late: let it print its traceback first, so that an endless loop can be named
        """
        if self._session is None:
            return None
        pid, self._session = self._session, None
        ended, status = os.waitpid(pid, os.WNOHANG)
        if late and not ended:
            os.kill(pid, signal.SIGUSR1)
            time.sleep(LAST_WORDS)
            ended, status = os.waitpid(pid, os.WNOHANG)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._owns_processes:
                os.kill(-1, signal.SIGKILL)  # every process of this PID namespace except its init and this one
            else:
                os.kill(pid, signal.SIGKILL)
                os.killpg(pid, signal.SIGKILL)
        if not ended:
            _, status = os.waitpid(pid, 0)
        for folder in self._scratch:
            _empty(folder)
        return os.waitstatus_to_exitcode(status)


def _empty(folder: str) -> None:
    """Remove what a session left in a folder, so that it cannot reach the next.

    If that fails, the jail ends and is replaced.
    """
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def _import(name: str) -> None:
    # A module that cannot be imported raises again, with its own traceback, when a test asks for it.
    with contextlib.suppress(Exception, SystemExit):
        importlib.import_module(name)


if __name__ == "__main__":
    main()
