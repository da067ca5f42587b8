"""Find the processes of a running command by their role, and kill one of them without ever hitting a process of others."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
ROLES = ("main", "fork server", "grading", "jail", "worker", "git")


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    name: str
    has_ended: bool  # the process has ended and waits for its parent to notice


def adopt_orphans(wanted: bool = True) -> None:
    """Make this process the parent of processes that a killed process leaves running, so that they can be seen;

    or stop that.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, f"prctl(PR_SET_CHILD_SUBREAPER) was refused: {os.strerror(code)}")


def roles(main: int) -> dict[str, list[int]]:
    """Return the processes below `main` by role: nurseries, their grading processes, jails, processes in a jail, and git."""
    found: dict[str, list[int]] = {role: [] for role in ROLES}
    found["main"].append(main)
    waiting = [(process, "main") for process in children(main)]
    for process, above in waiting:
        if process.name.startswith("git"):
            role = "git"
        elif above in ("jail", "worker"):
            role = "worker"
        elif process.name == "bwrap":
            role = "jail"
        else:
            role = {"main": "fork server", "fork server": "grading"}.get(above, "git")
        found[role].append(process.pid)
        waiting += [(child, role) for child in children(process.pid)]
    return found


def kill(pid: int, ancestor: int) -> bool:
    """Send SIGKILL to a process that descends from `ancestor`. Return False if it has ended by itself."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        process = _process(pid)
        if process is None or process.has_ended:
            return False
        if pid != ancestor and ancestor not in _ancestors(pid):
            return False  # the number belongs to another process by now
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)


def left_over(seconds: float, before: set[int]) -> list[str]:
    """Return the names of processes below us that are still running after that time. Reap those that have ended.

    before: processes that other tests in this process have started, and that do not count
    """
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        rest = [process for process in children(os.getpid()) if process.pid not in before]
        if not rest or time.monotonic() > deadline:
            return [f"{process.name} ({process.pid})" for process in rest]
        time.sleep(0.01)


def children(pid: int) -> list[Process]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        numbers = [Path(f"/proc/{pid}/task/{thread}/children").read_text().split() for thread in threads]
    except (FileNotFoundError, ProcessLookupError):
        return []
    found = (_process(int(number)) for some in numbers for number in some)
    return [process for process in found if process is not None]


def _process(pid: int) -> Process | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
    return Process(pid, int(rest[1]), name, rest[0] in "ZX")


def _ancestors(pid: int) -> list[int]:
    found = []
    while (process := _process(pid)) is not None and process.parent > 1:
        pid = process.parent
        found.append(pid)
    return found
