"""Define the levels of confinement, what each is made of, and which of them this machine reaches."""

from __future__ import annotations

import os
import resource
import shutil
import sys
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import seccomp
from .faults import JailError

MEBIBYTE = 1024 * 1024
NAMES = {
    3: "bubblewrap + seccomp + rlimits",
    2: "Landlock + seccomp + rlimits",
    1: "rlimits and a time limit",
    0: "none",
}
FIX = (
    "install bubblewrap and libseccomp2 (`sudo apt-get install -y bubblewrap libseccomp2`); where AppArmor forbids "
    "unprivileged user namespaces (Ubuntu 24.04), also run `sudo make allow-bubblewrap`"
)


@dataclass(frozen=True)
class Confinement:
    """Say which level was reached, and why not a higher one."""

    level: int
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        return NAMES[self.level]


@dataclass(frozen=True)
class Limits:
    """Limit one process of a submission. The time limit of a check is set by the suite."""

    memory: int = 2048 * MEBIBYTE  # address space; NumPy itself needs about 300 MiB of it
    file_size: int = 64 * MEBIBYTE
    scratch: int = 64 * MEBIBYTE  # the size of the tmpfs on /tmp, level 3
    cpu_seconds: int = 120
    open_files: int = 256
    processes: int = 32  # threads count too; sessions may start no processes at all
    output: int = 64 * 1024  # bytes of stdout and stderr that are kept for a test; the rest is dropped

    def as_rlimits(self, uid_is_shared: bool) -> dict[str, int]:
        limits = {
            resource.RLIMIT_AS: self.memory,
            resource.RLIMIT_FSIZE: self.file_size,
            resource.RLIMIT_CPU: self.cpu_seconds,
            resource.RLIMIT_NOFILE: self.open_files,
            resource.RLIMIT_CORE: 0,
            # The kernel counts all processes of a uid together, so a uid that others use needs room for their processes.
            resource.RLIMIT_NPROC: self.processes + (_tasks_of(os.getuid()) if uid_is_shared else 0),
        }
        return {str(number): _within_hard_limit(number, value) for number, value in limits.items()}


@dataclass(frozen=True)
class Interpreter:
    """Describe the Python that runs submissions: this one, with NumPy and msgpack and nothing else of the environment."""

    executable: Path
    prefix: Path
    packages: tuple[Path, ...]  # folders to be put on the path: numpy, numpy.libs, msgpack
    unreachable: Path | None = field(default=None)  # a parent folder that another uid may not enter


@cache
def interpreter() -> Interpreter:
    folders = []
    for name in ("numpy", "msgpack"):
        spec = find_spec(name)  # does not import: NumPy takes a tenth of a second, while the jail starts beside it
        if spec is None or spec.origin is None:
            raise JailError(f"{name} is not installed beside the grader; run `make setup`")
        folder = Path(spec.origin).parent
        folders += [f for f in (folder, folder.with_name(folder.name + ".libs")) if f.is_dir()]
    executable = Path(os.path.realpath(sys.executable))
    closed = [p for path in (executable, *folders) for p in path.parents if not p.stat().st_mode & 0o001]
    return Interpreter(executable, Path(sys.base_prefix), tuple(folders), closed[0] if closed else None)


def bubblewrap() -> str | None:
    return shutil.which("bwrap")


def spare_uid() -> int | None:
    """Return a uid for this process alone, if it is root. Then the kernel counts this submission's processes alone."""
    return _uid_of_our_own(os.getpid()) if os.geteuid() == 0 else None


@cache
def _uid_of_our_own(pid: int) -> int:
    """Choose a random uid.

    Two jails with one uid would share its limit of processes, and pids repeat over time and across containers.
    """
    far = 2_000_000_000 + int.from_bytes(os.urandom(4)) % 100_000_000
    maps = (Path(f"/proc/self/{kind}_map").read_text().splitlines() for kind in ("uid", "gid"))
    if all(any(_covers(line, far) for line in lines) for lines in maps):
        return far
    return 61_000 + pid % 4_000  # a container that maps only the ids below 65,536


def _covers(line: str, number: int) -> bool:
    inside, _, count = map(int, line.split())
    return inside <= number < inside + count


def _within_hard_limit(number: int, value: int) -> int:
    hard = resource.getrlimit(number)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def _tasks_of(uid: int) -> int:
    count = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == uid:
                    count += len(os.listdir(f"/proc/{entry.name}/task"))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue  # the process ended in the meantime
    return count


def shortcomings(level: int) -> tuple[str, ...]:
    """Return what the reader of a record should know about this level on this machine."""
    closed = interpreter().unreachable
    if 1 <= level < 3 and os.geteuid() == 0 and closed is not None:
        return (f"the submission ran as root: its interpreter is below {closed}, which no other user may enter",)
    return ()


def configuration(
    *,
    level: int,
    code: str,
    student_path: list[str],
    limits: Limits,
    session_processes: bool,
    writable: str | None,
    group: int | None,
) -> dict[str, Any]:
    """Return the worker's configuration: where things are, and how to confine itself before it runs any code of the student's."""
    uid = spare_uid()
    python = interpreter()
    if level < 3 and python.unreachable is not None:
        uid = None
    landlock = None
    if level == 2:
        read = [
            str(python.prefix),
            *map(str, python.packages),
            code,
            *student_path,
            "/usr/lib",
            "/lib",
            "/lib64",
        ]
        landlock = {"read": [p for p in read if os.path.exists(p)], "write": [writable, "/dev/null"]}
    return {
        "path": [code] if level == 3 else [code, *sorted({str(p.parent) for p in python.packages})],
        "student_path": student_path,
        "owns_pid_namespace": level == 3,
        "scratch": ["/tmp", "/dev/shm"] if level == 3 else [],
        "session_seccomp": seccomp.session_filter() if level >= 2 and not session_processes else None,
        "confine": {
            "group": group,
            "limits": limits.as_rlimits(uid_is_shared=uid is None) if level >= 1 else {},
            "uid": uid if level >= 1 else None,
            "landlock": landlock,
            "seccomp": seccomp.jail_filter() if level >= 2 else None,
        },
    }
